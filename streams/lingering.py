"""A producer that waits a moment so that many records go out in one request, which costs more than the records in it.

aiokafka's own linger is counted per partition, so records of several topics leave in as many requests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from streams.errors import OutputRefused

LINGER: Final = 0.005
"""Seconds that the first record waits for others."""

Headers = Sequence[tuple[str, bytes]]
Value = bytes | Callable[[], bytes] | None
"""The value of a record; None deletes the key. A function is called when the record is sent, so that it is serialised
only then.
"""
Acknowledgement = asyncio.Future[RecordMetadata]


def refused(topic: str, error: Exception) -> OutputRefused:
    """The error for a record that a producer did not accept."""
    made = OutputRefused(f"{topic}: {described(error)}")
    made.__cause__ = error  # here, as it is handed to those who wait and not raised
    return made


def described(error: BaseException) -> str:
    """An error with its kind, which the text of a KafkaError names already."""
    return str(error) if isinstance(error, KafkaError) else repr(error)


def to_bytes(value: Value) -> bytes | None:
    """The bytes of a value."""
    return value() if callable(value) else value


class _Waiting(NamedTuple):
    topic: str
    value: Value
    key: bytes | None
    headers: Headers
    partition: int | None
    acknowledged: Acknowledgement


class LingeringProducer:
    """Sends records together, in order, `linger` seconds after the first of them was handed over.

    After one record has failed all others fail too, so that there is no gap in the order.
    """

    def __init__(self, producer: AIOKafkaProducer, linger: float = LINGER) -> None:
        self._producer = producer
        self._linger = linger
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._refused: OutputRefused | None = None

    def send(
        self, topic: str, value: Value, *, key: bytes | None, headers: Headers, partition: int | None
    ) -> Acknowledgement:
        """Queue a record; the result is done when the broker has acknowledged it, or fails with OutputRefused."""
        loop = asyncio.get_running_loop()
        acknowledged: Acknowledgement = loop.create_future()
        self._waiting.append(_Waiting(topic, value, key, headers, partition, acknowledged))
        if self._timer is None and self._sending is None:
            self._timer = loop.call_later(self._linger, self._start_sending)
        return acknowledged

    def _start_sending(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sending is None and self._waiting:
            self._sending = asyncio.ensure_future(self._send_waiting())

    async def _send_waiting(self) -> None:
        # One after the other: the order within a partition is the order in which records were handed over.
        try:
            while self._waiting:
                topic, value, key, headers, partition, acknowledged = self._waiting.popleft()
                try:
                    if self._refused is not None:
                        raise self._refused
                    sent = await self._producer.send(
                        topic, to_bytes(value), key=key, headers=list(headers), partition=partition
                    )
                except Exception as error:  # noqa: BLE001 - whatever it is, those who wait for the record must know
                    self._refused = self._refused or refused(topic, error)
                    if not acknowledged.done():
                        acknowledged.set_exception(self._refused)
                else:
                    sent.add_done_callback(partial(_copy_result, acknowledged))
        finally:
            self._sending = None

    async def flush(self) -> None:
        """Wait until everything that was handed over is acknowledged or has failed."""
        await self._send_now()
        await self._producer.flush()

    async def stop(self) -> None:
        """Send what still waits, and disconnect."""
        await self._send_now()
        await self._producer.stop()

    async def _send_now(self) -> None:
        self._start_sending()
        if self._sending is not None:
            await asyncio.shield(self._sending)


def _copy_result(acknowledged: Acknowledgement, sent: Acknowledgement) -> None:
    if acknowledged.done():
        return
    if sent.cancelled():
        acknowledged.cancel()
    elif (error := sent.exception()) is not None:
        acknowledged.set_exception(error)
    else:
        acknowledged.set_result(sent.result())
