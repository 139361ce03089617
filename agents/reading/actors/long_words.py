"""The words of a text that may be misspelt names: long ones, whose first letter is not a small one.

In Arabic a particle may be written on before the name, so that the word without it may be one too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final

from agents.reading.actors.inflection import PROCLITICS
from agents.reading.actors.typos import MAX_LENGTH, MIN_LENGTH
from agents.reading.fold import FoldedText

Placed = tuple[str, int]
"""A folded word, and where it begins in the folded text."""

_LETTER: Final = re.compile(r"[^\W\d_]")
_LONG: Final = re.compile(rf"{_LETTER.pattern}{{{MIN_LENGTH},{MAX_LENGTH}}}")
_MORE: Final = f"{{{MIN_LENGTH - 1},{MAX_LENGTH - 1}}}"
"""How many letters stand behind the first one."""
_ASCII: Final = re.compile(rf"[A-Z](?<![A-Za-z].)[A-Za-z]{_MORE}")


def long_words(text: FoldedText) -> list[str]:
    """Those of the original text, as they are written, in order."""
    original = text.aligned
    return _pattern(original).findall(original)


def places_of(words: Iterable[str], text: FoldedText) -> list[Placed]:
    """Some of the long words, given in order, with their places; behind them those that lose an Arabic particle."""
    # To look for these few, and not to match every long word again, saves a twentieth of naming actors.
    original, folded = text.aligned, text.text
    match = _pattern(original).match
    placed: list[Placed] = []
    at = 0
    for word in words:
        at = original.index(word, at)
        while (found := match(original, at)) is None or found.group() != word:
            at = original.index(word, at + 1)
        placed.append((folded[at : found.end()], at))
        at = found.end()
    return placed + without_particles(placed)


def without_particles(words: Iterable[Placed]) -> list[Placed]:
    """Those that begin like an Arabic particle, without it."""
    return [(word[1:], at + 1) for word, at in words if word[0] in PROCLITICS and len(word) > MIN_LENGTH]


def frequencies(text: FoldedText) -> Counter[str]:
    """How often each long word stands in the folded text, also those that begin with a small letter."""
    return Counter(_LONG.findall(text.text))


def _pattern(original: str) -> re.Pattern[str]:
    """What finds the long words of an original text."""
    if original.isascii():
        return _ASCII
    return _pattern_beyond_ascii(
        all_planes=len(original.encode("utf-16-le", "surrogatepass")) > 2 * len(original)
    )


@cache
def _pattern_beyond_ascii(*, all_planes: bool) -> re.Pattern[str]:
    """For texts with characters beyond the first plane, or without: letters as a set of those of the first plane are
    told in half the time.
    """
    letters = [code for code in range(0x1_0000) if _LETTER.match(chr(code))]
    first = _ranges(code for code in letters if not chr(code).islower() and (code >= 0x80 or code < 0x5B))
    letter = f"[{_ranges(letters)}]"
    if all_planes:
        first += "\U00010000-\U0010ffff"
        letter = _LETTER.pattern
    return re.compile(rf"[{first}](?<!{letter}.)(?<={letter}){letter}{_MORE}")


def _ranges(codes: Iterable[int]) -> str:
    """Characters, given in order, as the ranges of a set."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(begin)}-{chr(end)}" for begin, end in ranges)
