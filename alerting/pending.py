"""What is owed to an endpoint: the durable state of one notification until it is settled, and for a while after.

A settled notification is remembered for `REMEMBERED`, so that the same one, read again after a kill, is not sent again.
Beside them, under the endpoint's id alone, stands what is known of the endpoint itself: its breaker, whether it is
disabled, until when it asked not to be called.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Final, get_args

from pydantic import Field, TypeAdapter

from alerting.breaker import BreakerState
from alerting.notice import for_people
from streams.wire import Attempt, EndpointDisabled, Moment, Notification, Severity, Wire

REMEMBERED: Final = timedelta(hours=120)
"""How long a settled notification is remembered (as long as Alertmanager's notification log)."""

CLOCKS_DIFFER: Final = timedelta(seconds=5)
"""How far the clocks of two workers may differ before one of them is taken to be wrong."""

HEAD_START: Final = {severity: timedelta(days=steps) for steps, severity in enumerate(get_args(Severity))}
"""By how much an alert goes before those that are due as long and less severe.

A new alert of an evacuation does not wait behind hundreds that an endpoint is owed since it was away. However many of
the more severe come, a lesser one waits for them no longer than this.
"""

ATTEMPTS_KEPT: Final = 20
"""Attempts whose history stays with a notification."""


class Owed(Wire):
    """A notification that is still owed.

    `offset` is its place in its partition of `notifications`. `made_anew` is how often that topic had been deleted and
    created again by then: what is owed from a former topic came before everything that is in the present one. Of the
    attempts `made`, the schedule does not count those that are `unscheduled`.
    """

    notification: Notification
    offset: Annotated[int, Field(ge=0)]
    due_at: Moment
    attempts: tuple[Attempt, ...] = ()
    made: Annotated[int, Field(ge=0)] = 0
    unscheduled: Annotated[int, Field(ge=0)] = 0
    made_anew: Annotated[int, Field(ge=0)] = 0

    @property
    def arrival(self) -> tuple[int, int]:
        """Sorts the notifications of one partition in the order in which they came."""
        return self.made_anew, self.offset

    @property
    def since(self) -> datetime:
        """Since when it is owed: the time of what it tells, or of its replay."""
        return self.notification.replayed_at or self.notification.alert.at

    @property
    def severity(self) -> Severity:
        """How severe what it tells is."""
        return for_people(self.notification.alert).watch.severity

    def after(self, attempt: Attempt, due_at: datetime, *, counts: bool = True) -> Owed:
        """The same, one failed attempt later, which the schedule counts or not."""
        return self.model_copy(
            update={
                "attempts": (*self.attempts, attempt)[-ATTEMPTS_KEPT:],
                "made": attempt.number,
                "due_at": due_at,
                "unscheduled": min(self.unscheduled + (not counts), attempt.number),
            }
        )

    @property
    def endpoint(self) -> str:
        """The id of the endpoint that is to be told."""
        return self.notification.endpoint

    def hastened(self, now: datetime) -> Owed:
        """The same, due now: with an attempt that its schedule does not count."""
        return self.model_copy(update={"due_at": now, "unscheduled": min(self.unscheduled + 1, self.made)})

    def sooner(self, by: timedelta) -> Owed:
        """The same, due as much sooner."""
        return self.model_copy(update={"due_at": self.due_at - by})

    def waiting(self, value: bytes | None = None) -> Waiting:
        """The same, as it is kept while it waits; `value` is how it is written, where that is at hand."""
        return Waiting(
            endpoint=self.endpoint,
            due_at=self.due_at,
            made=self.made,
            arrival=self.arrival,
            since=self.since,
            severity=self.severity,
            tried=tuple(attempt.at for attempt in self.attempts),
            packed=zlib.compress(value or self.to_bytes(), 1),
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is owed, while it waits: in a tenth of the memory, since an endpoint that is away is owed thousands, for
    days. `tried` is when it was attempted.
    """

    endpoint: str
    due_at: datetime
    made: int
    arrival: tuple[int, int]
    since: datetime
    severity: Severity
    tried: tuple[datetime, ...]
    packed: bytes

    def owed(self) -> Owed:
        """The whole of it."""
        owed = Owed.model_validate_json(zlib.decompress(self.packed))
        return owed if owed.due_at == self.due_at else owed.model_copy(update={"due_at": self.due_at})

    def sooner(self, by: timedelta) -> Waiting:
        """The same, due as much sooner."""
        return replace(self, due_at=self.due_at - by)

    def by_clock(self, now: datetime) -> Waiting:
        """The same by this worker's clock. That of a former owner may have run ahead; it is then due sooner by as much,
        or it would wait until this clock has caught up.
        """
        ahead = (self.tried[-1] if self.tried else self.due_at) - now
        return self.sooner(ahead) if ahead > CLOCKS_DIFFER else self


@dataclass(frozen=True, slots=True)
class Settled:
    """A notification that is no longer owed: delivered, or handed to `undelivered`.

    Of all states only these are many, so they are no pydantic models, which take three times as much.
    """

    settled_at: Moment
    offset: Annotated[int, Field(ge=0)]

    def to_bytes(self) -> bytes:
        """The JSON value as it is written to `pending`."""
        return _SETTLED.dump_json(self)


_SETTLED: Final = TypeAdapter(Settled)


class EndpointState(Wire):
    """What is known of an endpoint, as of the last change that matters.

    `held_until`: it asked (by `Retry-After`) for no call before. `unannounced`: word that it was disabled, which its
    fallback has yet to be sent.
    """

    endpoint: str
    breaker: BreakerState = BreakerState()
    held_until: Moment | None = None
    unannounced: EndpointDisabled | None = None


def pending_key(notification: Notification) -> str:
    """The key of a notification's state: endpoint, webhook and, for a replay, its count."""
    return f"{notification.endpoint}/{notification.alert.webhook_id}/{notification.replay}"


State = Owed | Settled | EndpointState
"""A value of `pending`."""

Held = Waiting | Settled | EndpointState
"""A value of `pending` as it is held."""


def parse_pending(value: bytes) -> State:
    """The state that a record of `pending` holds. Raises pydantic's ValidationError."""
    if value.startswith(b'{"settled_at"'):
        return _SETTLED.validate_json(value)
    if value.startswith(b'{"endpoint"'):
        return EndpointState.model_validate_json(value)
    return Owed.model_validate_json(value)


def parse_held(value: bytes) -> Held:
    """The same, as it is held. Raises pydantic's ValidationError."""
    state = parse_pending(value)
    return state.waiting(value) if isinstance(state, Owed) else state


def turn_of(owed: Owed | Waiting) -> datetime:
    """Sorts what is due: the more severe goes first, and of the same severity what has been due for longest."""
    return owed.due_at - HEAD_START[owed.severity]


def newer(one: tuple[int, State | Held], other: tuple[int, State | Held]) -> bool:
    """Whether `one` stands rather than `other`, both states of one notification, or of one endpoint.

    Of a notification, settled is the end; else more attempts are newer. So a worker that was stopped in the middle of
    an attempt and writes after its successor cannot make owed again what is settled. Of an endpoint, the state as of
    the later input stands.
    """
    return _progress(*one) >= _progress(*other)


def _progress(offset: int, state: State | Held) -> float:
    if isinstance(state, EndpointState):
        return offset
    return float("inf") if isinstance(state, Settled) else state.made
