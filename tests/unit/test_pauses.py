"""A process that stood still notices it at its next look at the clock."""

from __future__ import annotations

import asyncio

import pytest

from streams.pauses import watch_pauses


async def test_only_a_pause_longer_than_the_session_is_told_once_with_its_length() -> None:
    looks = iter([0.0, 0.3, 0.6, 9.6, 9.9, 15.9, 21.8])
    told: list[float] = []

    async def sleep(_: float) -> None:
        if not remaining:
            raise asyncio.CancelledError

    remaining = list(looks)
    with pytest.raises(asyncio.CancelledError):
        await watch_pauses(6, told.append, clock=lambda: remaining.pop(0), sleep=sleep)
    assert told == [9.0]
