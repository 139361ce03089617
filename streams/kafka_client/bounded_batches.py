"""Limits how much a compressed batch may unpack to.

A broker checks the length of a batch as it is compressed. zstd compresses zeros thirty thousand times: a batch of less
than a megabyte, from anyone who may write articles, would take all of a worker's memory each time it is fetched, and
nothing behind it in its partition would ever be read. So at most `UNPACKED_LIMIT` bytes are unpacked. The beginning of
a longer batch stands for all of its records, with the offset of the last, and is rejected for its length.

Replaces aiokafka's decompression, and the class that its fetcher makes of each response. Snappy is left as it is: it
compresses about twenty times at most.
"""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Final

from aiokafka.codec import cramjam
from aiokafka.consumer import fetcher
from aiokafka.record import default_records
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordPy

from agents.reading.decode import MAX_BYTES

UNPACKED_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one batch. Producers limit a batch before compression, to a megabyte or a few."""

_LEAST: Final = 64 * 1024
_USUAL_RATIO: Final = 8
"""The first buffer has this many bytes, or this many times the length of the batch; if too small, it grows."""

_NO_ROOM: Final = "whole buffer"
"""What the error says when the buffer was too small and nothing else is wrong."""


class BatchTooLong(Exception):
    """A batch unpacks to more than `UNPACKED_LIMIT`; `beginning` is longer by a byte than the longest article."""

    def __init__(self, beginning: bytes) -> None:
        self.beginning = beginning
        super().__init__(f"a batch unpacks to more than {UNPACKED_LIMIT:,} bytes")


def _bounded(unpack_into: Callable[[Any, bytearray], int]) -> Callable[[Any], bytes]:
    def unpack(payload: Any) -> bytes:
        size = max(_LEAST, _USUAL_RATIO * len(payload))
        while True:
            room = bytearray(min(size, UNPACKED_LIMIT))
            try:
                length = unpack_into(payload, room)
            except cramjam.DecompressionError as error:
                if size < UNPACKED_LIMIT:
                    size *= _USUAL_RATIO
                    continue
                if _NO_ROOM not in str(error):
                    raise
                raise BatchTooLong(bytes(room[: MAX_BYTES + 1])) from None
            return bytes(memoryview(room)[:length])

    return unpack


unpack_zstd: Final = _bounded(cramjam.zstd.decompress_into)
unpack_lz4: Final = _bounded(cramjam.lz4.decompress_into)


def unpack_gzip(payload: Any) -> bytes:
    """Unpack a payload. Raises BatchTooLong."""
    with gzip.GzipFile(fileobj=io.BytesIO(payload)) as file:
        unpacked = file.read(UNPACKED_LIMIT + 1)
    if len(unpacked) > UNPACKED_LIMIT:
        raise BatchTooLong(unpacked[: MAX_BYTES + 1])
    return unpacked


class BoundedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka is untyped for us
    """The records that a fetch returned for a partition, whatever their batches unpack to.

    Its `_records` have the `current` batch.
    """

    _tp: Any
    _records: Any
    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Any]:
        while True:
            try:
                yield from super()._unpack_records()
            except BatchTooLong as error:
                batch = self._records.current
                last = batch.next_offset - 1
                stand_in = _DefaultRecordPy(
                    last, batch.max_timestamp, batch.timestamp_type, None, error.beginning, []
                )
                if last >= self.next_fetch_offset:  # else it was read before
                    self.next_fetch_offset = last + 1
                    yield self._consumer_record(self._tp, stand_in)
            else:
                return


PARSERS: Final[tuple[ModuleType, ...]] = (default_records, sys.modules[DefaultRecordBatch.__module__])
"""The modules that unpack batches: aiokafka's parser in Python, and the one in C if there is one."""

UNPACK: Final[dict[str, Callable[[Any], bytes]]] = {
    "gzip_decode": unpack_gzip,
    "lz4_decode": unpack_lz4,
    "zstd_decode": unpack_zstd,
}


def patch_decompression() -> None:
    """Make aiokafka's consumers unpack no more than that. `patch_header_names` installs the class."""
    for parser in PARSERS:
        for name, unpack in UNPACK.items():
            setattr(parser, name, unpack)
