"""Notices that this process was suspended: it was stopped, its machine was paused, or something blocked its loop.

A worker that was suspended for longer than its session may have lost its partitions without knowing it yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

INTERVAL = 0.25
"""Seconds between two looks at the clock."""


class Pauses:
    """Calls `paused` with the seconds between two looks at the clock when they exceed `longest`.

    `watch` looks at intervals. Work that must not be done after a pause calls `look` first: timers that came due during
    the pause run before `watch` has its turn.
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
        """Look every `INTERVAL` seconds. Never returns: cancel it."""
        self._looked_at = self._clock()
        while True:
            await sleep(INTERVAL)
            self.look()
