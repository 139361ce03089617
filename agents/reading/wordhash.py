"""Words of a folded text as numbers, all of a text at once (numpy): where they stand, and a hash of each.

A run is an unbroken row of letters and digits, those of scripts without spaces between words aside. The hash of a span
is a polynomial of its code points modulo 2**32, so that the hash of any span follows from sums up to its ends, and a
word's beginnings cost no more to hash than the word. What a hash finds must be compared with the text: hashes collide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.reading.keywords import (
    ARABIC_PREFIX_LETTERS,
    LETTER,
    LONGEST_ARABIC_PREFIX,
    LONGEST_CYRILLIC_ENDING,
    LONGEST_TURKISH_ENDING,
    SHORTEST_CYRILLIC_STEM,
    SHORTEST_TURKISH_STEM,
    TURKISH_FINAL_LETTERS,
)

Places = NDArray[np.intp]
Hashes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]

_WORD, _CYRILLIC, _TURKISH_FINAL, _PARTICLE = 1, 2, 4, 8

_BASE: Final = 0x9E37_79B1
_INVERSE: Final = pow(_BASE, -1, 2**32)
_LONGEST_KEPT: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of a text, which begins and ends with something else.

    `before[i]` is the place in front of the i-th run, `last[i]` that of its last character.
    """

    codes: NDArray[Any]
    kinds: Kinds
    before: Places
    last: Places
    _sums: Hashes
    _inverses: Hashes

    def __len__(self) -> int:
        return len(self.before)

    def hashes(self, before: Places, last: Places) -> Hashes:
        """The hash of each span, given by the place in front of it and that of its last character."""
        hashes: Hashes = self._sums.take(last)
        hashes -= self._sums.take(before)
        hashes *= self._inverses.take(before)
        return hashes


@dataclass(frozen=True, slots=True)
class Spellings:
    """What the runs of a text may stand for: the i-th spelling is of the run `rows[i]`, and begins behind `before[i]`.

    The first of them are the runs as they stand.
    """

    rows: Places
    before: Places
    hashes: Hashes


def runs_of(text: str) -> Runs:
    """The runs of a folded text that begins and ends with a character that belongs to none."""
    codes: NDArray[Any]
    if text.isascii():
        encoded = text.encode()
        codes = np.frombuffer(encoded, np.uint8)
        kinds = np.frombuffer(encoded.translate(_ascii_kinds()), np.uint8)
    else:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        kinds = _kinds_of(codes)
    word = kinds & _WORD
    edges = (word[1:] != word[:-1]).nonzero()[0]
    powers, inverses = _powers(len(codes))
    sums: Hashes = np.multiply(codes, powers[: len(codes)], dtype=np.uint32)
    np.add.accumulate(sums, out=sums)
    return Runs(codes, kinds, edges[0::2].copy(), edges[1::2].copy(), sums, inverses)


def spellings_of(runs: Runs, *, turkish: bool) -> Spellings:
    """The runs as they stand; without what may be a case ending, or an Arabic particle in front.

    They are too many: which endings and particles there are is not looked at. `turkish`: endings of Turkish as well.
    """
    rows, before, last = np.arange(len(runs)), runs.before, runs.last
    ascii_only = runs.codes.dtype == np.uint8
    if ascii_only and not turkish:
        return Spellings(rows, before, runs.hashes(before, last))
    if not ascii_only:
        heads = (runs.kinds.take(before + 1) & _PARTICLE).nonzero()[0]
        if len(heads):
            which, cut = _cuts(last.take(heads) - before.take(heads), LONGEST_ARABIC_PREFIX, 1)
            which = heads.take(which)
            rows = np.concatenate((rows, which))
            before = np.concatenate((before, before.take(which) + cut))
            last = np.concatenate((last, last.take(which)))
    parts = [(rows, before, last)]
    kinds = runs.kinds.take(last)
    lengths = last - before
    for kind, longest, least, wanted in (
        (_CYRILLIC, LONGEST_CYRILLIC_ENDING, SHORTEST_CYRILLIC_STEM, not ascii_only),
        (_TURKISH_FINAL, LONGEST_TURKISH_ENDING, SHORTEST_TURKISH_STEM, turkish),
    ):
        if wanted:
            long = (((kinds & kind) != 0) & (lengths > least)).nonzero()[0]
            if len(long):
                which, cut = _cuts(lengths.take(long), longest, least)
                which = long.take(which)
                parts.append((rows.take(which), before.take(which), last.take(which) - cut))
    if len(parts) > 1:
        rows, before, last = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Spellings(rows, before, runs.hashes(before, last))


def _cuts(lengths: Places, longest: int, least: int) -> tuple[Places, Places]:
    """For each length the numbers from 1 to `longest` that leave `least` of it: the length's place, and the number."""
    counts = np.minimum(lengths - least, longest)
    np.maximum(counts, 0, out=counts)
    which = np.arange(len(counts)).repeat(counts)
    before = counts.cumsum() - counts
    return which, np.arange(1, len(which) + 1) - before.take(which)


def _kinds_of(codes: NDArray[Any]) -> Kinds:
    table = _kinds()
    kinds: Kinds
    if codes.max() <= 0xFFFF:
        kinds = table.take(codes)
        return kinds
    kinds = table.take(np.minimum(codes, 0xFFFF))  # U+FFFF is no character
    beyond = (codes > 0xFFFF).nonzero()[0]
    codes_beyond, places = np.unique(codes.take(beyond), return_inverse=True)
    letter = re.compile(LETTER)
    own = [_WORD if letter.match(chr(code)) else 0 for code in codes_beyond.tolist()]
    kinds[beyond] = np.array(own, np.uint8).take(places)
    return kinds


@cache
def _kinds() -> Kinds:
    """What each character of the first plane is."""
    kinds = np.zeros(0x1_0000, np.uint8)
    everything = "".join(map(chr, range(0x1_0000)))
    for found in re.finditer(rf"{LETTER}+", everything):
        kinds[found.start() : found.end()] = _WORD
    kinds[0x0400:0x0500] |= _CYRILLIC
    kinds[[*map(ord, TURKISH_FINAL_LETTERS)]] |= _TURKISH_FINAL
    kinds[[*map(ord, ARABIC_PREFIX_LETTERS)]] |= _PARTICLE
    return kinds


@cache
def _ascii_kinds() -> bytes:
    return _kinds()[:256].tobytes()


_kept: tuple[Hashes, Hashes] = (np.empty(0, np.uint32), np.empty(0, np.uint32))


def _powers(size: int) -> tuple[Hashes, Hashes]:
    """The powers of the base and of its inverse, so many or more."""
    global _kept  # noqa: PLW0603 - a cache that grows with the longest text, to a bound
    if size <= len(_kept[0]):
        return _kept
    count = max(1 << 14, 1 << (size - 1).bit_length())
    powers, inverses = (
        np.full(count, base, np.uint32).cumprod(dtype=np.uint32) for base in (_BASE, _INVERSE)
    )
    if count <= _LONGEST_KEPT:
        _kept = powers, inverses
    return powers, inverses
