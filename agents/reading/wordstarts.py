"""Literals that are found where words begin, by the hashes of the words' first letters (numpy).

An automaton takes a step for each character of a text, and waits for memory at many of them. Nearly all that is looked
for begins with a word, and of a text's words hardly any begins as one of the literals does: that is told of all words
at once by a bit map that stays in the processor's cache, and only what is left is compared with the text.

A literal is known by its rarest word. The word stands at the beginning of one of the text, an Arabic one also behind
up to four letters, which may be particles.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from agents.reading.automaton import Found
from agents.reading.joined import Joined
from agents.reading.keywords import LETTER
from agents.reading.termtable import BitMap
from agents.reading.wordhash import prefixes_of, runs_of

MOST_LETTERS: Final = 4
"""Letters by which a literal's word is known; of a shorter one all."""
_RUN: Final = re.compile(rf"(?<!{LETTER}){LETTER}+")


class _Sought(NamedTuple):
    """A literal, its number, and how many of its characters stand before its rarest word."""

    literal: str
    number: int
    before: int


class WordStarts:
    """Literals by the first letters of their rarest words: those that the fewest of them share."""

    def __init__(self, literals: Iterable[tuple[int, str]]) -> None:
        """Literals with their numbers; each has a word."""
        numbered = [*literals]
        shared = Counter(letters_of(word) for _, literal in numbered for _, word in words_of(literal))
        by_letters: defaultdict[int, defaultdict[str, list[_Sought]]] = defaultdict(lambda: defaultdict(list))
        for number, literal in numbered:
            begin, word = min(words_of(literal), key=lambda own: _rarity(own[1], shared))
            letters = letters_of(word)
            by_letters[len(letters)][letters].append(_Sought(literal, number, begin))
        self._tables = [_Table(count, sought) for count, sought in sorted(by_letters.items())]

    def find(self, joined: Joined) -> list[Found]:
        """Number, start and end of every literal that stands in texts at words, ordered by where it ends."""
        found = [found for table in self._tables for found in table.find(joined)]
        return sorted(found, key=_order)


def _order(found: Found) -> tuple[int, int]:
    return found[2], found[1]


def words_of(literal: str) -> list[tuple[int, str]]:
    """The words of a folded literal, each with where it begins; those written without spaces between them aside."""
    return [(found.start(), found.group()) for found in _RUN.finditer(literal)]


def letters_of(word: str) -> str:
    """The letters by which a word is known."""
    return word[:MOST_LETTERS]


def _rarity(word: str, shared: Mapping[str, int]) -> tuple[bool, int, int]:
    """Of a literal's words the one for which this is least calls it least often without being it."""
    return len(word) < MOST_LETTERS, shared[letters_of(word)], -len(word)


class _Table:
    """The literals that are known by the same number of letters."""

    def __init__(self, count: int, by_letters: dict[str, list[_Sought]]) -> None:
        self._count = count
        runs = runs_of("\n" + "\n".join(by_letters) + "\n")
        hashes = runs.hashes(runs.before, runs.last)
        self._map = BitMap(hashes)
        self._by_hash: dict[int, list[_Sought]] = {}
        for hash_, sought in zip(hashes.tolist(), by_letters.values(), strict=True):
            self._by_hash.setdefault(hash_, []).extend(sought)

    def find(self, joined: Joined) -> Iterator[Found]:
        before, hashes = prefixes_of(joined.runs, self._count)
        places = self._map.may_have(hashes)
        if not len(places):
            return
        text = joined.one_space
        starts = (before.take(places) + 1).tolist()
        for hash_, start in zip(hashes.take(places).tolist(), starts, strict=True):
            for literal, number, ahead in self._by_hash.get(hash_, ()):
                begin = start - ahead
                end = begin + len(literal)
                if begin >= 0 and text.startswith(literal, begin):
                    yield number, begin, end
