"""Deterministic identifiers: the same input always has the same id, so that a repeat can be recognised.

An id is a prefix and 128 bits of BLAKE2b over the parts, each preceded by its length so that no two lists of parts
run together, in lower-case base 32 (26 characters).
"""

from __future__ import annotations

import hashlib
from typing import Final

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = [one + other for one in _LETTERS for other in _LETTERS]
_SHIFTS: Final = range(120, -1, -10)


def derive_id(prefix: str, *parts: str) -> str:
    """An id such as `alr_…` that is a function of its parts alone."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    # Base 32 in pairs, 10 bits each: the base64 module takes ten times as long.
    bits = int.from_bytes(digest.digest(), "big") << 2
    return f"{prefix}_{''.join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])}"
