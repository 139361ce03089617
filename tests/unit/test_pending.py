"""What is owed, and what stands where two workers wrote about the same notification."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

from agents.delivery_partition import Partition
from alerting.notice import endpoint_disabled
from alerting.pending import REMEMBERED, Owed, Settled, newer, parse_held, parse_pending
from tests.builders import MOMENT, attempt, endpoint, notification


def owed(made: int = 0) -> Owed:
    return Owed(notification=notification(), offset=7, due_at=MOMENT, made=made)


def settled(days: float = 0) -> Settled:
    return Settled(settled_at=MOMENT + timedelta(days=days), offset=7)


def test_settled_stands_in_whatever_order_the_states_were_written() -> None:
    states: tuple[Owed | Settled, ...] = (owed(0), owed(1), owed(2), settled())
    for order in permutations(states):
        best = (7, order[0])
        for state in order[1:]:
            if newer((7, state), best):
                best = (7, state)
        assert isinstance(best[1], Settled)


def test_of_two_that_are_owed_the_one_attempted_more_often_stands() -> None:
    assert newer((7, owed(2)), (7, owed(1)))
    assert not newer((7, owed(1)), (7, owed(2)))


def test_of_as_many_attempts_what_is_written_later_stands() -> None:
    assert newer((7, owed(1).hastened(MOMENT)), (7, owed(1)))


def test_an_attempt_that_the_schedule_does_not_count_is_one_more_of_those() -> None:
    first = owed().after(attempt(), MOMENT)
    second = first.after(attempt(number=2), MOMENT, counts=False)
    assert [one.unscheduled for one in (first, second, second.after(attempt(number=3), MOMENT))] == [0, 1, 1]
    assert owed(3).hastened(MOMENT).unscheduled == 1
    assert owed().hastened(MOMENT).unscheduled == 0, "none was made"


def test_it_is_owed_since_its_alert_or_since_it_was_replayed() -> None:
    later = MOMENT + timedelta(days=1)
    assert owed().since == MOMENT
    assert owed().model_copy(update={"notification": notification(replayed_at=later)}).since == later


def test_what_a_clock_that_ran_ahead_put_off_is_due_as_much_sooner() -> None:
    tried = owed().after(attempt(at=MOMENT), MOMENT + timedelta(hours=2)).waiting()
    day = timedelta(days=1)
    assert tried.by_clock(MOMENT - day).due_at == MOMENT - day + timedelta(hours=2)
    assert tried.by_clock(MOMENT - day).owed().due_at == MOMENT - day + timedelta(hours=2)
    twice = (
        owed().after(attempt(at=MOMENT - day), MOMENT).after(attempt(at=MOMENT), MOMENT + timedelta(hours=2))
    )
    assert twice.waiting().by_clock(MOMENT - day).due_at == MOMENT - day + timedelta(hours=2), "by the last"
    assert owed().waiting().by_clock(MOMENT - day).due_at == MOMENT - day
    for late in (timedelta(0), timedelta(seconds=-5), day):
        assert tried.by_clock(MOMENT + late) == tried


def test_of_the_attempts_the_schedule_does_not_count_one_may_be_its_next() -> None:
    """However often somebody asks for a try of what is refused as too fast."""
    state = owed()
    for number in range(1, 5):
        state = state.after(attempt(number=number), MOMENT, counts=False).hastened(MOMENT)
        assert state.made + 1 - state.unscheduled == 1


def test_word_that_an_endpoint_is_disabled_is_as_severe_as_people_are_told() -> None:
    event = endpoint_disabled(endpoint(), "410 gone", MOMENT, None)
    told = owed().model_copy(update={"notification": notification(alert=event)})
    assert told.severity == told.waiting().severity == "high"


def test_what_waits_is_the_whole_of_what_is_owed() -> None:
    for state in (owed(), owed().after(attempt(), MOMENT).hastened(MOMENT), owed(3)):
        assert state.waiting().owed() == state
        assert parse_held(state.to_bytes()) == state.waiting()
        assert state.waiting().sooner(timedelta(hours=1)).owed() == state.sooner(timedelta(hours=1))
    assert parse_held(settled().to_bytes()) == settled()


def test_states_read_back_as_what_they_were() -> None:
    for state in (owed(3), settled()):
        assert parse_pending(state.to_bytes()) == state
    assert settled().to_bytes() == b'{"settled_at":"2026-03-07T12:00:00Z","offset":7}'


def test_what_was_settled_is_forgotten_after_its_time_oldest_first_and_a_few_at_once() -> None:
    states = {f"k{day}": settled(day) for day in (3, 0, 1, 2)}
    partition = Partition(0, 7, states)
    now = MOMENT + timedelta(days=2) + REMEMBERED
    assert partition.forget_settled(now, at_most=1) == ["k0"]
    assert partition.forget_settled(now) == ["k1"]
    assert [key for key in states if partition.knows(key, "desk")] == ["k3", "k2"]
    partition.settle("k2", now)
    assert partition.forget_settled(now + timedelta(days=2)) == ["k3"]
    assert partition.forget_settled(now + REMEMBERED + timedelta(days=1)) == ["k2"]


def test_what_was_settled_longest_ago_is_forgotten_first_in_whatever_order_it_was_read() -> None:
    """Behind what is not to be forgotten yet it would be remembered until that is."""
    ago = {"c": 1, "a": 121, "b": 130}
    then = {key: settled(-hours / 24) for key, hours in ago.items()}
    partition = Partition(0, 0, then)
    assert partition.forget_settled(MOMENT, at_most=1) == ["b"]
    assert partition.forget_settled(MOMENT) == ["a"]
    assert [key for key in ago if partition.knows(key, "desk")] == ["c"]
