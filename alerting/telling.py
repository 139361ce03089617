"""A telling: what a story remembers of one of its articles, and how sure it is that another tells the same happening.

Two articles in one language are compared by how alike headline and lead are (alerting.gist), whether the same parties
stand in the headline, whether the topics are at the same stages, and how much time lies between. The sum of these must
reach `SAME_HAPPENING`. Without a party in common no words suffice: sides, disasters and figures of speech are alike
everywhere. Where a headline has no party, as with fires and floods, proper names stand for them (alerting.proper): one
of the two articles must have all that the other's headline names. Between languages words tell nothing; the same
stages, the same two parties or more, and half a day suffice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, PlainSerializer

from alerting.focus import Focus
from alerting.gist import WORDS_REMEMBERED, Gist, interned, telling_words
from alerting.names import names, said_once_more, without_frame
from alerting.proper import proper_names, stems
from alerting.watch import TopicsWanted
from streams.wire import ActorReading, Candidate, Moment, TopicReading

SAME_HAPPENING: Final = 0.55
"""Least sum of likeness, parties, stages and time for one happening told in other words."""
MAY_BE_DENIED: Final = 0.25
"""Least sum for what may take back that it means what was told."""
PARTIES: Final = 0.2
"""What the share of parties in common adds, times that share."""
NAMES: Final = 0.5
"""The share of parties for which names in common stand: not all of it, as a county has several fires."""
SAME_STAGES: Final = 0.05
"""What topics at the same stages add."""
SAME_STAGES_AND_PARTIES: Final = 0.1
"""What the share of parties in common adds once more beside these."""
SOME_STAGES: Final = 0.1
"""What topics add of which some are at the same stages."""
OTHER_STAGES: Final = -0.05
"""What topics add of which none is at the same stage."""
DAY: Final = -0.2
"""What each day between the two adds."""
_ONE_DAY: Final = timedelta(days=1)

_AND: Final = re.compile(r" ?[,/] ?|[-–]| (?:&|and|und|et|y|e|ve|и|та|і|й) (?:the )?| و ?")
"""What stands between two parties of which neither is before the other."""

_PERSON: Final = "#"
"""Marks the id of a person among names."""
_BESIDE: Final = "="
"""Marks a stage among names that was told beside another."""

OTHER_LANGUAGE: Final = timedelta(hours=12)
"""Another language may tell the same happening within this time."""
SAME_PARTIES: Final = 2 / 3
"""Another language tells the same happening with at least this share of parties in common."""

SURELY_WITHIN: Final = timedelta(hours=6)
"""The same is surely told only within this time."""
SURELY_SHARED: Final = 3
"""The same is surely told with so many parties and particular words in common, at least one of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a story remembers of one article, to decide whether another tells the same.

    `expected` are the words by which topics and actors were found, which many happenings share. `proper` are the proper
    names of its headline, `proper_in_sentence` those of the sentence that decided. `side_by_side` are the first two
    parties of the headline where it puts neither before the other (`Kyiv and Moscow agree`), in the order of the
    alphabet.
    """

    gist: Annotated[Gist, BeforeValidator(Gist.of), PlainSerializer(Gist.as_dict)] = field(
        default_factory=Gist
    )
    expected: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    proper: tuple[str, ...] = ()
    proper_in_sentence: tuple[str, ...] = ()
    stages: dict[str, str] = field(default_factory=dict)
    language: str = ""
    seen_at: Moment
    side_by_side: tuple[str, ...] = ()

    @classmethod
    def of(cls, candidate: Candidate, wanted: TopicsWanted | None = None) -> Telling:
        """What there is to remember of a candidate. Parties are the actors of the headline, in its order, each behind
        its country; stages those that the watch wants, as how far another topic has come is no news to it.
        """
        named = [a for a in candidate.actors if any(e.field == "title" for e in a.evidence)]
        proper, in_sentence = _proper_names(candidate)
        parties = dict.fromkeys(party for a in named for party in (a.country, a.id) if party is not None)
        return cls(
            gist=Gist.of(candidate.gist),
            expected=interned(sorted(_expected(candidate))),
            parties=tuple(parties),
            proper=interned(proper),
            proper_in_sentence=interned(in_sentence),
            side_by_side=interned(_side_by_side(candidate.article.title, named)),
            stages={
                topic.topic: topic.stage
                for topic in candidate.topics
                if wanted is None or wanted.wants(topic) or wanted.takes_back(topic)
            },
            language=candidate.article.language,
            seen_at=candidate.seen_at,
        )

    def looked_up_by(self) -> list[str]:
        """The words by which it is looked up among those of a party: its headline's, and an empty one that all have."""
        return ["", *self.gist.headline_words()]

    def reached(self) -> tuple[str, ...]:
        """Which parties are told to be at which stages, and which of them first."""
        return interned(
            pair
            for topic, stage in self.stages.items()
            for pair in (*(pair_of(topic, stage, party) for party in self.parties), *self.led(topic, stage))
        )

    def led(self, topic: str, stage: str) -> tuple[str, ...]:
        """The party that the headline puts first, or the two, as told to be at a stage; empty where it has none."""
        first = "+".join(self.side_by_side or self.parties[:1])
        return (f"{pair_of(topic, stage, first)}:first",) if first else ()

    def is_near(self, other: Telling) -> bool:
        """Whether both have a language, all stages, a party and particular words in common, and are close in time.
        Proper names stand for parties where a headline has none.
        """
        words = (set(self.gist.words) & set(other.gist.words)) - set(self.expected) - set(other.expected)
        parties = set(self.parties) & set(other.parties)
        if self.names_the_same(other):
            parties |= set(self.all_proper()) & other.words_as_names()
        return (
            self.language == other.language
            and _stages_in_common(self.stages, other.stages) == "all"
            and bool(words and parties)
            and len(words) + len(parties) >= SURELY_SHARED
            and abs(self.seen_at - other.seen_at) <= SURELY_WITHIN
        )

    def names_the_same(self, other: Telling) -> bool:
        """Where either headline has no party: whether one article has all that the headline of the other names."""
        return not (self.parties and other.parties) and (
            self._has_headline_of(other) or other._has_headline_of(self)
        )

    def all_proper(self) -> dict[str, None]:
        """The proper names of headline and sentence, by which stories without a party in common are looked up."""
        return dict.fromkeys((*self.proper, *self.proper_in_sentence))

    def words_as_names(self) -> frozenset[str]:
        """Its words, as proper names are cut."""
        return frozenset((*stems(self.gist.words), *self.all_proper()))

    def _has_headline_of(self, other: Telling) -> bool:
        return bool(other.proper) and (
            self.all_proper().keys() >= set(other.proper) or self.words_as_names().issuperset(other.proper)
        )


