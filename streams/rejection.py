"""Why a message was rejected, as Kafka headers beside its original bytes, and how to tell them apart again.

A rejected message keeps its own headers; Tocsin's begin with `tocsin-error-`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from aiokafka import ConsumerRecord

from streams.errors import UnreadableArticle
from streams.wire import rfc3339

PREFIX: Final = "tocsin-error-"


def rejection_headers(
    record: ConsumerRecord, error: UnreadableArticle, now: datetime
) -> list[tuple[str, bytes]]:
    """The record's own headers, without those of an earlier rejection, and the reasons of this one."""
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
    return original_headers(record) + [(PREFIX + name, value.encode()) for name, value in reasons.items()]


def original_headers(record: ConsumerRecord) -> list[tuple[str, bytes]]:
    """The headers that a message came with, before it was rejected."""
    return [(name, value) for name, value in record.headers or () if not name.startswith(PREFIX)]
