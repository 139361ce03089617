"""Why a message was rejected, as Kafka headers beside its original bytes, and how to tell them apart again.

A rejected message keeps its own headers; Tocsin's begin with `tocsin-error-`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from aiokafka import ConsumerRecord

from agents.reading.decode import MAX_BYTES
from streams.errors import UnreadableArticle
from streams.lingering import Acknowledgement
from streams.outputs import MAX_OUTPUT_BYTES, Outputs
from streams.topics import REJECTED
from streams.wire import rfc3339

PREFIX: Final = "tocsin-error-"
CUT: Final = "cut"
"""The header that a message has which was too long to be kept whole: how many bytes its value had."""

LONGEST_KEY: Final = 1024
"""Bytes that are kept of the key of such a message."""

ROOM_FOR_REASONS: Final = 64 * 1024
"""Bytes of a rejected message that are left for the reasons."""


async def reject(
    outputs: Outputs, record: ConsumerRecord, error: UnreadableArticle, now: datetime
) -> Acknowledgement:
    """Write a message to `rejected`: its bytes, and its own headers with the reasons.

    Brokers that are set so take longer messages than can be written on. Such a one is cut, and loses its headers:
    a message that could not be put aside would end every worker that reads it.
    """
    value, key = record.value, record.key
    reasons = rejection_headers(record, error, now)
    if _size(record) <= MAX_OUTPUT_BYTES - ROOM_FOR_REASONS:
        return await outputs.send(REJECTED, value, key=key, headers=original_headers(record) + reasons)
    reasons.append((PREFIX + CUT, str(len(value or b"")).encode()))
    return await outputs.send(
        REJECTED, value and value[:MAX_BYTES], key=key and key[:LONGEST_KEY], headers=reasons
    )


def _size(record: ConsumerRecord) -> int:
    headers = sum(len(name) * 4 + len(value or b"") for name, value in record.headers or ())
    return len(record.value or b"") + len(record.key or b"") + headers


def rejection_headers(
    record: ConsumerRecord, error: UnreadableArticle, now: datetime
) -> list[tuple[str, bytes]]:
    """The reasons of a rejection, as headers."""
    reasons = {
        "reason": error.reason,
        "message": str(error),
        "field": error.field,
        "exception": type(error.__cause__ or error).__name__,
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "time": rfc3339(now),
    }
    return [(PREFIX + name, value.encode()) for name, value in reasons.items()]


def original_headers(record: ConsumerRecord) -> list[tuple[str, bytes]]:
    """The headers that a message came with, before it was rejected."""
    return [(name, value) for name, value in record.headers or () if not name.startswith(PREFIX)]
