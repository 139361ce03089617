"""MinHash: a text as a short signature, by which near-duplicates are recognised without keeping the text.

Text is case-folded and cut into shingles of three words (Broder, 1997). Each of 64 permutations of the shingles' hashes
keeps its least value; the share of equal places of two signatures estimates the Jaccard similarity of their
shingles. Sixteen bands of four places each are the keys of locality-sensitive lookup: texts with similarity 0.5 share
at least one band with a probability of 64%, with 0.7 of 99%.

A signature is held as bytes, four a place as this machine orders them: every open story keeps one or two.
"""

from __future__ import annotations

import random
import re
from typing import Final
from zlib import crc32

import numpy as np

PLACES: Final = 64
"""Numbers of a signature."""
ROWS: Final = 4
"""Numbers of a band."""
SHINGLE: Final = 3
"""Words of a shingle."""
SAME_TEXT: Final = 0.5
"""Least estimated similarity of two texts that tell the same story."""
COPY: Final = 0.9
"""Least estimated similarity of a text and its copy; what is less alike under another headline is often other news."""
_WORD: Final = re.compile(r"\w+")
_MAX_WORDS: Final = 2000  # of a very long text the beginning decides
_BEGINNING: Final = 32_768
"""Characters that nearly always hold so many words: what comes after is then not looked at."""

_SEVERAL: Final = 0xFFFF
"""Stands for a letter that becomes several when case-folded, as ß does; it is no character itself."""


def _unit(folded: str) -> int:
    if len(folded) > 1:
        return _SEVERAL
    return ord(folded) if folded.isalnum() or folded == "_" else 0x20  # as `\w` has it


# A UTF-16 unit, and an ASCII byte → itself case-folded where it belongs to a word, else a space.
_UNITS: Final = np.array([_unit(chr(code).casefold()) for code in range(0x1_0000)], dtype="<u2")
_ASCII: Final = bytes(_UNITS[:128].astype("u1")) + bytes(range(128, 256))


def _odd_numbers(count: int, seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    rng = random.Random(seed)  # noqa: S311 - not a secret: every worker must make the same signatures
    return np.array([rng.getrandbits(64) | 1 for _ in range(count)], dtype=np.uint64)


_MULTIPLIERS: Final = _odd_numbers(PLACES, 20220307)[:, np.newaxis]
_ADDENDS: Final = _odd_numbers(PLACES, 20220308)[:, np.newaxis]
_OF_WORD: Final = _odd_numbers(SHINGLE, 20220309)
_HALF: Final = np.uint64(32)
_PLACE: Final = np.dtype(np.uint32)
# A band is hashed two places at a time.
_BAND: Final = _odd_numbers(ROWS // 2, 20220310)
_OF_BAND: Final = _odd_numbers(PLACES // ROWS, 20220311)


def fingerprint(text: str) -> bytes:
    """The signature of a text: 64 numbers below 2**32; empty where the text has no word."""
    words = _first_words(text[:_BEGINNING])
    if len(text) > _BEGINNING and len(words) <= _MAX_WORDS:
        words = _first_words(text)
    del words[_MAX_WORDS:]
    if not words:
        return b""
    hashes = np.fromiter(map(crc32, words), dtype=np.uint64, count=len(words))
    # A shingle's hash is a sum over its words, a permutation a multiplication and an addition (Dietzfelbinger's
    # multiply-add-shift), all modulo 2**64, which is how unsigned numbers wrap around.
    count = max(1, len(words) - SHINGLE + 1)
    shingles = hashes[:count] * _OF_WORD[0]
    for place in range(1, min(SHINGLE, len(words))):
        shingles += hashes[place : place + count] * _OF_WORD[place]
    permuted = shingles * _MULTIPLIERS
    permuted += _ADDENDS
    signature: bytes = (permuted.min(axis=1) >> _HALF).astype(_PLACE).tobytes()
    return signature


def _first_words(text: str) -> list[bytes]:
    """The words of a text in order, case-folded, as UTF-8; of many the first ones, and as one or two the rest."""
    if text.isascii():
        spaced = text.encode().translate(_ASCII)
    elif len(encoded := text.encode("utf-16-le", "surrogatepass")) == 2 * len(text):
        units = _UNITS.take(np.frombuffer(encoded, dtype="<u2"))
        if _SEVERAL in units:
            return _first_words(text.casefold())
        spaced = units.tobytes().decode("utf-16-le").encode()
    else:  # letters beyond the first plane are two units
        spaced = " ".join(_WORD.findall(text.casefold())).encode()
    return spaced.split(None, _MAX_WORDS + 1)


def similarity(one: bytes, other: bytes) -> float:
    """The estimated Jaccard similarity of two texts, 0..1; 0 where either has no signature."""
    if not one or len(one) != len(other):
        return 0.0
    ours, theirs = np.frombuffer(one, _PLACE), np.frombuffer(other, _PLACE)
    return float(np.count_nonzero(ours == theirs)) / len(ours)


def bands(signature: bytes) -> list[int]:
    """The keys under which a signature is looked up: one number below 2**32 a band, other ones for other bands.

    None where a text has no signature, or one of another length, which could only be like those of its own kind.
    """
    if len(signature) != PLACES * _PLACE.itemsize:
        return []
    pairs = np.frombuffer(signature, np.uint64).reshape(-1, ROWS // 2)
    found: list[int] = (((pairs * _BAND).sum(axis=1) + _OF_BAND) >> _HALF).tolist()
    return found
