"""The pause after a fetch that brought records."""

from __future__ import annotations

from typing import Any

import pytest

from streams.resting import RestingFetcher

PATIENCE = 7.0


class Fetcher:
    """As much of aiokafka's fetcher as is replaced: what it would do, and what a fetch brings."""

    def __init__(self) -> None:
        self.planned: list[tuple[int, str]] = [(1, "from one"), (2, "from two")]
        self.brings = True

    def _get_actions_per_node(self, assignment: object) -> tuple[Any, ...]:
        return self.planned, {3: "reset"}, PATIENCE, False, ["resumed"]

    async def _proc_fetch_request(self, assignment: object, node: int, request: object) -> bool:
        return self.brings


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def fetcher(time: Time) -> Any:
    fetcher = Fetcher()
    RestingFetcher(fetcher, pause=0.25, clock=time)
    return fetcher


async def test_a_broker_that_brought_something_is_asked_again_after_the_pause(
    fetcher: Any, time: Time
) -> None:
    assert await fetcher._proc_fetch_request(None, 1, "from one")
    time.now += 0.125
    assert fetcher._get_actions_per_node(None) == ([(2, "from two")], {3: "reset"}, 0.125, False, ["resumed"])
    time.now += 0.125
    assert fetcher._get_actions_per_node(None) == (
        fetcher.planned,
        {3: "reset"},
        PATIENCE,
        False,
        ["resumed"],
    )


async def test_a_broker_that_brought_nothing_is_asked_again_at_once(fetcher: Any) -> None:
    fetcher.brings = False
    assert not await fetcher._proc_fetch_request(None, 1, "from one")
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned


async def test_the_fetcher_looks_again_when_the_first_rest_is_over(fetcher: Any, time: Time) -> None:
    await fetcher._proc_fetch_request(None, 1, "from one")
    time.now += 0.125
    await fetcher._proc_fetch_request(None, 2, "from two")
    requests, _, timeout, *_ = fetcher._get_actions_per_node(None)
    assert (requests, timeout) == ([], 0.125)
