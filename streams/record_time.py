"""The timestamp of a record. The producer sets it, unless the topic says otherwise, and may set anything."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from aiokafka import ConsumerRecord

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier timestamps are wrong: -1 stands for none, and seconds taken for milliseconds lie in 1970."""

WRITTEN_HEADER: Final = "tocsin-written"
"""Header of a record that was put back: when (milliseconds since 1970) it was first written."""

_MILLISECONDS: Final = re.compile(rb"[0-9]{1,15}")
_LATEST_MS: Final = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp() * 1000)


def moment_of(record: ConsumerRecord) -> datetime:
    """The timestamp of a record, or the nearest date that can be represented."""
    return _moment(record.timestamp)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(milliseconds, 0), _LATEST_MS) / 1000, UTC)


def seen_at(record: ConsumerRecord, now: datetime) -> datetime:
    """When Kafka got a record: its timestamp, or `now` where that is in the future or before `EARLIEST`.

    A producer's clock may be wrong. A time in the future would end every open story; one in 1970 would open stories
    that are over at once.
    """
    moment = moment_of(record)
    return moment if EARLIEST <= moment <= now else now


def written_at(record: ConsumerRecord) -> datetime:
    """When a record of this service's own was written, however often it has been put back since.

    Another program may have set the header to anything; what is no time is ignored.
    """
    header = dict(record.headers).get(WRITTEN_HEADER) or b""
    return _moment(int(header) if _MILLISECONDS.fullmatch(header) else record.timestamp)


def as_written(record: ConsumerRecord) -> list[tuple[str, bytes]]:
    """The headers under which a record is put back."""
    headers = dict(record.headers)
    headers.setdefault(WRITTEN_HEADER, str(record.timestamp).encode())
    return list(headers.items())
