"""Cues: the words by which a topic shows, each with its sentence and what surrounds it there.

A cue is a phrase of the topic, or a pattern of its parts in one sentence (`halt` near `the fighting`). Of cues that
overlap only the strongest counts, and none that overlaps a `never` phrase of the topic.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from agents.reading.automaton import Found
from agents.reading.denial import denials_in
from agents.reading.excerpt import Excerpt
from agents.reading.fold import Span
from agents.reading.patterns import part_spans, places_of
from agents.reading.phrases import Parser, Phrase, PhraseSet, last_words
from agents.reading.stage_words import StageWords
from agents.reading.taxonomy import EARNEST, GRAMMAR, LINK, SUPPORTING, Pattern, Strength, Taxonomies

Kind = Literal["strong", "likely", "weak", "never", "part", "stage", "denied", "context"]

RANK: Final[Mapping[str, int]] = {"strong": 0, "likely": 1, "weak": 2}
"""Strengths, the strongest first."""

_CONTEXT_TOPIC: Final = -1
_DECLARED: Final = 1.2
"""Weight, in the vote on the language, of a word of the language that the article declares. It decides between close
counts; with 2, a wrong tag lost one topic in eighty, and a right one brought no more.
"""

_VOTERS: Final = 200
"""Words that vote on the language of an excerpt."""

SECTION: Final = "sport"
"""The context that also counts in the credit of a title: papers call their pages so."""

_ARMED: Final = "armed"
"""The context beside which a `never` phrase with a gap, which may reach over anything, takes no cue away. `danger` does
not serve for this, as all drills speak of it.
"""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase stands for: a class of words of a topic (or of the context), in a language."""

    language: int
    kind: Kind
    topic: int
    name: str


class Cue(NamedTuple):
    """Words by which a topic shows: sentence and span in the excerpt. `pattern` names the parts of a pattern."""

    strength: Strength
    sentence: int
    start: int
    end: int
    pattern: str = ""


_Placed = tuple[int, Span]
"""A sentence and a span in it."""

_Ready = tuple[Phrase[Meaning] | None, Kind, int, str]
"""A phrase that ends elsewhere than its head, and what it stands for: kind, topic, name."""


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


_ByLanguage = Mapping[int, Sequence[_Ready]]


def _sorted_out(phrases: Sequence[Phrase[Meaning]]) -> tuple[tuple[int, ...], _ByLanguage, _ByLanguage]:
    """Sort phrases that begin alike: the languages that they speak for; by language, those that show topics or
    patterns, and the others. Words that count only where they are denied are too short and many to speak for a language
    (`dur*`).
    """
    speaking: set[int] = set()
    topical: dict[int, list[_Ready]] = {}
    around: dict[int, list[_Ready]] = {}
    for phrase in phrases:
        meaning = phrase.meaning
        ready = (None if phrase.plain else phrase, meaning.kind, meaning.topic, meaning.name)
        known = around if meaning.kind in ("context", "stage", "denied") else topical
        known.setdefault(meaning.language, []).append(ready)
        if meaning.kind != "denied":
            speaking.add(meaning.language)
    return tuple(speaking), topical, around


