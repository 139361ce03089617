"""A producer's sender without tasks: a record is sent in the loop step after the one that handed it over.

aiokafka's sender is a task that is woken for each record and makes another task for each request, which costs several
times as much. Only the happy path is replaced: an open connection and a response without an error. Everything else,
and each batch that was not acknowledged, goes through aiokafka's own code, which sends it again; the broker recognises
a repeat by the idempotent producer's sequence numbers.

When a batch is given up, the producer stops. aiokafka would go on with the batches behind it, and a broker that has
nothing of this producer yet would accept them: a gap in a partition whose readers rely on its order.

Replaces private methods of aiokafka's sender.
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

from streams.kafka_client.protocol import INT32, RawRequest, decode_topics, encode_string

ACKS_ALL: Final = -1

POLL_FOR: Final = 0.0006
"""Seconds for which the loop polls for the response to an urgent record instead of sleeping. A broker near by has
answered by then. Being woken takes longer than handling the response, and finds cold caches.
"""

_REQUEST: Final = Struct(">hhii")  # transactional id (-1: none), acks, timeout (ms), topics
_PARTITION_REQUEST: Final = Struct(">ii")  # partition, length of its records
_PARTITION: Final = Struct(">ihqqq")  # partition, error, base offset, timestamp, log start offset

Batches = dict[TopicPartition, MessageBatch]


class PartitionResponse(NamedTuple):
    """A broker's answer for the records of one partition. `timestamp` is -1 where the producer's own holds."""

    partition: int
    error: int
    offset: int
    timestamp: int
    log_start_offset: int


class RawProduceResponse(dict[TopicPartition, PartitionResponse]):
    """The response to a Produce request, by partition."""

    @classmethod
    def decode(cls, frame: BytesIO) -> RawProduceResponse:
        """Decode a response from after its correlation id."""
        topics = decode_topics(frame.getbuffer(), frame.tell(), _partition_at)
        return cls(
            (TopicPartition(topic, own.partition), own) for topic, answers in topics for own in answers
        )


def _partition_at(frame: memoryview, at: int) -> tuple[PartitionResponse, int]:
    return PartitionResponse(*_PARTITION.unpack_from(frame, at)), at + _PARTITION.size


class RawProduceRequest(RawRequest):
    """A Produce request."""

    API_KEY = 0
    API_VERSION = 7  # since Kafka 2.1
    RESPONSE_TYPE: Final = RawProduceResponse

    def __init__(self, batches: Mapping[TopicPartition, MessageBatch], timeout_ms: int) -> None:
        self._batches = batches
        self._timeout_ms = timeout_ms

    def prepare(self, _versions: object) -> RawProduceRequest:
        """This request: it has one version."""
        return self

    def encode(self) -> bytes:
        """The bytes after the header."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        topics: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for tp, batch in self._batches.items():
            topics[tp.topic].append((tp.partition, batch.get_data_buffer()))
        yield _REQUEST.pack(-1, ACKS_ALL, self._timeout_ms, len(topics))
        for topic, partitions in topics.items():
            yield encode_string(topic) + INT32.pack(len(partitions))
            for number, records in partitions:
                yield _PARTITION_REQUEST.pack(number, len(records))
                yield records


