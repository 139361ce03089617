"""The breaker and the rate limit, under a clock that the test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerting.breaker import (
    PROBE_PATIENCE,
    SILENCE,
    SPANS,
    BreakerState,
    begun,
    called_nobody,
    disable,
    opens_at,
    record,
)
from alerting.endpoint import STANDARD_SCHEDULE, Breaker, RateLimit
from alerting.limits import next_free, spent
from tests.builders import MOMENT

SETTINGS = Breaker()
SECOND = timedelta(seconds=1)


def run(
    results: str, *, start: BreakerState | None = None, at: datetime = MOMENT, every: timedelta = SECOND
) -> tuple[BreakerState, datetime]:
    """Attempts that end one after another: `+` well, `-` failed."""
    state, now = start or BreakerState(), at
    for result in results:
        now += every
        state = record(SETTINGS, state, result == "+", now)
    return state, now


def test_fewer_failures_than_asked_for_leave_it_closed() -> None:
    state, now = run("-" * 9)
    assert opens_at(state, now) is None


def test_it_opens_when_most_of_enough_attempts_failed() -> None:
    state, now = run("-" * 10)
    assert opens_at(state, now) == now + SETTINGS.pause


def test_a_share_below_the_limit_leaves_it_closed() -> None:
    state, now = run("++++------" + "++--------")
    assert opens_at(run("++++------")[0], now) is None
    assert run("+" * 9 + "-" * 10)[0].open_until is None, "nine of nineteen went well"
    assert opens_at(state, now) is not None


def test_failures_that_are_older_than_the_window_count_no_more() -> None:
    state, now = run("-" * 20, every=timedelta(minutes=1))
    assert opens_at(state, now) is None
    before, _ = run("-" * 9, every=timedelta(0))
    for age, opens in ((SETTINGS.within - SECOND, True), (SETTINGS.within, False)):
        state, now = run("-", start=before, every=age)
        assert (opens_at(state, now) is not None) is opens


def test_what_fails_a_tenth_of_the_window_later_counts_a_tenth_longer() -> None:
    first, _ = run("-", every=timedelta(0))
    state, _ = run("-" * 8, start=first, at=MOMENT + SETTINGS.within / SPANS, every=timedelta(0))
    state, now = run("--", start=state, at=MOMENT + SETTINGS.within, every=timedelta(0))
    assert opens_at(state, now) is not None, "ten but for the very first"


def test_failures_of_a_clock_that_was_set_back_since_count_no_more() -> None:
    """The window would otherwise not move on until the clock is there again."""
    state, now = run("-" * 9)
    earlier = now - timedelta(hours=1)
    for minutes in (0, 10, 20):
        state = record(SETTINGS, state, False, earlier + timedelta(minutes=minutes))
    assert opens_at(state, earlier + timedelta(minutes=20)) is None
    assert state.failing_since == earlier


def test_the_window_moves_on_with_time_and_does_not_begin_anew() -> None:
    state, now = run("+" * 6)
    state, now = run("-" * 9, start=state, at=now + timedelta(minutes=4))
    assert opens_at(state, now) is None, "six of fifteen went well"
    state, now = run("-", start=state, at=now + timedelta(seconds=50))
    assert opens_at(state, now) is not None, "of those within the window none did"


def test_after_the_pause_one_probe_may_begin_and_no_second() -> None:
    state, now = run("-" * 10)
    later = now + SETTINGS.pause
    assert opens_at(state, later) is None
    probing = begun(state, later)
    assert opens_at(probing, later) == later + PROBE_PATIENCE


def test_a_probe_that_succeeds_closes_it() -> None:
    state, now = run("-" * 10)
    later = now + SETTINGS.pause
    closed = record(SETTINGS, begun(state, later), True, later + SECOND)
    assert opens_at(closed, later + SECOND) is None
    assert run("-" * 8, start=closed)[0].open_until is None  # what was before is forgotten


def test_a_probe_that_fails_opens_it_anew() -> None:
    state, now = run("-" * 10)
    later = now + SETTINGS.pause
    again = record(SETTINGS, begun(state, later), False, later + SECOND)
    assert opens_at(again, later + SECOND) == later + SECOND + SETTINGS.pause


def test_a_probe_whose_worker_was_killed_does_not_keep_it_open_for_ever() -> None:
    state, now = run("-" * 10)
    later = now + SETTINGS.pause
    assert opens_at(begun(state, later), later + PROBE_PATIENCE) is None


def test_days_of_failing_disable_and_one_success_in_between_does_not() -> None:
    every = timedelta(hours=10)
    assert not run("-" * 12, every=every)[0].disabled
    assert run("-" * 13, every=every)[0].disabled
    assert not run("-" * 11 + "+" + "-" * 12, every=every)[0].disabled


def test_an_endpoint_whose_probes_fail_for_days_is_disabled_and_it_is_said_since_when() -> None:
    state, now = run("-" * 10)
    first, attempts = MOMENT + SECOND, 10
    while not state.disabled:
        assert now - first < SETTINGS.disable_after
        now += timedelta(hours=10)
        state = record(SETTINGS, begun(state, now), False, now)
        attempts += 1
    assert now - first >= SETTINGS.disable_after
    assert (state.failing_since, state.failed, state.disabled_at) == (first, attempts, now)
    assert state.disabled == f"all of {attempts} attempts since 2026-03-07 12:00 UTC have failed"


def test_few_failures_far_apart_do_not_disable_a_quiet_endpoint() -> None:
    every = timedelta(hours=20)
    assert not run("-" * (SETTINGS.of_at_least - 1), every=every)[0].disabled
    assert run("-" * SETTINGS.of_at_least, every=every)[0].disabled


def test_what_failed_before_a_silence_disables_no_endpoint() -> None:
    """An alert was given up after days, and the next comes as its receiver is restarted, which takes a moment."""
    state, now = BreakerState(), MOMENT
    for wait in (timedelta(0), *STANDARD_SCHEDULE):
        state, now = run("-", start=state, at=now, every=wait * 1.2)
    assert state.failed == SETTINGS.of_at_least
    state, now = run("-", start=state, at=now, every=timedelta(hours=30))
    assert not state.disabled
    assert (state.failing_since, state.failed) == (now, 1)
    assert run("-" * 25, start=state, at=now, every=timedelta(hours=5))[0].disabled, (
        "by what fails from then on"
    )


def test_a_silence_after_the_breaker_has_opened_is_one_too() -> None:
    state, now = run("-" * 10)
    for wait, since in ((SILENCE, state.failing_since), (SILENCE + SECOND, now + SILENCE + SECOND)):
        assert record(SETTINGS, begun(state, now + wait), False, now + wait).failing_since == since


def test_a_disabled_endpoint_stays_so_whatever_still_ends() -> None:
    state = disable(run("--")[0], "410 gone", MOMENT)
    for results in ("+", "-", "+-+"):
        assert run(results, start=state)[0] == state
    assert disable(state, "another reason", MOMENT + SECOND) == state


def test_an_attempt_that_had_begun_before_neither_prolongs_the_pause_nor_counts_as_the_probe() -> None:
    state, now = run("-" * 10)
    late = record(SETTINGS, state, False, now + SECOND)
    assert opens_at(late, now + SECOND) == now + SETTINGS.pause
    probing = begun(late, now + SETTINGS.pause)
    assert opens_at(probing, now + SETTINGS.pause) is not None


def test_an_attempt_that_called_nobody_lets_another_probe_begin() -> None:
    state, now = run("-" * 10)
    later = now + SETTINGS.pause
    assert opens_at(called_nobody(begun(state, later)), later) is None


class Endpoints(RuleBasedStateMachine):
    """Any order of beginnings, endings and waits: at most one probe at a time, none before the pause is over."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now = BreakerState(), MOMENT
        self.under_way: list[bool] = []

    @rule(seconds=st.integers(0, 120))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def begin(self) -> None:
        if opens_at(self.state, self.now) is None:
            probe = self.state.open_until is not None
            if probe:
                assert self.state.open_until is not None
                assert self.now >= self.state.open_until
            self.state = begun(self.state, self.now)
            self.under_way.append(probe)
            if probe:
                assert opens_at(self.state, self.now) is not None

    @precondition(lambda self: self.under_way)
    @rule(ok=st.booleans())
    def end(self, ok: bool) -> None:
        self.under_way.pop()
        self.state = record(SETTINGS, self.state, ok, self.now)
        if ok:
            assert opens_at(self.state, self.now) is None

    @invariant()
    def it_never_waits_longer_than_a_pause_or_a_probe(self) -> None:
        at = opens_at(self.state, self.now)
        assert at is None or self.now < at <= self.now + max(SETTINGS.pause, PROBE_PATIENCE)


