"""The gate of an endpoint: what its attempts came to, what it asked for, and what must be known after a restart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.breaker import PROBE_PATIENCE
from alerting.endpoint import Breaker, RateLimit
from alerting.gate import LONGEST_HOLD, MOST_UNSCHEDULED, Gate
from alerting.pending import EndpointState, newer, parse_pending
from alerting.verdict import judge
from tests.builders import MOMENT, endpoint

SECOND = timedelta(seconds=1)
DESK = endpoint(breaker=Breaker(of_at_least=2, failing=1))


def gate(state: EndpointState | None = None) -> Gate:
    return Gate(state or EndpointState(endpoint="desk"))


def test_a_new_gate_is_open_and_nothing_of_it_need_be_kept() -> None:
    desk = gate()
    assert desk.opens_at(DESK, MOMENT) is None
    assert not desk.ended(DESK, judge(204), MOMENT)
    assert not desk.stopped
    assert desk.unannounced is None


def test_every_failure_and_the_success_that_ends_them_is_kept() -> None:
    desk = gate()
    assert desk.ended(DESK, judge(500), MOMENT)
    assert desk.ended(DESK, judge(204), MOMENT)
    assert not desk.ended(DESK, judge(204), MOMENT)


def test_an_alert_that_cannot_be_rendered_says_nothing_of_the_endpoint_and_uses_up_no_probe() -> None:
    desk, unrendered = gate(), judge(None, "render")
    for _ in range(DESK.breaker.of_at_least):
        assert not desk.ended(DESK, unrendered, MOMENT, failure="render")
    assert not desk.stopped
    for _ in range(DESK.breaker.of_at_least):
        desk.ended(DESK, judge(500), MOMENT)
    later = MOMENT + DESK.breaker.pause
    desk.passed(DESK, later)
    assert desk.opens_at(DESK, later) is not None, "the probe is under way"
    desk.ended(DESK, unrendered, later, failure="render")
    assert desk.opens_at(DESK, later) is None


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("30", 30 * SECOND),
        (str(365 * 86400), LONGEST_HOLD),
        ("Sat, 07 Mar 2026 12:00:30 GMT", 30 * SECOND),
        ("-5", None),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_holds_the_endpoint_within_bounds(asked: str | None, held: timedelta | None) -> None:
    desk = gate()
    desk.ended(DESK, judge(429), MOMENT, retry_after=asked)
    assert desk.opens_at(DESK, MOMENT) == (None if held is None else MOMENT + held)


def test_retry_after_of_an_answer_that_was_taken_or_is_final_holds_nothing() -> None:
    for status in (200, 413):
        desk = gate()
        desk.ended(DESK, judge(status), MOMENT, retry_after="30")
        assert desk.opens_at(DESK, MOMENT) is None


def test_what_ends_an_outage_is_the_first_success_after_as_many_failures_as_open_the_breaker() -> None:
    desk = gate()
    for failures in range(DESK.breaker.of_at_least):
        assert not desk.ends_outage(DESK, judge(204)), f"after {failures} failures"
        desk.ended(DESK, judge(500), MOMENT + failures * timedelta(hours=1))
    assert desk.ends_outage(DESK, judge(204))
    assert not desk.ends_outage(DESK, judge(500))
    desk.ended(DESK, judge(204), MOMENT)
    assert not desk.ends_outage(DESK, judge(204))


def test_a_429_counts_in_the_schedule_unless_the_endpoint_takes_others() -> None:
    desk, within = gate(), DESK.breaker.within
    assert desk.counts(DESK, judge(429), MOMENT, 0), "nobody knows that it takes any"
    desk.ended(DESK, judge(204), MOMENT)
    assert not desk.counts(DESK, judge(429), MOMENT + SECOND, 0)
    assert desk.counts(DESK, judge(503), MOMENT + SECOND, 0)
    assert desk.counts(DESK, judge(429), MOMENT + within, 0)
    assert desk.counts(DESK, judge(429), MOMENT - SECOND, 0), "the clock was set back"
    assert not desk.counts(DESK, judge(429), MOMENT + SECOND, MOST_UNSCHEDULED - 1)
    assert desk.counts(DESK, judge(429), MOMENT + SECOND, MOST_UNSCHEDULED), "else it would never end"


def test_a_shorter_retry_after_does_not_undo_a_longer_one() -> None:
    desk = gate()
    desk.ended(DESK, judge(429), MOMENT, retry_after="60")
    desk.ended(DESK, judge(429), MOMENT, retry_after="5")
    assert desk.state.held_until == MOMENT + 60 * SECOND


def test_the_latest_of_breaker_limit_and_hold_opens() -> None:
    limited = DESK.model_copy(update={"rate_limit": RateLimit(count=1, per=timedelta(minutes=10))})
    desk = gate()
    desk.passed(limited, MOMENT)
    desk.ended(limited, judge(500), MOMENT)
    desk.ended(limited, judge(503), MOMENT, retry_after="60")
    assert desk.opens_at(limited, MOMENT) == MOMENT + timedelta(minutes=10)
    assert desk.opens_at(DESK, MOMENT) == MOMENT + 60 * SECOND
    assert desk.opens_at(DESK, MOMENT + 60 * SECOND) is None


def test_what_is_kept_is_what_a_gate_after_a_restart_knows() -> None:
    desk = gate()
    for _ in range(2):
        desk.ended(DESK, judge(429), MOMENT, retry_after="60")
    again = parse_pending(desk.state.to_bytes())
    assert again == desk.state
    assert gate(desk.state).opens_at(DESK, MOMENT) == desk.opens_at(DESK, MOMENT)
    assert gate(desk.state).stopped


def test_who_asks_for_a_call_now_gets_the_probe_and_no_more() -> None:
    desk = gate()
    for _ in range(2):
        desk.ended(DESK, judge(429), MOMENT, retry_after="3000")
    assert desk.opens_at(DESK, MOMENT) == MOMENT + 3000 * SECOND
    desk.hasten(MOMENT)
    assert desk.opens_at(DESK, MOMENT) is None
    assert desk.stopped, "its breaker is open still"
    desk.passed(DESK, MOMENT)
    assert desk.opens_at(DESK, MOMENT) == MOMENT + PROBE_PATIENCE


def test_of_an_open_gate_a_call_now_changes_nothing() -> None:
    desk = gate()
    before = desk.state
    desk.hasten(MOMENT)
    assert desk.state == before
    for _ in range(2):
        desk.ended(DESK, judge(500), MOMENT)
    later = MOMENT + DESK.breaker.pause
    probe_is_due = desk.state
    desk.hasten(later)
    assert desk.state == probe_is_due, "since when it has been due stays known"


def test_410_disables_announces_and_can_be_undone() -> None:
    desk = gate()
    desk.ended(DESK, judge(410), MOMENT)
    assert desk.disabled.startswith("410 gone")
    assert desk.stopped
    event = desk.unannounced
    assert event is not None
    assert (event.endpoint, event.at, event.reason) == ("desk", MOMENT, desk.disabled)
    desk.announced()
    desk.ended(DESK, judge(410), MOMENT + SECOND)
    assert desk.unannounced is None, "it is announced once"
    desk.enable()
    assert not desk.disabled
    assert desk.opens_at(DESK, MOMENT) is None


def test_a_rate_limit_counts_calls_before_the_restart() -> None:
    limited = DESK.model_copy(update={"rate_limit": RateLimit(count=2, per=timedelta(minutes=1))})
    desk = Gate(
        EndpointState(endpoint="desk"), [MOMENT - 10 * SECOND, MOMENT - 90 * SECOND, MOMENT - 50 * SECOND]
    )
    assert desk.opens_at(limited, MOMENT) == MOMENT + 10 * SECOND


def test_a_pause_of_any_length_is_kept() -> None:
    slow = DESK.model_copy(update={"breaker": Breaker(of_at_least=2, failing=1, pause=600 * SECOND)})
    desk = gate()
    for _ in range(2):
        desk.ended(slow, judge(500), MOMENT)
    assert desk.opens_at(slow, MOMENT) == MOMENT + 600 * SECOND


def test_a_longer_retry_after_takes_the_place_of_a_shorter_one() -> None:
    desk = gate()
    for seconds in ("10", "40"):
        desk.ended(DESK, judge(503), MOMENT, retry_after=seconds)
    desk.ended(DESK, judge(204), MOMENT)
    assert desk.opens_at(DESK, MOMENT) == MOMENT + 40 * SECOND


def test_what_was_refused_shows_not_that_others_are_taken() -> None:
    desk = gate()
    desk.ended(DESK, judge(429), MOMENT)
    assert desk.counts(DESK, judge(429), MOMENT, 0)


def test_of_two_states_of_an_endpoint_the_one_of_the_later_input_stands() -> None:
    early, late = EndpointState(endpoint="desk"), EndpointState(endpoint="desk", held_until=MOMENT)
    assert newer((5, late), (4, early))
    assert not newer((4, early), (5, late))


@pytest.mark.parametrize("hour", [timedelta(hours=1), timedelta(days=3650)])
def test_a_clock_that_is_set_back_shuts_no_gate(hour: timedelta) -> None:
    limited = endpoint(
        breaker=Breaker(of_at_least=1, failing=1), rate_limit=RateLimit(count=1, per=timedelta(minutes=1))
    )
    desk = gate()
    desk.passed(limited, MOMENT)
    desk.ended(limited, judge(429), MOMENT, retry_after="1800")
    later = MOMENT + timedelta(minutes=1)
    assert desk.opens_at(limited, later) == MOMENT + timedelta(minutes=30)
    assert desk.opens_at(limited, later - hour) is None
    assert gate(desk.state).opens_at(limited, later - hour) is None, "after a restart too"
    desk.passed(limited, later - hour)
    assert desk.opens_at(limited, later - hour) == later - hour + timedelta(minutes=1), "from then on as ever"
