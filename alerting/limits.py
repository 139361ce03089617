"""Limits: at most so many attempts in any span of time, and so many under way of all endpoints together. Frozen state
and pure functions.
"""

from __future__ import annotations

from datetime import datetime

from alerting.endpoint import Endpoint, RateLimit


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


def with_fair_shares(endpoints: tuple[Endpoint, ...], most: int) -> tuple[Endpoint, ...]:
    """The endpoints, none with more attempts at a time than its fair share of `most`: those that hang leave all others
    theirs. Each has one at least.
    """
    share = max(1, most // max(1, sum(endpoint.enabled for endpoint in endpoints)))
    return tuple(
        endpoint if endpoint.concurrency <= share else endpoint.model_copy(update={"concurrency": share})
        for endpoint in endpoints
    )
