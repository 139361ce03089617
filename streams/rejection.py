"""Writing messages to `rejected`: the original bytes and headers, and headers `tocsin-error-*` that say why."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from aiokafka import ConsumerRecord

from agents.reading.decode import MAX_BYTES
from streams.errors import UnreadableArticle
from streams.lingering import Acknowledgement
from streams.outputs import MAX_OUTPUT_BYTES, Outputs, size_of
from streams.topics import REJECTED
from streams.wire import rfc3339

PREFIX: Final = "tocsin-error-"
CUT: Final = "cut"
"""Header of a message that was too long to be kept whole: how many bytes its value had."""

LONGEST_KEY: Final = 1024
"""Bytes of the key of such a message that are kept."""

ROOM_FOR_REASONS: Final = 64 * 1024
"""Bytes of a rejected message that are reserved for the reasons."""


async def reject(
    outputs: Outputs, record: ConsumerRecord, error: UnreadableArticle, now: datetime
) -> Acknowledgement:
    """Write a message to `rejected`: its bytes, its own headers, and the reasons as headers.

    Brokers may be set to accept longer messages than this worker can write. Such a message is cut and loses its
    headers: if it could not be rejected, it would end every worker that reads it.
    """
    value, key = record.value, record.key
    reasons = rejection_headers(record, error, now)
    if size_of(record) <= MAX_OUTPUT_BYTES - ROOM_FOR_REASONS:
        return await outputs.send(REJECTED, value, key=key, headers=original_headers(record) + reasons)
    reasons.append((PREFIX + CUT, str(len(value or b"")).encode()))
    return await outputs.send(
        REJECTED, value and value[:MAX_BYTES], key=key and key[:LONGEST_KEY], headers=reasons
    )


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
    """The headers of a rejected message without the reasons."""
    return [(name, value) for name, value in record.headers or () if not name.startswith(PREFIX)]
