"""A batch of records: what an agent gets as one event."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import ConsumerRecord

MAX_BATCH_RECORDS = 500
"""Records of a full batch; as many at most are taken from the fetcher at a time. Bounds how long one topic's batch
delays another's, and how much of a backlog is in memory. A batch may grow to three times this size, when records for it
were requested twice while it still had room.
"""

MAX_BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of values with which a batch is full too: 500 of the longest articles are half a gigabyte."""


class Batch(list[ConsumerRecord]):
    """Records of one partition, or of several where a topic's partitions are merged; in order within each partition.

    It grows until an agent takes it. The agent sets `handled` when everything that the records caused is acknowledged.
    `arrived_at` is when (by the loop's clock) the first of them was handed on, `size` the bytes of their values.
    """

    taken = False
    handled = False
    arrived_at = 0.0

    def __init__(self, records: Iterable[ConsumerRecord] = ()) -> None:
        super().__init__()
        self.size = 0
        self.add(records)

    def add(self, records: Iterable[ConsumerRecord]) -> None:
        """Append records."""
        at = len(self)
        self.extend(records)
        self.size += sum(len(record.value or b"") for record in self[at:])

    def take(self) -> Batch:
        """Begin to work on it: from now on it does not grow."""
        self.taken = True
        return self

    @property
    def full(self) -> bool:
        """Whether no more records should be requested for it."""
        return len(self) >= MAX_BATCH_RECORDS or self.size >= MAX_BATCH_BYTES

    def end(self, partition: int) -> int:
        """The offset after the last record of a partition; it must hold one."""
        return int(next(record.offset for record in reversed(self) if record.partition == partition) + 1)
