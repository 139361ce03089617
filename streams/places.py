"""Where to read on in a partition whose broker does not have the place where a worker was.

Two things can have happened. What had not been read yet was deleted, by `retention.ms` or by hand: it is lost, reading
goes on with what is left, and that is said aloud. Or the partition ends before that place: a broker that was behind
became its leader (`unclean.leader.election.enable`), or the topic was made anew. Then what is there may be new, though
its offsets have been read before. It is read again from as far back as delivery remembers what it has sent, so that
nothing is passed over and nothing told twice.

A third thing only looks like the second: a broker that stood still, while others took over and this worker wrote on to
them, still takes itself for the leader in its first moment awake. So that a partition ends before the place is believed
when it is so a while later too, by whoever leads it then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from alerting.pending import REMEMBERED

SURE_AFTER: Final = 2.0
"""Seconds after which it is believed that a partition ends before a place that was read."""


@dataclass(frozen=True, slots=True)
class Place:
    """An offset to read on from: `lost` records before it were deleted unread; `anew`, some after it were read."""

    offset: int
    lost: int = 0
    anew: bool = False


async def find_place(consumer: AIOKafkaConsumer, tp: TopicPartition, position: int, now: datetime) -> Place:
    """Where to read on in a partition, instead of at `position`. Raises aiokafka's KafkaError."""
    beginning = int((await consumer.beginning_offsets([tp]))[tp])
    end = int((await consumer.end_offsets([tp]))[tp])
    if position < beginning:
        return Place(beginning, lost=beginning - position)
    if position <= end:
        return Place(position)  # the broker has caught up meanwhile
    since = int((now - REMEMBERED).timestamp() * 1000)
    recent = (await consumer.offsets_for_times({tp: since}))[tp]
    return Place(int(recent.offset) if recent is not None else end, anew=True)


async def find_place_surely(
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    position: int,
    now: datetime,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Place:
    """The same; asks twice, and who leads in between, before it says `anew`. Raises aiokafka's KafkaError."""
    place = await find_place(consumer, tp, position, now)
    if place.anew:
        await sleep(SURE_AFTER)
        await consumer._client.force_metadata_update()
        place = await find_place(consumer, tp, position, now)
    return place
