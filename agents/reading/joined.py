"""Texts of one or several articles as one, so that each step of reading is a call for all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import AnyStr, Final, Generic

from agents.reading.letters import coded


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


_SEPARATOR: Final = coded(" \0 ")
"""No literal crosses it; one that begins or ends with a space may begin or end where the text does."""


class CodedTexts(Joined[bytes]):
    """Folded texts, as `coded`: what is searched, and cut into words, of several articles at once."""

    __slots__ = ("texts",)

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        super().__init__([*map(coded, texts)], _SEPARATOR)

    def letters(self) -> str:
        """The characters that the bytes stand for, at their places."""
        separator = " " * len(_SEPARATOR)
        return separator + separator.join(self.texts) + separator
