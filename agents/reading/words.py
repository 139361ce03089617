"""Word boundaries and sentences, in folded text of any script."""

from __future__ import annotations

import re
from typing import Final

_SENTENCE_END: Final = re.compile(r"[.!?…]+[\"')\]]*\s|[。！？]|؟|\n")

SUFFIX_AFTER_APOSTROPHE: Final = re.compile(r"'\w{1,6}")


def starts_word(text: str, at: int) -> bool:
    """Whether a word can begin at a position: no letter or digit stands right before it."""
    return at == 0 or not text[at - 1].isalnum()


def ends_word(text: str, at: int) -> bool:
    """Whether a word can end before a position."""
    return at >= len(text) or not text[at].isalnum()


def word_end(text: str, at: int) -> int:
    """Where the word that goes on at a position ends."""
    while at < len(text) and text[at].isalnum():
        at += 1
    return at


def sentence_spans(text: str, limit: int = 2000) -> list[tuple[int, int]]:
    """The sentences of a text as spans, in order, none empty; at most `limit`, the last then takes the rest."""
    spans: list[tuple[int, int]] = []
    begin = 0
    for end in _SENTENCE_END.finditer(text):
        if len(spans) + 1 >= limit:
            break
        if text[begin : end.end()].strip():
            spans.append((begin, end.end()))
        begin = end.end()
    if text[begin:].strip():
        spans.append((begin, len(text)))
    return spans
