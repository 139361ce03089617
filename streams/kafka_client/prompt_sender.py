"""Records leave for a broker in the step of the loop after the one that handed them over, without a task.

aiokafka's sender is a task that waits for records, and makes another one for each request; what a record costs before
it leaves, and after its answer has come, is several times what is left here. Only the way on which all goes well is
replaced: a connection that is open, an answer without an error. All else, and each batch that was not acknowledged, is
aiokafka's own to send again; the broker tells a repeat by the sequence numbers of an idempotent producer.

A batch that is given up is the last: aiokafka goes on with those behind it, and a broker that has nothing of this
producer yet takes them. Who relies on the order of a partition's records must find no gap in it.

Replaces methods of aiokafka's sender (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes what is
relied on.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from io import BytesIO
from itertools import chain
from struct import Struct
from time import perf_counter
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import MessageBatch
from aiokafka.producer.sender import Sender

from streams.kafka_client.frames import INT32, Frame, text, topics_at

ACKS_ALL: Final = -1

AWAKE: Final = 0.0006
"""Seconds for which the loop looks for an answer that is wanted at once before it falls asleep. A broker near by has
answered by then. To be woken takes longer than most of what is done with the answer, and finds the caches cold.
"""

_BEGINNING: Final = Struct(">hhii")  # no transaction, acks, milliseconds, number of topics
_PARTITION: Final = Struct(">ii")  # number, length of its records
_ANSWER: Final = Struct(">ihqqq")  # number, error, offset, timestamp, first offset of the log

Batches = dict[TopicPartition, MessageBatch]


class PartitionAnswer(NamedTuple):
    """What a broker says of the records of one partition. `timestamp` is -1 where the producer's holds."""

    partition: int
    error: int
    offset: int
    timestamp: int
    log_start_offset: int


class Answer(dict[TopicPartition, PartitionAnswer]):
    """The answer to a Produce request, by partition."""

    @classmethod
    def decode(cls, frame: BytesIO) -> Answer:
        """Read an answer, from behind its correlation id."""
        topics = topics_at(frame.getbuffer(), frame.tell(), _partition_at)
        return cls(
            (TopicPartition(topic, own.partition), own) for topic, answers in topics for own in answers
        )


def _partition_at(frame: memoryview, at: int) -> tuple[PartitionAnswer, int]:
    return PartitionAnswer(*_ANSWER.unpack_from(frame, at)), at + _ANSWER.size


