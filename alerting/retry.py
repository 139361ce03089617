"""When to try again: one function of schedule, verdict, `Retry-After`, clock and chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from alerting.endpoint import Endpoint
from alerting.verdict import Verdict

LONGEST_RETRY_AFTER: Final = timedelta(hours=24)
"""How long a notification waits, at most, because its receiver asked for that."""

OFTEN: Final = 10
"""Attempts of one notification that its schedule does not count, after which each waits longer than the one before. By
then it is so late that a tenth more matters little, and some receivers ban whoever goes on.
"""


def next_attempt(
    endpoint: Endpoint,
    number: int,
    verdict: Verdict,
    retry_after: str | None,
    now: datetime,
    rng: random.Random,
    unscheduled: int = 0,
) -> datetime | None:
    """When attempt `number` + 1 is due after attempt `number` ended with `verdict`; None: it was the last.

    Number 0 stands for an attempt that the schedule does not count; `unscheduled` is how many of these came before it.

    Jitter only ever adds to the schedule's wait, so that nothing is early. A shorter `Retry-After` changes nothing.
    """
    if verdict.outcome != "retry" or max(number, 1) > len(endpoint.schedule):
        return None
    wait = endpoint.schedule[number - 1] if number else timedelta(0)
    wait += wait * (endpoint.jitter * rng.random())
    if verdict.slow:
        wait = max(wait, endpoint.slow_wait * max(1.0, unscheduled / OFTEN))
    asked = parse_retry_after(retry_after, now)
    if asked is not None:
        wait = max(wait, min(asked, LONGEST_RETRY_AFTER))
    return now + wait


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that a `Retry-After` header asks for: seconds or an HTTP date; None where it says nothing sound."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(float(value), 10 * 365 * 86400))
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))
