"""The breaker of an endpoint: when most of its attempts fail, it is left alone for a while, then probed once.

Closed, until at least `of_at_least` attempts within `within` fail by the share `failing`. Open for `pause`.
Half-open: one probe; success closes, failure opens anew. An endpoint that has only failed for `disable_after`,
and at least `of_at_least` times, without a silence between, is disabled: it stays so, whatever an attempt that was
under way still says, until someone enables it. Frozen state and pure functions; the state can be kept in a topic, and
stays small however busy the endpoint is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from alerting.endpoint import Breaker
from streams.wire import Moment, Wire

PROBE_PATIENCE: Final = timedelta(minutes=2)
"""A probe that has not ended after this (its worker was killed) no longer keeps others from probing."""

SILENCE: Final = timedelta(hours=29)
"""How long after a failure the next one belongs to another outage: nobody called in between, so nobody knows how the
endpoint was. A little more than the longest wait of the standard schedule with its jitter.
"""

SPANS: Final = 10
"""The window is counted in this many spans; it moves on by one span at a time."""


class Span(Wire):
    """How the attempts that ended in one span of time went."""

    began: Moment
    good: int = 0
    failed: int = 0


class BreakerState(Wire):
    """What the breaker remembers.

    `spans` cover the window, oldest first; there are none while the breaker is open. `failed` counts the failures since
    `failing_since` without a success between, the last at `failed_at`; `disabled` says why, and is empty where the
    endpoint is not disabled.
    """

    spans: tuple[Span, ...] = ()
    open_until: Moment | None = None
    probing_since: Moment | None = None
    failing_since: Moment | None = None
    failed_at: Moment | None = None
    failed: int = 0
    disabled: str = ""
    disabled_at: Moment | None = None


def record(settings: Breaker, state: BreakerState, ok: bool, now: datetime) -> BreakerState:
    """The state after an attempt has ended."""
    if state.disabled:
        return state
    if ok:
        return BreakerState(spans=_counted(settings, state.spans, ok, now))
    since, failed = min(state.failing_since or now, now), state.failed + 1
    if state.failed_at is not None and now - state.failed_at > SILENCE:
        since, failed = now, 1
    opened = BreakerState(open_until=now + settings.pause, failing_since=since, failed_at=now, failed=failed)
    state = state.model_copy(update={"failing_since": since, "failed_at": now, "failed": failed})
    if now - since >= settings.disable_after and failed >= settings.of_at_least:
        return disable(state, f"all of {failed} attempts since {since:%Y-%m-%d %H:%M} UTC have failed", now)
    if state.open_until is not None:
        if state.probing_since is None:
            return state  # it had begun before the breaker opened
        return opened
    spans = _counted(settings, state.spans, ok, now)
    if _trips(settings, spans):
        return opened
    return state.model_copy(update={"spans": spans})


def disable(state: BreakerState, reason: str, now: datetime) -> BreakerState:
    """The state of an endpoint that is called no more."""
    if state.disabled:
        return state
    return BreakerState(
        failing_since=state.failing_since, failed=state.failed, disabled=reason, disabled_at=now
    )


def called_nobody(state: BreakerState) -> BreakerState:
    """The state after an attempt that called nobody: it says nothing of the endpoint, and was no probe."""
    return state.model_copy(update={"probing_since": None})


def _trips(settings: Breaker, spans: tuple[Span, ...]) -> bool:
    failed = sum(span.failed for span in spans)
    ended = failed + sum(span.good for span in spans)
    return ended >= settings.of_at_least and failed / ended >= settings.failing


def _counted(settings: Breaker, spans: tuple[Span, ...], ok: bool, now: datetime) -> tuple[Span, ...]:
    """The spans within the window, with one more attempt counted in the last.

    A span that begins later than now is from before the clock was set back; until then all would be counted in it.
    """
    recent = [span for span in spans if timedelta(0) <= now - span.began < settings.within]
    if not recent or now - recent[-1].began >= settings.within / SPANS:
        recent.append(Span(began=now))
    last = recent[-1]
    recent[-1] = Span(began=last.began, good=last.good + ok, failed=last.failed + (not ok))
    return tuple(recent)


def hasten(state: BreakerState, now: datetime) -> BreakerState:
    """The state after somebody who knows more asked for a call: an open breaker lets its probe through now."""
    if state.open_until is None:
        return state
    return state.model_copy(update={"open_until": min(state.open_until, now)})


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
