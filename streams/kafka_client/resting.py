"""How a worker fetches: what came is handed on at once, and then it rests before it asks the same broker again.

aiokafka asks for more as soon as what it fetched was taken. When articles come singly and often, each then comes in a
fetch of its own, which costs more than reading it; and an alert of this worker's own making ends the fetch that waits
for articles, twice. After a pause, what has come meanwhile comes together. A lone article finds a fetch waiting for it.

aiokafka hands on what it fetched by way of two other tasks. Here the task that fetched it does that.

A pause also after fetches that brought nothing and did not wait for it. A leader that took over while too few replicas
were in sync does not yet know how far readers may read; it answers at once, for as long as that lasts, and a worker
that asked again each time had a third of a core to do with it.

Replaces methods of aiokafka's fetcher (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from streams.kafka_client.prompt_fetch import PromptFetch

PAUSE: Final = 0.001
"""Seconds between a fetch that brought records and the next to the same broker."""

PAUSE_FOR_OWN: Final = 0.003
"""Seconds without another fetch after this worker wrote a record that it hands on itself, as long as handing on takes:
a fetch begun before would bring that record only.
"""

LONGEST_PAUSE: Final = 0.005
"""Seconds after a fetch that brought records when the next begins, whatever this worker writes."""

PAUSE_FOR_NOTHING: Final = 0.02
"""Seconds after a fetch that brought nothing, at once, when others before it did so too."""

AT_ONCE: Final = 0.01
"""Seconds within which an empty answer has not waited for anything to come."""

OTHERS: Final = 3
"""Empty answers one after the other that are no matter: records that this worker handed on itself end fetches too."""

TICK: Final = 0.001
"""Seconds of the shortest wait: uvloop's timers are of whole milliseconds, and less than half of one is none at all."""


class RestingFetcher:
    """Has a fetcher of aiokafka rest after each fetch that brought records; times are in seconds.

    `take` is called when a fetch brought some. What it leaves is handed on in aiokafka's own way.
    """

    def __init__(
        self,
        fetcher: Any,
        take: Callable[[], Awaitable[None]],
        *,
        pause: float = PAUSE,
        pause_for_own: float = PAUSE_FOR_OWN,
        longest: float = LONGEST_PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pause = pause
        self._pause_for_own = pause_for_own
        self._longest = longest
        self._clock = clock
        self._own_until = clock()
        self._brought_at: dict[int, float] = {}
        self._fetcher = fetcher
        self._take = take
        # All brokers that were asked; nothing needs to be planned while each rests or has a fetch under way.
        self._asked: set[int] = set()
        self._nothing: dict[int, int] = {}
        self._nothing_until: dict[int, float] = {}
        self._planned = fetcher._get_actions_per_node
        self._fetch = fetcher._proc_fetch_request
        fetcher._get_actions_per_node = self.plan
        fetcher._proc_fetch_request = self.fetch

    def rest(self) -> None:
        """Begin no fetch for a moment: this worker writes what such a fetch would bring."""
        self._own_until = self._clock() + self._pause_for_own

    async def fetch(self, assignment: Any, node: int, request: Any) -> bool:
        """As the fetcher does, and hand on what it brought; returns whether something is left."""
        began = self._clock()
        brought = await self._fetch(assignment, node, PromptFetch(request))
        now = self._clock()
        times = 0 if brought or now - began > AT_ONCE else self._nothing.get(node, 0) + 1
        self._nothing[node] = times
        if times > OTHERS:
            self._nothing_until[node] = now + PAUSE_FOR_NOTHING
        if not brought:
            return False
        self._brought_at[node] = now
        await self._take()
        return bool(self._fetcher._records)

    def plan(self, assignment: Any) -> tuple[Any, ...]:
        """As the fetcher does, without requests to brokers that it rests from; it looks again when the rest is over."""
        rests = self._all_rest()
        if rests is not None:
            return [], {}, rests, False, []
        requests, resets, timeout, *others = self._planned(assignment)
        now = self._clock()
        ready = []
        for node, request in requests:
            rest = self._rests_until(node) - now
            if rest > 0:
                timeout = min(timeout, max(rest, TICK))
            else:
                ready.append((node, request))
            self._asked.add(node)
        return ready, resets, timeout, *others

    def _all_rest(self) -> float | None:
        """Seconds until the first of the brokers has rested, if each rests or has a fetch under way, and one rests."""
        now = self._clock()
        rests = [
            self._rests_until(node) - now for node in self._asked if node not in self._fetcher._in_flight
        ]
        return max(min(rests), TICK) if rests and min(rests) > 0 else None

    def _rests_until(self, node: int) -> float:
        brought_at = self._brought_at.get(node, -math.inf)
        return max(
            brought_at + self._pause,
            min(brought_at + self._longest, self._own_until),
            self._nothing_until.get(node, -math.inf),
        )
