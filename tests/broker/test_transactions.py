"""Articles of a producer with transactions, topics with the broker's own times, and foreign records in state topics."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from aiokafka import AIOKafkaProducer

from tests.broker.conftest import Place
from tests.broker.harness import LONG_SESSION, Ledger, WorkerProcess, alter_topic

FOREIGN = (b"\xff\xfe no json", b'{"schema": "theirs"}', b"[" * 50_000, b"x" * 900_000, b"")


def _article(name: str) -> bytes:
    words = f"{name} " * 9
    return json.dumps(
        {"id": name, "title": f"tocsintestword {words}", "body": words * 9, "language": "en"}
    ).encode()


async def test_what_a_producer_takes_back_is_not_told_and_what_it_commits_is_and_leaves_no_lag(
    place: Place, tmp_path: Path
) -> None:
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)
    topic = place.topic("articles")
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        await worker.command("topics", "--create")
        await alter_topic(place.servers, topic, message__timestamp__type="LogAppendTime")
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            producer = AIOKafkaProducer(bootstrap_servers=place.servers, transactional_id=place.group)
            await producer.start()
            try:
                for name in ("first", "second", "third"):
                    async with producer.transaction():
                        await producer.send_and_wait(topic, _article(name), partition=0)
                    await producer.begin_transaction()
                    for partition in range(4):
                        await producer.send_and_wait(topic, _article(f"not-{name}"), partition=partition)
                    await producer.abort_transaction()
            finally:
                await producer.stop()
            told = {"first", "second", "third"}
            await ledger.until_told(told, 90)
            await place.until_committed()
            assert worker.runs
        ledger.check(told)


async def test_foreign_records_in_the_state_topics_end_no_worker_and_cost_neither_story_nor_alert(
    place: Place, tmp_path: Path
) -> None:
    folder = place.configured(tmp_path / "config", schedule=[1] * 50)  # who comes next waits for its end
    away = True
    async with Ledger(answer=lambda _: 503 if away else 204).serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            await place.publish([_article("first")])
            await worker.until_logged("delivery.attempt", 90)
            await place.until_committed()
            await worker.end(signal.SIGKILL)
        producer = AIOKafkaProducer(bootstrap_servers=place.servers, transactional_id=place.group)
        await producer.start()
        try:
            for topic in (place.topic("stories"), place.topic("pending")):
                for partition in range(4):
                    async with producer.transaction():
                        for number, value in enumerate(FOREIGN):
                            await producer.send_and_wait(
                                topic, value, key=b"theirs-%d" % number, partition=partition
                            )
        finally:
            await producer.stop()
        async with worker.running():
            await worker.until_logged("state.foreign_record", 90)
            away = False
            await ledger.until_told({"first"}, 90)
            # The same again, by another id: of the open story.
            copy = json.loads(_article("first")) | {"id": "copy"}
            await place.publish([json.dumps(copy).encode(), _article("other")])
            await ledger.until_told({"first", "other"}, 90)
            await place.until_committed()
            assert worker.runs
        ledger.check({"first", "other"})
