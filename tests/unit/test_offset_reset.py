"""Where to read on: that a partition ends before the place is believed when it is so a while later too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.offset_reset import CONFIRM_AFTER, OffsetReset, find_confirmed_reset

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PARTITION = TopicPartition("articles", 0)


class Consumer:
    """Of a partition whose leader says that it ends at `ends[0]`, and after metadata were asked for at `ends[1]`."""

    def __init__(self, *ends: int) -> None:
        self.ends = list(ends)
        self.slept: list[float] = []
        self._client = self

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def force_metadata_update(self) -> None:
        assert self.slept == [CONFIRM_AFTER]
        del self.ends[0]

    async def beginning_offsets(self, _partitions: object) -> dict[TopicPartition, int]:
        return {PARTITION: 10}

    async def end_offsets(self, _partitions: object) -> dict[TopicPartition, int]:
        return {PARTITION: self.ends[0]}

    async def offsets_for_times(self, _times: object) -> dict[TopicPartition, Any]:
        return {PARTITION: None}


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ((50, 100), OffsetReset(80)),  # it was a leader that others had taken over from
        ((50, 50), OffsetReset(50, rewound=True)),
        ((100, 100), OffsetReset(80)),
    ],
)
async def test_a_partition_that_ends_before_the_place_is_asked_for_twice(
    ends: tuple[int, ...], found: OffsetReset
) -> None:
    consumer = Consumer(*ends)
    place = await find_confirmed_reset(cast(AIOKafkaConsumer, consumer), PARTITION, 80, NOW, consumer.sleep)
    assert place == found
    assert bool(consumer.slept) == (ends[0] < 80)
