"""What befalls a worker on a real Kafka: brokers go, partitions move, outputs are refused, orders to end come."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.errors import OutputRefused
from streams.kafka_client.prompt_sender import PromptSender
from streams.outputs import Outputs, settle
from streams.state import write_state
from streams.topics import ALL, PENDING
from streams.worker import FAILED
from tests.broker.conftest import Place
from tests.broker.harness import (
    Ledger,
    WorkerProcess,
    alter_topic,
    eventually,
    group_of,
    make_articles,
    publish,
    read_all,
    topic_config,
    uncommitted,
    until_committed,
)


def configured(place: Place, folder: Path, session: float = 20) -> Path:
    # Where nobody is killed the session is long, so that a slow machine ends none by itself.
    return place.configured(folder, session=session)


async def test_a_broker_that_is_away_at_the_start_and_killed_later_costs_nothing(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(600, seed=4, matching=0.2)
    folder = configured(place, tmp_path / "config")
    topic = place.prefix + "articles"
    async with Ledger().serving() as ledger:
        place.kafka.kill()
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        try:
            async with worker.running():
                await worker.until_logged("broker.away", 30)
                place.kafka.start()
                await worker.until_logged("worker.started", 30)
                await publish(place.servers, topic, articles.messages[:400])
                await ledger.until_ids(10, 60)
                place.kafka.kill()
                place.kafka.start()
                await publish(place.servers, topic, articles.messages[400:])
                await ledger.until_told(articles.due, 60)
                await until_committed(place.servers, place.group, place.prefix)
                assert worker.runs, "it is to bear this without a restart"
        finally:
            if not place.kafka.runs:
                place.kafka.start()
        ledger.check(articles.due)


async def test_an_orderly_end_in_the_middle_of_the_work_loses_nothing_and_sends_nothing_twice(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(800, seed=5, matching=0.2)
    folder = configured(place, tmp_path / "config")

    async def slowly() -> None:
        await asyncio.sleep(0.05)  # so that attempts are under way when the order comes

    async with Ledger(hold=slowly).serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 30)
            await publish(place.servers, place.prefix + "articles", articles.messages)
            for ids in (5, 40):
                await ledger.until_ids(ids, 60)
                assert await worker.end(signal.SIGTERM) == 0
                assert len(ledger.bodies) < len(articles.due), "it was to end in the middle"
                await worker.start()
            await ledger.until_told(articles.due, 60)
            await until_committed(place.servers, place.group, place.prefix)
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
            await first.until_logged("worker.started", 60)
            async with second.running():
                assert await first.until_ended(60) == FAILED
                assert (
                    "another worker has the same service.instance_id" in (tmp_path / "first.log").read_text()
                )
                second.send(signal.SIGSTOP)

                async def gone() -> bool:
                    return not (await group_of(place.servers, place.group)).members

                await eventually(gone, 60, "the session of the one that is stopped over")
                second.send(signal.SIGCONT)
                await publish(place.servers, place.prefix + "articles", articles.messages)
                await ledger.until_told(articles.due, 60)
                await until_committed(place.servers, place.group, place.prefix)
        ledger.check(articles.due)


async def test_an_order_to_end_is_heeded_while_the_broker_is_away_and_work_under_way(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(1000, seed=14, matching=0.3)
    folder = place.configured(tmp_path / "config", request_timeout=300)
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 30)
            publishing = asyncio.ensure_future(
                publish(place.servers, place.prefix + "articles", articles.messages)
            )
            await ledger.until_ids(5, 60)
            place.kafka.kill()
            try:
                assert await worker.end(signal.SIGTERM, timeout=60) == FAILED
            finally:
                place.kafka.start()
            await publishing
            await worker.start()
            await ledger.until_told(articles.due, 60)
            await until_committed(place.servers, place.group, place.prefix)
        ledger.check(articles.due)


async def test_a_worker_that_wakes_up_attempts_nothing_that_another_has_attempted_meanwhile(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(12, seed=13, matching=1)
    folder = place.configured(tmp_path / "config", partitions=1, schedule=[2] * 9)
    failing = True
    async with Ledger(answer=lambda _: 503 if failing else 204).serving() as ledger:
        sleeper = WorkerProcess(folder, ledger, tmp_path / "sleeper.log")
        other = WorkerProcess(folder, ledger, tmp_path / "other.log")
        async with sleeper.running():
            await sleeper.until_logged("worker.started", 60)
            await publish(place.servers, place.prefix + "articles", articles.messages)
            await sleeper.until_logged("delivery.attempt", 60, times=len(articles.due))
            await until_committed(place.servers, place.group, place.prefix)
            sleeper.send(signal.SIGSTOP)
            failing = False
            async with other.running():
                await ledger.until_told(articles.due, 60)
                before = ledger.repeats
                joined = sleeper.events().count("worker.partitions_assigned")
                sleeper.send(signal.SIGCONT)
                await sleeper.until_logged("worker.partitions_assigned", 60, times=joined + 1)
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
    worker = WorkerProcess(configured(place, tmp_path / "config"), nobody, tmp_path / "worker.log")
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
        other.subscribe([place.prefix + "articles"], listener=held)
        await other.getmany(timeout_ms=1000)
        async with worker.running():

            async def waits() -> bool:
                group = await group_of(place.servers, place.group)
                return group.state.name == "PREPARING_REBALANCING" and len(group.members) == 2

            await eventually(waits, 30, "the worker waits for the other")
            assert await worker.end(signal.SIGTERM, timeout=10) == 0
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
    folder = configured(place, tmp_path / "config")
    topic = place.prefix + "articles"
    async with Ledger().serving() as ledger:
        first = WorkerProcess(folder, ledger, tmp_path / "first.log")
        second = WorkerProcess(folder, ledger, tmp_path / "second.log")
        async with first.running(), second.running():
            await first.until_logged("worker.started", 30)
            await second.until_logged("worker.started", 30)
            await publish(place.servers, topic, articles.messages[:600])
            await ledger.until_ids(20, 60)
            assert await second.end(signal.SIGTERM) == 0
            await second.start()
            for part in (articles.messages[600:900], articles.messages[900:]):
                # Some while it joins, some when it has joined.
                await publish(place.servers, topic, part)
                await second.until_logged("worker.started", 60, times=2)
            await ledger.until_told(articles.due, 60)
            await until_committed(place.servers, place.group, place.prefix)
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
            await publish(place.servers, place.prefix + "articles", articles.messages)

            async def all_tried() -> bool:
                return ledger.calls >= len(articles.due)

            await eventually(all_tried, 60, "an attempt for each")
            ledger.answer, ledger.hold = lambda _: 204, slowly
            said = await first.command("endpoint", "retry", "desk")
            assert said.startswith("desk is owed "), said
            await ledger.until_ids(5, 60)
            async with second.running():
                await second.until_logged("worker.started", 30)
                await first.end(signal.SIGKILL)
                await second.end(signal.SIGKILL)
                await second.start()
                await ledger.until_told(articles.due, 60)
                await until_committed(place.servers, place.group, place.prefix)
        ledger.check(articles.due)
        assert ledger.repeats <= 4, "at most those under way at the two kills"


async def test_what_differs_in_the_topics_is_said_and_set_where_somebody_asks(
    place: Place, tmp_path: Path
) -> None:
    folder = configured(place, tmp_path / "config")
    worker = WorkerProcess(folder, Ledger(), tmp_path / "worker.log")
    await worker.command("topics", "--create")
    articles, stories = place.prefix + "articles", place.prefix + "stories"
    await alter_topic(place.servers, articles, max__message__bytes=1_000_000, flush__ms=5000)
    await alter_topic(place.servers, stories, cleanup__policy="delete")
    said = await worker.command("topics", code=1)
    assert "max.message.bytes is 1000000, should be 1114112 or more" in said
    assert f"  {articles}  max.message.bytes=1114112\n" in said
    said = await worker.command("topics", "--alter")
    assert "altered: max.message.bytes=1114112" in said

    async def as_they_should_be() -> bool:
        return (await worker.command("topics", code=None)).count("as it should be") == len(ALL)

    await eventually(as_they_should_be, 30, "what was set is known to the broker")
    assert await topic_config(place.servers, articles, "flush.ms") == "5000", "what others set stays"


async def test_a_refused_output_ends_the_worker_loudly_without_a_commit(place: Place, tmp_path: Path) -> None:
    articles = make_articles(50, seed=7, matching=0.5)
    folder = configured(place, tmp_path / "config", session=3)  # who comes next waits for its end
    topic = place.prefix + "articles"
    classified = place.prefix + "classified"
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 30)
            await alter_topic(place.servers, classified, max__message__bytes=100)
            await publish(place.servers, topic, articles.messages)
            assert await worker.until_ended(60) == FAILED
        assert "worker.failed" in worker.events()
        assert await uncommitted(place.servers, place.group, [topic]) == {topic: len(articles.messages)}
        await alter_topic(place.servers, classified, max__message__bytes=1_000_000)
        async with worker.running():
            await ledger.until_told(articles.due, 60)
            await until_committed(place.servers, place.group, place.prefix)
        ledger.check(articles.due)


async def test_connections_cut_right_after_a_write_lose_no_record_and_double_none(place: Place) -> None:
    topic = place.prefix + "cut"
    admin = AIOKafkaAdminClient(bootstrap_servers=place.servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=place.servers, acks="all", enable_idempotence=True)
    PromptSender.install(producer)
    await producer.start()
    sent = []
    cut = 0
    try:
        for number in range(300):
            sent.append(await producer.send(topic, b"%d" % number, partition=number % 2))
            if number % 10 == 0:
                await asyncio.sleep(0)  # it leaves: the broker has it, and its answer comes to nobody
                for connection in producer.client._conns.values():
                    if connection.connected() and connection._requests:
                        connection._writer.transport.abort()
                        cut += 1
                await sent[-1]
        offsets = [
            (acknowledged.partition, acknowledged.offset) for acknowledged in await asyncio.gather(*sent)
        ]
    finally:
        await producer.stop()
    assert cut > 20
    assert offsets == [(number % 2, number // 2) for number in range(300)]
    read: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for record in await read_all(place.servers, topic):
        read[record.partition].append((record.offset, int(record.value)))
    assert read == {number: [(at, 2 * at + number) for at in range(150)] for number in (0, 1)}


async def test_behind_a_batch_of_state_that_is_refused_none_is_written(place: Place) -> None:
    """The broker has nothing of this producer yet, so it would take the next batch; its mark would pass over this."""
    pending = place.prefix + "pending"
    admin = AIOKafkaAdminClient(bootstrap_servers=place.servers)
    await admin.start()
    await admin.create_topics([NewTopic(pending, 1, 1, topic_configs={"max.message.bytes": "200000"})])
    await admin.close()
    outputs = Outputs({"bootstrap_servers": place.servers}, place.prefix)
    await outputs.start()
    try:
        # More than a batch of the producer holds, which is more than the broker takes; what is behind would be less.
        sent = [
            await write_state(outputs, PENDING, 0, f"{number}", b"x" * 3000, offset=number)
            for number in range(200)
        ]
        results = await asyncio.gather(*sent, return_exceptions=True)
        with pytest.raises(OutputRefused, match="MessageSizeTooLarge"):
            await settle([await write_state(outputs, PENDING, 0, "later", b"x", offset=200)])
    finally:
        await outputs.stop()
    assert all(isinstance(result, Exception) for result in results)
    assert await read_all(place.servers, pending) == []
