"""Writing to Kafka: every output is awaited until the broker has acknowledged it, or the input is not committed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from streams.errors import OutputRefused
from streams.topics import Topic
from streams.wire import Wire, cloudevent_headers

Headers = Sequence[tuple[str, bytes]]
Acknowledgement = asyncio.Future[RecordMetadata]

MAX_OUTPUT_BYTES: Final = 2 * 1024 * 1024


class Outputs:
    """The worker's producer: `acks=all`, idempotent, in order within a partition."""

    def __init__(self, client_options: dict[str, Any], prefix: str, request_timeout_ms: int = 40_000) -> None:
        self._options = client_options
        self._prefix = prefix
        self._request_timeout_ms = request_timeout_ms
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises aiokafka's KafkaConnectionError where no broker answers."""
        producer = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=512 * 1024,
            max_request_size=MAX_OUTPUT_BYTES,
            request_timeout_ms=self._request_timeout_ms,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Send what is still waiting, and disconnect."""
        if self._producer is not None:
            await self._producer.stop()
            self._producer = None

    async def flush(self) -> None:
        """Wait until everything that was handed over is acknowledged, or has failed."""
        if self._producer is not None:
            await self._producer.flush()

    def name(self, topic: Topic) -> str:
        """The full name of a topic."""
        return self._prefix + topic.name

    async def send(
        self,
        topic: Topic,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> Acknowledgement:
        """Hand a record to the producer; the result is done when the broker has acknowledged it."""
        if self._producer is None:
            raise OutputRefused("the producer is not running")
        try:
            future: Acknowledgement = await self._producer.send(
                self._prefix + topic.name, value, key=key, headers=list(headers), partition=partition
            )
        except KafkaError as error:
            raise OutputRefused(f"{self._prefix}{topic.name}: {type(error).__name__}: {error}") from error
        return future

    async def publish(
        self, topic: Topic, value: Wire, *, key: str, event_id: str, time: datetime
    ) -> Acknowledgement:
        """Send a wire value with its CloudEvents headers."""
        headers = cloudevent_headers(value, event_id=event_id, time=time)
        return await self.send(topic, value.to_bytes(), key=key.encode(), headers=headers)


async def settle(acknowledgements: Iterable[Acknowledgement]) -> None:
    """Wait until every output is acknowledged. Raises OutputRefused when one is not."""
    waiting = list(acknowledgements)
    if not waiting:
        return
    results = await asyncio.gather(*waiting, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise OutputRefused(
                f"the broker did not acknowledge an output: {type(result).__name__}: {result}"
            ) from result
