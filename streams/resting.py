"""A pause after each fetch that brought records, before the same broker is asked again.

aiokafka asks for more as soon as what it fetched was taken. When articles come singly and often, each then comes in a
fetch of its own, which costs more than reading it, and an alert of this worker's own making ends the fetch that waits
for articles. After a pause, what has come meanwhile comes together. A lone article finds a fetch waiting for it.

Replaces methods of aiokafka's fetcher (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

PAUSE: Final = 0.005
"""Seconds between a fetch that brought records and the next to the same broker: the most an article waits for it."""


class RestingFetcher:
    """Has a fetcher of aiokafka pause `pause` seconds after each fetch that brought records."""

    def __init__(
        self, fetcher: Any, pause: float = PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pause = pause
        self._clock = clock
        self._rests_until: dict[int, float] = {}
        self._planned = fetcher._get_actions_per_node
        self._fetch = fetcher._proc_fetch_request
        fetcher._get_actions_per_node = self.plan
        fetcher._proc_fetch_request = self.fetch

    async def fetch(self, assignment: Any, node: int, request: Any) -> bool:
        """As the fetcher does; note when it brought something."""
        brought: bool = await self._fetch(assignment, node, request)
        if brought:
            self._rests_until[node] = self._clock() + self._pause
        return brought

    def plan(self, assignment: Any) -> tuple[Any, ...]:
        """As the fetcher does, without requests to brokers that it rests from; it looks again when the rest is over."""
        requests, resets, timeout, *others = self._planned(assignment)
        now = self._clock()
        ready = []
        for node, request in requests:
            rest = self._rests_until.get(node, now) - now
            if rest > 0:
                timeout = min(timeout, rest)
            else:
                ready.append((node, request))
        return ready, resets, timeout, *others
