"""How many calls may be under way of all endpoints together."""

from __future__ import annotations

from pydantic import SecretStr

from alerting.endpoint import Endpoint
from alerting.limits import with_fair_shares


def endpoint(name: str, concurrency: int = 8, *, enabled: bool = True) -> Endpoint:
    return Endpoint(id=name, url=SecretStr("https://desk.example"), concurrency=concurrency, enabled=enabled)


def test_endpoints_have_equal_shares_of_the_calls_that_may_be_under_way() -> None:
    endpoints = (endpoint("a"), endpoint("b", 2), endpoint("c", 64), endpoint("off", enabled=False))
    assert [one.concurrency for one in with_fair_shares(endpoints, 15)] == [5, 2, 5, 5]
    assert with_fair_shares(endpoints, 1000) == endpoints


def test_each_endpoint_has_a_call_however_many_there_are() -> None:
    assert [one.concurrency for one in with_fair_shares((endpoint("a"), endpoint("b")), 1)] == [1, 1]
    assert with_fair_shares((), 1) == ()
