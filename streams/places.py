"""Where to read on in a partition whose broker does not have the place where a worker was.

Two things can have happened. What had not been read yet was deleted, by `retention.ms` or by hand: it is lost, reading
goes on with what is left, and that is said aloud. Or the partition ends before that place: a broker that was behind
became its leader (`unclean.leader.election.enable`), or the topic was made anew. Then what is there may be new, though
its offsets have been read before. It is read again from as far back as delivery remembers what it has sent, so that
nothing is passed over and nothing told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from alerting.pending import REMEMBERED


@dataclass(frozen=True, slots=True)
class Place:
    """An offset to read on from: `lost` records before it were deleted unread; `anew`, some after it were read."""

    offset: int
    lost: int = 0
    anew: bool = False


async def find_place(
    consumer: AIOKafkaConsumer, tp: TopicPartition, position: int, now: datetime, back: timedelta = REMEMBERED
) -> Place:
    """Where to read on in a partition, instead of at `position`. Raises aiokafka's KafkaError."""
    beginning = int((await consumer.beginning_offsets([tp]))[tp])
    end = int((await consumer.end_offsets([tp]))[tp])
    if position < beginning:
        return Place(beginning, lost=beginning - position)
    if position <= end:
        return Place(position)  # the broker has caught up meanwhile
    since = int((now - back).timestamp() * 1000)
    recent = (await consumer.offsets_for_times({tp: since}))[tp]
    return Place(int(recent.offset) if recent is not None else end, anew=True)
