"""Cuts a batch of articles into portions, lists that are searched at once."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 100_000
"""Characters of a portion: searching this many at once costs less an article, and takes only some milliseconds."""


class Portions(Generic[T]):
    """Takes articles, or whatever stands for them, one by one, and gives them back a portion at a time."""

    def __init__(self) -> None:
        self._portion: list[T] = []
        self._characters = 0

    def take(self, item: T, characters: int) -> list[T]:
        """Take one. Returns the portion if it is full now, else nothing."""
        self._portion.append(item)
        self._characters += characters
        return self.rest() if self._characters >= AT_ONCE else []

    def rest(self) -> list[T]:
        """What is left: the last portion."""
        portion, self._portion, self._characters = self._portion, [], 0
        return portion
