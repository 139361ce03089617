"""Folded text as one byte a character, the form in which it is searched and its words are hashed.

Whatever is neither letter nor digit is a space, so that a literal that begins with one is found at the beginning of
words only. Digits and the letters of the Latin, Cyrillic and Arabic alphabets have bytes of their own, all others
share them: those that are words of their own 64, the rest another 64. So what is found must be compared with the text
where it is of other letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.reading.keywords import stands_alone

BREAK: Final = "\x01"
"""Stands between the sentences of an excerpt; no phrase crosses it."""

SPACE, DIGITS, LATIN, CYRILLIC, ARABIC = 0, 1, 11, 37, 77
BREAK_BYTE, ALONES, OTHERS = 127, 128, 192
"""Where the bytes of each kind of character begin."""
CYRILLIC_FROM, _CYRILLIC_END = 0x0400, 0x0500
ARABIC_FROM, _ARABIC_END = 0x0621, 0x064B


def byte_of(character: str) -> int:
    """The byte of a character."""
    code = ord(character)
    if code <= 1:  # what stands between texts and between sentences
        return BREAK_BYTE
    if not character.isalnum():
        return SPACE
    if "0" <= character <= "9":
        return DIGITS + code - ord("0")
    if "a" <= character <= "z":
        return LATIN + code - ord("a")
    if CYRILLIC_FROM <= code < _CYRILLIC_END:  # those that are in use, from а to ї, are 40 in a row
        return CYRILLIC + code % (ARABIC - CYRILLIC)
    if ARABIC_FROM <= code < _ARABIC_END:
        return ARABIC + code - ARABIC_FROM
    return code % 64 + (ALONES if stands_alone(character) else OTHERS)


_BYTES: Final = np.array([byte_of(chr(code)) for code in range(0x1_0000)], np.uint8)
_ASCII: Final = _BYTES[:256].tobytes()


def coded(folded: str) -> bytes:
    """A byte for each character of a folded text."""
    if folded.isascii():
        return folded.encode().translate(_ASCII)
    encoded = folded.encode("utf-16-le", "surrogatepass")
    if len(encoded) == 2 * len(folded):
        return _BYTES.take(np.frombuffer(encoded, "<u2")).tobytes()
    codes: NDArray[Any] = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), "<u4")
    found = _BYTES.take(codes, mode="clip")
    beyond = (codes > 0xFFFF).nonzero()[0]
    kinds, places = np.unique(codes.take(beyond), return_inverse=True)
    found[beyond] = np.array([byte_of(chr(code)) for code in kinds.tolist()], np.uint8).take(places)
    return found.tobytes()


def coded_all(folded: Sequence[str]) -> list[bytes]:
    """The same of many texts, which costs less than for each alone."""
    joined = coded("".join(folded))
    return [joined[begin:end] for begin, end in pairwise(accumulate(map(len, folded), initial=0))]


def is_kept(character: str) -> bool:
    """Whether a character is not a space in spaced text."""
    return character.isalnum() or character == BREAK


_BEYOND: Final = re.compile(r"[\U00010000-\U0010ffff]")
"""Characters beyond the first plane: emoji, and letters in which no phrase is written."""

# UTF-16 unit → itself where it is a letter, a digit or the break, else a space. A lone surrogate stays.
_SPACED: Final = np.array(
    [code if 0xD800 <= code < 0xE000 or is_kept(chr(code)) else 0x20 for code in range(0x1_0000)], dtype="<u2"
)
_SPACED_ASCII: Final = bytes(_SPACED[:128].astype("u1")) + bytes(range(128, 256))
_UTF16: Final = ("utf-16-le", "surrogatepass")


def spaced(folded: str) -> str:
    """The text with a space for whatever is neither letter nor digit; positions stay."""
    if folded.isascii():
        return folded.encode().translate(_SPACED_ASCII).decode()
    encoded = folded.encode(*_UTF16)
    if len(encoded) > 2 * len(folded):
        encoded = _BEYOND.sub(" ", folded).encode(*_UTF16)
    return _SPACED.take(np.frombuffer(encoded, dtype="<u2")).tobytes().decode(*_UTF16)
