"""The gate: whether an article may be about a topic at all, at next to no cost.

It opens for a strong phrase anywhere (searched by the automaton that all articles pass through), and for what stands in
the title or at the head of the body: a strong or likely phrase, or a pattern that is more than weak. What an article is
about it says there.

Nearly all articles are shut out by what parts of patterns they have at all, and how far these are from each other; of
the others it is asked whether a pattern's parts meet in one sentence and one language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Final, NamedTuple

from agents.reading.automaton import Found, LiteralTable
from agents.reading.fold import Span
from agents.reading.joined import Joined
from agents.reading.letters import BREAK, spaced
from agents.reading.patterns import part_spans, places_of
from agents.reading.phrases import Parser, Phrase, PhraseSet, Tail, anywhere
from agents.reading.sentences import LINE_END, SENTENCE_END
from agents.reading.taxonomy import TopicFile

_OPEN: Final = 1
_WORD: Final = 20
"""Characters that a part itself may take, besides those between parts."""

_KEPT: Final = 1 << 12
"""Sets of parts for which it is remembered whether they are enough; articles have few different ones."""
_BETWEEN: Final = "   "
"""Stands between title and body."""


class _Opener(NamedTuple):
    """What a phrase says: a bit, and of which topic and language it is a part of patterns ("": it opens by itself)."""

    bit: int
    topic: int
    language: str
    part: str = ""


class TopicGate:
    """The gate of all topics and languages."""

    def __init__(self, topics: Sequence[TopicFile], table: LiteralTable, parser: Parser) -> None:
        """Adds the phrases that open it anywhere to `table`; `anywhere` are their numbers there."""
        strong = [phrase for topic in topics for words in topic.languages.values() for phrase in words.strong]
        self.anywhere = frozenset(map(table.add_spaced, anywhere(strong, parser)))
        self._patterns = [
            [(frozenset(pattern.parts), pattern) for pattern in topic.patterns if pattern.strength != "weak"]
            for topic in topics
        ]
        patterns = [(number, pattern) for number, own in enumerate(self._patterns) for _, pattern in own]
        parts = dict.fromkeys((number, part) for number, pattern in patterns for part in pattern.parts)
        bits = {part: _OPEN << at for at, part in enumerate(parts, 1)}
        needed: dict[int, int] = {}
        for number, pattern in patterns:
            joined = _joined(bits[number, part] for part in pattern.parts)
            reach = (pattern.within + _WORD) * (len(pattern.parts) - 1)
            needed[joined] = max(needed.get(joined, 0), reach)
        self._needed = tuple(needed.items())
        self._phrases = PhraseSet(_openers(topics, bits), parser)
        said = [*map(cache(_said), self._phrases.by_number)]  # literals that begin the same phrases are many
        self._masks = [mask for mask, _ in said]
        self._tails = {
            number: (Tail(*(rest for _, tail in with_tail for rest in tail.rests)), with_tail)
            for number, (_, with_tail) in enumerate(said)
            if with_tail
        }
        self._complete = lru_cache(_KEPT)(self._complete_in)

    def opened(self, texts: Sequence[tuple[str, str]]) -> set[int]:
        """Which of several articles open it, by number; of each the folded title and head of the body."""
        joined = Joined([f" {title}{_BETWEEN}{head} " for title, head in texts], BREAK)
        text = spaced(joined.text)
        found = self._phrases.find(text)
        bits = self._bits(found, text)
        opened: set[int] = set()
        for of, first, last, seen in _by_text(found, bits, joined):
            if seen & _OPEN:
                opened.add(of)
                continue
            complete, parts = self._complete(seen)
            if not complete:
                continue
            own = [
                (place, bit & parts)
                for place, bit in zip(found[first:last], bits[first:last], strict=True)
                if bit & parts
            ]
            if any(_together(own, needed, within) for needed, within in complete):
                body = joined.begins[of] + 1 + len(texts[of][0])
                sentences = SENTENCE_END.finditer(joined.text, body, joined.begins[of + 1])
                ends = [
                    body,
                    *(end.end() for end in sentences if not LINE_END.match(joined.text, end.start())),
                ]
                if self._meet([place for place, _ in own], text, ends):
                    opened.add(of)
        return opened

    def _bits(self, found: Sequence[Found], text: str) -> list[int]:
        """What each of the phrases says whose heads were found."""
        masks, tails = self._masks, self._tails
        bits = [masks[number] for number, _, _ in found]
        for at in [at for at, (number, _, _) in enumerate(found) if number in tails]:
            number, _, end = found[at]
            any_tail, own = tails[number]
            if any_tail.match(text, end) is not None:  # hardly ever
                bits[at] |= _joined(bit for bit, tail in own if tail.match(text, end) is not None)
        return bits

    def _complete_in(self, seen: int) -> tuple[Sequence[tuple[int, int]], int]:
        """The patterns of which an article has all parts, wherever these stand, and the parts of all of them."""
        complete = [(needed, within) for needed, within in self._needed if seen & needed == needed]
        return complete, _joined(needed for needed, _ in complete)

    def _meet(self, found: Sequence[Found], text: str, ends: Sequence[int]) -> bool:
        """Whether a pattern's parts meet in a sentence; `ends` are where sentences end."""
        parts: defaultdict[tuple[int, str, int], dict[str, list[Span]]] = defaultdict(dict)
        for number, start, end in found:
            for phrase in self._phrases.by_number[number]:
                _, topic, language, part = phrase.meaning
                if part and (stop := phrase.stop(text, end)) is not None:
                    own = parts[bisect_right(ends, start + 1), language, topic]
                    own.setdefault(part, []).extend(part_spans(phrase, start, end, stop))
        return any(
            places_of(pattern, own)
            for (_, _, topic), own in parts.items()
            for needed, pattern in self._patterns[topic]
            if needed <= own.keys()
        )


def _by_text(
    found: Sequence[Found], bits: Sequence[int], joined: Joined[str]
) -> Iterator[tuple[int, int, int, int]]:
    """By text, from where to where in the list is what was found in it, and all bits of that."""
    of = seen = following = first = 0
    for at, (_, start, _) in enumerate(found):
        if start >= following:
            yield of, first, at, seen
            of = joined.number_at(start)
            following = joined.begins[of + 1]
            first, seen = at, 0
        seen |= bits[at]
    yield of, first, len(found), seen


def _together(places: Sequence[tuple[Found, int]], needed: int, within: int) -> bool:
    """Whether all that is needed stands within so many characters."""
    relevant = [(end, mask & needed) for (_, _, end), mask in places if mask & needed]
    for at, (begin, _) in enumerate(relevant):
        seen = 0
        for end, mask in relevant[at:]:
            if end - begin > within:
                break
            seen |= mask
            if seen == needed:
                return True
    return False


def _joined(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _said(phrases: Sequence[Phrase[_Opener]]) -> tuple[int, Sequence[tuple[int, Tail]]]:
    """What phrases say that begin alike: the bits of those without a tail, and each with its tail."""
    with_tail = [(phrase.meaning.bit, phrase.tail) for phrase in phrases if phrase.tail]
    return _joined(phrase.meaning.bit for phrase in phrases if phrase.tail is None), with_tail


def _openers(
    topics: Sequence[TopicFile], bits: Mapping[tuple[int, str], int]
) -> Iterable[tuple[Sequence[str], _Opener]]:
    for number, topic in enumerate(topics):
        for language, words in topic.languages.items():
            yield (*words.strong, *words.likely), _Opener(_OPEN, number, language)
            for part, phrases in words.parts.items():
                if (number, part) in bits:
                    yield phrases, _Opener(bits[number, part], number, language, part)
