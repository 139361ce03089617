"""Stopping a consumer whose last fetch has failed.

aiokafka's fetcher cancels its fetches and awaits each. One that has failed sleeps for a moment before the next, and its
CancelledError then comes out of `stop`, as if whoever stops the consumer had been cancelled. It hides the error because
of which the consumer is stopped, no handler of exceptions sees it, and the connections stay open: a worker whose
brokers went away while it loaded the state of a partition neither tried again nor ended.

Replaces a method of aiokafka's fetcher.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from aiokafka.consumer.fetcher import Fetcher

Close = Callable[[Any], Awaitable[None]]


def _completed(close: Close) -> Close:
    @wraps(close)
    async def completed(self: Any) -> None:
        closing = asyncio.current_task()
        cancelled = closing.cancelling() if closing is not None else 0
        try:
            await close(self)
        except asyncio.CancelledError:
            for fetch in self._pending_tasks:
                fetch.cancel()
            await asyncio.gather(*self._pending_tasks, return_exceptions=True)
            if closing is not None and closing.cancelling() > cancelled:
                raise

    return completed


CLOSE: Final = _completed(Fetcher.close)


def patch_fetcher_close() -> None:
    """Make aiokafka's consumers stop without an error after a failed fetch."""
    Fetcher.close = CLOSE
