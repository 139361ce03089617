"""Reads records whose header names are not UTF-8.

Brokers accept any bytes as the name of a header. aiokafka decodes names strictly and fails at such a record every time
it is fetched, so one of them would stop its partition for ever. Here a batch that cannot be decoded is parsed again,
leniently: undecodable bytes become escapes (`gr\\xfc\\xdfe`). Keys, values and header values are bytes and stay as they
are. Other batches cost nothing more.

Replaces two classes that aiokafka's fetcher makes of each response, and relies on its parser in Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.record.util import decode_varint

from streams.kafka_client.bounded_batches import BoundedRecords

FIRST_WITH_HEADERS: Final = 2
"""The version of the batch format that introduced headers."""


class LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka is untyped for us
    """A batch whose header names may be any bytes."""

    _pos: int

    def _read_msg(self, decode_varint: Any = decode_varint) -> Any:
        buffer, at = self._buffer, self._pos

        def number() -> int:
            nonlocal at
            value, at = decode_varint(buffer, at)
            return int(value)

        def text() -> bytes | None:
            nonlocal at
            length = number()
            if length < 0:
                return None
            at += length
            return bytes(buffer[at - length : at])

        length = number()
        end = at + length
        number()  # attributes: unused
        timestamp = self.first_timestamp + number()
        if self.timestamp_type == self.LOG_APPEND_TIME:
            timestamp = self.max_timestamp
        offset = self.base_offset + number()
        key, value = text(), text()
        headers = [((text() or b"").decode(errors="backslashreplace"), text()) for _ in range(number())]
        if at != end:
            raise CorruptRecordException(f"a record of {length} bytes ends {at - end} bytes from its end")
        self._pos = at
        return _DefaultRecordPy(offset, timestamp, self.timestamp_type, key, value, headers)


class LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches of a response, as `LenientBatch`es. `current` is the last one returned."""

    current: Any = None

    def next_batch(self) -> Any:
        """The next batch, or None."""
        batch = self._next_slice
        if batch is None or batch[self.MAGIC_OFFSET] < FIRST_WITH_HEADERS:
            self.current = super().next_batch()
        else:
            self._cache_next()
            self.current = LenientBatch(batch)
        return self.current


class KeptRecords(MemoryRecords):  # type: ignore[misc]
    """The batches of a response as aiokafka parses them, with the bytes kept so that they can be parsed again."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data
        self.taken = 0
        self.current: Any = None

    def next_batch(self) -> Any:
        """The next batch, or None."""
        self.taken += 1
        self.current = super().next_batch()
        return self.current


class ReadableRecords(BoundedRecords):
    """The records that a fetch returned for a partition, whatever the names of their headers."""

    def _unpack_records(self) -> Iterator[Any]:
        try:
            yield from super()._unpack_records()
        except (UnicodeDecodeError, CorruptRecordException) as error:
            # aiokafka's parser in Python, used where the one in C is missing, wraps it in CorruptRecordException.
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
        else:
            return
        # Parse the failed batch again, and all after it. Records already yielded are skipped: they lie before the
        # next offset.
        kept = self._records
        self._records = LenientRecords(kept.data)
        for _ in range(kept.taken - 1):
            self._records.next_batch()
        yield from super()._unpack_records()


def patch_header_names() -> None:
    """Make aiokafka's consumers read such records."""
    fetcher.MemoryRecords = KeptRecords
    fetcher.PartitionRecords = ReadableRecords
