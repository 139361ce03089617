"""A fetcher is closed though one of its fetches has failed and sleeps before the next."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streams.kafka_client.fetcher_close import CLOSE


async def fetcher(fetches: int) -> Any:
    """A fetcher with fetches under way, each asleep."""
    tasks = [asyncio.ensure_future(asyncio.sleep(3600)) for _ in range(fetches)]
    await asyncio.sleep(0)
    return SimpleNamespace(
        _fetch_task=asyncio.ensure_future(asyncio.sleep(3600)), _fetch_waiters=[], _pending_tasks=tasks
    )


async def test_closing_ends_every_fetch_and_raises_nothing() -> None:
    made = await fetcher(2)
    await CLOSE(made)
    assert all(task.cancelled() for task in made._pending_tasks)


async def test_closing_that_is_itself_cancelled_says_so() -> None:
    made = await fetcher(1)
    closing = asyncio.ensure_future(CLOSE(made))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert all(task.cancelled() for task in made._pending_tasks)