class Request(Frame):
    """A Produce request; encoded when it is sent."""

    API_KEY = 0
    API_VERSION = 7  # since Kafka 2.1
    RESPONSE_TYPE: Final = Answer

    def __init__(self, batches: Mapping[TopicPartition, MessageBatch], timeout_ms: int) -> None:
        self._batches = batches
        self._timeout_ms = timeout_ms

    def prepare(self, _versions: object) -> Request:
        """Itself: it has one version."""
        return self

    def encode(self) -> bytes:
        """What is written behind its header."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        topics: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for tp, batch in self._batches.items():
            topics[tp.topic].append((tp.partition, batch.get_data_buffer()))
        yield _BEGINNING.pack(-1, ACKS_ALL, self._timeout_ms, len(topics))
        for topic, partitions in topics.items():
            yield text(topic) + INT32.pack(len(partitions))
            for number, records in partitions:
                yield _PARTITION.pack(number, len(records))
                yield records


class PromptSender(Sender):  # type: ignore[misc]  # aiokafka is untyped for us
    """aiokafka's sender, with a call for what its task and its tasks for requests do."""

    wakeful = False
    """Whether the answers are wanted at once, so that the loop stays awake for them."""
    _ended = False

    @classmethod
    def install(cls, producer: AIOKafkaProducer, *, wakeful: bool = False) -> None:
        """Have a producer that is not started yet, idempotent and of `acks=all`, send by one."""
        sender = producer._sender
        producer._sender = prompt = cls(
            sender.client,
            acks=sender._acks,
            txn_manager=sender._txn_manager,
            message_accumulator=sender._message_accumulator,
            retry_backoff_ms=sender._retry_backoff * 1000,
            request_timeout_ms=sender._request_timeout_ms,
        )
        prompt.wakeful = wakeful

    async def _sender_routine(self) -> None:
        # Until it is cancelled, as aiokafka's; an error makes all records fail that wait.
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._slow: set[asyncio.Task[None]] = set()
        self._asking = False
        self._depart()
        try:
            await self._failed
        except asyncio.CancelledError:
            await asyncio.gather(*self._slow)

    def _depart(self) -> None:
        """Send what waits, to each broker that has no request under way; be told when more waits."""
        if self._ended:
            return
        try:
            batches, leaders_unknown = self._message_accumulator.drain_by_nodes(
                ignore_nodes=self._in_flight, muted_partitions=self._muted_partitions
            )
            self._message_accumulator.waiter().add_done_callback(self._told)
            if leaders_unknown:
                # Of a partition that nobody has led for long the first batch has been given up.
                self._end_with(self._message_accumulator._pending_batches)
            if leaders_unknown and not self._asking:
                # Once, however many records come meanwhile: each would look for all that wait, again and again.
                self._asking = True
                self.client.force_metadata_update().add_done_callback(self._leaders_asked_for)
            for node, of_node in batches.items():
                self._in_flight.add(node)
                self._muted_partitions.update(of_node)
                self._send(node, of_node)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits for a record must know
            self._fail(error)

    def _leaders_asked_for(self, _: object) -> None:
        self._asking = False
        self._depart()

    def _end_with(self, batches: Iterable[MessageBatch]) -> None:
        """Where one of some batches has been given up, send nothing more, and have all that waits fail as well."""
        for batch in batches:
            if batch.future.done() and (error := batch.future.exception()) is not None:
                self._ended = True
                self._message_accumulator.fail_all(error)
                for waiting in chain.from_iterable(self._message_accumulator._batches.values()):
                    waiting._drain_waiter.exception()  # which nobody waits for, as a rule
                return

    def _fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    def _told(self, waiter: asyncio.Future[None]) -> None:
        # Draining ends the waiter of before: only the one that is waited for now tells of records.
        if waiter is self._message_accumulator.waiter():
            self._depart()

    def _send(self, node: int, batches: Batches) -> None:
        connection = self.client._conns.get((node, ConnectionGroup.DEFAULT))
        if connection is None or not connection.connected() or not Request.is_spoken(connection._versions):
            self._send_slowly(node, batches)
            return
        try:
            # What is returned waits with a timeout, for which it needs a task; the future behind it does not.
            connection.send(Request(batches, self._request_timeout_ms)).close()
        except KafkaError:
            self._send_slowly(node, batches)
            return
        answer = connection._requests[-1][-1]
        timeout = asyncio.get_running_loop().call_later(
            self._request_timeout_ms / 1000, partial(connection.close, CloseReason.CONNECTION_TIMEOUT)
        )
        answer.add_done_callback(partial(self._answered, node, batches, timeout))
        if self.wakeful:
            self._stay_awake(answer, perf_counter() + AWAKE)

    def _stay_awake(self, answer: asyncio.Future[Answer], until: float) -> None:
        # While something is to be done in the next step, the loop looks what has come and waits for nothing.
        if not answer.done() and perf_counter() < until:
            asyncio.get_running_loop().call_soon(self._stay_awake, answer, until)

    def _answered(
        self, node: int, batches: Batches, timeout: asyncio.TimerHandle, answer: asyncio.Future[Answer]
    ) -> None:
        timeout.cancel()
        by_partition = answer.result() if not answer.cancelled() and answer.exception() is None else Answer()
        unacknowledged: Batches = {}
        for tp, batch in batches.items():
            own = by_partition.get(tp)
            if own is None or own.error:
                unacknowledged[tp] = batch
            else:
                self._muted_partitions.discard(tp)
                batch.done(own.offset, own.timestamp, own.log_start_offset)
        if unacknowledged:
            self._send_slowly(node, unacknowledged)
        else:
            self._in_flight.discard(node)
            if self._message_accumulator._batches:
                self._depart()

    async def _send_produce_req(self, node: int, batches: Batches) -> None:
        await super()._send_produce_req(node, batches)
        self._end_with(batches.values())  # in the same step, before anybody sends what waits behind

    def _send_slowly(self, node: int, batches: Batches) -> None:
        """As aiokafka does: connect, send, look what the error means, try again."""
        task = asyncio.ensure_future(self._send_produce_req(node, batches))
        self._slow.add(task)
        task.add_done_callback(self._sent_slowly)

    def _sent_slowly(self, task: asyncio.Task[None]) -> None:
        self._slow.discard(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._fail(error)
        else:
            self._depart()
