"""Which of a million terms may stand where in a text, by the hashes of their words (numpy).

A term is known by one of its words, its anchor: the one that the fewest terms share. A bit map says of nearly every
word of a text that it is nobody's anchor; so a text costs the same whatever is watched. What is left is looked up
alone, and with each of the words beside it, in a second bit map and then in the sorted keys of all terms, 9 bytes a
term with its number: the key of a term of several words is its anchor with the word behind it, or before it where the
anchor is the last.

What is found is a candidate: the term must then be compared with the text, by the rules of `keywords`. What a term
stands for by these rules is always among the candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.reading.joined import CodedTexts
from agents.reading.wordhash import Chosen, Hashes, Places, Runs, Spellings, runs_of, spellings_of

DEEPEST: Final = 8
"""Words of a term of which one may be its anchor."""

_MIX: Final = np.uint32(0x85EB_CA6B)
_SHIFT: Final = np.uint32(15)
_HASHES_A_CELL: Final = 0.5
_FEWEST_CELLS: Final = 1 << 14
_PAIRS: Final = np.resize(np.array([1 << a | 1 << b for a in range(16) for b in range(a)], np.uint16), 128)
"""Two bits of a cell, of sixteen."""
_MARK_SHIFT, _MARK_MASK = np.uint32(4), np.uint32(127)
_BUCKET_BITS: Final = 20
_BUCKET_SHIFT: Final = np.uint32(32 - _BUCKET_BITS)
_LONGEST_WORD: Final = 63
"""Letters that make a word the rarer of two that as many terms share."""
_BESIDE: Final = np.array([[1], [-1]])
_BESIDE_SUFFIXES: Final = np.array([[1], [-1], [2], [-2]])
"""Where the word beside another may be: a suffix behind an apostrophe, which is no word of its own, may be between."""
_ANCHORS_AT_ONCE: Final = 1 << 13
"""Anchors of a text whose neighbours are looked up at once: bounds what a text full of one word takes of memory."""


Candidate = tuple[int, int, int]
"""Where a word of a term begins in a text, the term's number, and which of its words that is."""


class _BitMap:
    """Says of nearly every hash that is not in it that it is not."""

    def __init__(self, hashes: Hashes) -> None:
        bits = (max(_FEWEST_CELLS, int(len(hashes) / _HASHES_A_CELL)) - 1).bit_length()
        self._shift = np.uint32(32 - bits)
        self._cells = np.zeros(1 << bits, np.uint16)
        np.bitwise_or.at(self._cells, hashes >> self._shift, _marks(hashes))

    def may_have(self, hashes: Hashes) -> Places:
        """The places of the hashes that may be in it."""
        marks = _marks(hashes)
        places: Places = ((self._cells.take(hashes >> self._shift) & marks) == marks).nonzero()[0]
        return places


class TermTable:
    """Terms by the hashes of their words."""

    def __init__(
        self, keys: Hashes, numbers: NDArray[np.uint32], words: NDArray[np.uint8], anchors: Hashes
    ) -> None:
        """`keys` are sorted; `numbers` and `words` (which of a term's words is its anchor) are in the same order."""
        self._keys = keys
        self._numbers = numbers
        self._words = words
        self._is_key = _BitMap(keys)
        self._is_anchor = _BitMap(anchors)

    def __len__(self) -> int:
        return len(self._keys)

    def candidates(self, joined: CodedTexts, turkish: Sequence[bool]) -> list[Candidate]:
        """The terms that may stand in folded texts.

        `turkish`: of each text whether words may have the endings of Turkish.
        """
        runs = runs_of(joined)
        suffixed = _chosen(runs, joined, turkish) if any(turkish) else None
        words = spellings_of(runs, turkish=suffixed)
        anchors = self._is_anchor.may_have(words.hashes)
        offsets = _BESIDE_SUFFIXES if any("'" in text for text in joined.texts) else _BESIDE
        found: list[Candidate] = []
        for at in range(0, len(anchors), _ANCHORS_AT_ONCE):
            found += self._at(anchors[at : at + _ANCHORS_AT_ONCE], words, runs, offsets, suffixed)
        return found

    def _at(
        self, anchors: Places, words: Spellings, runs: Runs, offsets: Places, suffixed: Chosen | None
    ) -> Sequence[Candidate]:
        """The terms that may have their anchors at some of the words."""
        hashes, count = words.hashes.take(anchors), len(anchors)
        # Each alone, and with each spelling of each word beside it.
        if len(words.hashes) == len(runs.before):  # each word stands for nothing but itself
            others = words.hashes.take(anchors + offsets, mode="clip")
            keys = np.concatenate((hashes, _joined(hashes, others).ravel()))
            where = self._is_key.may_have(keys)
            owners = where % count
        else:
            beside = np.maximum(np.minimum(words.of.take(anchors) + offsets, len(runs.before) - 1), 0)
            spellings = spellings_of(runs, beside.ravel(), turkish=suffixed)
            owners = spellings.of % count
            keys = np.concatenate((hashes, _joined(hashes.take(owners), spellings.hashes)))
            where = self._is_key.may_have(keys)
            owners = np.concatenate((np.arange(count), owners)).take(where)
        if not len(where):
            return ()
        return [*self._known(keys.take(where), words.before.take(anchors.take(owners)) + 1)]

    def _known(self, hashes: Hashes, starts: Places) -> Iterator[Candidate]:
        keys = self._keys
        firsts, ends = keys.searchsorted(hashes), keys.searchsorted(hashes, side="right")
        for first, end, start in zip(firsts.tolist(), ends.tolist(), starts.tolist(), strict=True):
            for at in range(first, end):
                yield start, int(self._numbers[at]), int(self._words[at])


