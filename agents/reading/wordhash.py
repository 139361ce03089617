"""Words of a folded text as numbers, all of a text at once (numpy): where they stand, and a hash of each.

A run is an unbroken row of letters and digits, those of scripts without spaces between words aside. The hash of a span
is a polynomial of its code points modulo 2**32, so that the hash of any span follows from sums up to its ends, and a
word's beginnings cost no more to hash than the word. What a hash finds must be compared with the text: hashes collide.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, NamedTuple

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
)

Places = NDArray[np.intp]
Hashes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]
Chosen = NDArray[np.bool_]

_WORD, _CYRILLIC, _PARTICLE = 1, 2, 4

_BASE: Final = 0x9E37_79B1
_INVERSE: Final = pow(_BASE, -1, 2**32)
_LONGEST_KEPT: Final = 1 << 18


class Runs(NamedTuple):
    """The runs of a text, which begins and ends with something else.

    `before[i]` is the place in front of the i-th run, `last[i]` that of its last character. `spelt` are the kinds of
    characters in it, for which runs may stand for more than themselves.
    """

    codes: NDArray[Any]
    kinds: Kinds
    spelt: int
    before: Places
    last: Places
    sums: Hashes
    inverses: Hashes

    def hashes(self, before: Places, last: Places) -> Hashes:
        """The hash of each span, given by the place in front of it and that of its last character."""
        hashes: Hashes = self.sums.take(last)
        hashes -= self.sums.take(before)
        hashes *= self.inverses.take(before)
        return hashes


class Spellings(NamedTuple):
    """What runs may stand for: of each spelling which of the runs it is of, the place in front of it, and its hash.

    The first spellings are the runs as they stand, in their order.
    """

    of: Places
    before: Places
    hashes: Hashes


def runs_of(text: str) -> Runs:
    """The runs of a folded text that begins and ends with a character that belongs to none."""
    codes: NDArray[Any]
    word: NDArray[Any]
    if text.isascii():
        encoded = text.encode()
        codes = np.frombuffer(encoded, np.uint8)
        word = kinds = np.frombuffer(encoded.translate(_ascii_kinds()), np.uint8)
        spelt = 0
    else:
        encoded = text.encode("utf-16-le", "surrogatepass")
        if len(encoded) == 2 * len(text):
            codes = np.frombuffer(encoded, "<u2")
            kinds = _kinds().take(codes)
        else:
            codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
            kinds = _kinds_beyond(codes)
        word = kinds & _WORD
        spelt = int(np.bitwise_or.reduce(kinds)) & (_CYRILLIC | _PARTICLE)
    edges = (word[1:] != word[:-1]).nonzero()[0]
    powers, inverses = _powers(len(codes))
    sums: Hashes = powers[: len(codes)] * codes
    np.add.accumulate(sums, out=sums)
    return Runs(codes, kinds, spelt, edges[0::2].copy(), edges[1::2].copy(), sums, inverses)


def spellings_of(runs: Runs, rows: Places | None = None, *, turkish: Chosen | None) -> Spellings:
    """All or some of the runs as they stand; without what may be a case ending, or an Arabic particle in front.

    They are too many: which endings and particles there are is not looked at. `turkish`: which of all runs may have
    endings of Turkish as well.
    """
    if rows is None:
        before, last = runs.before, runs.last
    else:
        before, last = runs.before.take(rows), runs.last.take(rows)
    of = np.arange(len(before))
    if runs.spelt & _PARTICLE:
        particle = (runs.kinds.take(before + 1) & _PARTICLE).nonzero()[0]
        if len(particle):
            which, cut = _cuts(particle, last - before, LONGEST_ARABIC_PREFIX, least=1)
            before = np.concatenate((before, before.take(which) + cut))
            of, last = (np.concatenate((own, own.take(which))) for own in (of, last))
    if runs.spelt & _CYRILLIC:
        cyrillic = (runs.kinds.take(last) & _CYRILLIC).nonzero()[0]
        if len(cyrillic):
            which, cut = _cuts(cyrillic, last - before, LONGEST_CYRILLIC_ENDING, least=SHORTEST_CYRILLIC_STEM)
            last = np.concatenate((last, last.take(which) - cut))
            of, before = (np.concatenate((own, own.take(which))) for own in (of, before))
    if turkish is not None:
        suffixed = (turkish if rows is None else turkish.take(rows)).take(of).nonzero()[0]
        which, cut = _cuts(suffixed, last - before, LONGEST_TURKISH_ENDING, least=SHORTEST_TURKISH_STEM)
        last = np.concatenate((last, last.take(which) - cut))
        of, before = (np.concatenate((own, own.take(which))) for own in (of, before))
    return Spellings(of, before, runs.hashes(before, last))


def _cuts(places: Places, lengths: Places, longest: int, *, least: int) -> tuple[Places, Places]:
    """Each way to cut up to `longest` characters off what has `least` left: at which of the places, and how many."""
    cut, which = (lengths.take(places) - np.arange(1, longest + 1)[:, np.newaxis] >= least).nonzero()
    return places.take(which), cut + 1


def _kinds_beyond(codes: NDArray[Any]) -> Kinds:
    """The kinds of the characters of a text of which some are not of the first plane."""
    kinds: Kinds = _kinds().take(np.minimum(codes, 0xFFFF))  # U+FFFF is no character
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
