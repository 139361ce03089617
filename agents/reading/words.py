"""Word boundaries and sentences, in folded text of any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SENTENCE_END: Final = re.compile(r"[.!?…]+[\"')\]]*\s|[。！？]|؟|\n")

WORD: Final = re.compile(r"\w+(?:'\w+)*")
"""A word, its apostrophes included."""


# Case endings that names take, after the last letter or in place of a vowel.
_CYRILLIC_ENDINGS: Final = frozenset(
    "а у ом ем ою ею ой ым им ого ому их ыми ій і и ы е ю я ові еві ським ського ському кого кому ким ам ами ах ев ов "
    "ии ию ией иею ем ям ями ях єю ії ію ою".split()
)
_LATIN_ENDINGS: Final = frozenset(
    "s n en es in a e i u da de den dan in nin nun un yi yu ya ye la le'".split()
)


def is_ending(text: str, start: int, end: int, stop: int) -> bool:
    """Whether the letters from `end` to `stop` are a case ending of the word part that begins at `start`."""
    rest = text[end:stop]
    if not rest or end - start < 4:
        return False
    if "а" <= text[end - 1] <= "є":
        return rest in _CYRILLIC_ENDINGS
    return rest in _LATIN_ENDINGS and end - start >= 5


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


def sentences(text: str, limit: int = 2000) -> Iterator[tuple[int, int]]:
    """The sentences of a text as spans, in order, none empty; at most `limit`, the last then takes the rest."""
    begin = found = 0
    for end in _SENTENCE_END.finditer(text):
        if found + 1 >= limit:
            break
        if text[begin : end.end()].strip():
            yield begin, end.end()
            found += 1
        begin = end.end()
    if text[begin:].strip():
        yield begin, len(text)
