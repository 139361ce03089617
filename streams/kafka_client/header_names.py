"""Records whose headers have names that are not UTF-8: read like any other, their names as near as there is a text.

Brokers take any bytes for the name of a header. aiokafka decodes names strictly and fails at such a record, each time
that it is fetched, so nothing behind it in its partition would ever be read. Here the batch that holds it is read once
more, by a parser that writes what cannot be decoded as escapes (`gr\\xfc\\xdfe`); no name that means something here has
any. Key, value and the headers' values are bytes and stay as they are. Batches without such a name cost nothing more.

Replaces two classes that aiokafka's fetcher (0.14) makes of each answer to a fetch, and relies on its parser in
Python; `tests/unit/test_faust_internals.py` fails when an upgrade changes them.
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
"""The version of the format of batches from which on records have headers."""


class LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka is untyped for us
    """A batch in which the name of a header may be any bytes."""

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
        number()  # attributes, of which there are none
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
    """The batches of an answer, as `LenientBatch`es. `at_hand` is the last that was taken."""

    at_hand: Any = None

    def next_batch(self) -> Any:
        """The next batch, or None."""
        batch = self._next_slice
        if batch is None or batch[self.MAGIC_OFFSET] < FIRST_WITH_HEADERS:
            self.at_hand = super().next_batch()
        else:
            self._cache_next()
            self.at_hand = LenientBatch(batch)
        return self.at_hand


class KeptRecords(MemoryRecords):  # type: ignore[misc]
    """The batches of an answer, as aiokafka reads them, with their bytes at hand to read them again."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer)
        self.answer = answer
        self.taken = 0
        self.at_hand: Any = None

    def next_batch(self) -> Any:
        """The next batch, or None."""
        self.taken += 1
        self.at_hand = super().next_batch()
        return self.at_hand


class ReadableRecords(BoundedRecords):
    """The records of a partition that a fetch brought, whatever names their headers have."""

    def _unpack_records(self) -> Iterator[Any]:
        try:
            yield from super()._unpack_records()
        except (UnicodeDecodeError, CorruptRecordException) as error:
            # The latter comes of aiokafka's parser in Python, where there is none in C.
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
        else:
            return
        # The batch at hand once more, and all behind it: what was handed on of it lies before the next offset.
        kept = self._records
        self._records = LenientRecords(kept.answer)
        for _ in range(kept.taken - 1):
            self._records.next_batch()
        yield from super()._unpack_records()


def mend_header_names() -> None:
    """Have all consumers of aiokafka in this process read such records from now on."""
    fetcher.MemoryRecords = KeptRecords
    fetcher.PartitionRecords = ReadableRecords
