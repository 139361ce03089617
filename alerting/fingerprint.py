"""MinHash: a text as a short signature, by which near-duplicates are recognised without keeping the text.

Text is case-folded and cut into shingles of three words (Broder, 1997). Each of 64 permutations of the shingles' 32-bit
hashes keeps its least value; the share of equal places of two signatures estimates the Jaccard similarity of their
shingles. Sixteen bands of four places each are the keys of locality-sensitive lookup: texts with similarity 0.5 share
at least one band with a probability of 64%, with 0.7 of 99%.
"""

from __future__ import annotations

import random
import re
from typing import Final
from zlib import crc32

PLACES: Final = 64
ROWS: Final = 4
SHINGLE: Final = 3
_PRIME: Final = (1 << 61) - 1
_MASK: Final = (1 << 32) - 1
_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 2000  # of a very long text the beginning decides


def _permutations() -> tuple[tuple[int, int], ...]:
    rng = random.Random(20220307)  # noqa: S311 - not a secret: every worker must make the same signatures
    return tuple((rng.randrange(1, _PRIME), rng.randrange(_PRIME)) for _ in range(PLACES))


_PERMUTATIONS: Final = _permutations()


def fingerprint(text: str) -> tuple[int, ...]:
    """The signature of a text: 64 numbers below 2**32; empty where the text has no word."""
    words = _WORD.findall(text.casefold())[:_MAX_WORDS]
    if not words:
        return ()
    count = max(1, len(words) - SHINGLE + 1)
    hashes = {
        crc32(" ".join(words[at : at + SHINGLE]).encode("utf-8", "surrogatepass")) for at in range(count)
    }
    return tuple(min((a * h + b) % _PRIME for h in hashes) & _MASK for a, b in _PERMUTATIONS)


def similarity(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """The estimated Jaccard similarity of two texts, 0..1; 0 where either has no signature."""
    if not one or len(one) != len(other):
        return 0.0
    return sum(a == b for a, b in zip(one, other, strict=True)) / len(one)


def bands(signature: tuple[int, ...]) -> tuple[int, ...]:
    """The keys under which a signature is looked up: one number a band."""
    return tuple(hash(signature[at : at + ROWS]) for at in range(0, len(signature), ROWS))
