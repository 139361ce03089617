"""Identifiers are functions of their parts; wire values survive a round trip and say what they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.ids import derive_id
from streams.wire import Alert, Candidate, Notification, cloudevent_headers, from_bytes, rfc3339
from tests.builders import MOMENT, alert, candidate, notification


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_an_id_is_the_same_exactly_when_its_parts_are(one: list[str], other: list[str]) -> None:
    assert (derive_id("art", *one) == derive_id("art", *other)) == (one == other)


def test_values_survive_the_wire() -> None:
    for value in (alert(), candidate(), notification()):
        assert from_bytes(type(value), value.to_bytes()) == value


def test_a_newer_field_does_not_stop_an_older_reader() -> None:
    value = notification().to_bytes()[:-1] + b',"added_later":1}'
    assert from_bytes(Notification, value) == notification()


def test_headers_are_cloudevents() -> None:
    headers = dict(cloudevent_headers(alert(type="alert.updated"), event_id="msg_1", time=MOMENT))
    assert headers["ce_type"] == b"tocsin.alert.updated"
    assert headers["ce_id"] == b"msg_1"
    assert headers["ce_time"] == b"2026-03-07T12:00:00.000Z"
    assert (
        dict(cloudevent_headers(candidate(), event_id="x", time=MOMENT))["ce_type"]
        == b"tocsin.watch.candidate"
    )


def test_times_are_utc_on_the_wire() -> None:
    ankara = datetime(2026, 3, 7, 15, 0, tzinfo=timezone(timedelta(hours=3)))
    assert rfc3339(ankara) == "2026-03-07T12:00:00.000Z"
    assert from_bytes(Alert, alert(at=ankara).to_bytes()).at == MOMENT
    assert (
        from_bytes(Candidate, candidate(seen_at=datetime(2026, 3, 7, 12, 0)).to_bytes()).seen_at.tzinfo is UTC
    )


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0999-12-31T23:59:59Z", "9001-01-01"]
)
def test_a_time_that_cannot_be_reckoned_with_is_refused_as_any_other_fault(moment: str) -> None:
    value = candidate(seen_at=MOMENT).to_bytes().replace(b"2026-03-07T12:00:00Z", moment.encode())
    assert moment.encode() in value
    with pytest.raises(ValidationError, match="the years"):
        from_bytes(Candidate, value)


def test_a_count_of_replays_is_not_negative() -> None:
    """Its attempts could not be written down."""
    value = b'{"endpoint":"desk","replay":-1,"alert":%s}' % alert().to_bytes()
    with pytest.raises(ValidationError, match="replay"):
        from_bytes(Notification, value)


def test_a_word_of_a_gist_weighs_something() -> None:
    """Or there would be nothing to compare gists by."""
    value = candidate(gist={"truce": 2}).to_bytes()
    assert from_bytes(Candidate, value).gist == {"truce": 2}
    with pytest.raises(ValidationError, match="gist"):
        from_bytes(Candidate, value.replace(b'"truce":2', b'"truce":0'))


def test_a_fingerprint_is_numbers_on_the_wire() -> None:
    value = candidate(fingerprint=(1, 2**32 - 1)).to_bytes()
    assert b'"fingerprint":[1,4294967295]' in value
    assert from_bytes(Candidate, value).to_bytes() == value


@pytest.mark.parametrize("wrong", ["[-1]", "[4294967296]", "[1.5]", '["1"]', '"text"', "7", "null"])
def test_what_is_no_fingerprint_is_refused(wrong: str) -> None:
    value = (
        candidate(fingerprint=()).to_bytes().replace(b'"fingerprint":[]', b'"fingerprint":' + wrong.encode())
    )
    assert wrong.encode() in value
    with pytest.raises(ValidationError):
        from_bytes(Candidate, value)
