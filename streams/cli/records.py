"""Reads topics for commands, whole, in order of time or as they grow, and writes to them.

Reading needs no group and commits nothing. What is written is acknowledged by the brokers before a command says that it
is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.connection import broker_errors, client_options, no_topic
from streams.logs import quiet_clients
from streams.outputs import Outputs, value_of
from streams.settings import Settings
from streams.topics import Topic
from streams.wire import W

Offsets = dict[TopicPartition, int]
"""By partition: the first offset to read, or the first not to read."""


@contextmanager
def quiet_broker_errors(options: dict[str, Any]) -> Iterator[None]:
    """Like `broker_errors`, and the client itself logs nothing."""
    quiet_clients()
    with broker_errors(options["bootstrap_servers"]):
        yield


@asynccontextmanager
async def reading(
    options: dict[str, Any], name: str
) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """A connected consumer, and all partitions of a topic, which are assigned to it.

    Raises BrokerError where no broker answers, or the topic does not exist.
    """
    consumer = AIOKafkaConsumer(
        **options,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        isolation_level="read_committed",  # as the worker reads
    )
    try:
        with quiet_broker_errors(options):
            await consumer.start()
        partitions = await partitions_of(consumer, name)
        consumer.assign(partitions)
        yield consumer, partitions
    finally:
        await consumer.stop()


@asynccontextmanager
async def writing(settings: Settings) -> AsyncIterator[Outputs]:
    """Outputs that are connected. Raises BrokerError where no broker answers."""
    options = client_options(settings.broker)
    outputs = Outputs(options, settings.topics.prefix)
    with quiet_broker_errors(options):
        await outputs.start()
    try:
        yield outputs
    finally:
        await outputs.stop()


def place_of(record: ConsumerRecord) -> str:
    """Partition and offset, as the commands show them and `replay --id` takes them."""
    return f"{record.partition}:{record.offset}"


async def partitions_of(consumer: AIOKafkaConsumer, name: str) -> list[TopicPartition]:
    """The partitions of a topic. Raises BrokerError where the topic does not exist, and does not create it."""
    # A consumer without topics asks for the metadata of all, which creates none; there is no public method for it.
    await consumer._client.force_metadata_update()
    found = consumer.partitions_for_topic(name)
    if not found:
        raise no_topic(name)
    return [TopicPartition(name, number) for number in sorted(found)]


async def whole_topic(
    options: dict[str, Any], prefix: str, topic: Topic
) -> AsyncGenerator[ConsumerRecord, None]:
    """Every record that a topic holds now, partition by partition."""
    async with reading(options, topic.full_name(prefix)) as (consumer, partitions):
        ends = await consumer.end_offsets(partitions)
        for tp in partitions:
            while await consumer.position(tp) < ends[tp]:
                for record in (await _fetched(consumer, tp)).get(tp, ()):
                    if record.offset < ends[tp]:
                        yield record


async def values_in(
    options: dict[str, Any], prefix: str, topic: Topic, model: type[W]
) -> AsyncGenerator[tuple[ConsumerRecord, W], None]:
    """Every value of one kind that a topic holds now, with its record."""
    async for record in whole_topic(options, prefix, topic):
        if (value := value_of(record, model)) is not None:
            yield record, value


async def _fetched(
    consumer: AIOKafkaConsumer, *partitions: TopicPartition
) -> dict[TopicPartition, list[ConsumerRecord]]:
    """The next records of some partitions, or none after a second. Raises KafkaError where no broker answers."""
    fetched: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(*partitions, timeout_ms=1000)
    if not fetched:
        # This fails where no broker answers; `getmany` would wait for ever, and in silence.
        await consumer.end_offsets(partitions)
    return fetched


async def in_time_order(
    options: dict[str, Any],
    name: str,
    since: datetime | None,
    until: datetime | None,
    counted: Callable[[int], None] = lambda _: None,
) -> AsyncGenerator[ConsumerRecord, None]:
    """The records of a topic from `since` to before `until`, those of all partitions merged by their time.

    `counted` is called with about how many there are. Only a few fetches of each partition are held in memory.
    """
    async with reading(options, name) as (consumer, partitions):
        starts, ends = await _bounds(consumer, partitions, since, until)
        counted(sum(max(0, ends[tp] - starts[tp]) for tp in partitions))
        async for record in _merged(consumer, starts, ends):
            # Times need not grow with offsets, so some between the bounds may lie outside.
            if (since is None or record.timestamp >= since.timestamp() * 1000) and (
                until is None or record.timestamp < until.timestamp() * 1000
            ):
                yield record


async def _merged(
    consumer: AIOKafkaConsumer, starts: Offsets, ends: Offsets
) -> AsyncGenerator[ConsumerRecord, None]:
    """The records between two offsets of each partition, by their time."""
    for tp, start in starts.items():
        consumer.seek(tp, start)
    waiting: dict[TopicPartition, deque[ConsumerRecord]] = {tp: deque() for tp in starts}
    going = {tp for tp in starts if starts[tp] < ends[tp]}
    while going:
        await _fill(consumer, waiting, going, ends)
        # A partition without a fetched record may still have the earliest one.
        while going and all(waiting[tp] for tp in going):
            first = min(going, key=lambda tp: (waiting[tp][0].timestamp, tp.partition))
            record = waiting[first].popleft()
            yield record
            if record.offset + 1 >= ends[first]:
                going.discard(first)


async def _fill(
    consumer: AIOKafkaConsumer,
    waiting: dict[TopicPartition, deque[ConsumerRecord]],
    going: set[TopicPartition],
    ends: Offsets,
) -> None:
    empty = [tp for tp in going if not waiting[tp]]
    for tp, records in (await _fetched(consumer, *empty)).items():
        waiting[tp].extend(record for record in records if record.offset < ends[tp])
    for tp in empty:
        # The last offsets before the end may hold no record: compaction, or the marks of transactions.
        if not waiting[tp] and await consumer.position(tp) >= ends[tp]:
            going.discard(tp)


async def _bounds(
    consumer: AIOKafkaConsumer,
    partitions: list[TopicPartition],
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[Offsets, Offsets]:
    """Where to begin and to end in each partition: with all records, or with those from `since` to before `until`."""
    starts = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    for moment, bound in ((since, starts), (until, ends)):
        if moment is None:
            continue
        asked = {tp: max(0, int(moment.timestamp() * 1000)) for tp in partitions}
        found = await consumer.offsets_for_times(asked)
        if not any(found.values()):
            continue  # no record is as late, or the broker cannot say: look at every record
        for tp, place in found.items():
            bound[tp] = place.offset if place is not None and place.offset >= 0 else ends[tp]
    return starts, ends


async def growing(
    options: dict[str, Any],
    name: str,
    *,
    last: int | None,
    follow: bool,
    following: Callable[[], None] = lambda: None,
) -> AsyncGenerator[ConsumerRecord, None]:
    """The last records of a topic (`last` None: all of it) and, with `follow`, those to come.

    `following` is called once the end is reached; everything written later will be seen.
    """
    async with reading(options, name) as (consumer, partitions):
        starts, ends = await _bounds(consumer, partitions)
        if last is not None:
            starts = {tp: max(starts[tp], ends[tp] - last) for tp in partitions}
        kept: deque[ConsumerRecord] = deque(maxlen=last)
        async for record in _merged(consumer, starts, ends):
            if last is None:
                yield record
            else:
                kept.append(record)
        for record in kept:
            yield record
        for tp in partitions:
            consumer.seek(tp, ends[tp])
        if follow:
            following()
            async for record in consumer:
                yield record
