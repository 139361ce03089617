"""The lines in front of the endpoints of one partition: who is attempted next, and when.

Each endpoint has a line of its own, so that none waits for another. A line attempts what is due, higher severities
and then the earliest first (with `ordered`, strictly in the order of arrival, each waiting for the one before), as far
as the endpoint's concurrency, rate limit and breaker allow. What an attempt changes is acknowledged by the broker
before the line forgets it.

In strict order the whole line waits for its first, for hours if it must: until that one is delivered or given up. What
an endpoint that is gone or disabled is owed waits for nothing: it is handed over at once, to be given up.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol

from alerting.endpoint import Endpoint
from alerting.pending import Owed, Waiting, turn_of

NEVER_SLEEP_LONGER = timedelta(seconds=10)
"""A line with something to do looks again at least this often, so that it notices a changed configuration or clock."""

SET_BACK = timedelta(seconds=1)
"""A clock that has gone back by more than this between two looks was set back."""

SHORT_LINE = 256
"""How many notifications of an endpoint are kept whole until their first attempt; more are kept in little memory."""

GIVEN_UP_AT_ONCE = 16
"""How many notifications of an endpoint that is gone are under way at the same time."""


class Gate(Protocol):
    """What a line asks of `alerting.gate.Gate`: whether its endpoint may be called now."""

    def opens_at(self, endpoint: Endpoint, now: datetime) -> datetime | None:
        """None: now. Else the earliest moment to ask again."""
        ...

    def passed(self, endpoint: Endpoint, now: datetime) -> None:
        """Count a call that begins now."""
        ...


Settle = Callable[[str, Owed], Awaitable[Owed | None]]
"""Makes one attempt and writes down what came of it: what is owed still, or None when it is settled."""

Heap = list[tuple[datetime, tuple[int, int], str]]
"""Keys of what is owed, by a moment and then by arrival."""

_due_at: Callable[[Owed | Waiting], datetime] = attrgetter("due_at")


class Line:
    """The line of one endpoint.

    `endpoint` gives the endpoint as configured now, or None where it is gone or disabled. What that one is owed is
    handed over at once, for `settle` to give up.
    """

    def __init__(
        self,
        endpoint: Callable[[], Endpoint | None],
        settle: Settle,
        gate: Gate,
        now: Callable[[], datetime],
    ) -> None:
        self._endpoint = endpoint
        self._settle = settle
        self._gate = gate
        self._now = now
        self._looked_at = now()
        self._owed: dict[str, Owed | Waiting] = {}
        self._waiting: Heap = []  # by when each is due
        self._due: Heap = []  # by whose turn is first
        self._by_time = False  # whether these two are up to date; a line in strict order does not need them
        self._running: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()  # under way when somebody asked for all to be tried
        self._failed: set[str] = set()  # still under way: has failed, and what is owed now is being written
        self._timer: asyncio.TimerHandle | None = None
        self._taking = True

    def __len__(self) -> int:
        return len(self._owed)

    def __contains__(self, key: object) -> bool:
        return key in self._owed

    def add(self, owed: Mapping[str, Owed | Waiting]) -> None:
        """Put notifications into the line, in the order of their arrival."""
        for key, one in owed.items():
            self._queue(key, one)
        self.look()
        for key in owed:
            self._rest(key)

    def _queue(self, key: str, owed: Owed | Waiting) -> None:
        self._owed[key] = owed
        if self._by_time:
            self._place(key, self._now())

    def _place(self, key: str, now: datetime) -> None:
        owed = self._owed[key]
        heap, moment = (self._due, turn_of(owed)) if owed.due_at <= now else (self._waiting, owed.due_at)
        heapq.heappush(heap, (moment, owed.arrival, key))

    def _rest(self, key: str) -> None:
        """Keep in little memory what will not be attempted soon: it has failed, or many are before it."""
        owed = self._owed.get(key)
        if isinstance(owed, Owed) and key not in self._running and (owed.made or len(self) > SHORT_LINE):
            self._owed[key] = owed.waiting()

    def keys(self) -> list[str]:
        """What is in the line, in the order of arrival."""
        return list(self._owed)

    def first(self) -> Owed | Waiting | None:
        """What has been owed for longest."""
        return next(iter(self._owed.values()), None)

    def hasten_once(self, key: str, now: datetime) -> Owed | None:
        """Like `hasten`, but not for what has had an unscheduled attempt: an alert that is always refused is not to be
        tried again each time the endpoint is back.
        """
        return None if key in self._running else self._hasten(key, now, once=True)

    def hasten(self, key: str, now: datetime) -> Owed | None:
        """Make due now what has failed and waits for its next attempt. Returns it where that changed it.

        An attempt under way may have begun too early to succeed. If it fails, what is owed is due at once (`failed`).
        """
        if key in self._running and key not in self._failed:
            self._asked.add(key)
            return None
        return self._hasten(key, now, once=False)

    def _hasten(self, key: str, now: datetime, *, once: bool) -> Owed | None:
        waiting = self._owed.get(key)
        if waiting is None or not waiting.made or waiting.due_at <= now:
            return None
        owed = _whole(waiting)
        if once and owed.unscheduled:
            return None
        hastened = owed.hastened(now)
        self._queue(key, hastened)
        self._rest(key)
        return hastened

    def failed(self, key: str, owed: Owed, now: datetime) -> Owed:
        """Take what is owed after a failed attempt that has not ended yet, and return it as it is to be written.

        It is due now where that was asked for meanwhile. From now on, asking changes what this returns, and writes it:
        if it were changed only when the attempt has ended, a kill in between would lose what was asked for.
        """
        if key in self._asked:
            owed = owed.hastened(now)
        self._owed[key] = owed
        self._failed.add(key)
        return owed

    def look(self) -> None:
        """Start what may start now; set the alarm for what may start later."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._follow_clock()
        while self._taking:
            endpoint = self._endpoint()
            key = self._next(endpoint)
            if key is None:
                return
            now = self._now()
            begins = self._owed[key].due_at if endpoint is not None else now
            if endpoint is not None and begins <= now:
                begins = self._gate.opens_at(endpoint, now) or now
            if begins > now:
                wait = min(begins - now, NEVER_SLEEP_LONGER).total_seconds()
                self._timer = asyncio.get_running_loop().call_later(max(wait, 0.001), self.look)
                return
            if endpoint is not None:
                self._gate.passed(endpoint, now)
            self._running[key] = asyncio.ensure_future(self._attempt(key))

    def _follow_clock(self) -> None:
        """Where the clock was set back, make all that waits due as much sooner, or it would wait longer by that."""
        before, self._looked_at = self._looked_at, self._now()
        by = before - self._looked_at
        if by > SET_BACK:
            for key, owed in self._owed.items():
                self._owed[key] = owed.sooner(by)
            self._by_time = False

    def _next(self, endpoint: Endpoint | None) -> str | None:
        """The one whose turn is next; None where there is none, or as many are under way as may be."""
        if endpoint is not None and endpoint.ordered:
            # Strict order is that of arrival, in which the notifications were added, whenever each is due.
            self._by_time = False
            return None if self._running else next(iter(self._owed), None)
        now = self._now()
        if not self._by_time:
            self._waiting, self._due, self._by_time = [], [], True
            for key in self._owed:
                self._place(key, now)
        if len(self._running) >= (endpoint.concurrency if endpoint is not None else GIVEN_UP_AT_ONCE):
            return None
        while (later := self._first(self._waiting, _due_at)) is not None and self._owed[later].due_at <= now:
            heapq.heappop(self._waiting)
            self._place(later, now)
        return self._first(self._due, turn_of) or later

    def _first(self, heap: Heap, by: Callable[[Owed | Waiting], datetime]) -> str | None:
        """The first of a heap that has not begun, been settled or been put off since it was put there."""
        while heap:
            moment, _, key = heap[0]
            owed = self._owed.get(key)
            if owed is not None and key not in self._running and by(owed) == moment:
                return key
            heapq.heappop(heap)
        return None

    async def _attempt(self, key: str) -> None:
        try:
            owed: Owed | Waiting | None = await self._settle(key, _whole(self._owed[key]))
            if owed is not None and key in self._failed:
                owed = self._owed[key]
        finally:
            self._running.pop(key, None)
            self._asked.discard(key)
            self._failed.discard(key)
        if owed is None:
            del self._owed[key]
        else:
            self._queue(key, owed)
        self.look()
        self._rest(key)

    def stop_taking(self) -> None:
        """Begin nothing more."""
        self._taking = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def stop(self, grace: float) -> None:
        """Wait at most `grace` seconds for what is under way, then cut it off; it stays owed in its topic."""
        self.stop_taking()
        running = list(self._running.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=grace)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _whole(owed: Owed | Waiting) -> Owed:
    return owed.owed() if isinstance(owed, Waiting) else owed
