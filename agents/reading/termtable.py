"""Which of a million terms may begin where in a text, by the hashes of their words (numpy).

Each term is known by a chain of hashes, one a word. Two bit maps in one say of nearly every chain that no term ends, or
none goes on with it; so a text costs the same whatever is watched, but for words with which terms begin: from these it
is followed word by word. What ends is looked up in the sorted chains of all terms, 8 bytes a term with its number.

What is found is a candidate: the term must then be compared with the text, by the rules of `keywords`. What a term
stands for by these rules is always among the candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.reading.wordhash import Hashes, Places, Runs, runs_of, spellings_of

DEEPEST: Final = 8
"""Words of a term that are looked up; whether more of them follow is for the comparison to say."""

_MIX: Final = np.uint32(0x85EB_CA6B)
_SHIFT: Final = np.uint32(15)
_TERMS_A_CELL: Final = 0.5
_FEWEST_CELLS: Final = 1 << 14
_WORTH_A_LOOK: Final = 64
_PAIRS: Final = np.resize(np.array([1 << a | 1 << b for a in range(16) for b in range(a)], np.uint32), 128)
"""Two bits of sixteen: of a cell the lower half says which terms end, the upper one which go on."""
_MARK_SHIFT, _MARK_MASK = np.uint32(4), np.uint32(127)
_HALF: Final = np.uint32(16)
_APOSTROPHE: Final = ord("'")
_LONGEST_SUFFIX: Final = 5
_SEPARATOR: Final = "\0"


Candidate = tuple[int, int]
"""Where a term would begin in a text, and its number."""


class TermTable:
    """Terms by the hashes of their words."""

    def __init__(self, terms: Hashes, numbers: NDArray[np.uint32], beginnings: Hashes) -> None:
        """`terms` are sorted chains, `numbers` in the same order; sorted `beginnings` those with which terms go on."""
        self._terms = terms
        self._numbers = numbers
        self._beginnings = beginnings
        bits = (max(_FEWEST_CELLS, int(len(terms) / _TERMS_A_CELL)) - 1).bit_length()
        self._shift = np.uint32(32 - bits)
        self._cells = np.zeros(1 << bits, np.uint32)
        for keys, half in ((terms, 0), (beginnings, _HALF)):
            np.bitwise_or.at(self._cells, keys >> self._shift, _marks(keys) << half)

    def __len__(self) -> int:
        return len(self._terms)

    def candidates(self, text: str, *, turkish: bool) -> list[Candidate]:
        """The terms that may stand in a folded text, which begins and ends with what is neither letter nor digit.

        `turkish`: whether words may have the endings of Turkish.
        """
        runs = runs_of(text)
        count = len(runs.before)
        if not count:
            return []
        spellings = spellings_of(runs, turkish=turkish)
        before, chains = spellings.before.ravel(), spellings.hashes.ravel()
        rows: Places | None = None  # of each chain the run of its last word; at first it is in its place
        found: list[Candidate] = []
        for depth in range(1, DEEPEST + 1):
            marks = _marks(chains)
            cells = self._cells.take(chains >> self._shift)
            ended = ((cells & marks) == marks).nonzero()[0]
            if len(ended):
                found.extend(self._ended(chains.take(ended), before.take(ended)))
            if depth == DEEPEST:
                break
            cells >>= _HALF
            cells &= marks
            going = (cells == marks).nonzero()[0]
            if 0 < len(going) < _WORTH_A_LOOK and depth > 1:  # to follow one that is none costs more
                going = going[_are_in(self._beginnings, chains.take(going))]
            if not len(going):
                break
            which, following = _followed(going % count if rows is None else rows.take(going), runs)
            going = going.take(which)
            # Each with each spelling of the word behind it.
            chains = _longer(chains.take(going), spellings.hashes.take(following, axis=1)).ravel()
            before, rows = before.take(going), following
            if len(spellings.hashes) > 1:
                before, rows = (np.concatenate((a,) * len(spellings.hashes)) for a in (before, rows))
        return found

    def _ended(self, chains: Hashes, before: Places) -> Iterator[Candidate]:
        terms, numbers = self._terms, self._numbers
        for at in _are_in(terms, chains).nonzero()[0].tolist():
            first = terms.searchsorted(chains[at])
            last = terms.searchsorted(chains[at], side="right")
            start = int(before[at]) + 1
            for number in numbers[first:last].tolist():
                yield start, number


class TermTableBuilder:
    """Collects terms, numbered from 0 on, before a table is made of them."""

    def __init__(self) -> None:
        self._count = 0
        self._terms: list[Hashes] = []
        self._numbers: list[NDArray[np.uint32]] = []
        self._beginnings: list[Hashes] = []

    def add(self, terms: Sequence[str]) -> list[int]:
        """Take the next terms, each as its words in the form in which they are looked for, a space between them.

        Answers the places of those in which there is no word; they have a number but are never found.
        """
        text = _SEPARATOR + _SEPARATOR.join(terms) + _SEPARATOR
        runs = runs_of(text)
        separators = (runs.codes == 0).nonzero()[0]
        term_of = separators.searchsorted(runs.last) - 1
        heads = np.diff(term_of, prepend=-1).nonzero()[0]
        counts = np.diff(heads, append=len(term_of))
        depth = np.arange(len(term_of)) - heads.repeat(counts)
        chains = runs.hashes(runs.before, runs.last)
        for level in range(1, DEEPEST):
            deeper = (depth == level).nonzero()[0]
            chains[deeper] = _longer(chains.take(deeper - 1), chains.take(deeper))
        last = heads + np.minimum(counts, DEEPEST) - 1
        goes_on = depth < DEEPEST
        goes_on[last] = False
        self._terms.append(chains.take(last))
        self._numbers.append((term_of.take(heads) + self._count).astype(np.uint32))
        self._beginnings.append(np.unique(chains[goes_on]))
        self._count += len(terms)
        if len(heads) == len(terms):
            return []
        wordless = np.ones(len(terms), np.bool_)
        wordless[term_of.take(heads)] = False
        places: list[int] = wordless.nonzero()[0].tolist()
        return places

    def build(self) -> TermTable:
        """The table. Empties the builder."""
        terms, numbers = _joined(self._terms), _joined(self._numbers)
        order = terms.argsort(kind="stable")
        return TermTable(terms.take(order), numbers.take(order), np.unique(_joined(self._beginnings)))


def _joined(parts: list[NDArray[Any]]) -> NDArray[np.uint32]:
    joined = np.concatenate(parts) if parts else np.empty(0, np.uint32)
    parts.clear()
    return joined


def _are_in(keys: Hashes, chains: Hashes) -> NDArray[np.bool_]:
    """Which chains are among sorted keys."""
    if not len(keys):
        return np.zeros(len(chains), np.bool_)
    there: NDArray[np.bool_] = keys.take(keys.searchsorted(chains), mode="clip") == chains
    return there


def _marks(chains: Hashes) -> Hashes:
    """The two bits of a cell that stand for a chain."""
    marks: Hashes = _PAIRS.take((chains >> _MARK_SHIFT) & _MARK_MASK)
    return marks


def _longer(chains: Hashes, words: Hashes) -> Hashes:
    """The chains with one more word each."""
    longer: Hashes = (chains ^ (chains >> _SHIFT)) * _MIX + words
    return longer


def _suffixes(runs: Runs) -> NDArray[np.intp]:
    """Of each run 1 where it is a suffix behind an apostrophe, which is no word of its own; else 0."""
    count = len(runs.before)
    behind = (runs.codes.take(runs.before[1:]) == _APOSTROPHE) & (runs.before[1:] == runs.last[:-1] + 1)
    behind &= runs.last[1:] - runs.before[1:] <= _LONGEST_SUFFIX
    behind &= runs.last[:-1] - runs.before[:-1] >= 2
    # What is behind a suffix begins a word again, so of several in a row every other is one.
    places = np.arange(1, count)
    last_other = np.maximum.accumulate(np.where(behind, 0, places))
    suffixes = np.zeros(count, np.intp)
    suffixes[1:] = behind & ((places - last_other) % 2 == 1)
    return suffixes


def _followed(rows: Places, runs: Runs) -> tuple[Places, Places]:
    """For runs behind which there is another word: which of `rows` they are, and the run of that word."""
    count = len(runs.before)
    which = (rows < count - 1).nonzero()[0]
    rows = rows.take(which)
    following = rows + 1
    if (runs.codes.take(runs.last.take(rows) + 1) == _APOSTROPHE).any():
        following += _suffixes(runs).take(following)
        inside = (following < count).nonzero()[0]
        return which.take(inside), following.take(inside)
    return which, following