class DirectSender(Sender):  # type: ignore[misc]  # aiokafka is untyped for us
    """aiokafka's sender, with callbacks in place of its tasks."""

    urgent = False
    """Whether the loop polls for responses, see `POLL_FOR`."""
    _gave_up = False

    @classmethod
    def install(cls, producer: AIOKafkaProducer, *, urgent: bool = False) -> None:
        """Make a producer use this sender. It must be idempotent, with `acks=all`, and not started yet."""
        sender = producer._sender
        producer._sender = direct = cls(
            sender.client,
            acks=sender._acks,
            txn_manager=sender._txn_manager,
            message_accumulator=sender._message_accumulator,
            retry_backoff_ms=sender._retry_backoff * 1000,
            request_timeout_ms=sender._request_timeout_ms,
        )
        direct.urgent = urgent

    async def _sender_routine(self) -> None:
        # Runs until cancelled, like aiokafka's own. An error here fails all records that wait.
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._slow_sends: set[asyncio.Task[None]] = set()
        self._refreshing = False
        self._send_waiting()
        try:
            await self._failed
        except asyncio.CancelledError:
            await asyncio.gather(*self._slow_sends)

    def _send_waiting(self) -> None:
        """Send what waits to each broker without a request under way, and subscribe to the next record."""
        if self._gave_up:
            return
        try:
            batches, leaders_unknown = self._message_accumulator.drain_by_nodes(
                ignore_nodes=self._in_flight, muted_partitions=self._muted_partitions
            )
            self._message_accumulator.waiter().add_done_callback(self._on_record)
            if leaders_unknown:
                # A batch for a partition without a leader may have expired.
                self._stop_if_given_up(self._message_accumulator._pending_batches)
            if leaders_unknown and not self._refreshing:
                # One request at a time: otherwise every record that comes meanwhile would start one.
                self._refreshing = True
                self.client.force_metadata_update().add_done_callback(self._on_metadata)
            for node, of_node in batches.items():
                self._in_flight.add(node)
                self._muted_partitions.update(of_node)
                self._send(node, of_node)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait for a record must know
            self._fail(error)

    def _on_metadata(self, _: object) -> None:
        self._refreshing = False
        self._send_waiting()

    def _stop_if_given_up(self, batches: Iterable[MessageBatch]) -> None:
        """If one of these batches was given up, stop sending, and fail all that waits."""
        for batch in batches:
            if batch.future.done() and (error := batch.future.exception()) is not None:
                self._gave_up = True
                self._message_accumulator.fail_all(error)
                for waiting in chain.from_iterable(self._message_accumulator._batches.values()):
                    waiting._drain_waiter.exception()  # mark as retrieved: usually nobody awaits it
                return

    def _fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    def _on_record(self, waiter: asyncio.Future[None]) -> None:
        # Draining also completes the previous waiter; only the current one signals new records.
        if waiter is self._message_accumulator.waiter():
            self._send_waiting()

    def _send(self, node: int, batches: Batches) -> None:
        connection = self.client._conns.get((node, ConnectionGroup.DEFAULT))
        if (
            connection is None
            or not connection.connected()
            or not RawProduceRequest.is_supported(connection._versions)
        ):
            self._send_slowly(node, batches)
            return
        try:
            # The coroutine that `send` returns would need a task for its timeout; the future behind it does not.
            connection.send(RawProduceRequest(batches, self._request_timeout_ms)).close()
        except KafkaError:
            self._send_slowly(node, batches)
            return
        answer = connection._requests[-1][-1]
        timeout = asyncio.get_running_loop().call_later(
            self._request_timeout_ms / 1000, partial(connection.close, CloseReason.CONNECTION_TIMEOUT)
        )
        answer.add_done_callback(partial(self._on_response, node, batches, timeout))
        if self.urgent:
            self._keep_polling(answer, perf_counter() + POLL_FOR)

    def _keep_polling(self, answer: asyncio.Future[RawProduceResponse], until: float) -> None:
        # While a callback is scheduled, the loop polls its sockets instead of sleeping.
        if not answer.done() and perf_counter() < until:
            asyncio.get_running_loop().call_soon(self._keep_polling, answer, until)

    def _on_response(
        self,
        node: int,
        batches: Batches,
        timeout: asyncio.TimerHandle,
        answer: asyncio.Future[RawProduceResponse],
    ) -> None:
        timeout.cancel()
        by_partition = (
            answer.result() if not answer.cancelled() and answer.exception() is None else RawProduceResponse()
        )
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
                self._send_waiting()

    async def _send_produce_req(self, node: int, batches: Batches) -> None:
        await super()._send_produce_req(node, batches)
        self._stop_if_given_up(batches.values())  # in the same loop step, before anything behind them is sent

    def _send_slowly(self, node: int, batches: Batches) -> None:
        """Send by aiokafka's own code: connect, send, interpret errors, retry."""
        task = asyncio.ensure_future(self._send_produce_req(node, batches))
        self._slow_sends.add(task)
        task.add_done_callback(self._on_slow_send)

    def _on_slow_send(self, task: asyncio.Task[None]) -> None:
        self._slow_sends.discard(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._fail(error)
        else:
            self._send_waiting()
