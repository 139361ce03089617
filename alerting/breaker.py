"""The breaker of an endpoint: when most of its attempts fail, it is left alone for a while, then probed once.

Closed, until at least `of_at_least` attempts within `within` fail by the share `failing`. Open for `pause`. Half-open:
one probe; success closes, failure opens anew. An endpoint that has only failed for `disable_after` is disabled.
Frozen state and pure functions; the state can be kept in a topic.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from alerting.endpoint import Breaker
from streams.wire import Moment, Wire

PROBE_PATIENCE: Final = timedelta(minutes=2)
"""A probe that has not ended after this (its worker was killed) no longer keeps others from probing."""


class BreakerState(Wire):
    """What the breaker remembers. `results` are the ends of attempts within the window, oldest first."""

    results: tuple[tuple[Moment, bool], ...] = ()
    open_until: Moment | None = None
    probing_since: Moment | None = None
    failing_since: Moment | None = None
    disabled: str = ""


def record(settings: Breaker, state: BreakerState, ok: bool, now: datetime) -> BreakerState:
    """The state after an attempt has ended."""
    if ok:
        results = () if state.open_until else _within(settings, state, now)
        return BreakerState(results=(*results, (now, True)))
    failing_since = state.failing_since or now
    if now - failing_since >= settings.disable_after:
        reason = f"every attempt has failed for {settings.disable_after}"
        return state.model_copy(update={"disabled": reason, "failing_since": failing_since})
    results = (*_within(settings, state, now), (now, False))
    failed = sum(not good for _, good in results)
    trips = state.open_until is not None or (
        len(results) >= settings.of_at_least and failed / len(results) >= settings.failing
    )
    return BreakerState(
        results=() if trips else results,
        open_until=now + settings.pause if trips else None,
        failing_since=failing_since,
    )


def _within(settings: Breaker, state: BreakerState, now: datetime) -> tuple[tuple[datetime, bool], ...]:
    begin = now - settings.within
    return tuple(result for result in state.results if result[0] > begin)[-1000:]


def opens_at(state: BreakerState, now: datetime) -> datetime | None:
    """None: an attempt may begin now. Else when to ask again."""
    if state.open_until is None:
        return None
    if now < state.open_until:
        return state.open_until
    if state.probing_since is not None and now - state.probing_since < PROBE_PATIENCE:
        return state.probing_since + PROBE_PATIENCE
    return None


def begun(state: BreakerState, now: datetime) -> BreakerState:
    """The state after an attempt has begun: where the breaker was open, this is the probe."""
    return state.model_copy(update={"probing_since": now}) if state.open_until is not None else state
