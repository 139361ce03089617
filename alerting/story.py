"""A story: the articles that tell one happening under one watch. The value, and whether an article belongs to it.

Rules, in order:

1. Another version of an article that a story holds belongs to that story.
2. A near-duplicate of a text (wire copy, light rewrite) belongs to its story: the estimated Jaccard similarity of the
   word shingles, by MinHash, is at least `SAME_TEXT`.
3. Other words on the same happening: how alike headline and lead are (alerting.gist), whether the same parties stand
   in the headline, whether the topics are at the same stages, and how much time lies between. The sum of these must
   reach `SAME_HAPPENING`. A story is the nearer the more of its articles are near.
   Without a party in common no words suffice: sides, disasters and figures of speech are alike everywhere.
4. In another language words tell nothing: the same stages, the same two parties or more, and half a day suffice.

All of them can err, and an article that they bring may tell another happening or more of this one: a report written
into the mould of another, a version with three hundred dead instead of five, the next entry of a live blog. So they do
not silence it. It surely tells the same only where neither the headline nor what stands by the evidence brings a name
or a number that the story had not; where the headline brings no party, none that was not told to be at this stage, and
puts none in front that never was; where the story has not come to another stage since; and where it is another version
or a near-duplicate, or an article of the story has the same stages, shares parties and particular words and is close in
time. Else `may_tell_more` says why. Copies of a text have headlines of their own, and come late. So where as good as
all of the text is the same, of the headline only a new number counts, and a name that the lead has too: a copy's lead
is that of the story.

Which stories an article is compared with is found in alerting.stories.

Open stories are most of what a worker holds. So they are slotted dataclasses, not pydantic models (which take three
times as much), and words that many happenings have in common are one string.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter

from alerting.fingerprint import similarity
from alerting.gist import STEM, Gist, in_lead, is_same_name, names, shared, telling_words, without_frame
from streams.ids import derive_id
from streams.printable import shortened
from streams.wire import Candidate, Fingerprint, Moment

SAME_TEXT: Final = 0.5
"""Least estimated similarity of two texts that tell the same story."""

COPY: Final = 0.9
"""Least estimated similarity of a text and its copy; what is less alike under another headline is often other news."""

SAME_HAPPENING: Final = 0.55
"""Least sum of likeness, parties, stages and time for one happening told in other words."""
PARTIES: Final = 0.2
SAME_STAGES: Final = 0.05
SAME_STAGES_AND_PARTIES: Final = 0.1
SOME_STAGES: Final = 0.1
OTHER_STAGES: Final = -0.05
DAY: Final = -0.2
"""What each of these adds: the share of parties in common; topics all at the same stages, and that share once more;
some of them; none; a day between.
"""
_ONE_DAY: Final = timedelta(days=1)
OTHER_LANGUAGE: Final = timedelta(hours=12)
SAME_PARTIES: Final = 2 / 3
"""Within which time, and by which share of parties in common, another language may tell the same happening."""

SURELY_WITHIN: Final = timedelta(hours=6)
SURELY_SHARED: Final = 3
"""Within which time, and by how many shared parties and particular words, one of each at least, the same is surely
told.
"""

TELLINGS: Final = 4
"""Articles that a story is compared by: the first, and the last ones."""

TEXTS: Final = 8
"""Texts that are no copies of each other by which a story knows copies: the first, and the last ones."""

ARTICLES: Final = 256
"""Articles, and versions of them, that a story remembers: what comes again beyond that is counted as one more."""

REMEMBERED: Final = 64
NAMES: Final = 512
"""Sources, stages and parties that a story remembers, and names: of an article there are some twenty, a hundred at
most.
"""

SHOWN: Final = 6
LONGEST_SHOWN: Final = 40
"""Words that are said to be new, and characters of each, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a story remembers of one article: whether another tells the same is decided by it.

    `expected` are the words by which topics and actors were found: many a happening has them.
    """

    gist: Annotated[Gist, BeforeValidator(Gist.of), PlainSerializer(Gist.as_dict)] = field(
        default_factory=Gist
    )
    expected: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    stages: dict[str, str] = field(default_factory=dict)
    language: str = ""
    seen_at: Moment

    @classmethod
    def of(cls, candidate: Candidate) -> Telling:
        """What there is to remember of a candidate. Parties are the actors of the headline, in its order, each behind
        its country.
        """
        named = [a for a in candidate.actors if any(e.field == "title" for e in a.evidence)]
        parties = dict.fromkeys(party for a in named for party in (a.country, a.id) if party is not None)
        return cls(
            gist=Gist.of(candidate.gist),
            expected=shared(sorted(_expected(candidate))),
            parties=tuple(parties),
            stages={topic.topic: topic.stage for topic in candidate.topics},
            language=candidate.article.language,
            seen_at=candidate.seen_at,
        )

    def looked_up_by(self) -> list[str]:
        """The words by which it is looked up among those of a party: its headline's, and an empty one, as all have."""
        return ["", *self.gist.headline_words()]

    def is_near(self, other: Telling) -> bool:
        """Whether both have a language, all stages, a party and particular words in common, and are close in time."""
        words = (set(self.gist.words) & set(other.gist.words)) - set(self.expected) - set(other.expected)
        parties = set(self.parties) & set(other.parties)
        return (
            self.language == other.language
            and _stages_in_common(self.stages, other.stages) == "all"
            and bool(words and parties)
            and len(words) + len(parties) >= SURELY_SHARED
            and abs(self.seen_at - other.seen_at) <= SURELY_WITHIN
        )


