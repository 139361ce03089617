"""MinHash: a text as a short signature, by which near-duplicates are recognised without keeping the text.

Text is case-folded and cut into shingles of three words (Broder, 1997). Each of 64 permutations of the shingles' hashes
keeps its least value; the share of equal places of two signatures estimates the Jaccard similarity of their
shingles. Sixteen bands of four places each are the keys of locality-sensitive lookup: texts with similarity 0.5 share
at least one band with a probability of 64%, with 0.7 of 99%.
"""

from __future__ import annotations

import random
import re
from typing import Final
from zlib import crc32

import numpy as np

PLACES: Final = 64
ROWS: Final = 4
SHINGLE: Final = 3
_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 2000  # of a very long text the beginning decides
_BEGINNING: Final = 32_768
"""Characters that nearly always hold so many words: what comes after is then not looked at."""

# A UTF-16 unit, and an ASCII byte → itself where it belongs to a word, else a space.
_UNITS: Final = np.array([code if _WORD.match(chr(code)) else 0x20 for code in range(0x1_0000)], dtype="<u2")
_ASCII: Final = bytes(_UNITS[:128].astype("u1")) + bytes(range(128, 256))


def _odd_numbers(count: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    rng = random.Random(seed)  # noqa: S311 - not a secret: every worker must make the same signatures
    return np.array([rng.getrandbits(64) | 1 for _ in range(count)], dtype=np.uint64)


_MULTIPLIERS: Final = _odd_numbers(PLACES, 20220307)[:, np.newaxis]
_ADDENDS: Final = _odd_numbers(PLACES, 20220308)[:, np.newaxis]
_OF_WORD: Final = _odd_numbers(SHINGLE, 20220309)
_HALF: Final = np.uint64(32)


def fingerprint(text: str) -> tuple[int, ...]:
    """The signature of a text: 64 numbers below 2**32; empty where the text has no word."""
    words = _first_words(text[:_BEGINNING])
    if len(text) > _BEGINNING and len(words) <= _MAX_WORDS:
        words = _first_words(text)
    words = words[:_MAX_WORDS]
    if not words:
        return ()
    hashes = np.fromiter(map(crc32, words), dtype=np.uint64, count=len(words))
    # A shingle's hash is a sum over its words, a permutation a multiplication and an addition (Dietzfelbinger's
    # multiply-add-shift), all modulo 2**64, which is how unsigned numbers wrap around.
    count = max(1, len(words) - SHINGLE + 1)
    shingles = np.zeros(count, dtype=np.uint64)
    for place in range(min(SHINGLE, len(words))):
        shingles += hashes[place : place + count] * _OF_WORD[place]
    permuted = shingles * _MULTIPLIERS
    permuted += _ADDENDS
    return tuple((permuted.min(axis=1) >> _HALF).tolist())


def _first_words(text: str) -> list[bytes]:
    """The words of a text in order, case-folded, as UTF-8; the first ones of many, and one more to tell by."""
    folded = text.casefold()
    if folded.isascii():
        spaced = folded.encode().translate(_ASCII)
    elif len(encoded := folded.encode("utf-16-le", "surrogatepass")) == 2 * len(folded):
        spaced = _UNITS.take(np.frombuffer(encoded, dtype="<u2")).tobytes().decode("utf-16-le").encode()
    else:  # letters beyond the first plane are two units
        spaced = " ".join(_WORD.findall(folded)).encode()
    return spaced.split(None, _MAX_WORDS + 1)[: _MAX_WORDS + 1]


def similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The estimated Jaccard similarity of two texts, 0..1; 0 where either has no signature."""
    if not one or len(one) != len(other):
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def bands(signature: tuple[int, ...]) -> tuple[int, ...]:
    """The keys under which a signature is looked up: one number a band."""
    return tuple(hash(signature[at : at + ROWS]) for at in range(0, len(signature), ROWS))
