"""Waits by chance, to find tests that rely on time, or on the order of what is under way at once.

`make test ARGS="-p tests.jitter tests/flow tests/edge"`: each socket that a loop reads or writes is ready up to
`LONGEST` seconds late, in any order, as over a network or on a busy machine. That includes the one by which a thread
wakes the loop. A test that fails only so is one that fails some time.
"""

from __future__ import annotations

import random
import selectors
import time

LONGEST = 0.02


class LateSelector(selectors.DefaultSelector):
    """What is ready stays so until it is read: it may be told later."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at: dict[int, float] = {}

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            found = super().select(None if until is None else max(0, until - time.monotonic()))
            now = time.monotonic()
            ready = [one for one in found if self._told_at.setdefault(one[0].fd, now + wait()) <= now]
            if ready or not found or (until is not None and now >= until):
                for key, _ in ready:
                    del self._told_at[key.fd]
                random.shuffle(ready)
                return ready
            time.sleep(LONGEST / 20)


def wait() -> float:
    """None for one in three, so that others pass them."""
    return max(0.0, random.uniform(-LONGEST / 2, LONGEST))


selectors.DefaultSelector = LateSelector  # type: ignore[misc]  # where asyncio looks for it
