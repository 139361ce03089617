"""The gate of an endpoint: whether it may be called now. Breaker, rate limit, and what it asked for itself.

Keeps what the attempts made here came to. `ended` says when that must be written down, so that whoever takes over
after a kill knows it too. The rate limit's count is not written: it is found again in what is owed and settled.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from alerting import breaker, limits
from alerting.breaker import PROBE_PATIENCE, BreakerState
from alerting.endpoint import Endpoint
from alerting.notice import endpoint_disabled
from alerting.pending import EndpointState
from alerting.retry import parse_retry_after
from alerting.verdict import Failure, Verdict
from streams.wire import EndpointDisabled

LONGEST_HOLD: Final = timedelta(hours=1)
"""How long all of an endpoint's notifications wait, at most, because one of them met a `Retry-After`."""

MOST_UNSCHEDULED: Final = 150
"""Attempts of an alert that its schedule does not count, at most. They are a minute apart at first, and a quarter of an
hour at last, unless the endpoint says otherwise: some nineteen hours.
"""

_NONE: Final = timedelta(0)


class Gate:
    """Whether one endpoint may be called."""

    def __init__(self, state: EndpointState, begun: Iterable[datetime] = ()) -> None:
        self._state = state
        self._begun = tuple(sorted(begun))
        self._taken_at: datetime | None = None

    @property
    def state(self) -> EndpointState:
        """What must be known after a restart."""
        return self._state

    @property
    def disabled(self) -> str:
        """Why the endpoint is called no more; empty where it is."""
        return self._state.breaker.disabled

    @property
    def stopped(self) -> bool:
        """Whether the endpoint is disabled, or left alone by its breaker."""
        return bool(self.disabled) or self._state.breaker.open_until is not None

    @property
    def unannounced(self) -> EndpointDisabled | None:
        """The event that the endpoint was disabled, until its fallback has been sent it."""
        return self._state.unannounced

    def opens_at(self, endpoint: Endpoint, now: datetime) -> datetime | None:
        """None: now. Else the earliest moment to ask again."""
        limit = endpoint.rate_limit
        waits = (
            (breaker.opens_at(self._state.breaker, now), max(endpoint.breaker.pause, PROBE_PATIENCE)),
            (limits.next_free(limit, self._begun, now), limit.per if limit is not None else _NONE),
            (self._state.held_until, LONGEST_HOLD),
        )
        # What is further ahead than such a wait ever is was reckoned by a clock that has been set back since.
        return max(
            (moment for moment, longest in waits if moment is not None and now < moment <= now + longest),
            default=None,
        )

    def passed(self, endpoint: Endpoint, now: datetime) -> None:
        """Count a call that begins now."""
        self._change(breaker=breaker.begun(self._state.breaker, now))
        self._begun = limits.spent(endpoint.rate_limit, self._begun, now)

    def ended(
        self,
        endpoint: Endpoint,
        verdict: Verdict,
        now: datetime,
        *,
        failure: Failure | None = None,
        retry_after: str | None = None,
    ) -> bool:
        """Count how a call ended. Returns whether the state must be written down."""
        before = self._state
        if verdict.delivered:
            self._taken_at = now
        if failure == "render":  # nobody was called
            self._change(breaker=breaker.called_nobody(before.breaker))
            return False
        state = breaker.record(endpoint.breaker, before.breaker, verdict.delivered, now)
        if verdict.disable:
            state = breaker.disable(state, verdict.reason, now)
        self._change(breaker=state)
        asked = parse_retry_after(retry_after, now) if verdict.outcome == "retry" else None
        if asked is not None:
            until = now + min(asked, LONGEST_HOLD)
            self._change(held_until=max(until, before.held_until or until))
        if state.disabled and not before.breaker.disabled:
            self._change(unannounced=endpoint_disabled(endpoint, state.disabled, now, state.failing_since))
        # A success that follows a success changes nothing that a restart would miss.
        return not verdict.delivered or before.breaker.failing_since is not None

    def ends_outage(self, endpoint: Endpoint, verdict: Verdict) -> bool:
        """Whether an attempt with this verdict ends an outage: it is taken, after as many failures in a row as may open
        the breaker, however long they took. Ask before calling `ended`.
        """
        return verdict.delivered and self._state.breaker.failed >= endpoint.breaker.of_at_least

    def counts(self, endpoint: Endpoint, verdict: Verdict, now: datetime, unscheduled: int) -> bool:
        """Whether an attempt that has ended counts as one of the alert's schedule; `unscheduled` before it did not.

        It does not where the endpoint was only called too fast and takes other alerts: of a hundred alerts at once for
        an endpoint that takes one a second, those that it refuses again and again would wait for hours. After a restart
        nobody knows that it takes others until it has taken one. But one alert may be refused like this for ever, and
        must be given up some time.
        """
        if not verdict.too_fast or self._taken_at is None or unscheduled >= MOST_UNSCHEDULED:
            return True
        return not timedelta(0) <= now - self._taken_at < endpoint.breaker.within

    def announced(self) -> None:
        """Take note that the fallback will be told."""
        self._change(unannounced=None)

    def hasten(self, now: datetime) -> None:
        """Let a call begin now, if only the breaker's probe; that the endpoint asked for a pause is forgotten."""
        self._change(breaker=breaker.hasten(self._state.breaker, now), held_until=None)

    def enable(self) -> None:
        """Call the endpoint again, as if nothing had been."""
        self._state = EndpointState(endpoint=self._state.endpoint)

    def _change(self, **update: BreakerState | datetime | EndpointDisabled | None) -> None:
        self._state = self._state.model_copy(update=update)