class Sought:
    """The telling of an article whose story is looked for: what each comparison needs of it, worked out once.

    Where it may take back something, its stage is another than that of what it means.
    """

    __slots__ = ("_direction", "_parties", "_takes_back", "_telling")

    def __init__(self, telling: Telling, *, takes_back: bool = False) -> None:
        self._telling = telling
        self._takes_back = takes_back
        self._parties = frozenset(telling.parties)
        self._direction = telling.gist.direction()

    def nearness(self, tellings: Sequence[Telling]) -> float:
        """How sure it is that it tells a story with these tellings: half by the nearest of them, half by all. Of those
        in another language, whose words cannot be compared, only the nearest counts.
        """
        if len(tellings) == 1:  # by far most
            return self.sameness(tellings[0])
        alike, otherwise = [], 0.0
        for own in tellings:
            score = self.sameness(own)
            if own.language == self._telling.language:
                alike.append(score)
            else:
                otherwise = max(otherwise, score)
        return max(otherwise, (max(alike) + sum(alike) / len(alike)) / 2 if alike else 0.0)

    def sameness(self, other: Telling) -> float:
        """How sure it is that another tells the same happening; from SAME_HAPPENING on it does."""
        telling = self._telling
        if telling.language != other.language:
            return SAME_HAPPENING if self._is_same_in_other_language(other) else 0.0
        in_common = self._parties_in_common(other) or (NAMES if telling.names_the_same(other) else 0.0)
        if not in_common:
            return 0.0
        apart = abs(telling.seen_at - other.seen_at) / _ONE_DAY
        score = other.gist.likeness(self._direction) + PARTIES * in_common + DAY * apart
        stages = _stages_in_common(telling.stages, other.stages)
        if stages == "all":
            return score + SAME_STAGES + SAME_STAGES_AND_PARTIES * in_common
        return score + (SOME_STAGES if stages == "some" else OTHER_STAGES if stages == "none" else 0.0)

    def _is_same_in_other_language(self, other: Telling) -> bool:
        shared = len(self._parties.intersection(other.parties))
        if self._takes_back:  # whoever brokered what is denied need not be named
            alike = shared >= SAME_PARTIES * len(self._parties)
        else:
            alike = (
                _stages_in_common(self._telling.stages, other.stages) == "all"
                and self._parties_in_common(other) >= SAME_PARTIES
            )
        return alike and shared > 1 and abs(self._telling.seen_at - other.seen_at) <= OTHER_LANGUAGE

    def _parties_in_common(self, other: Telling) -> float:
        """The share that both have of the parties of either."""
        shared = len(self._parties.intersection(other.parties))
        return shared / (len(self._parties) + len(other.parties) - shared) if shared else 0.0


