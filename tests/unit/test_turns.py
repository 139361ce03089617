"""Calls of endpoints that were slow leave half of all turns to the others."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from alerting.turns import SLOW, Turns


async def began(turns: Turns, *endpoints: str) -> set[str]:
    """Which of some endpoints have their turn, and keep it."""
    having: set[str] = set()

    async def call(endpoint: str) -> None:
        async with turns.turn(endpoint):
            having.add(endpoint)
            await asyncio.Event().wait()

    tasks = [asyncio.ensure_future(call(endpoint)) for endpoint in endpoints]
    for _ in range(10):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return having


async def test_endpoints_that_were_slow_take_half_of_the_turns_until_they_are_not() -> None:
    turns = Turns(4)
    assert await began(turns, "a", "b", "c", "d", "e") == {"a", "b", "c", "d"}
    for endpoint in "abcd":
        turns.took(endpoint, SLOW)
    assert await began(turns, "a", "b", "c", "d", "e") == {"a", "b", "e"}
    turns.took("c", SLOW - timedelta(milliseconds=1))
    assert await began(turns, "a", "b", "c", "d", "e") == {"a", "b", "c", "e"}


async def test_where_there_is_one_turn_each_has_it_in_the_end() -> None:
    turns = Turns(1)
    turns.took("a", SLOW)
    assert await began(turns, "a", "b") == {"a"}
    assert await began(turns, "b", "a") == {"b"}
