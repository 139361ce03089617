"""The table of statuses and failures, all of it."""

from __future__ import annotations

from typing import get_args

import pytest

from alerting.verdict import Failure, judge

SLOW = {408, 429, 503, 504}
FINAL = {410, 413}


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_the_outcome_of_its_class(status: int) -> None:
    verdict = judge(status)
    expected = "delivered" if 200 <= status < 300 else "give-up" if status in FINAL else "retry"
    assert verdict.outcome == expected
    assert verdict.delivered == (expected == "delivered")
    assert verdict.slow == (status in SLOW)
    assert verdict.disable == (status == 410)
    assert verdict.reason.startswith(str(status))


@pytest.mark.parametrize("failure", get_args(Failure))
def test_every_failure_has_a_verdict_and_says_why(failure: Failure) -> None:
    verdict = judge(None, failure)
    assert verdict.outcome == ("give-up" if failure == "render" else "retry")
    assert verdict.slow == (failure == "timeout")
    assert verdict.reason
    assert not verdict.disable


def test_a_failure_outweighs_a_status() -> None:
    assert judge(200, "timeout").outcome == "retry"


def test_nothing_at_all_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="neither"):
        judge(None)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (300, 399, "redirects are not followed"),
        (400, 406, "the receiver refuses"),
        (500, 599, "the receiver failed"),
    ],
)
def test_a_class_of_statuses_is_explained_from_its_first_to_its_last(
    first: int, last: int, said: str
) -> None:
    assert said in judge(first).reason
    assert said in judge(last).reason
