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
        self._opening: asyncio.Task[None] | None = None

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
        return await asyncio.gather(*map(self.get, numbers))

    def open_ahead(
        self,
        numbers: Iterable[int],
        fail: Callable[[Exception], object],
        then: Callable[[P], Awaitable[None]] | None = None,
    ) -> None:
        """Load partitions before they are asked for, and do something with each.

        `fail` is told of an error: without its state a partition must not be worked on.
        """
        self._opening = asyncio.ensure_future(self._open(numbers, fail, then))

    async def _open(
        self,
        numbers: Iterable[int],
        fail: Callable[[Exception], object],
        then: Callable[[P], Awaitable[None]] | None,
    ) -> None:
        try:
            for partition in await self.get_all(numbers):
                if then is not None:
                    await then(partition)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends here
            fail(error)

    def give_up(self) -> list[P]:
        """Forget all partitions, those that are being loaded too; returns what was held."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        former, self._held = self.held(), {}
        self._given_up += 1
        return former
