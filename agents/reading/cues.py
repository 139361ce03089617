"""Cues: the words by which a topic shows, each with its sentence and what surrounds it there.

A cue is a phrase of the topic, or a pattern of its parts in one sentence (`halt` near `the fighting`). Of cues that
overlap only the strongest counts, and none that overlaps a `never` phrase of the topic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from agents.reading.automaton import Found
from agents.reading.excerpt import Excerpt, sentence_of
from agents.reading.phrases import Phrase, PhraseSet
from agents.reading.taxonomy import Pattern, Strength, Taxonomies

Kind = Literal["strong", "likely", "weak", "never", "part", "stage", "context"]
Span = tuple[int, int]

RANK: Final[Mapping[str, int]] = {"strong": 0, "likely": 1, "weak": 2}
"""Strengths, the strongest first."""

_CONTEXT_TOPIC: Final = -1
_DECLARED: Final = 2
"""How many times the words of the language that the article says it is in count in the vote."""

_VOTERS: Final = 200
"""Words that vote on the language of an excerpt."""

_MOST_SPANS: Final = 6
"""Spans of one part that a pattern looks at in a sentence."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase stands for: a class of words of a topic (or of the context), in a language."""

    language: int
    kind: Kind
    topic: int
    name: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Words by which a topic shows: sentence and span in the excerpt. `pattern` names the parts of a pattern."""

    strength: Strength
    sentence: int
    start: int
    end: int
    pattern: str = ""


class Surroundings:
    """What stands in a sentence besides cues: context by class; parts and stages by topic and name."""

    __slots__ = ("context", "parts", "stages")

    def __init__(self) -> None:
        self.context: dict[str, list[Span]] = {}
        self.parts: dict[int, dict[str, list[Span]]] = {}
        self.stages: dict[int, dict[str, list[Span]]] = {}


@dataclass(slots=True)
class Sighting:
    """Everything that was found in an excerpt: cues by topic, surroundings by sentence."""

    excerpt: Excerpt
    cues: list[list[Cue]]
    surroundings: list[Surroundings]


class CueFinder:
    """Finds the cues of all topics in excerpts."""

    def __init__(self, taxonomies: Taxonomies) -> None:
        self._topics = taxonomies.topics
        languages = {language for topic in self._topics for language in topic.languages}
        self._numbers = {
            language: number for number, language in enumerate(sorted(languages | set(taxonomies.context)))
        }
        self._phrases = PhraseSet(self._meanings(taxonomies))
        self._languages_of = [
            tuple({phrase.meaning.language for phrase in phrases}) for phrases in self._phrases.by_number
        ]
        self._by_language: list[dict[int, list[Phrase[Meaning]]]] = [{} for _ in self._numbers]
        for number, phrases in enumerate(self._phrases.by_number):
            for phrase in phrases:
                self._by_language[phrase.meaning.language].setdefault(number, []).append(phrase)

    def _meanings(self, taxonomies: Taxonomies) -> Iterable[tuple[str, Meaning]]:
        for number, topic in enumerate(taxonomies.topics):
            for language, words in topic.languages.items():
                own = self._numbers[language]
                kinds: tuple[tuple[Kind, Sequence[str]], ...] = (
                    ("strong", words.strong),
                    ("likely", words.likely),
                    ("weak", words.weak),
                    ("never", words.never),
                )
                for kind, phrases in kinds:
                    meaning = Meaning(own, kind, number, kind)
                    yield from ((phrase, meaning) for phrase in phrases)
                for name, phrases in words.parts.items():
                    meaning = Meaning(own, "part", number, name)
                    yield from ((phrase, meaning) for phrase in phrases)
                for name, phrases in words.stages.items():
                    meaning = Meaning(own, "stage", number, name)
                    yield from ((phrase, meaning) for phrase in phrases)
        for language, classes in taxonomies.context.items():
            for name, phrases in classes.items():
                meaning = Meaning(self._numbers[language], "context", _CONTEXT_TOPIC, name)
                yield from ((phrase, meaning) for phrase in phrases)

    def look(self, excerpt: Excerpt, declared: str) -> Sighting:
        """Find everything. `declared` is the language tag that the article gives, "" for none."""
        literals = self._phrases.find(excerpt.text)
        known = self._by_language[self._language(literals, declared)]
        found = [_Found() for _ in self._topics]
        surroundings = [Surroundings() for _ in excerpt.sentences]
        at = 0
        for number, start, end in literals:
            phrases = known.get(number)
            if phrases is None:
                continue
            at = sentence_of(excerpt.sentences, start + 1, at)
            for phrase in phrases:
                stop = phrase.stop(excerpt.text, end)
                if stop is not None:
                    _place(phrase.meaning, at, (start + 1, stop), found, surroundings)
        for at, around in enumerate(surroundings):
            for topic, parts in around.parts.items():
                if len(parts) > 1:
                    for pattern in self._topics[topic].patterns:
                        found[topic].cues.extend(_pattern_cues(pattern, at, parts))
        return Sighting(excerpt, [_chosen(of_topic) for of_topic in found], surroundings)

    def _language(self, literals: Sequence[Found], declared: str) -> int:
        """The language that most words are of: phrases of another one would mean something else here."""
        votes = [0] * len(self._by_language)
        for number, _, _ in literals[:_VOTERS]:
            for language in self._languages_of[number]:
                votes[language] += 1
        own = self._numbers.get(declared.partition("-")[0].lower())
        if own is not None:
            votes[own] *= _DECLARED
        return max(range(len(votes)), key=votes.__getitem__, default=0)


def _place(
    meaning: Meaning, at: int, span: Span, found: Sequence[_Found], surroundings: Sequence[Surroundings]
) -> None:
    kind = meaning.kind
    if kind == "context":
        surroundings[at].context.setdefault(meaning.name, []).append(span)
    elif kind == "stage":
        surroundings[at].stages.setdefault(meaning.topic, {}).setdefault(meaning.name, []).append(span)
    elif kind == "part":
        surroundings[at].parts.setdefault(meaning.topic, {}).setdefault(meaning.name, []).append(span)
    elif kind == "never":
        found[meaning.topic].nevers.append(span)
    else:
        found[meaning.topic].cues.append(Cue(kind, at, *span))


@dataclass(slots=True)
class _Found:
    cues: list[Cue] = field(default_factory=list)
    nevers: list[Span] = field(default_factory=list)


def _pattern_cues(pattern: Pattern, sentence: int, parts: Mapping[str, Sequence[Span]]) -> list[Cue]:
    """The places in a sentence where all parts of a pattern stand near each other."""
    spans: list[Sequence[Span]] = []
    for part in pattern.parts:
        own = parts.get(part)
        if own is None:
            return []
        spans.append(own[:_MOST_SPANS])
    reaches: Sequence[Span] = spans[0]
    for following in spans[1:]:
        reaches = [
            (min(reach[0], span[0]), max(reach[1], span[1]))
            for reach in reaches
            for span in following
            if 0 <= max(reach[0], span[0]) - min(reach[1], span[1]) <= pattern.within
        ]
        reaches = sorted(set(reaches), key=lambda reach: reach[1] - reach[0])[:_MOST_SPANS]
    return [Cue(pattern.strength, sentence, start, end, "+".join(pattern.parts)) for start, end in reaches]


def _chosen(found: _Found) -> list[Cue]:
    """The strongest of overlapping cues, the longer of equal ones; ordered by place."""
    chosen: list[Cue] = []
    order = sorted(found.cues, key=lambda cue: (RANK[cue.strength], cue.start - cue.end, cue.start))
    for cue in order[:200]:
        if any(start < cue.end and cue.start < end for start, end in found.nevers):
            continue
        if all(cue.end <= other.start or other.end <= cue.start for other in chosen):
            chosen.append(cue)
    chosen.sort(key=lambda cue: cue.start)
    return chosen
