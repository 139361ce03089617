"""Deterministic identifiers: the same input always has the same id, so that a repeat can be recognised.

An id is a prefix and 128 bits of BLAKE2b over the parts, each preceded by its length so that no two lists of parts
run together, in lower-case base 32 (26 characters).
"""

from __future__ import annotations

import hashlib
from base64 import b32encode


def derive_id(prefix: str, *parts: str) -> str:
    """An id such as `alr_…` that is a function of its parts alone."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return f"{prefix}_{b32encode(digest.digest()).decode().rstrip('=').lower()}"
