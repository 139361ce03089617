"""A process that stood still notices it at its next look at the clock."""

from __future__ import annotations

import asyncio

import pytest

from streams.pauses import Pauses


async def test_only_a_pause_longer_than_the_session_is_told_once_with_its_length() -> None:
    remaining = [0.0, 0.3, 0.6, 9.6, 9.9, 15.9, 21.8]
    told: list[float] = []

    async def sleep(_: float) -> None:
        if not remaining:
            raise asyncio.CancelledError

    pauses = Pauses(6, told.append, clock=lambda: remaining.pop(0))
    with pytest.raises(asyncio.CancelledError):
        await pauses.watch(sleep)
    assert told == [9.0]


async def test_who_looks_before_the_watch_does_is_told_and_the_watch_is_not_told_again() -> None:
    """What came due meanwhile has its turn before the task that watches."""
    clock = [5.0]
    told: list[float] = []
    pauses = Pauses(6, told.append, clock=lambda: clock[-1])
    sleeps = 0

    async def sleep(_: float) -> None:
        nonlocal sleeps
        sleeps += 1
        if sleeps > 1:
            raise asyncio.CancelledError
        clock.append(35.0)
        pauses.look()

    pauses.look()
    clock.append(15.0)
    pauses.look()
    assert not told, "nobody watches yet"
    with pytest.raises(asyncio.CancelledError):
        await pauses.watch(sleep)
    assert told == [20.0]
