"""The breaker and the rate limit, under a clock that the test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerting.breaker import PROBE_PATIENCE, SPANS, BreakerState, begun, opens_at, record
from alerting.endpoint import Breaker, RateLimit
from alerting.limits import next_free, spent
from tests.builders import MOMENT

SETTINGS = Breaker()
SECOND = timedelta(seconds=1)


def run(
    results: str, *, start: BreakerState | None = None, every: timedelta = SECOND
) -> tuple[BreakerState, datetime]:
    """Attempts that end one after another: `+` well, `-` failed."""
    state, now = start or BreakerState(), MOMENT
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
    assert opens_at(state, now) is not None


def test_failures_that_are_older_than_the_window_count_no_more() -> None:
    state, now = run("-" * 20, every=timedelta(minutes=1))
    assert opens_at(state, now) is None


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
