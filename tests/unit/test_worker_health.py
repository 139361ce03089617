"""What a worker says of itself: `/live` and its figures."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from faust.types import TP
from structlog.testing import capture_logs

from agents import delivery, intake, policy
from streams.contact import Contact
from streams.health import Health
from streams.open_files import MOST_CALLS
from streams.worker import MAX_FAILED_CHECKS, Worker
from streams.worker_health import NO_PARTITIONS, STARTING, STUCK_AFTER, UNANSWERED_AFTER
from tests.configurations import load

LONG = 2 * STUCK_AFTER.total_seconds()
MINE, OTHERS = TP("tocsin.articles", 0), TP("tocsin.articles", 1)


class Consumer:
    """A worker's consumer without a broker: since when something waits, by topic, and how far partitions lag."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.lag: dict[TP, int] = {}
        self.lost: Counter[str] = Counter()
        self.answered_at = 0.0

    def check(self) -> None:
        pass

    def oldest_unhandled(self, topic: str | None = None) -> float | None:
        return min((came for name, came in self.came.items() if topic in (None, name)), default=None)

    def last_answers(self, since: float) -> dict[str, float]:
        answered = {"tocsin.articles": self.answered_at, "tocsin.candidates": float("inf")}
        return {topic: max(since, at) for topic, at in answered.items()}

    def lags(self) -> Iterator[tuple[TP, int]]:
        yield from self.lag.items()


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


@pytest.fixture
async def worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk_environ: None, consumer: Consumer
) -> Worker:
    monkeypatch.setattr(Worker, "consumer", consumer)
    worker = Worker(load(tmp_path))
    now = asyncio.get_running_loop().time()
    worker.service.heartbeats.update({agent.NAME: now for agent in (intake, policy, delivery)})
    worker.health.assigned(1)
    return worker


def figures(worker: Worker, name: str) -> dict[str, float]:
    """What the worker exposes under a name, by labels."""
    lines = worker.health.exposition().decode().splitlines()
    return {
        (parts := line.rpartition(" "))[0].removeprefix(name): float(parts[2])
        for line in lines
        if line.startswith(name)
    }


async def test_an_agent_that_does_not_move_while_a_record_waits_for_it_is_not_alive(
    worker: Worker, consumer: Consumer
) -> None:
    now = asyncio.get_running_loop().time()
    worker.service.heartbeats[policy.NAME] = now - LONG
    consumer.came["tocsin.candidates"] = now - LONG
    health = worker.health.live()
    assert not health.ok
    assert (
        health.reason
        == f"{policy.NAME} has made no progress for {LONG:.0f} s; its oldest record waits {LONG:.0f} s"
    )


async def test_an_agent_to_which_nothing_comes_is_alive_while_another_reads_a_backlog(
    worker: Worker, consumer: Consumer
) -> None:
    """Of hours of articles that no watch hits nothing comes to the other agents."""
    now = asyncio.get_running_loop().time()
    worker.service.heartbeats[policy.NAME] = worker.service.heartbeats[delivery.NAME] = now - LONG
    consumer.came["tocsin.articles"] = now - LONG
    assert worker.health.live().ok


async def test_an_agent_that_had_nothing_to_do_is_alive_when_something_comes(
    worker: Worker, consumer: Consumer
) -> None:
    now = asyncio.get_running_loop().time()
    worker.service.heartbeats[intake.NAME] = now - LONG
    consumer.came["tocsin.articles"] = now - 1
    assert worker.health.live().ok


async def test_a_worker_to_which_no_broker_answers_is_not_ready(worker: Worker, consumer: Consumer) -> None:
    """Cut off from Kafka it has partitions still, no lag, and nothing that waits."""
    now = worker.service.now()
    worker.service.now = lambda: now
    worker.health._assigned_at = now - UNANSWERED_AFTER - timedelta(seconds=5)
    assert worker.health.ready() == Health(
        False, "no broker has answered a fetch of tocsin.articles for 35 s"
    )
    assert figures(worker, "tocsin_ready") == {"": 0}
    consumer.answered_at = now.timestamp() - 1
    assert worker.health.ready().ok
    assert figures(worker, "tocsin_ready") == {"": 1}


