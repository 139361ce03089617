"""Writing to Kafka. An input is committed only when the brokers have acknowledged every output that it caused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from streams.errors import OutputRefused
from streams.kafka_client.direct_sender import DirectSender
from streams.lingering import Acknowledgement, Headers, LingeringProducer, Value, described, refused, to_bytes
from streams.topics import CANDIDATES, NOTIFICATIONS, Topic
from streams.wire import W, Wire, cloudevent_headers, from_bytes

MAX_OUTPUT_BYTES: Final = 2 * 1024 * 1024
"""The longest record that is ever written, and how much of a partition is fetched at a time."""

LONGEST_VALUE: Final = 768 * 1024
"""Bytes of the longest value that an agent accepts from one of this service's own topics, and of the longest story.
What the agent makes of it is a little longer and must fit into a record. No value that this service writes has two
thirds of this.
"""
_SHORT: Final = 64 * 1024
"""Bytes of a record whose value cannot exceed `LONGEST_VALUE` when written again: all its fields at most triple it."""

URGENT: Final = (CANDIDATES, NOTIFICATIONS)
"""Topics whose records the next agent waits for. Each has a producer of its own; all others share one that lingers.

A producer has one request to a broker under way at a time, so candidates would queue behind the readings of other
articles. No output relies on an order between topics, other than by waiting for acknowledgements.
"""


@dataclass
class OwnRecord(ConsumerRecord):  # type: ignore[misc]  # aiokafka is untyped for us
    """A record that this worker wrote, as a consumer would read it, with the model that it was written from."""

    made: Wire | None = None


def value_of(record: ConsumerRecord, model: type[W]) -> W | None:
    """The value of a record: the model that this worker wrote it from, or an equal one parsed from its bytes.

    None where the bytes are no such value, or one by another program that is too long to be passed on.
    """
    made = record.made if isinstance(record, OwnRecord) else None
    if isinstance(made, model):
        return made
    size = size_of(record)
    if size > LONGEST_VALUE:
        return None
    try:
        value = from_bytes(model, record.value or b"")
    except ValidationError:
        return None
    return value if size <= _SHORT or len(value.to_bytes()) <= LONGEST_VALUE else None


def size_of(record: ConsumerRecord) -> int:
    """Bytes of a record's value, key and headers, at most."""
    headers = sum(len(name) * 4 + len(value or b"") for name, value in record.headers or ())
    return len(record.value or b"") + len(record.key or b"") + headers


Sending = Callable[[], None]
Acknowledged = Callable[[ConsumerRecord], None]


class Outputs:
    """The worker's producers: `acks=all`, idempotent, in order within a partition.

    `sending` is called when a record of an `URGENT` topic is handed to its producer. `acknowledged` is called with it,
    as a consumer would read it, once the broker has it.
    """

    def __init__(self, client_options: dict[str, Any], prefix: str, request_timeout_ms: int = 40_000) -> None:
        self._options = client_options
        self._prefix = prefix
        self._request_timeout_ms = request_timeout_ms
        self._urgent: dict[Topic, AIOKafkaProducer] = {}
        self._other: LingeringProducer | None = None
        self.sending: Sending | None = None
        self.acknowledged: Acknowledged | None = None

    async def start(self) -> None:
        """Connect. Raises aiokafka's KafkaConnectionError where no broker answers."""
        urgent = {topic: self._producer(urgent=True) for topic in URGENT}
        other = self._producer()
        producers = [*urgent.values(), other]
        try:
            for producer in producers:
                await producer.start()
        except BaseException:
            for producer in producers:
                await producer.stop()
            raise
        self._urgent, self._other = urgent, LingeringProducer(other)

    def _producer(self, *, urgent: bool = False) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=True,
            max_batch_size=512 * 1024,
            max_request_size=MAX_OUTPUT_BYTES,
            request_timeout_ms=self._request_timeout_ms,
        )
        DirectSender.install(producer, urgent=urgent)
        return producer

    def _producers(self) -> list[AIOKafkaProducer | LingeringProducer]:
        return [*self._urgent.values(), self._other] if self._other is not None else []

    async def stop(self) -> None:
        """Send what still waits, and disconnect."""
        producers = self._producers()
        self._urgent, self._other = {}, None
        await asyncio.gather(*(producer.stop() for producer in producers))

    async def flush(self) -> None:
        """Wait until everything that was handed over is acknowledged or has failed."""
        await asyncio.gather(*(producer.flush() for producer in self._producers()))

    def topic_name(self, topic: Topic) -> str:
        """The full name of a topic."""
        return topic.full_name(self._prefix)

    async def send(
        self,
        topic: Topic,
        value: Value,
        *,
        key: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
        made: Wire | None = None,
    ) -> Acknowledgement:
        """Hand a record to its producer; the result is done when the broker has acknowledged it.

        `made` is the model that the value was written from.
        """
        name = topic.full_name(self._prefix)
        producer = self._urgent.get(topic)
        if producer is None:
            if self._other is None:
                raise OutputRefused("the producer is not running")
            return self._other.send(name, value, key=key, headers=headers, partition=partition)
        if self.sending is not None:
            self.sending()
        encoded = to_bytes(value)
        try:
            future: Acknowledgement = await producer.send(
                name, encoded, key=key, headers=list(headers), partition=partition
            )
        except KafkaError as error:
            raise refused(name, error) from error
        if self.acknowledged is not None:
            future.add_done_callback(partial(_hand_on, self.acknowledged, key, encoded, headers, made))
        return future

    async def publish(
        self, topic: Topic, value: Wire, *, key: str, event_id: str, time: datetime
    ) -> Acknowledgement:
        """Send a wire value with its CloudEvents headers."""
        headers = cloudevent_headers(value, event_id=event_id, time=time)
        return await self.send(topic, value.to_bytes, key=key.encode(), headers=headers, made=value)


def _hand_on(
    acknowledged: Acknowledged,
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    made: Wire | None,
    future: Acknowledgement,
) -> None:
    if future.cancelled() or future.exception() is not None:
        return
    place = future.result()
    if place.log_start_offset is None or place.log_start_offset < 0:
        return  # a repeat that the broker dropped without knowing the first one's offset: there is none to hand on
    record = OwnRecord(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        timestamp=place.timestamp,
        timestamp_type=place.timestamp_type,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=len(key or b""),
        serialized_value_size=len(value or b""),
        headers=tuple(headers),
        made=made,
    )
    acknowledged(record)


async def settle(acknowledgements: Iterable[Acknowledgement]) -> None:
    """Wait until every output is acknowledged. Raises OutputRefused when one is not."""
    waiting = list(acknowledgements)
    if not waiting:
        return
    results = await asyncio.gather(*waiting, return_exceptions=True)
    for result in results:
        if isinstance(result, OutputRefused):
            raise result
        if isinstance(result, BaseException):
            raise OutputRefused(f"the broker did not acknowledge an output: {described(result)}") from result
