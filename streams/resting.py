"""A pause after each fetch that brought records, before the same broker is asked again.

aiokafka asks for more as soon as what it fetched was taken. When articles come singly and often, each then comes in a
fetch of its own, which costs more than reading it; and an alert of this worker's own making ends the fetch that waits
for articles, twice. After a pause, what has come meanwhile comes together. A lone article finds a fetch waiting for it.

Replaces methods of aiokafka's fetcher (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final

PAUSE: Final = 0.001
"""Seconds between a fetch that brought records and the next to the same broker."""

PAUSE_FOR_OWN: Final = 0.003
"""Seconds without another fetch after this worker wrote a record that it hands on itself, as long as handing on takes:
a fetch begun before would bring that record only.
"""

LONGEST_PAUSE: Final = 0.005
"""Seconds after a fetch that brought records when the next begins, whatever this worker writes."""


class RestingFetcher:
    """Has a fetcher of aiokafka rest after each fetch that brought records; times are in seconds."""

    def __init__(
        self,
        fetcher: Any,
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
        self._planned = fetcher._get_actions_per_node
        self._fetch = fetcher._proc_fetch_request
        fetcher._get_actions_per_node = self.plan
        fetcher._proc_fetch_request = self.fetch

    def rest(self) -> None:
        """Begin no fetch for a moment: this worker writes what such a fetch would bring."""
        self._own_until = self._clock() + self._pause_for_own

    async def fetch(self, assignment: Any, node: int, request: Any) -> bool:
        """As the fetcher does; note when it brought something."""
        brought: bool = await self._fetch(assignment, node, request)
        if brought:
            self._brought_at[node] = self._clock()
        return brought

    def plan(self, assignment: Any) -> tuple[Any, ...]:
        """As the fetcher does, without requests to brokers that it rests from; it looks again when the rest is over."""
        requests, resets, timeout, *others = self._planned(assignment)
        now = self._clock()
        ready = []
        for node, request in requests:
            rest = self._rests_until(node) - now
            if rest > 0:
                timeout = min(timeout, rest)
            else:
                ready.append((node, request))
        return ready, resets, timeout, *others

    def _rests_until(self, node: int) -> float:
        brought_at = self._brought_at.get(node, -math.inf)
        return max(brought_at + self._pause, min(brought_at + self._longest, self._own_until))
