"""Turns to call endpoints: a limited number at the same time. Endpoints that were slow last time have at most half of
them, so that they do not keep the others from being called.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Final

SLOW: Final = timedelta(seconds=3)
"""An endpoint whose call took so long is slow."""


class Turns:
    """Gives at most `most` turns at a time, half of them to endpoints whose last call `took` long."""

    def __init__(self, most: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._of_slow = asyncio.Semaphore(max(1, most // 2))
        self._slow: set[str] = set()

    @asynccontextmanager
    async def turn(self, endpoint_id: str) -> AsyncIterator[None]:
        """Wait for a turn of an endpoint, and hold it."""
        async with self._of_slow if endpoint_id in self._slow else nullcontext(), self._all:
            yield

    def took(self, endpoint_id: str, time: timedelta) -> None:
        """Note how long the last call of an endpoint took."""
        if time >= SLOW:
            self._slow.add(endpoint_id)
        else:
            self._slow.discard(endpoint_id)