class Sought:
    """The telling of an article whose story is looked for: what each comparison needs of it, worked out once."""

    __slots__ = ("_direction", "_parties", "_telling")

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._parties = frozenset(telling.parties)
        self._direction = telling.gist.direction()

    def nearness(self, story: Story) -> float:
        """How sure it is that it tells a story: half by the nearest of the story's own, half by all of them."""
        if len(story.tellings) == 1:  # by far most
            return self.sameness(story.tellings[0])
        scores = [self.sameness(own) for own in story.tellings]
        return (max(scores) + sum(scores) / len(scores)) / 2 if scores else 0.0

    def sameness(self, other: Telling) -> float:
        """How sure it is that another tells the same happening; from SAME_HAPPENING on it does."""
        telling = self._telling
        if telling.language != other.language:
            return SAME_HAPPENING if self._is_same_in_other_language(other) else 0.0
        in_common = self._parties_in_common(other)
        if not in_common:
            return 0.0
        apart = abs(telling.seen_at - other.seen_at) / _ONE_DAY
        score = other.gist.likeness(self._direction) + PARTIES * in_common + DAY * apart
        stages = _stages_in_common(telling.stages, other.stages)
        if stages == "all":
            return score + SAME_STAGES + SAME_STAGES_AND_PARTIES * in_common
        return score + (SOME_STAGES if stages == "some" else OTHER_STAGES if stages == "none" else 0.0)

    def _is_same_in_other_language(self, other: Telling) -> bool:
        return (
            _stages_in_common(self._telling.stages, other.stages) == "all"
            and len(self._parties.intersection(other.parties)) > 1
            and self._parties_in_common(other) >= SAME_PARTIES
            and abs(self._telling.seen_at - other.seen_at) <= OTHER_LANGUAGE
        )

    def _parties_in_common(self, other: Telling) -> float:
        """Of the parties of both, the share that both have."""
        shared = len(self._parties.intersection(other.parties))
        return shared / (len(self._parties) + len(other.parties) - shared) if shared else 0.0


def _expected(candidate: Candidate) -> set[str]:
    found = [topic.evidence for topic in candidate.topics]
    found += [actor.evidence for actor in candidate.actors]
    found += [clause.evidence for clause in candidate.because]
    return {word for evidence in found for one in evidence for word in telling_words(one.text)}


