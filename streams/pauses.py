"""Notices that this process stood still: it was stopped, its machine was paused, or something held up its loop.

A worker that stood still for longer than its session may have lost its partitions without having been told yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

OFTEN = 0.25
"""Seconds between two looks at the clock."""


async def watch_pauses(
    longest: float,
    paused: Callable[[float], None],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Call `paused` with the seconds that passed between two looks, whenever they are more than `longest`. Never
    returns: cancel it.
    """
    before = clock()
    while True:
        await sleep(OFTEN)
        now = clock()
        if now - before > longest:
            paused(now - before)
        before = now