def _side_by_side(title: str, named: Sequence[ActorReading]) -> list[str]:
    """The parties of the first two mentions in a headline, where nothing but a word for `and` is between them."""
    mentions = sorted(
        (e.start, e.end, a.country or a.id) for a in named for e in a.evidence if e.field == "title"
    )
    for (_, end, one), (start, _, other) in pairwise(mentions[:2]):
        if one != other and _AND.fullmatch(title[end:start]):
            return sorted((one, other))
    return []


def _proper_names(candidate: Candidate) -> tuple[Sequence[str], Sequence[str]]:
    """Those of the headline, and of the sentence that decided; where no word of the headline surely is one, those that
    are in the sentence.
    """
    title, language = candidate.article.title, candidate.article.language
    of_sentence = proper_names(without_frame(candidate.sentence), language)
    of_headline = proper_names(title, language)
    if not of_headline and of_sentence:
        in_headline = stems(telling_words(title))
        of_headline = tuple(name for name in of_sentence if name in in_headline)
    return of_headline, of_sentence


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


def pair_of(topic: str, stage: str, party: str) -> str:
    """A party that is told to be at a stage."""
    return f"{topic}:{stage}:{party}"


# Deciding about a candidate asks twice, and an article is a candidate of each watch that it hits.
@lru_cache(64)
def _names(text: str) -> Mapping[str, str]:
    return {**names(text), **said_once_more(text)}


def headline_names(candidate: Candidate) -> Mapping[str, str]:
    """The names of a candidate's headline, as `alerting.names` has them."""
    return _names(candidate.article.title or without_frame(candidate.sentence))


def sentence_names(candidate: Candidate) -> Mapping[str, str]:
    """The names of the sentence of its body that decided."""
    # Where nothing of the body decided, the sentence is the headline.
    title, sentence = candidate.article.title, candidate.sentence
    return _names(without_frame(sentence)) if title and sentence != title else {}


def named_in_body(candidate: Candidate) -> Mapping[str, str]:
    """The names that stand by what decided in its body."""
    return {**sentence_names(candidate), **candidate.named}


def named_by(candidate: Candidate, telling: Telling) -> tuple[str, ...]:
    """All of them, without the words as they are written; the ids of the persons whose names are among them; the stages
    that are told beside those that are reached; and what is told of first, and beside.
    """
    named = {**headline_names(candidate), **named_in_body(candidate)}
    persons = (id_ for id_, spellings in _spelt(candidate) if any(map(named.keys().__ge__, spellings)))
    stages = (f"{_BESIDE}{stage}" for stage in stages_beside(candidate))
    return interned(
        (
            *named,
            *(f"{_PERSON}{id_}" for id_ in persons),
            *stages,
            *Focus(candidate, telling.all_proper()).marks(),
        )
    )


def stages_beside(candidate: Candidate) -> dict[str, TopicReading]:
    """The stages that a candidate tells beside those that are reached, as `topic:stage`, each with its reading."""
    return {
        f"{topic.topic}:{stage}": topic.model_copy(update={"stage": stage})
        for topic in candidate.topics
        for stage in topic.other_stages
    }


def told_beside(named: Iterable[str]) -> set[str]:
    """The stages that were told beside others, of what is remembered of names."""
    return {name.removeprefix(_BESIDE) for name in named if name.startswith(_BESIDE)}


def names_of_known_persons(candidate: Candidate, named: Iterable[str], parties: Iterable[str]) -> set[str]:
    """The names by which a candidate calls persons that are parties or whose ids are among some names, however these
    were spelt there: Zelenskiy or Zelensky. A capital, which may stand for a country, is always a place too.
    """
    known = {*parties, *(name.removeprefix(_PERSON) for name in named if name.startswith(_PERSON))}
    return {
        name
        for id_, spellings in _spelt(candidate)
        if id_ in known
        for spelling in spellings
        for name in spelling
    }


def _spelt(candidate: Candidate) -> Iterator[tuple[str, list[frozenset[str]]]]:
    """The ids of the persons that a candidate surely names, each with the names of its mentions."""
    for actor in candidate.actors:
        if actor.kind == "person" and actor.match != "typo":
            yield actor.id, [*filter(None, map(_spelling, {one.text for one in actor.evidence}))]


@lru_cache(WORDS_REMEMBERED)
def _spelling(mention: str) -> frozenset[str]:
    return frozenset(names(mention))
