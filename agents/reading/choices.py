"""Choices within a phrase of a taxonomy: `(agree|agrees) to (a|the|) truce` stands for six phrases."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import Final

MOST: Final = 500
"""Phrases that one may stand for."""

LONGEST: Final = 120
"""Characters of a phrase whose choices are made."""

_CHOICE: Final = re.compile(r"\(([^()]*)\)")
_MARK: Final = re.compile(r"[()|]")


def spelled_out(phrase: str) -> tuple[str, ...]:
    """The phrases that one stands for, in the order of its choices; itself where it has none.

    Raises ValueError where a choice is not closed, lies in another or has one side only, and where the phrase stands
    for too many others or for one that is empty or too long.
    """
    if _MARK.search(phrase) is None and 0 < len(phrase) <= LONGEST:
        return (phrase,)
    pieces = _CHOICE.split(phrase)
    sides = [piece.split("|") if at % 2 else [piece] for at, piece in enumerate(pieces)]
    if any(map(_MARK.search, pieces[::2])) or any(len(side) < 2 for side in sides[1::2]):
        raise ValueError("a choice is written (one|other), and none lies in another")
    if (count := prod(map(len, sides))) > MOST:
        raise ValueError(f"stands for {count} phrases; {MOST} are allowed")
    found = tuple(" ".join("".join(chosen).split()) for chosen in product(*sides))
    if not all(0 < len(each) <= LONGEST for each in found):
        raise ValueError(f"must stand for phrases of 1 to {LONGEST} characters")
    return found