async def test_a_worker_without_partitions_says_how_far_it_has_come(worker: Worker) -> None:
    worker.health.revoked()
    assert worker.health.ready() == Health(False, STARTING)
    worker.health.joining = True
    assert worker.health.ready() == Health(False, NO_PARTITIONS)


async def test_a_worker_that_has_just_got_partitions_is_ready_before_a_fetch_is_answered(
    worker: Worker,
) -> None:
    assert worker.health.ready().ok


async def test_the_lag_of_a_partition_that_went_to_another_worker_is_exposed_no_more(
    worker: Worker, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def assign(_: object) -> None:
        pass

    monkeypatch.setattr(worker.policy, "assign", lambda _: None)
    monkeypatch.setattr(worker.delivery, "assign", assign)
    consumer.lag = {MINE: 3, OTHERS: 4000}
    assert len(figures(worker, "tocsin_lag")) == 2
    consumer.lag = {MINE: 3}
    await worker._on_assigned(worker.app, {MINE})
    assert figures(worker, "tocsin_lag") == {'{partition="0",topic="tocsin.articles"}': 3}
    await worker._on_assigned(worker.app, set())
    assert not figures(worker, "tocsin_lag")


async def test_the_stories_of_partitions_that_were_given_up_are_counted_no_more(worker: Worker) -> None:
    held: Any = SimpleNamespace(stories=[1, 2, 3])
    worker.policy._partitions._held[0] = held
    assert figures(worker, "tocsin_stories") == {"": 3}
    worker.policy.release()
    assert figures(worker, "tocsin_stories") == {"": 0}


class Left(BaseException):
    """Stands for the end of the process."""


async def test_a_worker_whose_agents_do_not_move_ends_though_nobody_asks_whether_it_lives(
    worker: Worker, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(where: str, error: BaseException) -> NoReturn:
        raise Left(where, str(error))

    checks = 0

    async def sleep(seconds: float) -> None:
        nonlocal checks
        checks += 1
        # The first time it moves again, as after a pause of the whole process.
        moves = checks == MAX_FAILED_CHECKS
        consumer.came["tocsin.candidates"] = stood_still if not moves else asyncio.get_running_loop().time()

    monkeypatch.setattr("streams.worker.leave", leave)
    stood_still = asyncio.get_running_loop().time() - LONG
    worker.service.heartbeats[policy.NAME] = stood_still
    with pytest.raises(Left, match="policy has made no progress"):
        await worker._check(sleep)
    assert checks == 2 * MAX_FAILED_CHECKS + 1


async def test_the_log_says_once_that_no_broker_answers_and_once_that_they_do_again(
    worker: Worker, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = worker.health._assigned_at
    consumer.answered_at = started.timestamp()
    looks = 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        worker.service.now = lambda: started + looks * timedelta(seconds=seconds)
        if looks >= 40:
            consumer.answered_at = (started + timedelta(seconds=40)).timestamp()
        if looks == 50:
            raise Left

    with capture_logs() as said, pytest.raises(Left):
        await worker._check(sleep)
    assert [(line["event"], line["seconds"]) for line in said] == [("broker.away", 10), ("broker.back", 40)]


async def test_of_a_worker_that_stood_still_no_broker_is_said_to_be_away() -> None:
    contact = Contact()
    with capture_logs() as said:
        for now in (0.0, 60.0, 61.0, 62.0):
            contact.look(now, {"tocsin.articles": 0.0 if now < 62 else now})
    assert not said


@pytest.mark.parametrize(("most", "warned"), [(4, [(1, 4)]), (8, []), (MOST_CALLS, [])])
async def test_a_worker_says_where_few_open_files_leave_endpoints_fewer_calls(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, most: int, warned: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr(delivery, "most_calls", lambda: most)
    with capture_logs() as logged:
        worker._put_in_force(worker.service.in_force)
    few = [line for line in logged if line["event"] == "endpoints.few_files"]
    assert [(line["endpoints"], line["calls"]) for line in few] == warned