def _stages_in_common(
    ours: Mapping[str, str], theirs: Mapping[str, str]
) -> Literal["all", "some", "none", "unknown"]:
    if not ours or not theirs:
        return "unknown"
    if ours == theirs:
        return "all"
    return "none" if ours.items().isdisjoint(theirs.items()) else "some"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """State of one story. `number` is that of the last alert event; `turn` grows with each input that touches a story
    of the partition; `stages` are those reached so far, as `topic:stage`; `named` are the words that may be names, and
    the numbers, of the headlines that were told and of what stood by the evidence, `parties` those of these headlines;
    `reached` says which of them were told at which stages, and in front, beside what `tellings` hold; `versions` has,
    of articles of which several versions came, the last one's candidate and its time; `said` are the checksums of the
    sentences that decided.
    """

    story_id: str
    alert_id: str
    watch: str
    opened_at: Moment
    last_seen_at: Moment
    last_event_at: Moment
    expires_at: Moment
    number: Annotated[int, Field(ge=1)]
    articles: Annotated[int, Field(ge=1)]
    article_ids: tuple[str, ...]
    candidate_ids: tuple[str, ...]
    sources: tuple[str, ...]
    fingerprints: tuple[Fingerprint, ...]
    tellings: tuple[Telling, ...] = ()
    stages: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    turn: int = 0
    reached: tuple[str, ...] = ()
    versions: dict[str, tuple[str, Moment]] = field(default_factory=dict)
    said: tuple[str, ...] = ()

    @classmethod
    def opened_by(cls, candidate: Candidate, telling: Telling, window: timedelta, turn: int = 0) -> Story:
        """The story that a candidate, with what is to be remembered of it, begins.

        Its id is a function of the watch and the candidate.
        """
        story_id = derive_id("sty", candidate.watch, candidate.candidate_id)
        return cls(
            story_id=story_id,
            alert_id=derive_id("alr", candidate.watch, story_id),
            watch=candidate.watch,
            opened_at=candidate.seen_at,
            last_seen_at=candidate.seen_at,
            last_event_at=candidate.seen_at,
            expires_at=candidate.seen_at + window,
            number=1,
            articles=1,
            article_ids=(candidate.article.id,),
            candidate_ids=(candidate.candidate_id,),
            sources=_source(candidate),
            fingerprints=(candidate.fingerprint,) if candidate.fingerprint else (),
            tellings=(telling,),
            stages=stages_of(candidate),
            named=_named_by(candidate),
            parties=telling.parties,
            turn=turn,
            said=candidate.said[:1],
        )

    def joined_by(
        self, candidate: Candidate, telling: Telling, window: timedelta, *, event: bool, turn: int = 0
    ) -> Story:
        """The story after one more article; `event` says that it made an alert event.

        What its headline names is remembered only if it was told, or was known; so are the parties of a stage. The
        stage that it tells is the story's last one only if it was told: a late copy brings back none that was left.
        """
        known = candidate.article.id in self.article_ids
        tellings = self.tellings
        if event or self._knows(candidate, telling):
            tellings = (*tellings[:1], *(*tellings[1:], telling)[1 - TELLINGS :])
        return replace(
            self,
            last_seen_at=max(self.last_seen_at, candidate.seen_at),
            last_event_at=max(self.last_event_at, candidate.seen_at) if event else self.last_event_at,
            expires_at=max(self.expires_at, candidate.seen_at + window),
            number=self.number + event,
            articles=self.articles + (not known),
            article_ids=_remember(self.article_ids, candidate.article.id, most=ARTICLES),
            candidate_ids=_remember(self.candidate_ids, candidate.candidate_id, most=ARTICLES),
            sources=_remember(self.sources, *_source(candidate)),
            fingerprints=self._with_text(candidate),
            tellings=tellings,
            # What was not told had none that the watch wanted then; it may come to want more.
            stages=_remember(self.stages, *stages_of(candidate)) if event else self.stages,
            named=_remember(self.named, *_named_by(candidate), most=NAMES) if event else self.named,
            parties=_remember(self.parties, *telling.parties) if event else self.parties,
            reached=_remember(self.reached, *_reached(telling)) if event else self.reached,
            turn=turn,
            versions=self._with_version(candidate) if known else self.versions,
            said=_remember(self.said, *candidate.said[:1]) if event else self.said,
        )

    def _with_version(self, candidate: Candidate) -> dict[str, tuple[str, datetime]]:
        others = {key: value for key, value in self.versions.items() if key != candidate.article.id}
        others[candidate.article.id] = (candidate.candidate_id, candidate.seen_at)
        return dict(list(others.items())[-REMEMBERED:])

    def is_back(self, candidate: Candidate, telling: Telling) -> bool:
        """Whether a candidate that is counted is a page which says again what it said before another stage.

        What is read twice is none: its time is that of the first reading, before the version that came after it.
        """
        last, at = self.versions.get(candidate.article.id, (candidate.candidate_id, candidate.seen_at))
        came_back = last != candidate.candidate_id and candidate.seen_at > at
        return came_back and bool(self._left_for(telling.stages))

    def repeated_by(self, candidate: Candidate, window: timedelta, turn: int) -> Story:
        """The story after an article that it has counted came once more: the same, or open for another window.

        It is prolonged only when half of that is over, so that what is sent every minute is not written every minute.
        """
        until = candidate.seen_at + window
        if until - self.expires_at < window / 2:
            return self
        last_seen_at = max(self.last_seen_at, candidate.seen_at)
        return replace(self, last_seen_at=last_seen_at, expires_at=until, turn=turn)

    @staticmethod
    def from_bytes(value: bytes) -> Story:
        """The story that a record of `stories` holds, whichever version wrote it. Raises pydantic's ValidationError."""
        return _AS_JSON.validate_json(value)

    def to_bytes(self) -> bytes:
        """The JSON value as it is written to the topic: UTF-8, fields in the order of declaration."""
        return _AS_JSON.dump_json(self)

    def may_tell_more(self, candidate: Candidate, telling: Telling) -> str:
        """Why a candidate may tell another happening or more of this one; empty where it surely tells the same.

        See the rules above. In words, for whoever is told.
        """
        reason = self._more(candidate, telling)
        if reason and all(own.language != telling.language for own in self.tellings):
            return f"it is the first in {telling.language}"  # of which all words are new
        return reason

    def told_by(self, telling: Telling) -> str:
        """In words, what is told by an article that tells nothing more: the same as the last one, or as one before."""
        left = self._left_for(telling.stages)
        return f"it tells {', '.join(left)} as one before the last did" if left else "it tells the same"

    def _more(self, candidate: Candidate, telling: Telling) -> str:
        in_body = _named_in_body(candidate)
        new = self._new({**_headline_names(candidate), **in_body})
        if not in_body.keys().isdisjoint(new):
            return _brings(new.values())
        likeness = self.text_likeness(candidate)
        version = candidate.article.id in self.article_ids
        left = self._left_for(telling.stages)
        first_said = bool(candidate.said) and candidate.said[0] not in self.said
        if version and first_said and not frozenset(self.said).isdisjoint(candidate.said):
            return "it says something else before what was told"
        if likeness >= COPY and not (left and (version or first_said)):
            title, gist = candidate.article.title, candidate.gist
            return _brings(word for name, word in new.items() if name.isdigit() or in_lead(name, title, gist))
        if new:
            return _brings(new.values())
        called = {actor.id: actor.name for actor in candidate.actors}
        if parties := self._new_parties(telling):
            return _brings(called.get(party, party) for party in parties)
        if left:
            return f"it tells {', '.join(left)}, which the last one did not"
        for reached, parties in self._newly_reached(telling).items():
            return f"it tells {reached} of {', '.join(called.get(party, party) for party in parties)} as well"
        if led := self._newly_led(telling):
            first = telling.parties[0]
            return (
                f"its headline puts {called.get(first, first)} first, as none did that told {', '.join(led)}"
            )
        if version or likeness >= SAME_TEXT or any(own.is_near(telling) for own in self.tellings):
            return ""
        return "it is like the story, but not so near that it surely tells the same"

    def _knows(self, candidate: Candidate, telling: Telling) -> bool:
        """Whether the story had all that a headline names, and was last at its stages, with its parties."""
        new = self._new(_headline_names(candidate))
        return not (
            new or self._left_for(telling.stages) or self._newly_reached(telling) or self._newly_led(telling)
        )

    def _left_for(self, stages: Mapping[str, str]) -> list[str]:
        """Of an article's topics those of which the last article told another stage: a truce may be restored."""
        last = {topic: stage for own in self.tellings for topic, stage in own.stages.items()}
        return [f"{topic} {stage}" for topic, stage in stages.items() if last.get(topic, stage) != stage]

    def _new_parties(self, telling: Telling) -> list[str]:
        """Of the parties of an article's headline those that no headline told of."""
        known = {*self.parties, *(party for own in self.tellings for party in own.parties)}
        return [party for party in telling.parties if party not in known]

    def _newly_reached(self, telling: Telling) -> dict[str, list[str]]:
        """The stages of an article with those parties of its headline of which none was told to be there.

        One side of a conflict breaks a truce, then the other; or two conflicts are one story.
        """
        known = self._all_reached()
        newly: dict[str, list[str]] = {}
        for topic, stage in telling.stages.items():
            for party in telling.parties:
                if _pair(topic, stage, party) not in known:
                    newly.setdefault(f"{topic} {stage}", []).append(party)
        return newly

    def _newly_led(self, telling: Telling) -> list[str]:
        """The stages of an article that no headline told with the same party in front.

        Two sides accuse each other of breaking a truce: both stand in each headline, who accuses first.
        """
        known = self._all_reached()
        led = [(f"{topic} {stage}", _led(topic, stage, telling)) for topic, stage in telling.stages.items()]
        return [reached for reached, pairs in led if not known.issuperset(pairs)]

    def _all_reached(self) -> set[str]:
        return {*self.reached, *(pair for own in self.tellings for pair in _reached(own))}

    def _new(self, names: Mapping[str, str]) -> dict[str, str]:
        """Of some names and numbers those that nothing told of this story had."""
        expected = {word for own in self.tellings for word in own.expected}
        words = {word for own in self.tellings for word in own.gist.words} | expected
        told: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.named:
            told[name[:STEM]].append(name)

        def is_known(name: str) -> bool:
            stem = name[:STEM]
            # A number of a lead may be a date or a block of houses: by it none of a headline is known.
            if stem in told and (stem not in expected or stem.isdigit()):
                return any(is_same_name(name, other) for other in told[stem])
            return stem in words and not stem.isdigit()

        return {name: word for name, word in names.items() if not is_known(name)}

    def text_likeness(self, candidate: Candidate) -> float:
        """The estimated similarity, 0 to 1, of a candidate's text and the nearest of the story's."""
        if not candidate.fingerprint:
            return 0.0
        return max((similarity(text, candidate.fingerprint) for text in self.fingerprints), default=0.0)

    def _with_text(self, candidate: Candidate) -> tuple[bytes, ...]:
        # The first text stays the anchor; more are kept, as a happening has several wires, each with its copies.
        if not candidate.fingerprint or self.text_likeness(candidate) >= COPY:
            return self.fingerprints
        return (*self.fingerprints[:1], *(*self.fingerprints[1:], candidate.fingerprint)[1 - TEXTS :])


