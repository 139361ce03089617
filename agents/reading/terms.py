"""Watchlists: which watch has which terms in an article. Made for a million of them.

A term is looked for as a query's word or phrase is: its words in their order, nothing but spaces and punctuation
between them, each with the endings that it may have. The words of a text are looked up by their hashes, a text at a
time; only terms that may stand there are compared with it. A term with characters that are words of their own (Chinese
and the like) may begin anywhere, so one of its words is a literal (`agents.reading.automaton`) instead;
so are terms where there are only some, because literals are looked for in every text in any case.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice
from typing import Final, NamedTuple

from agents.reading.automaton import LiteralTable
from agents.reading.endings import SHORTEST_CYRILLIC_STEM
from agents.reading.fold import Span, fold
from agents.reading.joined import CodedTexts
from agents.reading.keywords import (
    ALONE,
    ARTICLE,
    has_alone,
    key_of,
    literals_of,
    may_stand,
    phrase_at,
    stands_alone,
    stem_of,
    width,
    words_of,
)
from agents.reading.scene import EVIDENCE_KEPT, FieldSpan, Scene, Text
from agents.reading.termtable import TermTableBuilder
from streams.errors import QueryError

FEW: Final = 200
"""With at most so many terms it is quicker to have them among the literals."""
_SHORT: Final = 3
"""Shorter words, in letters, stand within many others."""
_CHUNK: Final = 10_000
_LONGEST_TERM: Final = 1000
"""Most characters of a text between the beginning of a term and its anchor."""
_NONE: Final = -1
_SPECIAL: Final = re.compile(rf"['\u0400-\u04ff{ALONE}]|{ARTICLE}")
"""Where a term's words are not simply its letters and digits in a row."""


_SpansByWatch = defaultdict[int, dict[FieldSpan, None]]
"""Where terms of each watch stand in an article."""


class TermIndex:
    """The terms of all watches; a watch is known by its index."""

    def __init__(self, terms: Mapping[int, Sequence[str]], table: LiteralTable, *, few: int = FEW) -> None:
        """Up to `few` terms in all are literals.

        Raises QueryError for a term in which there is nothing to look for.
        """
        lists = [(watch, own) for watch, own in terms.items() if own]
        # Terms are numbered through all lists; the lists stay as they are, so that a million are in memory once.
        self._watches = [watch for watch, _ in lists]
        self._lists = [own for _, own in lists]
        self._firsts = array("q", accumulate((len(own) for own in self._lists), initial=0))
        # Terms that literals call, by the literal's number: its last entry, and of each entry the term, which of its
        # words the literal is, and the entry before. Arrays, so that a million cost 16 MB.
        self._last_entry = array("i")
        self._entries = array("i"), array("i"), array("i")
        numbered = enumerate(chain.from_iterable(self._lists))
        is_few = self._firsts[-1] <= few
        few_terms = chain.from_iterable(self._lists if is_few else ())
        shared = Counter(word for term in few_terms for word in words_of(term))
        builder = TermTableBuilder()
        while chunk := [*islice(numbered, _CHUNK)]:
            for place in builder.add(["" if is_few and _is_rare(term) else _key(term) for _, term in chunk]):
                self._add_literal(*chunk[place], shared, table)
        self._table = builder.build()
        self._last_entry.extend([_NONE] * (len(table) - len(self._last_entry)))

    def _add_literal(self, number: int, term: str, shared: Mapping[str, int], table: LiteralTable) -> None:
        """Have a term found by that of its words which the fewest share, or the longest of them; by one of a letter or
        two, which stand in many words, where there is no other.
        """
        words = words_of(term)
        if not words:
            raise QueryError(f"the term {term[:40]!r} has no letter or digit to look for")
        anchor = min(
            range(len(words)),
            key=lambda at: (len(stem_of(words[at])) < _SHORT, shared.get(words[at], 0), -len(words[at])),
        )
        for literal in map(table.add, literals_of(words[anchor])):
            self._last_entry.extend([_NONE] * (literal + 1 - len(self._last_entry)))
            for array_, value in zip(self._entries, (number, anchor, self._last_entry[literal]), strict=True):
                array_.append(value)
            self._last_entry[literal] = len(self._entries[0]) - 1

    def _called_by(self, literal: int) -> Iterator[tuple[int, int]]:
        """The terms that a literal calls, each with the number of its word that the literal is."""
        numbers, anchors, before = self._entries
        entry = self._last_entry[literal]
        while entry != _NONE:
            yield numbers[entry], anchors[entry]
            entry = before[entry]

    def find_all(self, scenes: Sequence[Scene], joined: CodedTexts) -> dict[int, dict[int, list[FieldSpan]]]:
        """By article and watch, where terms stand: the first places, as many as make evidence.

        Articles without terms are left out. `joined` are their texts.
        """
        found: defaultdict[int, _SpansByWatch] = defaultdict(lambda: defaultdict(dict))
        if self._entries[0]:
            for number, scene in enumerate(scenes):
                if scene.title.found or scene.body.found:
                    self._find_by_literals(scene, found[number])
        if len(self._table):
            self._find_in_table(scenes, joined, found)
        return {
            number: {watch: [*own] for watch, own in spans.items()}
            for number, spans in found.items()
            if spans
        }

    def _find_by_literals(self, scene: Scene, spans: _SpansByWatch) -> None:
        for text in scene.texts:
            folded = text.folded.text
            for literal, start, end in text.found:
                if self._last_entry[literal] == _NONE or not may_stand(folded, start, end):
                    continue
                for number, anchor in self._called_by(literal):
                    watch = self._watch_of(number)
                    if len(spans.get(watch, ())) < EVIDENCE_KEPT:
                        span = self._compared(number, Place(text, start, anchor), scene)
                        if span is not None:
                            spans[watch][span] = None

    def _find_in_table(
        self, scenes: Sequence[Scene], joined: CodedTexts, found: Mapping[int, _SpansByWatch]
    ) -> None:
        turkish = [own for scene in scenes for own in (scene.may_be_turkish,) * len(scene.texts)]
        # A term is found by any of its words, so one found later may begin earlier: they are put in order at the end.
        places: defaultdict[tuple[int, int], dict[FieldSpan, tuple[bool, int, int]]] = defaultdict(dict)
        enough: dict[tuple[int, int], int] = {}
        for start, number, word in sorted(self._table.candidates(joined, turkish=turkish)):
            at = joined.number_at(start)
            of, of_body = divmod(at, 2)
            text = scenes[of].texts[of_body]
            key = of, self._watch_of(number)
            own = places[key]
            # No term that begins before the last one that is kept is found so far behind it.
            if key in enough and (word == 0 or start > enough[key] + _LONGEST_TERM):
                continue
            span = self._compared(number, Place(text, start - joined.begins[at], word), scenes[of])
            if span is not None:
                order = (text.name == "body", span[1], number)
                own[span] = min(order, own.get(span, order))
                if len(own) >= EVIDENCE_KEPT:
                    enough.setdefault(key, start)
        for (of, watch), own in places.items():
            for span in sorted(own, key=own.__getitem__):
                spans = found[of][watch]
                if len(spans) < EVIDENCE_KEPT:
                    spans[span] = None

    def _watch_of(self, number: int) -> int:
        return self._watches[bisect_right(self._firsts, number) - 1]

    def _compared(self, number: int, place: Place, scene: Scene) -> FieldSpan | None:
        """The span of a term, if it stands at a place."""
        at = bisect_right(self._firsts, number) - 1
        term = self._lists[at][number - self._firsts[at]]
        span = _span_as_written(fold(term), place) or _span(words_of(term), place, scene)
        return (place.text.name, *span) if span is not None and scene.counts(place.text, span[0]) else None


