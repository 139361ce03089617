"""What an agent holds of each partition of its input: made once of the partition's state, given up when partitions
change hands.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

L = TypeVar("L")
P = TypeVar("P")


class Partitions(Generic[L, P]):
    """The partitions of one agent, by number. `load` reads a partition's state, `make` makes of it what is held."""

    def __init__(self, load: Callable[[int], Awaitable[L]], make: Callable[[int, L], P]) -> None:
        self._load = load
        self._make = make
        self._held: dict[int, P] = {}
        self._loading: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._given_up = 0

    def held(self) -> list[P]:
        """What is held now."""
        return [*self._held.values()]

    async def get(self, number: int) -> P:
        """One partition, loaded where it is not held. Raises what `load` raises."""
        held = self._held.get(number)
        if held is not None:
            return held
        async with self._loading[number]:
            while (held := self._held.get(number)) is None:
                given_up = self._given_up
                loaded = await self._load(number)
                # Given up meanwhile, it may have been another worker's: what was read may be old.
                if given_up == self._given_up:
                    self._held[number] = self._make(number, loaded)
            return held

    async def get_all(self, numbers: Iterable[int]) -> list[P]:
        """Several partitions, loaded side by side."""
        return await asyncio.gather(*(self.get(number) for number in numbers))

    def give_up(self) -> list[P]:
        """Forget all partitions, those that are being loaded too; returns what was held."""
        former, self._held = self.held(), {}
        self._given_up += 1
        return former
