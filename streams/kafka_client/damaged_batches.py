"""Reads a partition up to a batch that a broker's disk has damaged.

Brokers do not look at what they send; its checksum tells. aiokafka then hands on nothing of the whole fetch, not even
what lies before the batch, and raises an error that ends the worker, and after it each that is assigned the partition.
Here what lies before is handed on. The batch itself is left where it is, and may be asked for before it is read, so
that only its partition waits: another replica may have it whole.

Replaces a class that aiokafka's fetcher makes of each response.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from streams.kafka_client.header_names import ReadableRecords


class SoundRecords(ReadableRecords):
    """The records that a fetch returned for a partition, up to a damaged batch."""

    _looked_at = False

    def _unpack_records(self) -> Iterator[Any]:
        began_at = self.next_fetch_offset
        try:
            yield from super()._unpack_records()
        except CorruptRecordException:
            if self.next_fetch_offset == began_at:
                raise

    def begin_damaged(self) -> bool:
        """Whether the first batch is damaged; to read on would raise CorruptRecordException. Looks once."""
        if self._looked_at:
            return False
        self._looked_at = True
        records = MemoryRecords(self._records.data)
        return bool(records.has_next() and not records.next_batch().validate_crc())


def patch_damaged_batches() -> None:
    """Make aiokafka's consumers read up to such a batch. To be called after `patch_header_names`."""
    fetcher.PartitionRecords = SoundRecords
