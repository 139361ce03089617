"""Where to read on when a broker no longer has the offset that a worker wants to read next.

There are two causes.

- Records were deleted before they were read, by `retention.ms` or by hand. They are lost: reading goes on with the
  oldest that is left, and the loss is logged.
- The partition ends before that offset. A broker that was behind became its leader (`unclean.leader.election.enable`),
  or the topic was deleted and created again. What it holds now may be new although its offsets were read before. It is
  read again from as far back as delivery remembers what it has sent, so nothing is missed and nothing told twice.

A third case only looks like the second. A broker that was frozen while others took over still takes itself for the
leader when it wakes up. So the second cause is believed only if it still holds a moment later, after asking who leads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from alerting.pending import REMEMBERED

CONFIRM_AFTER: Final = 2.0
"""Seconds after which the brokers are asked again whether a partition ends before the wanted offset."""


@dataclass(frozen=True, slots=True)
class OffsetReset:
    """An offset to read on from. `lost` records before it were deleted unread; `rewound`: read ones come again."""

    offset: int
    lost: int = 0
    rewound: bool = False


async def find_reset(
    consumer: AIOKafkaConsumer, tp: TopicPartition, position: int, now: datetime
) -> OffsetReset:
    """Where to read on in a partition instead of at `position`. Raises aiokafka's KafkaError."""
    beginning = int((await consumer.beginning_offsets([tp]))[tp])
    end = int((await consumer.end_offsets([tp]))[tp])
    if position < beginning:
        return OffsetReset(beginning, lost=beginning - position)
    if position <= end:
        return OffsetReset(position)  # the broker has caught up
    since = int((now - REMEMBERED).timestamp() * 1000)
    recent = (await consumer.offsets_for_times({tp: since}))[tp]
    return OffsetReset(int(recent.offset) if recent is not None else end, rewound=True)


async def find_confirmed_reset(
    consumer: AIOKafkaConsumer,
    tp: TopicPartition,
    position: int,
    now: datetime,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> OffsetReset:
    """Like `find_reset`, but asks twice, and who leads in between, before it rewinds. Raises aiokafka's KafkaError."""
    reset = await find_reset(consumer, tp, position, now)
    if reset.rewound:
        await wait_for_the_leader(consumer, sleep)
        reset = await find_reset(consumer, tp, position, now)
    return reset


async def wait_for_the_leader(
    consumer: AIOKafkaConsumer, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Wait until a broker that was frozen knows who leads, and ask that. Raises aiokafka's KafkaError."""
    await sleep(CONFIRM_AFTER)
    await consumer._client.force_metadata_update()