_AS_JSON: Final = TypeAdapter(Story)


def stages_of(candidate: Candidate) -> tuple[str, ...]:
    """The stages that a candidate says are reached, as `topic:stage`; what it tells beside them may be long past."""
    return shared(f"{topic.topic}:{topic.stage}" for topic in candidate.topics)


def _reached(telling: Telling) -> tuple[str, ...]:
    """Which parties are told to be at which stages, and which of them first."""
    return shared(
        pair
        for topic, stage in telling.stages.items()
        for pair in (
            *(_pair(topic, stage, party) for party in telling.parties),
            *_led(topic, stage, telling),
        )
    )


def _led(topic: str, stage: str, telling: Telling) -> tuple[str, ...]:
    return tuple(f"{_pair(topic, stage, party)}:first" for party in telling.parties[:1])


def _pair(topic: str, stage: str, party: str) -> str:
    return f"{topic}:{stage}:{party}"


def _source(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.article.source,) if candidate.article.source else ()


# Asked for several times to decide about a candidate, and an article is a candidate of each watch that it hits.
@lru_cache(64)
def _names(text: str) -> Mapping[str, str]:
    return names(text)


def _headline_names(candidate: Candidate) -> Mapping[str, str]:
    return _names(candidate.article.title or candidate.sentence)


def _named_in_body(candidate: Candidate) -> Mapping[str, str]:
    # Where nothing of the body decided, the sentence is the headline.
    title, sentence = candidate.article.title, candidate.sentence
    own = _names(without_frame(sentence)) if title and sentence != title else {}
    return {**own, **candidate.named}


def _named_by(candidate: Candidate) -> tuple[str, ...]:
    return shared({**_headline_names(candidate), **_named_in_body(candidate)})


def _brings(words: Iterable[str]) -> str:
    """That an article brings some words; empty where there are none."""
    shown = [shortened(word, LONGEST_SHOWN) for word in dict.fromkeys(words)]
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return f"new in it: {', '.join(shown[:SHOWN])}{more}" if shown else ""


def _remember(known: tuple[str, ...], *new: str, most: int = REMEMBERED) -> tuple[str, ...]:
    of_these = frozenset(known)
    added = tuple(value for value in dict.fromkeys(new) if value not in of_these)
    return (*known, *added)[-most:] if added else known
