"""The same work by different hands: read all of `articles`, publish what follows, commit; and how long it took.

Time runs from the first batch in hand until the last offset is committed; starting and joining the group are left out.
All read with the same reader, and await the broker's acknowledgement of every output before they commit.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, NoReturn

from aiokafka import AIOKafkaConsumer

from agents import intake
from agents.reading.article import Article, read_article
from agents.reading.reader import Reader
from benchmarks.place import producer_of
from benchmarks.reading import portions
from streams.app import build_app
from streams.batch import MAX_BATCH_RECORDS
from streams.configuration import Configuration
from streams.connection import client_options
from streams.errors import UnreadableArticle
from streams.outputs import MAX_OUTPUT_BYTES, Outputs
from streams.service import InForce, Service
from streams.topics import ARTICLES, CANDIDATES, CLASSIFIED
from streams.wire import Wire, cloudevent_headers


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done: a stream of so many articles, by whom it is read, and the group to read it as."""

    in_force: InForce
    group: str
    articles: int

    @property
    def configuration(self) -> Configuration:
        return self.in_force.configuration

    @property
    def reader(self) -> Reader:
        return self.in_force.reader

    @property
    def prefix(self) -> str:
        return self.configuration.settings.topics.prefix

    @property
    def servers(self) -> list[str]:
        return list(self.configuration.settings.broker.servers)


@dataclass(slots=True)
class Took:
    """What it took: articles read, outputs written, seconds of the clock and of this process's CPU."""

    articles: int = 0
    outputs: int = 0
    began: float = 0.0
    seconds: float = 0.0
    cpu_began: float = 0.0
    cpu: float = 0.0
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        if not self.began:
            self.began, self.cpu_began = time.perf_counter(), time.process_time()

    def end(self) -> None:
        self.seconds, self.cpu = time.perf_counter() - self.began, time.process_time() - self.cpu_began

    def figures(self) -> dict[str, float]:
        return {
            "articles": self.articles,
            "outputs": self.outputs,
            "seconds": self.seconds,
            "cpu": self.cpu,
            "rate": self.articles / self.seconds,
        }


def _fail(where: str, error: BaseException) -> NoReturn:
    sys.stderr.write(f"{where}: {type(error).__name__}: {error}\n")
    os._exit(70)


class _Counting(Service):
    """A worker's service that notes when its loop had the first batch and when it had handled the last."""

    took: Took
    expected: int

    async def loop(self, name: str, stream: Any, handle: Callable[..., Any]) -> None:
        async def counted(batch: Any) -> Awaitable[None]:
            self.took.begin()
            return self._count(len(batch), await handle(batch))

        await super().loop(name, stream, counted)

    async def _count(self, articles: int, rest: Awaitable[None]) -> None:
        await rest
        self.took.articles += articles
        if self.took.articles >= self.expected:
            self.took.finished.set()


async def worker(task: Task) -> Took:
    """Tocsin's intake as a worker runs it: Faust, agent, batches."""
    settings = task.configuration.settings
    settings = settings.model_copy(
        update={"service": settings.service.model_copy(update={"group": task.group})}
    )
    options = client_options(settings.broker)
    service = _Counting(
        in_force=task.in_force, outputs=Outputs(options, task.prefix), client_options=options, fail=_fail
    )
    service.took, service.expected = Took(), task.articles
    app = build_app(settings)
    intake.register(app, service)
    await service.outputs.start()
    app.finalize()
    await app.start()
    await service.took.finished.wait()
    await asyncio.sleep(0)  # the last batch is acknowledged right behind its handling
    await app.consumer.commit()
    service.took.end()
    service.took.outputs = int(service.metrics.hits._value.get())
    await app.stop()
    await service.outputs.stop()
    return service.took


def consumer_of(task: Task) -> AIOKafkaConsumer:
    """A consumer of articles in the task's group, which is never committed to by itself."""
    return AIOKafkaConsumer(
        ARTICLES.full_name(task.prefix),
        bootstrap_servers=task.servers,
        group_id=task.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MAX_OUTPUT_BYTES,
    )


async def bare(task: Task) -> Took:
    """A plain aiokafka loop."""
    took = Took()
    producer = producer_of(task.configuration, enable_idempotence=True, max_batch_size=512 * 1024)
    consumer = consumer_of(task)
    await producer.start()
    await consumer.start()
    while took.articles < task.articles:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=MAX_BATCH_RECORDS)
        if not fetched:
            continue
        took.begin()
        acknowledgements = []
        for records in fetched.values():
            messages = [(record.value, record.timestamp) for record in records]
            for topic, key, value, headers in outputs_of(task.reader, messages):
                acknowledgements.append(
                    await producer.send(task.prefix + topic, value, key=key, headers=headers)
                )
            took.articles += len(records)
        await asyncio.gather(*acknowledgements)
        took.outputs += len(acknowledgements)
        await consumer.commit()
    took.end()
    await consumer.stop()
    await producer.stop()
    return took