class CueFinder:
    """Finds the cues of all topics in excerpts."""

    def __init__(self, taxonomies: Taxonomies, parser: Parser) -> None:
        self._topics = taxonomies.topics
        languages = {language for topic in self._topics for language in topic.languages}
        self._numbers = {
            language: number for number, language in enumerate(sorted(languages | set(taxonomies.context)))
        }
        self._named = {number: language for language, number in self._numbers.items()}
        speaking = {*GRAMMAR, *SUPPORTING, SECTION, *chain.from_iterable(t.support for t in self._topics)}
        self._about_else = {name for of in taxonomies.context.values() for name in of} - speaking - {EARNEST}
        self._supporting = speaking - {*GRAMMAR, SECTION}
        self._others = self._about_else | {SECTION}
        self._patterns = [
            [(frozenset(pattern.parts), pattern) for pattern in topic.patterns] for topic in self._topics
        ]
        self._phrases = PhraseSet(self._meanings(taxonomies), parser)
        self._languages_of: list[tuple[int, ...]] = []
        self._topical: list[dict[int, Sequence[_Ready]]] = [{} for _ in self._numbers]
        self._around: list[dict[int, Sequence[_Ready]]] = [{} for _ in self._numbers]
        sorted_out = cache(_sorted_out)  # literals that begin the same phrases are many
        for number, phrases in enumerate(self._phrases.by_number):
            of, topical, around = sorted_out(phrases)
            self._languages_of.append(of)
            for language, ready in topical.items():
                self._topical[language][number] = ready
            for language, ready in around.items():
                self._around[language][number] = ready

    def _meanings(self, taxonomies: Taxonomies) -> Iterable[tuple[Sequence[str], Meaning]]:
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
                    yield phrases, Meaning(own, kind, number, kind)
                for name, phrases in words.parts.items():
                    yield phrases, Meaning(own, "part", number, name)
                for name, phrases in words.stages.items():
                    yield phrases, Meaning(own, "stage", number, name)
                for name, phrases in words.denied.items():
                    yield phrases, Meaning(own, "denied", number, name)
        for language, classes in taxonomies.context.items():
            for name, phrases in classes.items():
                if name != LINK:
                    yield phrases, Meaning(self._numbers[language], "context", _CONTEXT_TOPIC, name)

    def look(self, excerpt: Excerpt, declared: str, told: Callable[[], str]) -> Sighting | None:
        """Find everything; None where no topic has a cue.

        `declared` is the language tag that the article gives, "" for none; `told` finds one out, which takes its time.
        """
        literals = self._phrases.find(excerpt.text)
        language = self._language(literals, declared, told)
        sighting = self._cues(excerpt, literals, language)
        if not any(sighting.cues):
            return None
        self._look_around(sighting, literals, language)
        for around in sighting.surroundings:
            self._take_away_nested(around.context)
        return sighting

    def _cues(self, excerpt: Excerpt, literals: Sequence[Found], language: int) -> Sighting:
        """The cues of all topics, and where parts of patterns stand."""
        known = self._topical[language]
        text = excerpt.text
        starts = [sentence.at for sentence in excerpt.sentences]
        found = [_OfTopic() for _ in self._topics]
        loose: list[_Loose] = []
        surroundings = [Surroundings() for _ in starts]
        for number, start, end in literals:
            if number not in known:
                continue
            at = bisect_right(starts, start + 1) - 1
            for phrase, kind, topic, name in known[number]:
                stop = _stop(phrase, text, end)
                if stop is None:
                    continue
                if kind == "part":
                    parts = surroundings[at].parts.setdefault(topic, {})
                    parts.setdefault(name, []).extend(part_spans(phrase, start, end, stop))
                elif kind == "never":
                    if phrase is not None and (words := phrase.words_behind_gap):
                        gap = end, last_words(text, stop, words)
                        loose.append(_Loose(topic, at, (start + 1, stop), gap))
                    else:
                        found[topic].nevers.append((start + 1, stop))
                else:
                    found[topic].cues.append(Cue(kind, at, start + 1, stop))  # type: ignore[arg-type] # a strength
        if loose or any(of_topic.nevers for of_topic in found):
            self._settle_nevers(found, loose, self._exempting(literals, language, text, starts))
        self._add_patterns(surroundings, found)
        return Sighting(excerpt, [_chosen(of_topic) for of_topic in found], surroundings)

    def _add_patterns(self, surroundings: Sequence[Surroundings], found: Sequence[_OfTopic]) -> None:
        """Add the cues that parts of patterns are."""
        for at, around in enumerate(surroundings):
            for topic, parts in around.parts.items():
                if len(parts) > 1:
                    for needed, pattern in self._patterns[topic]:
                        if needed <= parts.keys():
                            found[topic].cues.extend(_pattern_cues(pattern, at, parts))

    def _settle_nevers(
        self, found: Sequence[_OfTopic], loose: Sequence[_Loose], exempting: Mapping[str, Sequence[_Placed]]
    ) -> None:
        """Add the `never` phrases with a gap that count; take away those that share words with what is in earnest."""
        armed: defaultdict[int, list[Span]] = defaultdict(list)
        for sentence, span in exempting[_ARMED]:
            armed[sentence].append(span)
        for never in loose:
            if not any(never.leaves(span) for span in armed[never.sentence]):
                found[never.topic].nevers.append(never.span)
        earnest = [span for _, span in exempting[EARNEST]]
        for of_topic in found if earnest else ():
            of_topic.nevers = [never for never in of_topic.nevers if not _overlaps(never, earnest)]

    def _exempting(
        self, literals: Sequence[Found], language: int, text: str, starts: Sequence[int]
    ) -> Mapping[str, Sequence[_Placed]]:
        """Where words of the context stand that keep `never` phrases from taking cues away, by class."""
        known = self._around[language]
        spans: dict[str, list[_Placed]] = {_ARMED: [], EARNEST: []}
        for number, start, end in literals:
            for phrase, kind, _, name in known.get(number, ()):
                if kind == "context" and name in spans:
                    stop = _stop(phrase, text, end)
                    if stop is not None:
                        spans[name].append((bisect_right(starts, start + 1) - 1, (start + 1, stop)))
        return spans

    def _look_around(self, sighting: Sighting, literals: Sequence[Found], language: int) -> None:
        """Fill in the words of the context, and those of stages of topics that have a cue."""
        known = self._around[language]
        text = sighting.excerpt.text
        credit = sighting.excerpt.credit
        starts = [sentence.at for sentence in sighting.excerpt.sentences]
        said: dict[tuple[int, int, int], StageWords] = {}
        for number, start, end in literals:
            if number not in known:
                continue
            for phrase, kind, topic, name in known[number]:
                if kind != "context" and not sighting.cues[topic]:
                    continue
                stop = _stop(phrase, text, end)
                if stop is None:
                    continue
                if kind == "context":
                    if start in credit and name in self._about_else:
                        continue
                    around = sighting.surroundings[bisect_right(starts, start + 1) - 1]
                    spans = around.context.setdefault(name, [])
                    if (start + 1, stop) not in spans[-1:]:  # `نفط` and `النفط` are one word
                        spans.append((start + 1, stop))
                    continue
                words = (topic, start + 1, stop)
                head = self._phrases.head(number, start, end)
                known_as = said.get(words)
                if known_as is None:
                    said[words] = known_as = StageWords(*head, phrase)
                if kind == "denied":
                    known_as.add_denied(name, end, phrase)
                else:
                    known_as.add(name, head, phrase)
        self._add_stages(sighting, said, self._named[language])

    def _take_away_nested(self, context: dict[str, list[Span]]) -> None:
        """Take away words that support within longer ones about something else (`war` in `price war`), and these within
        longer ones that say that something is in earnest (`drill` in `not a drill`).
        """
        earnest = context.pop(EARNEST, ())
        others = context.keys() & self._others
        if not others:
            return
        supporting = context.keys() & self._supporting
        theirs = [span for name in others for span in context[name]] if supporting else ()
        for names, longer in ((supporting, theirs), (others, earnest)):
            for name in names if longer else ():
                context[name] = [span for span in context[name] if not _is_within_longer(span, longer)]
                if not context[name]:
                    del context[name]

    def _add_stages(
        self, sighting: Sighting, said: Mapping[tuple[int, int, int], StageWords], language: str
    ) -> None:
        """Fill in the words of stages, by topic and span."""
        text = sighting.excerpt.text
        starts = [sentence.at for sentence in sighting.excerpt.sentences]
        listed: defaultdict[int, list[Span]] = defaultdict(list)
        for (topic, start, stop), words in sorted(said.items(), key=itemgetter(0)):
            span = start, stop
            around = sighting.surroundings[bisect_right(starts, start) - 1]
            stages = around.stages.setdefault(topic, {})
            contrary = self._topics[topic].denied
            denial = None
            if contrary or words.denied:
                denial = words.denial(text, span, denials_in(around.context), listed[topic], language)
            for name, place in words.stages(span, denial, contrary):
                stages.setdefault(name, []).append(place)

    def _language(self, literals: Sequence[Found], declared: str, told: Callable[[], str]) -> int:
        """The language that most words are of: phrases of another one would mean something else here.

        Words of the language that the article declares count a little more. Where it declares none and the vote is a
        draw (names are the same in many languages), the language that `told` finds out counts so.
        """
        languages_of = self._languages_of
        votes = Counter(chain.from_iterable([languages_of[number] for number, _, _ in literals[:_VOTERS]]))
        if not declared and len({count for _, count in votes.most_common(2)}) == 1 < len(votes):
            declared = told()
        own = self._numbers.get(declared.partition("-")[0].lower())
        return max(
            range(len(self._numbers)),
            key=lambda number: votes[number] * (_DECLARED if number == own else 1),
            default=0,
        )