Endpoints.TestCase.settings = settings(max_examples=50, deadline=None)
test_at_most_one_probe_at_a_time = Endpoints.TestCase


def test_it_survives_being_written_and_read() -> None:
    for results in ("", "++-", "-" * 10):
        state, now = run(results)
        state = begun(state, now)
        assert BreakerState.model_validate_json(state.to_bytes()) == state


def test_its_state_stays_small_however_busy_the_endpoint_is() -> None:
    state, _ = run("+-" * 2000, every=timedelta(milliseconds=100))
    assert len(state.spans) <= SPANS + 1
    assert len(state.to_bytes()) < 2000


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=60), st.integers(1, 4))
def test_no_span_of_time_holds_more_attempts_than_the_limit(
    steps: list[tuple[float, int]], count: int
) -> None:
    """Each attempt begins as early as the limit allows; every window is then within it."""
    limit = RateLimit(count=count, per=timedelta(seconds=1))
    begun_at: tuple[datetime, ...] = ()
    all_begun: list[datetime] = []
    now = MOMENT
    for wait, attempts in steps:
        now += timedelta(seconds=wait)
        for _ in range(attempts):
            now = next_free(limit, begun_at, now) or now
            assert next_free(limit, begun_at, now) is None
            begun_at = spent(limit, begun_at, now)
            all_begun.append(now)
    for first in all_begun:
        assert sum(first <= moment < first + limit.per for moment in all_begun) <= count


def test_without_a_limit_every_moment_is_free_and_nothing_is_kept() -> None:
    assert next_free(None, (MOMENT,) * 5, MOMENT) is None
    assert spent(None, (MOMENT,), MOMENT) == ()