Output = tuple[str, bytes, bytes, list[tuple[str, bytes]]]


def outputs_of(reader: Reader, messages: Iterable[tuple[bytes, int]]) -> Iterator[Output]:
    """What follows from articles, given as their bytes and timestamps; they are read in the portions of intake."""
    seen: deque[datetime] = deque()

    def articles() -> Iterator[Article]:
        for value, timestamp in messages:
            try:
                article = read_article(value)
            except UnreadableArticle:
                continue
            seen.append(datetime.fromtimestamp(timestamp / 1000, UTC))
            yield article

    for portion in portions(articles()):
        for searched in reader.search(portion):
            read = reader.read_searched(searched, seen.popleft())
            if read is None:
                continue
            article_id, at = read.reading.article.id, read.reading.read_at
            yield _output(CLASSIFIED.name, read.reading, article_id, f"{article_id}/reading", at)
            for candidate in read.candidates:
                yield _output(
                    CANDIDATES.name, candidate, candidate.watch, candidate.candidate_id, candidate.seen_at
                )


def _output(topic: str, value: Wire, key: str, event_id: str, at: datetime) -> Output:
    return topic, key.encode(), value.to_bytes(), cloudevent_headers(value, event_id=event_id, time=at)


async def consume_only(task: Task) -> Took:
    """A plain aiokafka loop that reads nothing: what fetching alone costs."""
    took = Took()
    consumer = consumer_of(task)
    await consumer.start()
    while took.articles < task.articles:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=MAX_BATCH_RECORDS)
        if fetched:
            took.begin()
            took.articles += sum(map(len, fetched.values()))
            await consumer.commit()
    took.end()
    await consumer.stop()
    return took


def confluent(task: Task) -> Took:
    """A plain confluent-kafka loop (librdkafka)."""
    from confluent_kafka import Consumer, Producer  # noqa: PLC0415 - not forked with its threads

    took = Took()
    failed: list[Any] = []

    def delivered(error: Any, _message: Any) -> None:
        if error is not None:
            failed.append(error)

    producer = Producer(
        {"bootstrap.servers": ",".join(task.servers), "enable.idempotence": True, "linger.ms": 0}
    )
    consumer = Consumer(
        {
            "bootstrap.servers": ",".join(task.servers),
            "group.id": task.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "max.partition.fetch.bytes": MAX_OUTPUT_BYTES,
        }
    )
    consumer.subscribe([ARTICLES.full_name(task.prefix)])
    while took.articles < task.articles:
        messages = consumer.consume(MAX_BATCH_RECORDS, timeout=1.0)
        if not messages:
            continue
        took.begin()
        for message in messages:
            if message.error():
                raise RuntimeError(str(message.error()))
        for topic, key, value, headers in outputs_of(
            task.reader, ((message.value(), message.timestamp()[1]) for message in messages)
        ):
            producer.produce(task.prefix + topic, value, key=key, headers=headers, on_delivery=delivered)
            took.outputs += 1
        took.articles += len(messages)
        producer.flush()
        if failed:
            raise RuntimeError(str(failed[0]))
        consumer.commit(asynchronous=False)
    took.end()
    consumer.close()
    return took


def quix(task: Task) -> Took:
    """Quix Streams: one application that reads, maps and commits as it does by default (every five seconds)."""
    from quixstreams import Application  # noqa: PLC0415

    took = Took()
    app = Application(
        broker_address=",".join(task.servers),
        consumer_group=task.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        loglevel="ERROR",
        producer_extra_config={"enable.idempotence": True, "acks": "all"},
        consumer_extra_config={"max.partition.fetch.bytes": MAX_OUTPUT_BYTES},
    )
    articles = app.topic(ARTICLES.full_name(task.prefix), value_deserializer="bytes")
    outputs = {
        name: app.topic(task.prefix + name, value_serializer="bytes", key_serializer="bytes")
        for name in (CLASSIFIED.name, CANDIDATES.name)
    }
    frame = app.dataframe(articles)
    producer = cache(app.get_producer)  # made once, when the application runs

    def read(value: bytes, _key: Any, timestamp: int, _headers: Any) -> None:
        took.begin()
        for topic, key, body, headers in outputs_of(task.reader, [(value, timestamp)]):
            producer().produce(outputs[topic].name, body, key=key, headers=headers)
            took.outputs += 1
        took.articles += 1

    frame.update(read, metadata=True)
    app.run(count=task.articles, timeout=60)
    took.end()
    return took


CONTESTANTS: dict[str, Callable[[Task], Any]] = {
    "worker": worker,
    "bare": bare,
    "consume": consume_only,
    "confluent": confluent,
    "quix": quix,
}
