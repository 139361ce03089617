"""What an agent holds for each partition of its input: made from the partition's state, dropped at every rebalance."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

L = TypeVar("L")
P = TypeVar("P")


class Partitions(Generic[L, P]):
    """The partitions of one agent, by number. `load` reads a partition's state, `make` makes what is held from it."""

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
        """One partition, loaded if it is not held yet. Raises what `load` raises."""
        held = self._held.get(number)
        if held is not None:
            return held
        async with self._loading[number]:
            while (held := self._held.get(number)) is None:
                given_up = self._given_up
                loaded = await self._load(number)
                # If partitions were given up meanwhile, another worker may have had it: what was read may be old.
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
        """Load partitions in the background, then call `then` with each.

        `fail` is called with an error: a partition must not be worked on without its state.
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
        except Exception as error:  # noqa: BLE001 - whatever it is, `fail` decides
            fail(error)

    def give_up(self) -> list[P]:
        """Drop all partitions, also those that are being loaded; returns what was held."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        former, self._held = self.held(), {}
        self._given_up += 1
        return former
