"""Sentences, in folded text of any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

SENTENCE_END: Final = re.compile(r"[.!?…]+[\"')\]]*\s|[。！？]|؟|\n")
"""Where a sentence ends, with the space behind it."""


def sentences(text: str, limit: int = 2000) -> Iterator[tuple[int, int]]:
    """The sentences of a text as spans, in order, none empty; at most `limit`, the last then takes the rest."""
    begin = found = 0
    for end in SENTENCE_END.finditer(text):
        if found + 1 >= limit:
            break
        if text[begin : end.end()].strip():
            yield begin, end.end()
            found += 1
        begin = end.end()
    if text[begin:].strip():
        yield begin, len(text)
