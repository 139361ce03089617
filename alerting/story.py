"""A story: the articles that tell one happening under one watch. The value, and how an article finds its story.

Rules, in order:

1. Another version of an article that a story holds belongs to that story.
2. A near-duplicate of a text (wire copy, light rewrite) belongs to its story: the estimated Jaccard similarity of the
   word shingles, by MinHash, is at least `SAME_TEXT`.
3. Other words on the same happening: how alike headline and lead are (alerting.gist), whether the same parties stand
   in the headline, whether the topics are at the same stages, and how much time lies between. The sum of these must
   reach `SAME_HAPPENING`. A story is the nearer the more of its articles are near.
   Without a party in common no words suffice: sides, disasters and figures of speech are alike everywhere.
4. In another language words tell nothing: the same stages, the same two parties or more, and half a day suffice.

Rules 3 and 4 can err, and an article that they bring may tell another happening. So they do not silence it: it is
`surely_told` only where it is another version or a near-duplicate, or where an article of the story has the same
stages, shares parties and particular words and is close in time, and the headline brings no party, no name and no
number that the story had not.

Who is compared comes from indexes, of texts (locality-sensitive buckets), of headline words and of parties, newest
first and a bounded number, so the cost does not grow with the number of open stories.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import islice
from typing import Annotated, Final, Literal

from pydantic import Field

from alerting.fingerprint import bands, similarity
from alerting.gist import headline_words, likeness, names, telling_words
from streams.ids import derive_id
from streams.wire import Candidate, Moment, Wire

SAME_TEXT: Final = 0.5
"""Least estimated similarity of two texts that tell the same story."""

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
OTHER_LANGUAGE: Final = timedelta(hours=12)
SAME_PARTIES: Final = 2 / 3

SURELY_WITHIN: Final = timedelta(hours=6)
SURELY_SHARED: Final = 3
"""Within which time, and by how many shared parties and particular words, one of each at least, the same is surely
told.
"""

TELLINGS: Final = 4
"""Articles that a story is compared by: the first, and the last ones."""
LOOKED_UP: Final = 100
"""Stories of a word or a party that are looked at, the last touched first."""
COMPARED: Final = 24

REMEMBERED: Final = 64
"""Articles, sources and texts that a story remembers by name; beyond that it only counts."""


class Telling(Wire):
    """What a story remembers of one article: whether another tells the same is decided by it.

    `names` are the words of the headline that may be names, and its numbers; `expected` are the words by which topics
    and actors were found: many a happening has them.
    """

    gist: dict[str, int] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    stages: dict[str, str] = Field(default_factory=dict)
    language: str = ""
    seen_at: Moment

    @classmethod
    def of(cls, candidate: Candidate) -> Telling:
        """What there is to remember of a candidate. Parties are the actors of the headline and their countries."""
        named = [a for a in candidate.actors if any(e.field == "title" for e in a.evidence)]
        parties = {actor.id for actor in named} | {a.country for a in named if a.country is not None}
        return cls(
            gist=candidate.gist,
            names=tuple(names(candidate.article.title)),
            expected=tuple(sorted(_expected(candidate))),
            parties=tuple(sorted(parties)),
            stages={topic.topic: topic.stage for topic in candidate.topics},
            language=candidate.article.language,
            seen_at=candidate.seen_at,
        )

    def looked_up_by(self) -> list[str]:
        """Its headline's words, and its parties behind an @."""
        return [*headline_words(self.gist), *(f"@{party}" for party in self.parties)]

    def sameness(self, other: Telling) -> float:
        """How sure it is that both tell the same happening; from SAME_HAPPENING on they do."""
        ours, theirs = set(self.parties), set(other.parties)
        if not ours & theirs:
            return 0.0
        shared = len(ours & theirs) / len(ours | theirs)
        stages = _stages_in_common(self.stages, other.stages)
        apart = abs(self.seen_at - other.seen_at)
        if self.language != other.language:
            told = (
                stages == "all"
                and len(ours & theirs) > 1
                and shared >= SAME_PARTIES
                and apart <= OTHER_LANGUAGE
            )
            return SAME_HAPPENING if told else 0.0
        score = likeness(self.gist, other.gist) + PARTIES * shared + DAY * (apart / timedelta(days=1))
        if stages == "all":
            return score + SAME_STAGES + SAME_STAGES_AND_PARTIES * shared
        return score + (SOME_STAGES if stages == "some" else OTHER_STAGES if stages == "none" else 0.0)

    def is_near(self, other: Telling) -> bool:
        """Whether both have a language, all stages, a party and particular words in common, and are close in time."""
        words = (set(self.gist) & set(other.gist)) - set(self.expected) - set(other.expected)
        parties = set(self.parties) & set(other.parties)
        return (
            self.language == other.language
            and _stages_in_common(self.stages, other.stages) == "all"
            and bool(words and parties)
            and len(words) + len(parties) >= SURELY_SHARED
            and abs(self.seen_at - other.seen_at) <= SURELY_WITHIN
        )


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
    same = sum(theirs.get(topic) == stage for topic, stage in ours.items())
    if not same:
        return "none"
    return "all" if same == len(ours) == len(theirs) else "some"


