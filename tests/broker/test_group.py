"""What befalls the workers of a group on a real Kafka: they join, leave, stand still, are killed, and end in order."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener

from streams.worker import FAILED
from tests.broker.conftest import Place
from tests.broker.harness import (
    LONG_SESSION,
    Ledger,
    WorkerProcess,
    eventually,
    group_of,
    make_articles,
)


async def test_an_orderly_end_in_the_middle_of_the_work_loses_nothing_and_sends_nothing_twice(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(800, seed=5, matching=0.2)
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)

    async def slowly() -> None:
        await asyncio.sleep(0.05)  # so that attempts are under way when the order comes

    async with Ledger(hold=slowly).serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            await place.publish(articles.messages)
            for ids in (5, 40):
                await ledger.until_ids(ids, 90)
                assert await worker.end(signal.SIGTERM) == 0
                assert len(ledger.bodies) < len(articles.due), "it was to end in the middle"
                await worker.start()
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
        assert ledger.repeats == 0


async def test_of_two_workers_with_one_instance_id_one_ends_and_says_so_and_the_other_survives_a_pause(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(20, seed=15, matching=1)
    folder = place.configured(tmp_path / "config", instance_id="the-same")
    async with Ledger().serving() as ledger:
        first = WorkerProcess(folder, ledger, tmp_path / "first.log")
        second = WorkerProcess(folder, ledger, tmp_path / "second.log")
        async with first.running():
            await first.until_logged("worker.started", 90)
            async with second.running():
                assert await first.until_ended(90) == FAILED
                assert (
                    "another worker uses the same service.instance_id" in (tmp_path / "first.log").read_text()
                )
                second.send(signal.SIGSTOP)

                async def gone() -> bool:
                    return not (await group_of(place.servers, place.group)).members

                await eventually(gone, 90, "the session of the one that is stopped over")
                second.send(signal.SIGCONT)
                await place.publish(articles.messages)
                await ledger.until_told(articles.due, 90)
                await place.until_committed()
        ledger.check(articles.due)


async def test_a_worker_that_wakes_up_attempts_nothing_that_another_has_attempted_meanwhile(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(12, seed=13, matching=1)
    folder = place.configured(tmp_path / "config", partitions=1, schedule=[2] * 50)
    failing = True
    async with Ledger(answer=lambda _: 503 if failing else 204).serving() as ledger:
        sleeper = WorkerProcess(folder, ledger, tmp_path / "sleeper.log")
        other = WorkerProcess(folder, ledger, tmp_path / "other.log")
        async with sleeper.running():
            await sleeper.until_logged("worker.started", 90)
            await place.publish(articles.messages)
            await sleeper.until_logged("delivery.attempt", 90, times=len(articles.due))
            await place.until_committed()
            sleeper.send(signal.SIGSTOP)
            async with other.running():
                # By then whatever was under way has been refused: taken, it would be sent once more.
                await other.until_logged("worker.started", 90)
                failing = False
                await ledger.until_told(articles.due, 90)
                before = ledger.repeats
                joined = sleeper.events().count("worker.partitions_assigned")
                sleeper.send(signal.SIGCONT)
                await sleeper.until_logged("worker.partitions_assigned", 90, times=joined + 1)
                assert "worker.stood_still" in sleeper.events()
        ledger.check(articles.due)
        assert ledger.repeats == before


class _Held(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped for us
    """Keeps its consumer, and so all others of its group, from joining it once more."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def on_partitions_revoked(self, revoked: object) -> None:
        if revoked:
            await self.let_go.wait()

    async def on_partitions_assigned(self, assigned: object) -> None:
        pass


async def test_an_order_to_end_is_heeded_while_the_group_has_not_formed_yet(
    place: Place, tmp_path: Path
) -> None:
    nobody = Ledger(url="http://127.0.0.1:1/hook")
    worker = WorkerProcess(
        place.configured(tmp_path / "config", session=LONG_SESSION), nobody, tmp_path / "worker.log"
    )
    await worker.command("topics", "--create")
    held = _Held()
    other = AIOKafkaConsumer(
        bootstrap_servers=place.servers,
        group_id=place.group,
        session_timeout_ms=30_000,
        rebalance_timeout_ms=60_000,
        heartbeat_interval_ms=500,
    )
    await other.start()
    try:
        other.subscribe([place.topic("articles")], listener=held)
        while not other.assignment():
            await other.getmany(timeout_ms=100)
        async with worker.running():

            async def waits() -> bool:
                group = await group_of(place.servers, place.group)
                return group.state.name == "PREPARING_REBALANCING" and len(group.members) == 2

            await eventually(waits, 90, "the worker waits for the other")
            assert await worker.end(signal.SIGTERM, timeout=40) == 0
        assert len((await group_of(place.servers, place.group)).members) == 1, "it has taken its leave"
    finally:
        held.let_go.set()
        await other.stop()
    assert worker.events()[-1] == "worker.stopped"
    assert "worker.started" not in worker.events()


async def test_a_second_worker_joins_and_leaves_in_the_middle_and_nothing_is_sent_twice(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(1200, seed=6, matching=0.2)
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)
    async with Ledger().serving() as ledger:
        first = WorkerProcess(folder, ledger, tmp_path / "first.log")
        second = WorkerProcess(folder, ledger, tmp_path / "second.log")
        async with first.running(), second.running():
            await first.until_logged("worker.started", 90)
            await second.until_logged("worker.started", 90)
            await place.publish(articles.messages[:600])
            await ledger.until_ids(20, 90)
            assert await second.end(signal.SIGTERM) == 0
            await second.start()
            for part in (articles.messages[600:900], articles.messages[900:]):
                # Some while it joins, some when it has joined.
                await place.publish(part)
                await second.until_logged("worker.started", 90, times=2)
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
            assert await second.end(signal.SIGTERM) == 0
            assert await first.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
        assert ledger.repeats == 0


async def test_what_somebody_asked_to_be_tried_now_is_also_where_workers_join_and_are_killed_meanwhile(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(200, seed=8, matching=0.3)
    folder = place.configured(tmp_path / "config", concurrency=2, schedule=[36_000])

    async def slowly() -> None:
        await asyncio.sleep(0.05)  # so that some are owed still when the next thing happens

    async with Ledger(answer=lambda _: 500).serving() as ledger:
        first = WorkerProcess(folder, ledger, tmp_path / "first.log")
        second = WorkerProcess(folder, ledger, tmp_path / "second.log")
        async with first.running():
            await place.publish(articles.messages)

            async def all_tried() -> bool:
                return ledger.calls >= len(articles.due)

            await eventually(all_tried, 90, "an attempt for each")
            ledger.answer, ledger.hold = lambda _: 204, slowly
            said = await first.command("endpoint", "retry", "desk")
            assert said.startswith("desk is owed "), said
            await ledger.until_ids(5, 90)
            async with second.running():
                await second.until_logged("worker.started", 90)
                await first.end(signal.SIGKILL)
                await second.end(signal.SIGKILL)
                await second.start()
                await ledger.until_told(articles.due, 90)
                await place.until_committed()
        ledger.check(articles.due)
        assert ledger.repeats <= 4, "at most those under way at the two kills"
