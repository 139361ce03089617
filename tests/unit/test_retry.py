"""When the next attempt is due: the schedule, jitter, Retry-After, and the end."""

from __future__ import annotations

import random
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.endpoint import STANDARD_SCHEDULE
from alerting.gate import MOST_UNSCHEDULED
from alerting.retry import LONGEST_RETRY_AFTER, next_attempt, parse_retry_after
from alerting.verdict import judge
from tests.builders import MOMENT, endpoint

FAILED = judge(500)


def test_the_standard_schedule_makes_ten_attempts_and_then_ends() -> None:
    waits = []
    for number in range(1, 12):
        due = next_attempt(endpoint(jitter=0), number, FAILED, None, MOMENT, random.Random(1))
        waits.append(None if due is None else due - MOMENT)
    assert waits == [*STANDARD_SCHEDULE, None, None]


@given(
    number=st.integers(1, 9),
    jitter=st.floats(0, 1),
    seed=st.integers(),
    status=st.sampled_from([302, 404, 429, 500, 503]),
    retry_after=st.one_of(st.none(), st.text(max_size=40), st.integers(-(10**9), 10**18).map(str)),
)
def test_no_attempt_is_early_nor_later_than_its_bounds(
    number: int, jitter: float, seed: int, status: int, retry_after: str | None
) -> None:
    """Whatever a receiver says, the wait is at least the schedule's, at most 24 hours or its jitter."""
    due = next_attempt(
        endpoint(jitter=jitter), number, judge(status), retry_after, MOMENT, random.Random(seed)
    )
    assert due is not None
    wait = STANDARD_SCHEDULE[number - 1]
    assert wait <= due - MOMENT
    assert due - MOMENT <= max(wait * (1 + jitter) + timedelta(seconds=60), LONGEST_RETRY_AFTER)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("0", timedelta(0)),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        (format_datetime(MOMENT + timedelta(minutes=5), usegmt=True), timedelta(minutes=5)),
        (format_datetime(MOMENT + timedelta(days=365), usegmt=True), timedelta(days=365)),
        (format_datetime(MOMENT - timedelta(minutes=5), usegmt=True), timedelta(0)),
        ("-120", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
        ("Saturday, 07-Mar-26 12:02:00 GMT", timedelta(minutes=2)),
        ("Sat Mar  7 12:02:00 2026", timedelta(minutes=2)),
        ("Sat, 07 Mar 2026 14:02:00 +0200", timedelta(minutes=2)),
        (str(10**9), timedelta(days=3650)),
        ("9" * 400, timedelta(days=3650)),
        ("9" * 5000, timedelta(days=3650)),
        ("120s", None),
        ("120, 60", None),
        ("+120", None),
        ("1e3", None),
        ("Sat, 07 Mar 99999 12:02:00 GMT", None),
        ("\x00", None),
        ("Fri, 99 Foo 2026 99:99:99 GMT", None),
        ("Sat, 07 Mar 2026 12:00:30 -0000", timedelta(seconds=30)),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, wait: timedelta | None) -> None:
    assert parse_retry_after(value, MOMENT) == wait


def test_retry_after_in_a_year_waits_a_day() -> None:
    due = next_attempt(endpoint(jitter=0), 1, judge(429), str(365 * 86400), MOMENT, random.Random(1))
    assert due == MOMENT + timedelta(hours=24)


@pytest.mark.parametrize("verdict", [judge(429), judge(None, "timeout")], ids=["429", "time-out"])
def test_an_overwhelmed_receiver_gets_a_minute_at_least(verdict: object) -> None:
    due = next_attempt(endpoint(jitter=0), 1, verdict, None, MOMENT, random.Random(1))  # type: ignore[arg-type]
    assert due == MOMENT + timedelta(seconds=60)


@pytest.mark.parametrize("status", [200, 410, 413])
def test_after_success_and_after_a_final_failure_there_is_no_next(status: int) -> None:
    assert next_attempt(endpoint(), 1, judge(status), "5", MOMENT, random.Random(1)) is None


def test_an_empty_schedule_means_one_attempt() -> None:
    for number in (0, 1):
        verdict = judge(429)
        assert next_attempt(endpoint(schedule=()), number, verdict, "5", MOMENT, random.Random(1)) is None


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 60), ("1", 60), ("90", 90)])
def test_an_attempt_that_the_schedule_does_not_count_waits_as_the_receiver_asked_for(
    retry_after: str | None, wait: int
) -> None:
    due = next_attempt(endpoint(), 0, judge(429), retry_after, MOMENT, random.Random(1))
    assert due == MOMENT + timedelta(seconds=wait)


def test_an_alert_that_is_refused_as_too_many_for_ever_is_tried_more_seldom_and_a_late_one_is_not_much_later() -> (
    None
):
    waited = timedelta(0)
    for unscheduled in range(MOST_UNSCHEDULED):
        due = next_attempt(endpoint(), 0, judge(429), None, MOMENT, random.Random(1), unscheduled)
        assert due is not None
        wait = due - MOMENT
        assert wait == timedelta(minutes=1) or wait <= waited / 9
        waited += wait
    assert wait == timedelta(minutes=1) * 14.9
    assert timedelta(hours=18) < waited < timedelta(hours=20)


def test_a_schedule_of_one_wait_means_two_attempts() -> None:
    once = endpoint(schedule=(timedelta(minutes=5),), jitter=0)
    dues = [next_attempt(once, number, FAILED, None, MOMENT, random.Random(1)) for number in (1, 2)]
    assert dues == [MOMENT + timedelta(minutes=5), None]


def test_jitter_parts_what_failed_together() -> None:
    dues = {next_attempt(endpoint(), 3, FAILED, None, MOMENT, random.Random(seed)) for seed in range(9)}
    assert len(dues) == 9