class TermTableBuilder:
    """Collects terms, numbered from 0 on, before a table is made of them."""

    def __init__(self) -> None:
        self._count = 0
        # Of each word its hash and its letters, of each term its number and how many words it has.
        self._hashes: list[Hashes] = []
        self._lengths: list[NDArray[np.uint8]] = []
        self._numbers: list[NDArray[np.uint32]] = []
        self._sizes: list[NDArray[np.uint32]] = []

    def add(self, terms: Sequence[str]) -> list[int]:
        """Take the next terms, each as its words in the form in which they are looked for, a space between them.

        Answers the places of those in which there is no word; they have a number but are never found.
        """
        joined = CodedTexts(terms)
        runs = runs_of(joined)
        term_of = np.array(joined.begins).searchsorted(runs.last, side="right") - 1
        heads = np.diff(term_of, prepend=-1).nonzero()[0]
        self._hashes.append(runs.hashes(runs.before, runs.last))
        self._lengths.append(np.minimum(runs.last - runs.before, _LONGEST_WORD).astype(np.uint8))
        self._numbers.append((term_of.take(heads) + self._count).astype(np.uint32))
        self._sizes.append(np.diff(heads, append=len(term_of)).astype(np.uint32))
        self._count += len(terms)
        if len(heads) == len(terms):
            return []
        wordless = np.ones(len(terms), np.bool_)
        wordless[term_of.take(heads)] = False
        places: list[int] = wordless.nonzero()[0].tolist()
        return places

    def build(self) -> TermTable:
        """The table. Empties the builder."""
        hashes, numbers, sizes = _together(self._hashes), _together(self._numbers), _together(self._sizes)
        heads = sizes.cumsum(dtype=np.intp) - sizes
        places = _rarest(hashes, _together(self._lengths), heads, sizes)
        words = places - heads
        anchors = hashes.take(places)
        keys = anchors.copy()
        pairs = (sizes > 1).nonzero()[0]
        beside = places + np.where(words + 1 < np.minimum(sizes, DEEPEST), 1, -1)
        keys[pairs] = _joined(anchors.take(pairs), hashes.take(beside.take(pairs)))
        order = keys.argsort(kind="stable")
        return TermTable(keys.take(order), numbers.take(order), words.astype(np.uint8).take(order), anchors)


def _rarest(hashes: Hashes, lengths: NDArray[np.uint8], heads: Places, sizes: NDArray[np.uint32]) -> Places:
    """Of each term the word that the fewest terms share, of several the longest, the first of these.

    How many share it is counted by a part of its hash, so now and then too high.
    """
    if not len(heads):
        return heads
    buckets = hashes >> _BUCKET_SHIFT
    shared = np.bincount(buckets, minlength=1 << _BUCKET_BITS).astype(np.uint32)
    rarity = shared.take(buckets) * np.uint32(_LONGEST_WORD + 1) + (np.uint32(_LONGEST_WORD) - lengths)
    depth = np.arange(len(hashes)) - heads.repeat(sizes)
    rarity[depth >= DEEPEST] = np.iinfo(np.uint32).max
    rarest = (rarity == np.minimum.reduceat(rarity, heads).repeat(sizes)).nonzero()[0]
    firsts: Places = rarest.take(rarest.searchsorted(heads))
    return firsts


def _chosen(runs: Runs, joined: CodedTexts, texts: Sequence[bool]) -> Chosen:
    """Which of the runs are those of some of the texts."""
    firsts = runs.before.searchsorted(np.array(joined.begins) - 1)
    return np.array(texts, np.bool_).repeat(np.diff(firsts))


def _together(parts: list[NDArray[Any]]) -> NDArray[Any]:
    together = np.concatenate(parts) if parts else np.empty(0, np.uint32)
    parts.clear()
    return together


def _marks(hashes: Hashes) -> NDArray[np.uint16]:
    """The two bits of a cell that stand for a hash."""
    marks: NDArray[np.uint16] = _PAIRS.take((hashes >> _MARK_SHIFT) & _MARK_MASK)
    return marks


def _joined(words: Hashes, beside: Hashes) -> Hashes:
    """The hashes of words with those beside them."""
    joined: Hashes = (words ^ (words >> _SHIFT)) * _MIX + beside
    return joined
