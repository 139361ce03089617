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

from agents.reading.wordhash import Hashes, Places, Runs, Spellings, runs_of, spellings_of

DEEPEST: Final = 8
"""Words of a term that are looked up; whether more of them follow is for the comparison to say."""

_MIX: Final = np.uint32(0x85EB_CA6B)
_SHIFT: Final = np.uint32(15)
_BYTES_A_TERM: Final = 8
_FEWEST_BYTES: Final = 1 << 17
_ENDS: Final = np.array([1, 2, 4, 8], np.uint8)
_GOES_ON: Final = np.array([16, 32, 64, 128], np.uint8)
_APOSTROPHE: Final = ord("'")
_LONGEST_SUFFIX: Final = 5
_SEPARATOR: Final = "\0"


Candidate = tuple[int, int]
"""Where a term would begin in a text, and its number."""


class TermTable:
    """Terms by the hashes of their words."""

    def __init__(self, terms: Hashes, numbers: NDArray[np.uint32], beginnings: Hashes) -> None:
        """`terms` are the sorted chains, `numbers` in the same order; `beginnings` those with which terms go on."""
        self._terms = terms
        self._numbers = numbers
        bits = (max(_FEWEST_BYTES, _BYTES_A_TERM * len(terms)) - 1).bit_length()
        self._shift, self._bit_shift = np.uint32(32 - bits), np.uint32(32 - bits - 2)
        self._map = np.zeros(1 << bits, np.uint8)
        for keys, flags in ((terms, _ENDS), (beginnings, _GOES_ON)):
            np.bitwise_or.at(self._map, keys >> self._shift, flags.take(self._bits(keys)))

    def __len__(self) -> int:
        return len(self._terms)

    def candidates(self, text: str, *, turkish: bool) -> list[Candidate]:
        """The terms that may stand in a folded text, which begins and ends with what is neither letter nor digit.

        `turkish`: whether words may have the endings of Turkish.
        """
        runs = runs_of(text)
        spellings = spellings_of(runs, turkish=turkish)
        rows, before, chains = spellings.rows, spellings.before, spellings.hashes
        begins: Places | None = None
        found: list[Candidate] = []
        for depth in range(1, DEEPEST + 1):
            bits = self._bits(chains)
            flags = self._map.take(chains >> self._shift)
            ended = (flags & _ENDS.take(bits)).nonzero()[0]
            if len(ended):
                found.extend(self._ended(chains.take(ended), before.take(ended)))
            if depth == DEEPEST:
                break
            going = (flags & _GOES_ON.take(bits)).nonzero()[0]
            if not len(going):
                break
            if begins is None:
                spellings, begins = _by_row(spellings, len(runs))
            which, following = _followed(rows.take(going), runs, begins)
            going = going.take(which)
            chains = _longer(chains.take(going), spellings.hashes.take(following))
            before = before.take(going)
            rows = spellings.rows.take(following)
        return found

    def _bits(self, chains: Hashes) -> Hashes:
        bits: Hashes = (chains >> self._bit_shift) & np.uint32(3)
        return bits

    def _ended(self, chains: Hashes, before: Places) -> Iterator[Candidate]:
        terms, numbers = self._terms, self._numbers
        first = terms.searchsorted(chains)
        for at in (terms.take(first, mode="clip") == chains).nonzero()[0].tolist():
            last = terms.searchsorted(chains[at], side="right")
            start = int(before[at]) + 1
            for number in numbers[first[at] : last].tolist():
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
        return TermTable(terms.take(order), numbers.take(order), _joined(self._beginnings))


def _joined(parts: list[NDArray[Any]]) -> NDArray[np.uint32]:
    joined = np.concatenate(parts) if parts else np.empty(0, np.uint32)
    parts.clear()
    return joined


def _longer(chains: Hashes, words: Hashes) -> Hashes:
    """The chains with one more word each."""
    longer: Hashes = (chains ^ (chains >> _SHIFT)) * _MIX + words
    return longer


def _by_row(spellings: Spellings, count: int) -> tuple[Spellings, Places]:
    """The spellings in the order of their runs, and where those of each run begin; one more, where the last end."""
    rows = spellings.rows
    if len(rows) == count:
        return spellings, np.arange(count + 1)
    order = rows.argsort(kind="stable")
    rows = rows.take(order)
    spellings = Spellings(rows, spellings.before.take(order), spellings.hashes.take(order))
    return spellings, rows.searchsorted(np.arange(count + 1))


def _followed(rows: Places, runs: Runs, begins: Places) -> tuple[Places, Places]:
    """Each run with each spelling of the word behind it: which of `rows`, and the spelling's place (`begins` by run).

    A suffix behind an apostrophe is no word of its own, so that the word behind it counts as well.
    """
    count = len(runs)
    which = (rows < count - 1).nonzero()[0]
    rows = rows.take(which)
    following = rows + 1
    ends = runs.last.take(rows) + 1
    apostrophes = (runs.codes.take(ends) == _APOSTROPHE).nonzero()[0]
    if len(apostrophes):
        suffix = following.take(apostrophes)
        apostrophes = apostrophes[
            (runs.before.take(suffix) == ends.take(apostrophes))
            & (runs.last.take(suffix) - ends.take(apostrophes) <= _LONGEST_SUFFIX)
            & (suffix + 1 < count)
        ]
        which = np.concatenate((which, which.take(apostrophes)))
        following = np.concatenate((following, following.take(apostrophes) + 1))
    if len(begins) == begins[-1] + 1:  # one spelling each
        return which, following
    first = begins.take(following)
    counts = begins.take(following + 1) - first
    repeated = np.arange(len(which)).repeat(counts)
    inside = np.arange(len(repeated)) - (counts.cumsum() - counts).take(repeated)
    return which.take(repeated), first.take(repeated) + inside
