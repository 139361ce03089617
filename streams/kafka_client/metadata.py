"""When aiokafka refreshes its metadata.

While a partition has no leader, aiokafka asks for metadata again as soon as it has an answer, a thousand times a
second. Here at least `MIN_INTERVAL` passes between two requests for the same topics, as in Kafka's own clients.

When a broker answers a ListOffsets request with "not the leader", aiokafka asks the same broker ten times a second
until the next regular refresh, up to half a minute later; a worker that has just been assigned such a partition reads
nothing meanwhile. Here the metadata are refreshed at once.

Replaces private methods of aiokafka's client and fetcher.
"""

from __future__ import annotations

import asyncio
import math
import time
import weakref
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import KafkaError

MIN_INTERVAL: Final = 0.1
"""Seconds between two requests for the metadata of the same topics."""

Ask = Callable[..., Awaitable[Any]]
Update = Callable[[Any, Any, Any], Awaitable[bool]]

_asked: weakref.WeakKeyDictionary[Any, tuple[frozenset[str], float]] = weakref.WeakKeyDictionary()
"""By client: the topics of its last request, and when that was sent."""


def throttled(
    update: Update,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Update:
    """Wrap a client's metadata update: wait first where the last one was recent and of the same topics."""

    @wraps(update)
    async def throttled_update(self: Any, cluster: Any, topics: Any) -> bool:
        wanted = frozenset(topics or ())
        asked_for, asked_at = _asked.get(self, (None, -math.inf))
        if wanted == asked_for and (wait := asked_at + MIN_INTERVAL - clock()) > 0:
            await sleep(wait)
        _asked[self] = wanted, clock()
        return await update(self, cluster, topics)

    return throttled_update


def refreshing(ask: Ask) -> Ask:
    """Wrap a fetcher's ListOffsets request: refresh the metadata where the broker was the wrong one."""

    @wraps(ask)
    async def asked(self: Any, *args: Any) -> Any:
        try:
            return await ask(self, *args)
        except KafkaError as error:
            if error.invalid_metadata:
                self._client.force_metadata_update()
            raise

    return asked


UPDATE: Final = throttled(AIOKafkaClient._metadata_update)
LIST_OFFSETS: Final = refreshing(Fetcher._proc_offset_request)


def patch_metadata() -> None:
    """Make aiokafka's consumers refresh the metadata when a broker is not the leader."""
    Fetcher._proc_offset_request = LIST_OFFSETS