class Place(NamedTuple):
    """Where a term may stand: where its word number `anchor` begins."""

    text: Text
    start: int
    anchor: int = 0


def _is_rare(term: str) -> bool:
    """Whether a term is more than letters one by one (U.S.), each of which stands all over a text."""
    return any(len(word) > 1 or stands_alone(word) for word in words_of(term))


def _key(term: str) -> str:
    """The words of a term as they are looked up; none of a term that is a literal."""
    folded = fold(term)
    if (folded.isascii() and "'" not in folded) or not _SPECIAL.search(folded):
        return folded
    if has_alone(folded):
        return ""
    keys = [(key_of(word), word) for word in words_of(folded)]
    if any(len(key) < SHORTEST_CYRILLIC_STEM and key != word for key, word in keys):
        return ""
    return " ".join(key for key, _ in keys)


def _span_as_written(term: str, place: Place) -> Span | None:
    """The span of a folded term that stands at a place letter by letter, as nearly all of them do.

    None where it does not, and where there is more to it: an apostrophe, a letter of more than ASCII in the term.
    """
    text, start, anchor = place
    folded = text.folded.text
    words = term.split(" ")
    if not (term.isascii() and all(map(str.isalnum, words))):
        return None
    begin = start - sum(map(len, words[:anchor])) - anchor
    if begin < 0 or not folded.startswith(term, begin):
        return None
    end = begin + len(term)
    around = folded[begin - 1 : begin] + folded[end : end + 1] if begin else folded[end : end + 1]
    return None if "'" in around or any(map(str.isalnum, around)) else (begin, end)


def _span(words: Sequence[str], place: Place, scene: Scene) -> Span | None:
    """The span of a term that stands at a place; None where it does not."""
    text, start, anchor = place
    folded = text.folded.text
    if len(words) == 1:
        return scene.word_span(words[0], folded, start)
    tokens, at = text.tokens_around(start, sum(map(width, words)))
    span = phrase_at(words, anchor, tokens, at, folded, turkish=False)
    if span is None:
        span = phrase_at(words, anchor, tokens, at, folded, turkish=True)
        return span if span is not None and scene.turkish else None
    return span
