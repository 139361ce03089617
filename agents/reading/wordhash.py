"""Words of a folded text as numbers, all of a text at once (numpy): where they stand, and a hash of each.

A run is an unbroken row of letters and digits, those of scripts without spaces between words aside. The hash of a span
is a polynomial of its code points modulo 2**32, so that the hash of any span follows from sums up to its ends, and a
word's beginnings cost no more to hash than the word. What a hash finds must be compared with the text: hashes collide.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.reading.endings import (
    LONGEST_CYRILLIC_ENDING,
    LONGEST_TURKISH_ENDING,
    SHORTEST_CYRILLIC_STEM,
    SHORTEST_TURKISH_STEM,
    SOFT,
)
from agents.reading.joined import CodedTexts
from agents.reading.keywords import LONGEST_PREFIX, PREFIX_LETTERS
from agents.reading.letters import ALONES, ARABIC, BREAK_BYTE, CYRILLIC, OTHERS, SPACE, byte_of

Places = NDArray[np.intp]
Hashes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]
Chosen = NDArray[np.bool_]

_WORD, _CYRILLIC, _PARTICLE, _OTHER = 1, 2, 4, 8


def _kind(byte: int) -> int:
    if byte in (SPACE, BREAK_BYTE) or ALONES <= byte < OTHERS:
        return 0
    if byte >= OTHERS:
        return _WORD | _OTHER | (_PARTICLE if byte in _PARTICLES else 0)
    if CYRILLIC <= byte < ARABIC:
        return _WORD | _CYRILLIC
    return _WORD | (_PARTICLE if byte in _PARTICLES else 0) | _SOFT_BYTES.get(byte, 0)


_PARTICLES: Final = frozenset(map(byte_of, PREFIX_LETTERS))
_SOFT_KINDS: Final = {letter: 16 << at for at, letter in enumerate(dict.fromkeys(SOFT.values()))}
_SOFT_BYTES: Final = {byte_of(letter): kind for letter, kind in _SOFT_KINDS.items()}
_KINDS: Final = bytes(map(_kind, range(256)))
"""What each byte of a coded text is."""

_BASE: Final = 0x9E37_79B1
_INVERSE: Final = pow(_BASE, -1, 2**32)
_LONGEST_KEPT: Final = 1 << 18


class Runs(NamedTuple):
    """The runs of a text, which begins and ends with something else.

    `before[i]` is the place in front of the i-th run, `last[i]` that of its last character. `kinds` are those of its
    characters, `every` all of these together.
    """

    kinds: Kinds
    every: int
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


def runs_of(joined: CodedTexts) -> Runs:
    """The runs of folded texts."""
    codes = np.frombuffer(joined.text, np.uint8)
    kinds = np.frombuffer(joined.text.translate(_KINDS), np.uint8)
    word = kinds & _WORD
    edges = (word[1:] != word[:-1]).nonzero()[0]
    powers, inverses = _powers(len(codes))
    every = int(np.bitwise_or.reduce(kinds))
    letters: NDArray[Any] = codes
    if every & _OTHER:  # letters that share their bytes are told apart
        letters = codes.astype(np.uint32)
        others = (codes >= OTHERS).nonzero()[0]
        points = np.frombuffer(joined.letters().encode("utf-32-le", "surrogatepass"), "<u4")
        letters[others] += points.take(others) << np.uint32(8)
    sums: Hashes = powers[: len(codes)] * letters
    np.add.accumulate(sums, out=sums)
    return Runs(kinds, every, edges[0::2].copy(), edges[1::2].copy(), sums, inverses)


def spellings_of(runs: Runs, rows: Places | None = None, *, turkish: Chosen | None) -> Spellings:
    """All or some of the runs as they stand; without what may be a case ending, or particles in front.

    They are too many: which endings and particles there are is not looked at. `turkish`: which of all runs may have
    endings of Turkish as well.
    """
    if rows is None:
        before, last = runs.before, runs.last
    else:
        before, last = runs.before.take(rows), runs.last.take(rows)
    of = np.arange(len(before))
    if runs.every & _PARTICLE:
        particle = (runs.kinds.take(before + 1) & _PARTICLE).nonzero()[0]
        if len(particle):
            which, cut = _cuts(particle, last - before, LONGEST_PREFIX, least=1)
            before = np.concatenate((before, before.take(which) + cut))
            of, last = (np.concatenate((own, own.take(which))) for own in (of, last))
    if runs.every & _CYRILLIC:
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
        return _with_hard(runs, Spellings(of, before, runs.hashes(before, last)), last, len(of) - len(which))
    return Spellings(of, before, runs.hashes(before, last))


def _with_hard(runs: Runs, found: Spellings, last: Places, first: int) -> Spellings:
    """Spellings, and those from `first` on, which had a suffix, also with the last letter that it may have softened."""
    which, hashes = [np.arange(len(found.of))], [found.hashes]
    powers, _ = _powers(len(runs.kinds))
    for hard, soft in SOFT.items():
        softened = (runs.kinds.take(last[first:]) & _SOFT_KINDS[soft]).nonzero()[0] + first
        change = np.uint32((byte_of(hard) - byte_of(soft)) % 2**32)
        places = last.take(softened) - found.before.take(softened) - 1
        which.append(softened)
        hashes.append(found.hashes.take(softened) + powers.take(places) * change)
    rows = np.concatenate(which)
    return Spellings(found.of.take(rows), found.before.take(rows), np.concatenate(hashes))


def _cuts(places: Places, lengths: Places, longest: int, *, least: int) -> tuple[Places, Places]:
    """Each way to cut up to `longest` characters off what has `least` left: at which of the places, and how many."""
    cut, which = (lengths.take(places) - np.arange(1, longest + 1)[:, np.newaxis] >= least).nonzero()
    return places.take(which), cut + 1


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
