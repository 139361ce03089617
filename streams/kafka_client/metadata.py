"""How often aiokafka asks for metadata: while a partition has no leader, again as soon as it has the answer.

Here such questions keep `REST` between them, as those of Kafka's own clients do.

A broker that is asked where a partition begins, and leads it no longer, says so. aiokafka asks it again ten times a
second, until metadata are renewed anyway (half a minute): so long nothing was read by a worker that was just given
partitions, one of which had moved. Here they are renewed at once.

Replaces methods of aiokafka's client and fetcher (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade
changes them.
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

REST: Final = 0.1
"""Seconds between two questions for the metadata of the same topics."""

Ask = Callable[..., Awaitable[Any]]
Update = Callable[[Any, Any, Any], Awaitable[bool]]

_asked: weakref.WeakKeyDictionary[Any, tuple[frozenset[str], float]] = weakref.WeakKeyDictionary()
"""For which topics a client asked last, and when."""


def rested(
    update: Update,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Update:
    """An update of a client's metadata, with a rest before it where the last was of the same topics."""

    @wraps(update)
    async def rested_update(self: Any, cluster: Any, topics: Any) -> bool:
        wanted = frozenset(topics or ())
        asked_for, asked_at = _asked.get(self, (None, -math.inf))
        if wanted == asked_for and (rest := asked_at + REST - clock()) > 0:
            await sleep(rest)
        _asked[self] = wanted, clock()
        return await update(self, cluster, topics)

    return rested_update


def told_who_leads(ask: Ask) -> Ask:
    """A fetcher's question for offsets, after which metadata are renewed where the broker was the wrong one."""

    @wraps(ask)
    async def asked(self: Any, *args: Any) -> Any:
        try:
            return await ask(self, *args)
        except KafkaError as error:
            if error.invalid_metadata:
                self._client.force_metadata_update()
            raise

    return asked


UPDATE: Final = rested(AIOKafkaClient._metadata_update)
ASK_FOR_OFFSETS: Final = told_who_leads(Fetcher._proc_offset_request)


def ask_who_leads() -> None:
    """Have all consumers of aiokafka, from now on, ask who leads where a broker says that it does not."""
    Fetcher._proc_offset_request = ASK_FOR_OFFSETS
