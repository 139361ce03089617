"""The state of an agent, in a compacted topic with a partition for each partition of its input.

The state of input partition p is partition p of the state topic. The worker that is assigned p reads that from its
beginning to its end before it handles any input of p. Each state record has the offset of the input that caused it in
the header `tocsin-offset`; the greatest of them is the partition's mark: the state contains all inputs up to it.

Three rules make a replay after a kill decide the same as before (docs/decisions/state.md):

- The outputs of an input are acknowledged before its state is written.
- State is written in the order of the inputs, so what a kill leaves is always the state as of some input.
- Each owner of a partition writes under record keys of its own, so a former owner that wakes up late can add records
  but never replace those of its successor.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final, Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from streams.breathing import breathe
from streams.errors import BrokerError, UnreadableState
from streams.lingering import Acknowledgement, Value
from streams.offset_reset import wait_for_the_leader
from streams.outputs import Outputs, settle
from streams.topics import Topic

OFFSET_HEADER: Final = "tocsin-offset"

OWNER_MARK: Final = b"@"
"""Separates a value's key from its owner in a record's key."""

ANEW_KEY: Final = OWNER_MARK
"""Key of the record that says: the input topic was created again, all records before this are as of the old one.

Its value counts how often that has happened.
"""

READ_KEY: Final = OWNER_MARK + b"read"
"""Key of the records without a value that mark up to where state is read. They say nothing of any value."""

RETRY_MS: Final = 1000

PATIENCE: Final = 60.0
"""Seconds for which reading is retried while no broker answers."""

CREATED_AGAIN: Final = (
    "the input topic was deleted and created again, so its offsets start anew; the state is kept"
)

S = TypeVar("S")

log = structlog.get_logger("tocsin.state")


@dataclass(slots=True)
class Loaded(Generic[S]):
    """What one partition of a state topic held: values by key, and the mark (-1: nothing yet).

    `made_anew` counts how often the input topic was created again. `record_keys` are the keys of the records that hold
    each value, whoever wrote them.
    """

    values: dict[str, S] = field(default_factory=dict)
    mark: int = -1
    made_anew: int = 0
    record_keys: dict[str, tuple[bytes, ...]] = field(default_factory=dict)


def later(one: tuple[int, S], other: tuple[int, S]) -> bool:
    """Whether `one` is as of the same input as `other` or a later one. Of equals, the record read last wins."""
    return one[0] >= other[0]


class StateReader(Generic[S]):
    """Builds the state of a partition, record by record. `newer` says whether the first of two values of a key wins."""

    def __init__(
        self,
        parse: Callable[[bytes], S],
        newer: Callable[[tuple[int, S], tuple[int, S]], bool] = later,
    ) -> None:
        self._parse = parse
        self._newer = newer
        # By record key. There may be hundreds of thousands of settled notifications, so the values are plain tuples.
        self._standing: dict[bytes, tuple[int, S]] = {}
        self._unreadable: dict[bytes, tuple[ConsumerRecord, ValueError]] = {}
        self.mark = -1
        self.made_anew = 0

    def add(self, record: ConsumerRecord) -> None:
        """Take one record into account."""
        record_key = record.key or b""
        if record_key == ANEW_KEY:
            self.begin_anew()
            if (record.value or b"").isdigit():  # earlier versions wrote no count
                self.made_anew = int(record.value)
            return
        self._unreadable.pop(record_key, None)
        try:
            offset = _input_offset(record.headers)
            parsed = None
            if record.value is not None:
                _value_key(record_key)  # as text, or nothing could be found under it
                parsed = self._parse(record.value)
        except ValueError as error:
            if _is_ours(record.headers):
                self._unreadable[record_key] = record, error
            else:
                log.error(
                    "state.foreign_record",
                    topic=record.topic,
                    partition=record.partition,
                    offset=record.offset,
                )
            return
        self.mark = max(self.mark, offset)
        if parsed is None:
            self._standing.pop(record_key, None)
            return
        value = (offset, parsed)
        former = self._standing.get(record_key)
        if former is None or self._newer(value, former):
            self._standing[record_key] = value

    def begin_anew(self) -> None:
        """Keep the values, but forget which inputs they are as of."""
        self.made_anew += 1
        self.mark = -1
        for record_key, (_, value) in self._standing.items():
            self._standing[record_key] = (-1, value)

    def loaded(self) -> Loaded[S]:
        """What was read, with the newest value of each key. Raises UnreadableState."""
        for record, error in self._unreadable.values():
            raise UnreadableState(
                f"{record.topic}, partition {record.partition}, offset {record.offset}, key {record.key!r}: this "
                "version cannot read this state. If a newer version wrote it, run that; if another program did, write "
                "a record with this key and no value to this partition"
            ) from error
        record_keys: dict[str, tuple[bytes, ...]] = {}
        for record_key in self._standing:
            key = _value_key(record_key)
            record_keys[key] = (*record_keys.get(key, ()), record_key)
        values = {key: self._newest(candidates) for key, candidates in record_keys.items()}
        return Loaded(values, self.mark, self.made_anew, record_keys)

    def _newest(self, record_keys: Iterable[bytes]) -> S:
        values = (self._standing[record_key] for record_key in record_keys)
        return reduce(lambda best, value: value if self._newer(value, best) else best, values)[1]


async def load_state(
    topic: Topic,
    partition: int,
    *,
    beside: Topic,
    parse: Callable[[bytes], S],
    client_options: dict[str, Any],
    outputs: Outputs,
    newer: Callable[[tuple[int, S], tuple[int, S]], bool] = later,
) -> Loaded[S]:
    """Read one partition of a state topic from beginning to end.

    `beside` is the input topic. A mark that stays beyond its end means that the input topic was created again: the
    values are kept, but a record is written that the offsets start anew, or new inputs would be taken for old ones.
    Raises UnreadableState, BrokerError.
    """

    async def written_end() -> int:
        acknowledged = await outputs.send(topic, None, key=READ_KEY, partition=partition)
        await settle([acknowledged])
        return int(acknowledged.result().offset) + 1

    until = asyncio.get_running_loop().time() + PATIENCE
    tp = TopicPartition(outputs.topic_name(topic), partition)
    input_tp = TopicPartition(outputs.topic_name(beside), partition)
    while True:
        reader: StateReader[S] = StateReader(parse, newer)
        try:
            input_end = await _read_through(tp, input_tp, reader, client_options, written_end)
            break
        except KafkaError as error:
            if not error.retriable or asyncio.get_running_loop().time() > until:
                raise BrokerError(
                    f"{tp.topic}, partition {partition}: the state cannot be read ({error}). "
                    "Check that the brokers are up, that this user may read the topic, and that it has as many "
                    f"partitions as {input_tp.topic}"
                ) from error
            log.warning("state.broker_away", topic=tp.topic, partition=partition, error=type(error).__name__)
            await asyncio.sleep(RETRY_MS / 1000)
    if reader.mark >= input_end:
        log.warning(
            "state.mark_beyond_input",
            topic=tp.topic,
            partition=partition,
            mark=reader.mark,
            why=CREATED_AGAIN,
        )
        reader.begin_anew()
        times = str(reader.made_anew).encode()
        await settle([await outputs.send(topic, times, key=ANEW_KEY, partition=partition)])
    return await asyncio.to_thread(reader.loaded)


async def _read_through(
    tp: TopicPartition,
    input_tp: TopicPartition,
    reader: StateReader[Any],
    client_options: dict[str, Any],
    written_end: Callable[[], Awaitable[int]],
) -> int:
    """Read a partition to its end; returns the end offset of the input partition.

    `written_end` writes a record and returns the offset behind it: what was acknowledged before stands before that.
    """
    # "earliest": if the broker deletes what is being read, go on with the oldest record left, not with the newest.
    consumer = AIOKafkaConsumer(
        **client_options, enable_auto_commit=False, fetch_max_wait_ms=100, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        # The input partition is assigned too, because aiokafka is slow to find the leader of one that is not. Both are
        # paused, because a broker answers nothing on a connection while it holds back the answer to a fetch.
        consumer.assign([tp, input_tp])
        consumer.pause(tp, input_tp)
        ends = await consumer.end_offsets([tp, input_tp])
        consumer.resume(tp)
        # A broker that was frozen gives the end as of then; only who leads now acknowledges a record.
        end = max(ends[tp], await written_end())
        while await consumer.position(tp) < end:
            fetched = await consumer.getmany(tp, timeout_ms=RETRY_MS)
            for records in fetched.values():
                async for record in breathe(records):
                    reader.add(record)
            if not fetched:
                # Raises if no broker answers; the end may have changed.
                await wait_for_the_leader(consumer)
                end = (await consumer.end_offsets([tp]))[tp]
        if reader.mark >= ends[input_tp]:
            # It may be a broker that others took over from that says so, or the input has come since.
            await wait_for_the_leader(consumer)
            ends = await consumer.end_offsets([input_tp])
        return int(ends[input_tp])
    finally:
        await consumer.stop()


def _input_offset(headers: Any) -> int:
    for name, value in headers or ():
        if name == OFFSET_HEADER:
            return int(value or b"")
    return -1


def _is_ours(headers: Any) -> bool:
    """Whether some version of this service wrote a record: each has put the offset of its input on it."""
    return any(name == OFFSET_HEADER for name, _ in headers or ())


def _value_key(record_key: bytes) -> str:
    """The key of the value that stands under a record's key, whoever wrote it."""
    return record_key.partition(OWNER_MARK)[0].decode()


