"""What befalls a worker on a real Kafka: the broker goes, connections are cut, outputs are refused, topics differ."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.errors import OutputRefused
from streams.kafka_client.direct_sender import DirectSender
from streams.outputs import Outputs, settle
from streams.state import write_state
from streams.topics import ALL, PENDING
from streams.worker import FAILED
from tests.broker.conftest import Place
from tests.broker.harness import (
    LONG_SESSION,
    Ledger,
    WorkerProcess,
    alter_topic,
    delete_before,
    eventually,
    make_articles,
    read_all,
    topic_config,
    uncommitted,
)
from tests.raw_headers import Record, publish_raw


async def test_a_broker_that_is_away_at_the_start_and_killed_later_costs_nothing(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(600, seed=4, matching=0.2)
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)
    async with Ledger().serving() as ledger:
        place.kafka.kill()
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        try:
            async with worker.running():
                await worker.until_logged("broker.away", 90)
                place.kafka.start()
                await worker.until_logged("worker.started", 90)
                await place.publish(articles.messages[:400])
                await ledger.until_ids(10, 90)
                place.kafka.kill()
                place.kafka.start()
                await place.publish(articles.messages[400:])
                await ledger.until_told(articles.due, 90)
                await place.until_committed()
                assert worker.runs, "it is to bear this without a restart"
        finally:
            if not place.kafka.runs:
                place.kafka.start()
        ledger.check(articles.due)


async def test_an_order_to_end_is_heeded_while_the_broker_is_away_and_work_under_way(
    place: Place, tmp_path: Path
) -> None:
    articles = make_articles(1000, seed=14, matching=0.3)
    folder = place.configured(tmp_path / "config", request_timeout=300, drain_grace=3)
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            publishing = asyncio.ensure_future(place.publish(articles.messages))
            await ledger.until_ids(5, 90)
            place.kafka.kill()
            try:
                assert await worker.end(signal.SIGTERM, timeout=60) == FAILED
            finally:
                place.kafka.start()
            await publishing
            await worker.start()
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
        ledger.check(articles.due)


async def test_what_differs_in_the_topics_is_said_and_set_where_somebody_asks(
    place: Place, tmp_path: Path
) -> None:
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)
    worker = WorkerProcess(folder, Ledger(), tmp_path / "worker.log")
    await worker.command("topics", "--create")
    articles, stories = place.topic("articles"), place.topic("stories")
    await alter_topic(place.servers, articles, max__message__bytes=1_000_000, flush__ms=5000)
    await alter_topic(place.servers, stories, cleanup__policy="delete")
    said = await worker.command("topics", code=1)
    assert "max.message.bytes is 1000000, should be 1114112 or more" in said
    assert f"  {articles}  max.message.bytes=1114112\n" in said
    said = await worker.command("topics", "--alter")
    assert "altered: max.message.bytes=1114112" in said

    async def as_they_should_be() -> bool:
        return (await worker.command("topics", code=None)).count("as it should be") == len(ALL)

    await eventually(as_they_should_be, 90, "what was set is known to the broker")
    assert await topic_config(place.servers, articles, "flush.ms") == "5000", "what others set stays"


async def test_a_refused_output_ends_the_worker_loudly_without_a_commit(place: Place, tmp_path: Path) -> None:
    articles = make_articles(50, seed=7, matching=0.5)
    folder = place.configured(tmp_path / "config")  # who comes next waits for its end
    topic = place.topic("articles")
    classified = place.topic("classified")
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            await alter_topic(place.servers, classified, max__message__bytes=100)
            await place.publish(articles.messages)
            assert await worker.until_ended(90) == FAILED
        assert "worker.failed" in worker.events()
        assert await uncommitted(place.servers, place.group, [topic]) == {topic: len(articles.messages)}
        await alter_topic(place.servers, classified, max__message__bytes=1_000_000)
        async with worker.running():
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
        ledger.check(articles.due)


async def test_a_batch_that_the_brokers_disk_damaged_holds_up_its_partition_alone_until_it_is_deleted(
    place: Place, tmp_path: Path
) -> None:
    parts = [make_articles(5, seed=20 + part, matching=1, first=10 * part) for part in range(4)]
    before, bad, behind, beside = parts
    folder = place.configured(tmp_path / "config", session=LONG_SESSION, partitions=2)
    topic = place.topic("articles")
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        await worker.command("topics", "--create")
        for part, partition in ((before, 0), (bad, 0), (behind, 0), (beside, 1)):
            records: list[Record] = [(message, []) for message in part.messages]
            await publish_raw(place.servers, topic, records, partition=partition)
        place.kafka.stop()
        (segment,) = place.kafka.data.glob(f"{topic}-0/*.log")
        segment.write_bytes(segment.read_bytes().replace(b'"id": "a12"', b'"id": "a99"'))
        place.kafka.start()
        async with worker.running():
            await ledger.until_told(before.due | beside.due, 90)
            await worker.until_logged("input.damaged", 90)
            await delete_before(place.servers, topic, 0, 10)
            await ledger.until_told(before.due | beside.due | behind.due, 90)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
        assert "input.lost" in worker.events()
        ledger.check(before.due | beside.due | behind.due)


async def test_connections_cut_right_after_a_write_lose_no_record_and_double_none(place: Place) -> None:
    topic = place.topic("cut")
    admin = AIOKafkaAdminClient(bootstrap_servers=place.servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=place.servers, acks="all", enable_idempotence=True)
    DirectSender.install(producer)
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
    pending = place.topic("pending")
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
