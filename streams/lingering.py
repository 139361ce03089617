"""Records that may wait for company: all that are handed over within a moment go to a broker in one request.

aiokafka's own linger counts for each partition by itself, so that records of several topics leave in as many requests;
and a request costs more than the records in it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from streams.errors import OutputRefused

LINGER: Final = 0.005
"""Seconds that a record waits for others."""

Headers = Sequence[tuple[str, bytes]]
Value = bytes | Callable[[], bytes] | None
"""What a record says; None forgets a key. A call gives it when the record leaves: what lingers need not be written out
while something else is waited for.
"""
Acknowledgement = asyncio.Future[RecordMetadata]


def refused(topic: str, error: Exception) -> OutputRefused:
    """The error of a record that a producer did not take."""
    return OutputRefused(f"{topic}: {type(error).__name__}: {error}")


def written(value: Value) -> bytes | None:
    """A value as it is written to a topic."""
    return value() if callable(value) else value


class _Waiting(NamedTuple):
    topic: str
    value: Value
    key: bytes | None
    headers: Headers
    partition: int | None
    acknowledged: Acknowledgement


class LingeringProducer:
    """A producer that sends what was handed to it together, in its order, `linger` seconds after the first of it.

    Once it could not take a record it takes no other: what came behind would stand there as if nothing were missing.
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
        """Take a record; the result is done when the broker has acknowledged it, or failed with why it was refused."""
        loop = asyncio.get_running_loop()
        acknowledged: Acknowledgement = loop.create_future()
        self._waiting.append(_Waiting(topic, value, key, headers, partition, acknowledged))
        if self._timer is None and self._sending is None:
            self._timer = loop.call_later(self._linger, self._depart)
        return acknowledged

    def _depart(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sending is None and self._waiting:
            self._sending = asyncio.ensure_future(self._send_waiting())

    async def _send_waiting(self) -> None:
        # One at a time: the order within a partition is the order of handing over.
        try:
            while self._waiting:
                topic, value, key, headers, partition, acknowledged = self._waiting.popleft()
                try:
                    if self._refused is not None:
                        raise self._refused
                    sent = await self._producer.send(
                        topic, written(value), key=key, headers=list(headers), partition=partition
                    )
                except Exception as error:  # noqa: BLE001 - whatever it is, who waits for the record must know
                    self._refused = self._refused or refused(topic, error)
                    if not acknowledged.done():
                        acknowledged.set_exception(self._refused)
                else:
                    sent.add_done_callback(partial(_pass_on, acknowledged))
        finally:
            self._sending = None

    async def flush(self) -> None:
        """Wait until all that was handed over is acknowledged, or has failed."""
        await self._hand_on()
        await self._producer.flush()

    async def stop(self) -> None:
        """Send what still waits, and disconnect."""
        await self._hand_on()
        await self._producer.stop()

    async def _hand_on(self) -> None:
        self._depart()
        if self._sending is not None:
            await asyncio.shield(self._sending)


def _pass_on(acknowledged: Acknowledgement, sent: Acknowledgement) -> None:
    if acknowledged.done():
        return
    if sent.cancelled():
        acknowledged.cancel()
    elif (error := sent.exception()) is not None:
        acknowledged.set_exception(error)
    else:
        acknowledged.set_result(sent.result())
