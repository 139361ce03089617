"""One pass over folded text that finds every literal of every watch, actor and topic (Aho–Corasick, in Rust).

Texts and literals are searched as one byte a character (`agents.reading.letters`). A byte stands for several
characters, so what was found is compared with the literal, unless nothing else can be taken for it.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from operator import eq
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from agents.reading.joined import CodedTexts
from agents.reading.letters import coded_all, spaced

Found = tuple[int, int, int]
"""A literal's number and its span (start, end) in the folded text."""

_ONE_SPACE: Final = str.maketrans("-_\n\t", "    ")
_PLAIN: Final = re.compile(r"[a-z0-9]+")
"""Literals for which nothing else can be taken."""

_MOST_MEMORY: Final = 44 << 20
"""Bytes that a DFA may take: it holds for each of its states where every byte leads, and searches in half the time."""


def automaton_of(patterns: Sequence[bytes], *, often: bool) -> BytesAhoCorasick | None:
    """What finds sorted patterns; None where there are none.

    Neighbours in the alphabet share states, so building it in this order takes two thirds of the time. `often`: every
    article passes through it, so it may take more memory to be quicker.
    """
    if not patterns:
        return None
    letters = 128 if all(map(bytes.isascii, patterns)) else 256
    most = _MOST_MEMORY // (4 * letters)
    quick = often and len(patterns) <= most and _states(patterns) <= most
    implementation = Implementation.DFA if quick else Implementation.ContiguousNFA
    return BytesAhoCorasick(patterns, matchkind=MatchKind.Standard, implementation=implementation)


def _states(patterns: Sequence[bytes]) -> int:
    """How many different beginnings sorted patterns have."""
    return sum(map(len, patterns)) - sum(sum(takewhile(bool, map(eq, *pair))) for pair in pairwise(patterns))


class LiteralTable:
    """Collects literals before the automaton is built. The same folded literal always has the same number.

    A hyphen, a line break and a tab are taken for a space, in literals and in texts.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._spaced: set[int] = set()
        self._built = False

    def add(self, literal: str) -> int:
        """The number of a literal, which must be folded and not empty."""
        if not literal:
            raise ValueError("an empty literal would match everywhere")
        if self._built:
            raise ValueError("the automaton of this table is built already")
        return self._numbers.setdefault(literal.translate(_ONE_SPACE), len(self._numbers))

    def add_spaced(self, literal: str) -> int:
        """The number of a literal in whose place any character that is neither letter nor digit may stand for a space.

        Spaces before and behind it must be there, in that sense, but are not of the span that is found.
        """
        known = len(self._numbers)
        number = self.add(literal)
        if number == known:
            self._spaced.add(number)
        return number

    def __len__(self) -> int:
        return len(self._numbers)

    def build(self, *, often: bool = True) -> Automaton:
        """The automaton over all literals added so far. Empties the table, which of a million literals is large.

        `often`: every article passes through it, so it may take more memory to be quicker.
        """
        self._built = True
        literals = [*self._numbers]
        self._numbers.clear()
        return Automaton(literals, self._spaced, often=often)


class Automaton:
    """All literals, ready to be found. Cost of `find` is linear in the text and the matches, not in the literals."""

    def __init__(self, literals: list[str], spaced: Iterable[int] = (), *, often: bool = False) -> None:
        """Literals are numbered by their place, `spaced` as `LiteralTable.add_spaced` has it. Empties the list."""
        patterns = coded_all(literals)
        order = sorted(range(len(literals)), key=patterns.__getitem__)
        self._numbers = array("i", order)
        self._compared = {
            place: literals[number]
            for place, number in enumerate(order)
            if not _PLAIN.fullmatch(literals[number])
        }
        literals.clear()
        self._spaced = frozenset(spaced)
        self._search = automaton_of([patterns[number] for number in order], often=often)

    def find(self, folded: str) -> list[Found]:
        """Every occurrence of every literal, overlapping ones included, ordered by where it ends."""
        return self.find_all(CodedTexts([folded]))[0]

    def find_all(self, joined: CodedTexts) -> list[list[Found]]:
        """The same for several texts in one pass."""
        texts, begins = joined.texts, joined.begins
        every: list[list[Found]] = [[] for _ in texts]
        if self._search is None:
            return every
        numbers, compared = self._numbers, self._compared
        for place, first, last in self._search.find_matches_as_indexes(joined.text, overlapping=True):
            at = joined.number_at(first + 1)  # a literal may begin with the space before its text
            found = (numbers[place], first - begins[at], last - begins[at])
            if place not in compared:
                every[at].append(found)
            elif 0 <= at < len(texts) and (own := self._compared_with(texts[at], compared[place], found)):
                every[at].append(own)
        return every

    def _compared_with(self, text: str, literal: str, found: Found) -> Found | None:
        """A literal whose bytes were found, if it is what stands there."""
        number, start, end = found
        if number not in self._spaced:
            return found if start >= 0 and text[start:end].translate(_ONE_SPACE) == literal else None
        start += literal[0] == " "
        end -= literal[-1] == " "
        if literal.isascii() or spaced(text[start:end]) == literal.strip():
            return number, start, end
        return None