class Story(Wire):
    """State of one story. `number` is that of the last alert event; `turn` grows with each input that touches a story
    of the partition; `stages` are those told so far, as `topic:stage`.
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
    fingerprints: tuple[tuple[int, ...], ...]
    tellings: tuple[Telling, ...] = ()
    stages: tuple[str, ...] = ()
    turn: int = 0

    @classmethod
    def opened_by(cls, candidate: Candidate, window: timedelta, turn: int = 0) -> Story:
        """The story that a candidate begins. Its id is a function of the watch and the candidate."""
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
            tellings=(Telling.of(candidate),),
            stages=stages_of(candidate),
            turn=turn,
        )

    def joined_by(self, candidate: Candidate, window: timedelta, *, event: bool, turn: int = 0) -> Story:
        """The story after one more article; `event` says that it made an alert event."""
        known = candidate.article.id in self.article_ids
        return self.model_copy(
            update={
                "last_seen_at": max(self.last_seen_at, candidate.seen_at),
                "last_event_at": candidate.seen_at if event else self.last_event_at,
                "expires_at": max(self.expires_at, candidate.seen_at + window),
                "number": self.number + event,
                "articles": self.articles + (not known),
                "article_ids": _remember(self.article_ids, candidate.article.id),
                "candidate_ids": _remember(self.candidate_ids, candidate.candidate_id),
                "sources": _remember(self.sources, *_source(candidate)),
                "fingerprints": self._with_text(candidate.fingerprint),
                "tellings": (
                    *self.tellings[:1],
                    *(*self.tellings[1:], Telling.of(candidate))[1 - TELLINGS :],
                ),
                "stages": _remember(self.stages, *stages_of(candidate)),
                "turn": turn,
            }
        )

    def nearness(self, telling: Telling) -> float:
        """How sure it is that an article tells this story: half by the nearest of its own, half by all of them."""
        scores = [telling.sameness(own) for own in self.tellings]
        return (max(scores) + sum(scores) / len(scores)) / 2 if scores else 0.0

    def surely_told(self, candidate: Candidate) -> bool:
        """Whether a candidate certainly tells this story and no other happening: see the rules above."""
        if candidate.article.id in self.article_ids or self.text_likeness(candidate) >= SAME_TEXT:
            return True
        telling = Telling.of(candidate)
        parties = {party for own in self.tellings for party in own.parties}
        words = {word for own in self.tellings for word in (*own.gist, *own.names, *own.expected)}
        nothing_new = parties.issuperset(telling.parties) and words.issuperset(telling.names)
        return nothing_new and any(own.is_near(telling) for own in self.tellings)

    def text_likeness(self, candidate: Candidate) -> float:
        """The estimated similarity, 0 to 1, of a candidate's text and the nearest of the story's."""
        if not candidate.fingerprint:
            return 0.0
        return max((similarity(text, candidate.fingerprint) for text in self.fingerprints), default=0.0)

    def _with_text(self, fingerprint: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        # The first text stays the anchor; one more is kept so that a rewrite of a rewrite is still recognised.
        if not fingerprint or fingerprint in self.fingerprints:
            return self.fingerprints
        return (*self.fingerprints[:1], fingerprint)


def stages_of(candidate: Candidate) -> tuple[str, ...]:
    """The stages that a candidate tells, the dominant ones and the others, as `topic:stage`."""
    return tuple(
        f"{topic.topic}:{stage}" for topic in candidate.topics for stage in (topic.stage, *topic.other_stages)
    )


def _source(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.article.source,) if candidate.article.source else ()


def _remember(known: tuple[str, ...], *new: str) -> tuple[str, ...]:
    added = tuple(value for value in new if value not in known)
    return (*known, *added)[-REMEMBERED:] if added else known


def _band_keys(watch: str, *fingerprints: tuple[int, ...]) -> Iterator[int]:
    """Numbers under which texts are looked up among the stories of a watch."""
    for fingerprint in fingerprints:
        for place in enumerate(bands(fingerprint)):
            yield hash((watch, *place))


class Stories:
    """The open stories of one partition, found by article, by text, and by when they end."""

    def __init__(self, stories: Iterable[Story] = ()) -> None:
        self._by_id: dict[str, Story] = {}
        self._by_article: dict[tuple[str, str], str] = {}
        # By far most bands are those of one story: a set for each would be half of what a story takes of memory.
        self._by_band: dict[int, str | set[str]] = {}
        # A dict for its order: stories of a word, the last touched last.
        self._by_key: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        self._endings: list[tuple[datetime, str]] = []
        self._now: datetime | None = None
        self._turn = 0
        for story in sorted(stories, key=lambda story: (story.turn, story.story_id)):
            self.put(story)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Story]:
        return iter(self._by_id.values())

    def put(self, story: Story) -> None:
        """Add a story or replace its former state."""
        former = self._by_id.get(story.story_id)
        if former is not None:
            self._unindex(former)
        self._by_id[story.story_id] = story
        for article_id in story.article_ids:
            self._by_article[story.watch, article_id] = story.story_id
        for key in _band_keys(story.watch, *story.fingerprints):
            held = self._by_band.setdefault(key, story.story_id)
            if isinstance(held, set):
                held.add(story.story_id)
            elif held != story.story_id:
                self._by_band[key] = {held, story.story_id}
        for word in self._words(story):
            self._by_key[story.watch, word][story.story_id] = None
        self._turn = max(self._turn, story.turn)
        if former is None or former.expires_at != story.expires_at:
            heappush(self._endings, (story.expires_at, story.story_id))
        if self._now is None or story.last_seen_at > self._now:
            self._now = story.last_seen_at

    def _unindex(self, story: Story) -> None:
        for article_id in story.article_ids:
            self._by_article.pop((story.watch, article_id), None)
        for key in _band_keys(story.watch, *story.fingerprints):
            held = self._by_band.get(key)
            if isinstance(held, set):
                held.discard(story.story_id)
                if not held:
                    del self._by_band[key]
            elif held == story.story_id:
                del self._by_band[key]
        for word in self._words(story):
            stories = self._by_key.get((story.watch, word))
            if stories is not None:
                stories.pop(story.story_id, None)
                if not stories:
                    del self._by_key[story.watch, word]

    @property
    def next_turn(self) -> int:
        """The turn of the next input that touches a story."""
        return self._turn + 1

    @staticmethod
    def _words(story: Story) -> list[str]:
        return list(dict.fromkeys(key for telling in story.tellings for key in telling.looked_up_by()))

    def of(self, candidate: Candidate) -> Story | None:
        """The open story that a candidate belongs to: that of its article, of its text, or of its happening."""
        story_id = self._by_article.get((candidate.watch, candidate.article.id))
        if story_id is not None and self._open(self._by_id[story_id], candidate):
            return self._by_id[story_id]
        return self._of_text(candidate) or self._of_happening(candidate)

    def _of_text(self, candidate: Candidate) -> Story | None:
        if not candidate.fingerprint:
            return None
        near: set[str] = set()
        for key in _band_keys(candidate.watch, candidate.fingerprint):
            held = self._by_band.get(key, ())
            near.update((held,) if isinstance(held, str) else held)
        best: tuple[float, str] | None = None
        for story_id in sorted(near):
            story = self._by_id[story_id]
            if story.watch != candidate.watch or not self._open(story, candidate):
                continue  # a number may be that of two watches
            score = story.text_likeness(candidate)
            if score >= SAME_TEXT and (best is None or score > best[0]):
                best = (score, story_id)
        return self._by_id[best[1]] if best else None

    def _of_happening(self, candidate: Candidate) -> Story | None:
        telling = Telling.of(candidate)
        shared: Counter[str] = Counter()
        for key in telling.looked_up_by():
            shared.update(islice(reversed(self._by_key.get((candidate.watch, key), {})), LOOKED_UP))
        nearest = sorted(shared, key=lambda one: (-shared[one], -self._by_id[one].turn, one))[:COMPARED]
        best: tuple[float, str] | None = None
        for story_id in nearest:
            story = self._by_id[story_id]
            if not self._open(story, candidate):
                continue
            score = story.nearness(telling)
            if score >= SAME_HAPPENING and (best is None or score > best[0]):
                best = (score, story_id)
        return self._by_id[best[1]] if best else None

    @staticmethod
    def _open(story: Story, candidate: Candidate) -> bool:
        return candidate.seen_at < story.expires_at

    def expire(self, now: datetime) -> list[Story]:
        """Forget the stories that had ended by the latest time seen; returns them."""
        if self._now is None or now > self._now:
            self._now = now
        ended = []
        while self._endings and self._endings[0][0] <= self._now:
            moment, story_id = heappop(self._endings)
            story = self._by_id.get(story_id)
            if story is not None and story.expires_at == moment:
                self._unindex(story)
                del self._by_id[story_id]
                ended.append(story)
        return ended
