"""Portions: a batch of articles is cut into lists that are searched at once."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 100_000
"""Characters of articles that are best searched at once: an article costs less so, and it takes some milliseconds."""


class Portions(Generic[T]):
    """Takes articles, or whatever stands for them, one by one, and gives them back a portion at a time."""

    def __init__(self) -> None:
        self._portion: list[T] = []
        self._characters = 0

    def take(self, item: T, characters: int) -> list[T]:
        """Take one; a portion that is full with it, else nothing."""
        self._portion.append(item)
        self._characters += characters
        return self.rest() if self._characters >= AT_ONCE else []

    def rest(self) -> list[T]:
        """What is left: the last portion."""
        portion, self._portion, self._characters = self._portion, [], 0
        return portion
