"""How a worker fetches: it hands on at once what came, and pauses after that and while it writes what it hands on."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.protocol.fetch import FetchRequest

from streams.kafka_client.fetch_pacing import EMPTY_ALLOWED, EMPTY_PAUSE, PacedFetcher
from streams.kafka_client.fetch_request import RawFetchRequest

PATIENCE = 7.0
REQUEST = FetchRequest(100, 1, 1000, 0, [("t", [(0, 5, 100)])])


class Fetcher:
    """As much of aiokafka's fetcher as is replaced: what it would do, and what a fetch brings."""

    def __init__(self) -> None:
        self.planned: list[tuple[int, str]] = [(1, "from one"), (2, "from two")]
        self.brings = True
        self.taken = True
        self.sent: list[Any] = []
        self._records: dict[str, str] = {}
        self._in_flight: set[int] = set()

    def _get_actions_per_node(self, assignment: object) -> tuple[Any, ...]:
        return self.planned, {3: "reset"}, PATIENCE, False, ["resumed"]

    async def _proc_fetch_request(self, assignment: object, node: int, request: object) -> bool:
        self.sent.append(request)
        if self.brings:
            self._records["t"] = "fetched"
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
def paced(fetcher: Any, time: Time) -> PacedFetcher:
    async def take() -> None:
        if fetcher.taken:
            fetcher._records.clear()

    return PacedFetcher(fetcher, take, pause=0.25, own_pause=0.5, longest=1.0, clock=time)


async def test_a_broker_that_brought_something_is_asked_again_after_the_pause(
    fetcher: Any, time: Time
) -> None:
    await fetcher._proc_fetch_request(None, 1, REQUEST)
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
    assert not await fetcher._proc_fetch_request(None, 1, REQUEST)
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned


async def test_the_fetcher_looks_again_when_the_first_rest_is_over(fetcher: Any, time: Time) -> None:
    await fetcher._proc_fetch_request(None, 1, REQUEST)
    time.now += 0.125
    await fetcher._proc_fetch_request(None, 2, REQUEST)
    requests, _, timeout, *_ = fetcher._get_actions_per_node(None)
    assert (requests, timeout) == ([], 0.125)


async def test_nothing_is_asked_while_the_worker_writes_what_the_fetch_would_bring(
    fetcher: Any, paced: PacedFetcher, time: Time
) -> None:
    await fetcher._proc_fetch_request(None, 1, REQUEST)
    paced.pause()
    time.now += 0.25
    assert fetcher._get_actions_per_node(None)[:3] == ([(2, "from two")], {3: "reset"}, 0.25)
    paced.pause()
    time.now += 0.375
    assert fetcher._get_actions_per_node(None)[:3] == ([(2, "from two")], {3: "reset"}, 0.125)
    time.now += 0.125
    assert fetcher._get_actions_per_node(None)[:3] == (fetcher.planned, {3: "reset"}, PATIENCE)


async def test_however_much_the_worker_writes_a_broker_is_asked_again(
    fetcher: Any, paced: PacedFetcher, time: Time
) -> None:
    await fetcher._proc_fetch_request(None, 1, REQUEST)
    for _ in range(7):
        time.now += 0.125
        paced.pause()
        assert fetcher._get_actions_per_node(None)[0] == [(2, "from two")]
    time.now += 0.125
    paced.pause()
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned


async def test_a_broker_that_brought_nothing_is_asked_whatever_the_worker_writes(
    fetcher: Any, paced: PacedFetcher
) -> None:
    paced.pause()
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned


async def test_what_a_fetch_brought_is_taken_by_the_task_that_fetched_it_and_nobody_else_is_woken(
    fetcher: Any,
) -> None:
    assert not await fetcher._proc_fetch_request(None, 1, REQUEST)
    assert fetcher._records == {}
    (sent,) = fetcher.sent
    assert isinstance(sent, RawFetchRequest)
    assert sent.topics == REQUEST.topics


async def test_what_is_not_taken_is_left_for_who_waits_for_it(fetcher: Any) -> None:
    fetcher.taken = False
    assert await fetcher._proc_fetch_request(None, 1, REQUEST)


async def test_nothing_is_planned_while_each_broker_rests_or_is_being_asked(fetcher: Any, time: Time) -> None:
    fetcher._get_actions_per_node(None)
    await fetcher._proc_fetch_request(None, 1, REQUEST)
    fetcher._in_flight = {2}
    time.now += 0.125
    assert fetcher._get_actions_per_node(None) == ([], {}, 0.125, False, [])
    fetcher._in_flight = set()
    assert fetcher._get_actions_per_node(None)[0] == [(2, "from two")]
    fetcher._in_flight = {1, 2}
    assert fetcher._get_actions_per_node(None)[1] == {3: "reset"}


async def test_a_broker_that_answers_with_nothing_at_once_again_and_again_is_asked_less_often(
    fetcher: Any, time: Time
) -> None:
    fetcher.brings = False
    for _ in range(EMPTY_ALLOWED + 1):
        assert fetcher._get_actions_per_node(None)[0] == fetcher.planned
        await fetcher._proc_fetch_request(None, 1, REQUEST)
    requests, _, timeout, *_ = fetcher._get_actions_per_node(None)
    assert requests == [(2, "from two")]
    assert timeout == pytest.approx(EMPTY_PAUSE)
    time.now += EMPTY_PAUSE * 1.01
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned
    fetcher.brings = True
    await fetcher._proc_fetch_request(None, 1, REQUEST)
    time.now += 1.0
    fetcher.brings = False
    await fetcher._proc_fetch_request(None, 1, REQUEST)
    assert fetcher._get_actions_per_node(None)[0] == fetcher.planned, "what brought something begins anew"
