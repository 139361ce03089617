"""When a worker fetches, and how it hands on what came.

aiokafka sends the next fetch as soon as the last one's records are taken. When articles arrive singly and often, each
then comes in a fetch of its own, which costs more than reading it. Also, each candidate and notification that this
worker writes would end the fetch that waits for articles, though the worker hands those on itself. Here the worker
pauses after a fetch that returned records and after a write of its own; what arrives meanwhile comes in one fetch. A
lone article still finds a fetch waiting for it.

It also pauses when several fetches in a row returned nothing and did so at once. A new leader without enough replicas
in sync answers like that, and asking again without a pause took a third of a core.

aiokafka hands on records by way of two other tasks; here the task that fetched them does it.

Replaces private methods of aiokafka's fetcher.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from streams.kafka_client.fetch_request import RawFetchRequest

PAUSE: Final = 0.001
"""Seconds between a fetch that returned records and the next one to the same broker."""

OWN_PAUSE: Final = 0.003
"""Seconds without a new fetch after this worker wrote a record that it hands on itself. A fetch sent before that is
done would return just that record.
"""

MAX_PAUSE: Final = 0.005
"""Seconds after a fetch that returned records by which the next one is sent, whatever this worker writes."""

EMPTY_PAUSE: Final = 0.02
"""Seconds between fetches that keep returning nothing at once."""

IMMEDIATE: Final = 0.01
"""Seconds within which an empty response counts as returned at once."""

EMPTY_ALLOWED: Final = 3
"""Empty responses in a row that need no pause: records that this worker hands on itself end fetches too."""

MIN_WAIT: Final = 0.001
"""Seconds of the shortest wait: uvloop rounds timers to milliseconds, and less than half of one to none."""


class PacedFetcher:
    """Makes an aiokafka fetcher pause between fetches; all times are in seconds.

    `take` is called when a fetch has returned records. What it leaves is handed on in aiokafka's own way.
    """

    def __init__(
        self,
        fetcher: Any,
        take: Callable[[], Awaitable[None]],
        *,
        pause: float = PAUSE,
        own_pause: float = OWN_PAUSE,
        longest: float = MAX_PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pause = pause
        self._own_pause = own_pause
        self._longest = longest
        self._clock = clock
        self._own_until = clock()
        self._returned_at: dict[int, float] = {}
        self._fetcher = fetcher
        self._take = take
        # While each of these pauses or has a fetch under way, there is nothing to plan.
        self._asked: set[int] = set()
        self._empty_in_a_row: dict[int, int] = {}
        self._empty_until: dict[int, float] = {}
        self._planned = fetcher._get_actions_per_node
        self._fetch = fetcher._proc_fetch_request
        fetcher._get_actions_per_node = self.plan
        fetcher._proc_fetch_request = self.fetch

    def pause(self) -> None:
        """Send no fetch for a moment: this worker is writing a record that it hands on itself."""
        self._own_until = self._clock() + self._own_pause

    async def fetch(self, assignment: Any, node: int, request: Any) -> bool:
        """Fetch, and hand on the records; returns whether some are left (replaces `_proc_fetch_request`)."""
        began = self._clock()
        returned = await self._fetch(assignment, node, RawFetchRequest(request))
        now = self._clock()
        times = 0 if returned or now - began > IMMEDIATE else self._empty_in_a_row.get(node, 0) + 1
        self._empty_in_a_row[node] = times
        if times > EMPTY_ALLOWED:
            self._empty_until[node] = now + EMPTY_PAUSE
        if not returned:
            return False
        self._returned_at[node] = now
        await self._take()
        return bool(self._fetcher._records)

    def plan(self, assignment: Any) -> tuple[Any, ...]:
        """The fetcher's plan, without requests to brokers that are paused (replaces `_get_actions_per_node`)."""
        pauses = self._all_paused()
        if pauses is not None:
            return [], {}, pauses, False, []
        requests, resets, timeout, *others = self._planned(assignment)
        now = self._clock()
        ready = []
        for node, request in requests:
            pause = self._paused_until(node) - now
            if pause > 0:
                timeout = min(timeout, max(pause, MIN_WAIT))
            else:
                ready.append((node, request))
            self._asked.add(node)
        return ready, resets, timeout, *others

    def _all_paused(self) -> float | None:
        """Seconds until the first pause ends, where every broker is paused or has a fetch under way; else None."""
        now = self._clock()
        pauses = [
            self._paused_until(node) - now for node in self._asked if node not in self._fetcher._in_flight
        ]
        return max(min(pauses), MIN_WAIT) if pauses and min(pauses) > 0 else None

    def _paused_until(self, node: int) -> float:
        returned_at = self._returned_at.get(node, -math.inf)
        return max(
            returned_at + self._pause,
            min(returned_at + self._longest, self._own_until),
            self._empty_until.get(node, -math.inf),
        )
