"""Turns to call: so many at the same time of all endpoints together. Of those that were slow last time no more than
half as many, so that they keep no other from being called.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Final

SLOW: Final = timedelta(seconds=3)
"""How long a call takes from which on its endpoint is slow."""


class Turns:
    """Gives at most `most` turns at a time; an endpoint that `took` long waits for others that did."""

    def __init__(self, most: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._of_slow = asyncio.Semaphore(max(1, most // 2))
        self._slow: set[str] = set()

    @asynccontextmanager
    async def turn(self, endpoint_id: str) -> AsyncIterator[None]:
        """Wait for a turn of an endpoint, and have it."""
        async with self._of_slow if endpoint_id in self._slow else nullcontext(), self._all:
            yield

    def took(self, endpoint_id: str, time: timedelta) -> None:
        """Take note of how long a call took."""
        (self._slow.add if time >= SLOW else self._slow.discard)(endpoint_id)
