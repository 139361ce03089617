"""Long work on the worker's loop, done in pieces, so that alerts that are on their way do not wait for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

T = TypeVar("T")


async def breathe(items: Sequence[T], every: float = 0.001) -> AsyncIterator[T]:
    """Iterate over a batch or another long list, and let other tasks run about every `every` seconds."""
    clock = asyncio.get_running_loop().time
    until = clock() + every
    for item in items:
        yield item
        if clock() > until:
            # An alert takes some fifteen loop steps from its candidate to its webhook. With one step at a time it
            # would have to wait for as many pauses of a long batch.
            await step_aside(16)
            until = clock() + every


async def step_aside(steps: int = 1) -> None:
    """Let other tasks run for some loop steps. In the first, records just handed to an urgent producer are sent."""
    for _ in range(steps):
        await asyncio.sleep(0)
