"""Texts of one or several articles as one, so that each step of reading is a call for all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import AnyStr, Generic


class Joined(Generic[AnyStr]):
    """Texts, or their bytes, with a separator before, between and behind them.

    `begins` are where they begin in `text`, and where one more would.
    """

    __slots__ = ("begins", "text")

    def __init__(self, texts: Sequence[AnyStr], separator: AnyStr) -> None:
        self.text: AnyStr = separator + separator.join(texts) + separator
        self.begins = _begins([*map(len, texts)], len(separator))

    def number_at(self, position: int) -> int:
        """Which of the texts a position is in."""
        return bisect_right(self.begins, position) - 1


def _begins(lengths: Sequence[int], width: int) -> list[int]:
    return [*accumulate((length + width for length in lengths), initial=width)]
