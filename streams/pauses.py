"""Notices that this process stood still: it was stopped, its machine was paused, or something held up its loop.

A worker that stood still for longer than its session may have lost its partitions without having been told yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

OFTEN = 0.25
"""Seconds between two looks at the clock."""


class Pauses:
    """Calls `paused` with the seconds that passed between two looks at the clock, where they are more than `longest`.

    `watch` looks often. What must not be done after a pause looks before it, too: all that came due meanwhile is begun
    before the task that watches has its turn.
    """

    def __init__(
        self,
        longest: float,
        paused: Callable[[float], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._longest = longest
        self._paused = paused
        self._clock = clock
        self._looked_at: float | None = None

    def look(self) -> None:
        """Look at the clock, unless nobody watches yet."""
        if self._looked_at is None:
            return
        before, self._looked_at = self._looked_at, self._clock()
        if self._looked_at - before > self._longest:
            self._paused(self._looked_at - before)

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> NoReturn:
        """Look every `OFTEN` seconds. Never returns: cancel it."""
        self._looked_at = self._clock()
        while True:
            await sleep(OFTEN)
            self.look()
