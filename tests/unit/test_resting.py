"""The pauses of fetching: after a fetch that brought records, and while the worker writes what it hands on itself."""

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
def fetcher() -> Any:
    return Fetcher()


@pytest.fixture(autouse=True)
def resting(fetcher: Any, time: Time) -> RestingFetcher:
    return RestingFetcher(fetcher, pause=0.25, pause_for_own=0.5, longest=1.0, clock=time)


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


async def test_nothing_is_asked_while_the_worker_writes_what_the_fetch_would_bring(
    fetcher: Any, resting: RestingFetcher, time: Time
) -> None:
    await fetcher._proc_fetch_request(None, 1, "from one")
    resting.rest()
    time.now += 0.25
    assert fetcher._get_actions_per_node(None)[:3] == ([(2, "from two")], {3: "reset"}, 0.25)
    resting.rest()
    time.now += 0.375
    assert fetcher._get_actions_per_node(None)[:3] == ([(2, "from two")], {3: "reset"}, 0.125)
    time.now += 0.125
    assert fetcher._get_actions_per_node(None)[:3] == (fetcher.planned, {3: "reset"}, PATIENCE)


async def test_however_much_the_worker_writes_a_broker_is_asked_again(
    fetcher: Any, resting: RestingFetcher, time: Time
) -> None:
    await fetcher._proc_fetch_request(None, 1, "from one")
    for _ in range(7):
        time.now += 0.125
        resting.rest()
        assert fetcher._get_actions_per_node(None)[0] == [(2, "from two")]
    time.now += 0.125
    resting.rest()
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned


async def test_a_broker_that_brought_nothing_is_asked_whatever_the_worker_writes(
    fetcher: Any, resting: RestingFetcher
) -> None:
    resting.rest()
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned
