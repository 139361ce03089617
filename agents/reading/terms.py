"""Watchlists: which watch has each literal among its terms. Made for a million of them.

A term of several words is one literal, its words a space apart (the automaton takes a hyphen or a line break for a
space), so that only a text that holds all of it costs more than the automaton's pass. Words of a Cyrillic term take
case endings each for itself; such a term is called by its first word together with the first letters of its second, and
compared as a phrase. So a word with which ten thousand terms begin costs no more than one with which one does.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agents.reading.automaton import LiteralTable
from agents.reading.keywords import (
    following_key,
    following_keys,
    phrase_at,
    starts_word,
    stem_of,
    words_of,
)
from agents.reading.scene import Scene, Span
from streams.errors import QueryError

_NONE: Final = -1
_SEVERAL: Final = -2
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_ANY: Final = ""
"""Key of phrases whose second word may have particles in front of it."""


class TermIndex:
    """The terms of all watches; a watch is known by its index."""

    def __init__(self, terms: Mapping[int, Sequence[str]], table: LiteralTable) -> None:
        """Raises QueryError for a term in which there is nothing to look for."""
        self._several: dict[int, tuple[int, ...]] = {}
        # First word's number → key of the second word → the phrases that begin so, and their watches.
        self._phrases: dict[int, dict[str, list[tuple[tuple[str, ...], int]]]] = {}
        # One number a literal, whoever it belongs to, so that a million of them cost 4 MB.
        self._owner = array("i")
        for watch, own in terms.items():
            for term in own:
                self._add(term, watch, table)
        self._owner.extend([_NONE] * (len(table) - len(self._owner)))

    def _add(self, term: str, watch: int, table: LiteralTable) -> None:
        words = words_of(term)
        if not words:
            raise QueryError(f"the term {term[:40]!r} has no letter or digit to look for")
        if len(words) > 1 and _CYRILLIC.search(term.lower()):
            by_second = self._phrases.setdefault(table.add(stem_of(words[0])), {})
            key = _ANY if _ARABIC.search(words[1]) else following_key(words[1])
            by_second.setdefault(key, []).append((words, watch))
            return
        number = table.add(stem_of(words[0]) if len(words) == 1 else " ".join(words))
        if number >= len(self._owner):
            self._owner.extend([_NONE] * (number + 1 - len(self._owner)))
        owner = self._owner[number]
        if owner == _NONE:
            self._owner[number] = watch
        elif owner == _SEVERAL:
            if watch not in self._several[number]:
                self._several[number] = (*self._several[number], watch)
        elif owner != watch:
            self._several[number] = (owner, watch)
            self._owner[number] = _SEVERAL

    def find(self, scene: Scene) -> dict[int, list[Span]]:
        """Which watches have terms in an article, and where."""
        spans: defaultdict[int, list[Span]] = defaultdict(list)
        for watch, span in self._find(scene):
            spans[watch].append(span)
        return dict(spans)

    def _find(self, scene: Scene) -> Iterator[tuple[int, Span]]:
        owner, phrases = self._owner, self._phrases
        for text in scene.texts:
            folded = text.folded.text
            for number, start, end in text.found:
                watch = owner[number]
                if watch != _NONE:
                    stop = scene.word_end(folded, start, end)
                    if stop is not None:
                        for own in self._several[number] if watch == _SEVERAL else (watch,):
                            yield own, (text.name, start, stop)
                by_second = phrases.get(number)
                if by_second is not None and starts_word(folded, start):
                    for key in (*following_keys(folded, end), _ANY):
                        for words, own in by_second.get(key, ()):
                            tokens, at = text.tokens_around(start, sum(map(len, words)))
                            span = phrase_at(words, 0, tokens, at, folded, turkish=scene.turkish)
                            if span is not None:
                                yield own, (text.name, *span)