def _stop(phrase: Phrase[Meaning] | None, text: str, end: int) -> int | None:
    """Where a phrase (None: spelled out) ends whose head was found up to `end`; None where its tail does not follow."""
    return end - 1 if phrase is None else phrase.stop(text, end)


def _is_within_longer(span: Span, others: Iterable[Span]) -> bool:
    start, end = span
    return any(first <= start and end <= last and end - start < last - first for first, last in others)


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    start, end = span
    return any(first < end and start < last for first, last in others)


class _Loose(NamedTuple):
    """A `never` phrase with a gap: its topic, sentence and span, and where its (last) gap is."""

    topic: int
    sentence: int
    span: Span
    gap: Span

    def leaves(self, span: Span) -> bool:
        """Whether a word is not its own: it stands in the gap or outside."""
        start, end = span
        return end <= self.span[0] or self.span[1] <= start or (self.gap[0] <= start and end <= self.gap[1])


@dataclass(slots=True)
class _OfTopic:
    """What was found of one topic: its cues, and its `never` phrases that count."""

    cues: list[Cue] = field(default_factory=list)
    nevers: list[Span] = field(default_factory=list)


def _pattern_cues(pattern: Pattern, sentence: int, parts: Mapping[str, Sequence[Span]]) -> list[Cue]:
    name = "+".join(pattern.parts)
    return [Cue(pattern.strength, sentence, start, end, name) for start, end in places_of(pattern, parts)]


def _chosen(found: _OfTopic) -> list[Cue]:
    """The strongest of overlapping cues, the longer of equal ones; ordered by place."""
    if not found.cues:
        return []
    chosen: list[Cue] = []
    taken = [*found.nevers]
    order = sorted(found.cues, key=lambda cue: (RANK[cue.strength], cue.start - cue.end, cue.start))
    for cue in order[:200]:
        begin, stop = cue.start, cue.end
        for start, end in taken:
            if start < stop and begin < end:
                break
        else:
            taken.append((begin, stop))
            chosen.append(cue)
    chosen.sort(key=lambda cue: cue.start)
    return chosen