async def write_state(
    outputs: Outputs, topic: Topic, partition: int, key: str | bytes, value: Value, *, offset: int
) -> Acknowledgement:
    """Write one value (None: delete the key) as of an input offset."""
    return await outputs.send(
        topic,
        value,
        key=key.encode() if isinstance(key, str) else key,
        partition=partition,
        headers=[(OFFSET_HEADER, str(offset).encode())],
    )


class OwnedState:
    """Writes one partition of a state topic for one owner, under record keys that nobody else ever uses.

    Compaction keeps the last record of each key. A former owner that was suspended may write an old value after its
    successor wrote a newer one; under the same key, compaction would keep the old one.
    """

    def __init__(
        self, outputs: Outputs, topic: Topic, partition: int, record_keys: dict[str, tuple[bytes, ...]]
    ) -> None:
        self._outputs = outputs
        self._topic = topic
        self._partition = partition
        # The record keys of former owners. Those of this owner follow from the keys.
        self._former = record_keys
        self._written: set[str] = set()
        self._owner = OWNER_MARK + uuid.uuid4().hex[:12].encode()

    async def write(self, key: str, value: bytes, *, offset: int) -> list[Acknowledgement]:
        """Write a value as of an input offset, then delete the records of former owners for this key."""
        former = self._former.pop(key, ())
        self._written.add(key)
        written = [await self._send(key.encode() + self._owner, value, offset)]
        return written + [await self._send(record_key, None, offset) for record_key in sorted(former)]

    async def forget(self, key: str, *, offset: int) -> list[Acknowledgement]:
        """Delete a key, whoever wrote it."""
        record_keys = {*self._former.pop(key, ())}
        if key in self._written:
            self._written.remove(key)
            record_keys.add(key.encode() + self._owner)
        return [await self._send(record_key, None, offset) for record_key in sorted(record_keys)]

    async def _send(self, record_key: bytes, value: bytes | None, offset: int) -> Acknowledgement:
        return await write_state(
            self._outputs, self._topic, self._partition, record_key, value, offset=offset
        )
