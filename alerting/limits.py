"""Rate limit: at most so many attempts in any span of time. Frozen state and pure functions."""

from __future__ import annotations

from datetime import datetime

from alerting.endpoint import RateLimit


def next_free(limit: RateLimit | None, begun: tuple[datetime, ...], now: datetime) -> datetime | None:
    """None: an attempt may begin now. Else when the next may. `begun` are recent beginnings, oldest first."""
    if limit is None:
        return None
    if len(begun) < limit.count:
        return None
    free = begun[-limit.count] + limit.per
    return free if free > now else None


def spent(limit: RateLimit | None, begun: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """The recent beginnings after one more."""
    return (*begun, now)[-limit.count :] if limit is not None else ()
