"""`tocsin endpoint status`, `retry` and `enable`: they tell what Kafka holds, and what they ask for gets there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.breaker import BreakerState
from alerting.pending import EndpointState, Owed, pending_key
from streams.topics import NOTIFICATIONS, PENDING
from streams.wire import EndpointEnabled, from_bytes
from tests.builders import alert, notification
from tests.cli.conftest import Call, Kafka, error_lines

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(hours=10)
LATEST = NOW + timedelta(hours=20)


def owe(kafka: Kafka, *due: datetime, endpoint: str = "desk") -> None:
    """Write as owed what was tried once and is due then."""
    for number, moment in enumerate(due):
        told = notification(endpoint=endpoint, alert=alert(webhook_id=f"msg_{number}"))
        owed = Owed(notification=told, offset=number, due_at=moment, made=1)
        kafka.send((PENDING, owed.to_bytes()), key=pending_key(told))


def stands(kafka: Kafka, **breaker: Any) -> None:
    """Write how the endpoint `desk` stands."""
    state = EndpointState(endpoint="desk", breaker=BreakerState(**breaker))
    kafka.send((PENDING, state.to_bytes()), key="desk")


def asked(kafka: Kafka) -> list[EndpointEnabled]:
    return [from_bytes(EndpointEnabled, value) for value in kafka.values(NOTIFICATIONS)]


def change(small: Path, **values: Any) -> None:
    """Change the endpoint `desk`."""
    file = small / "endpoints.yaml"
    given = json.loads(file.read_text())
    given["endpoints"][0] |= values
    file.write_text(json.dumps(given))


@pytest.mark.usefixtures("small")
def test_status_says_how_much_is_owed_and_when_the_next_is_due(call: Call, kafka: Kafka) -> None:
    owe(kafka, LATEST, LATER)
    stands(kafka, failing_since=NOW, failed=2)
    result = call("endpoint", "status")
    assert result.exit_code == 0, result.output
    _, desk, ops = result.stdout.splitlines()
    assert desk.split()[:3] == ["desk", "2", f"{LATER:%Y-%m-%dT%H:%M:%S.000Z}"]
    assert "2 times" in desk
    assert ops.split() == ["ops", "0", "well"]


@pytest.mark.usefixtures("small")
def test_status_says_of_what_is_due_when_the_breaker_lets_it_through(call: Call, kafka: Kafka) -> None:
    owe(kafka, NOW - timedelta(minutes=1), LATEST)
    stands(kafka, open_until=LATER)
    _, desk, _ = call("endpoint", "status").stdout.splitlines()
    assert desk.split()[:3] == ["desk", "2", f"{LATER:%Y-%m-%dT%H:%M:%S.000Z}"]


def test_in_strict_order_status_says_when_the_first_is_due_for_which_the_others_wait(
    call: Call, kafka: Kafka, small: Path
) -> None:
    change(small, ordered=True)
    owe(kafka, LATER, NOW - timedelta(minutes=1))
    _, desk, _ = call("endpoint", "status").stdout.splitlines()
    assert desk.split()[:3] == ["desk", "2", f"{LATER:%Y-%m-%dT%H:%M:%S.000Z}"]


@pytest.mark.usefixtures("small")
def test_status_says_of_no_endpoint_that_it_is_left_alone_until_a_time_that_is_past(
    call: Call, kafka: Kafka
) -> None:
    stands(kafka, open_until=NOW - timedelta(days=1), failing_since=NOW - timedelta(days=2), failed=11)
    _, desk, _ = call("endpoint", "status").stdout.splitlines()
    assert (
        desk.split(maxsplit=2)[2]
        == f"failing since {NOW - timedelta(days=2):%Y-%m-%dT%H:%M:%S.000Z}, 11 times"
    )


@pytest.mark.usefixtures("small")
def test_a_retry_says_how_much_is_owed_and_asks_for_all_of_it(call: Call, kafka: Kafka) -> None:
    owe(kafka, NOW - timedelta(minutes=1), LATEST, LATER)
    result = call("endpoint", "retry", "desk")
    assert result.exit_code == 0, result.output
    first, last = result.stdout.splitlines()
    until = f"{LATEST:%Y-%m-%dT%H:%M:%S.000Z}"
    assert first == f"desk is owed 3, which will be tried now; 2 had to wait, at most until {until}"
    assert last.startswith("what fails goes on with its schedule")
    [one] = asked(kafka)
    assert (one.endpoint, one.retry) == ("desk", True)


def test_a_retry_says_what_holds_it_back(call: Call, kafka: Kafka, small: Path) -> None:
    change(small, ordered=True, rate_limit={"count": 5})
    owe(kafka, LATER)
    stands(kafka, open_until=LATER)
    said = call("endpoint", "retry", "desk").stdout
    for words in ("the first is the probe", "in strict order", "no faster than its rate_limit"):
        assert words in said


@pytest.mark.usefixtures("small")
def test_a_retry_of_a_disabled_endpoint_asks_for_nothing_and_says_what_to_do(
    call: Call, kafka: Kafka
) -> None:
    owe(kafka, LATER)
    stands(kafka, disabled="410 gone", disabled_at=NOW)
    result = call("endpoint", "retry", "desk")
    assert result.exit_code == 1
    assert result.stdout.startswith("desk is disabled since ")
    assert "tocsin endpoint enable desk" in result.stdout
    assert asked(kafka) == []


def test_nothing_is_asked_of_an_endpoint_that_is_owed_nothing_or_switched_off(
    call: Call, kafka: Kafka, small: Path
) -> None:
    result = call("endpoint", "retry", "desk")
    assert (result.exit_code, result.stdout) == (0, "desk is owed nothing\n")
    change(small, enabled=False)
    result = call("endpoint", "retry", "desk")
    assert result.exit_code == 2
    assert error_lines(result)[-1].startswith("tocsin: desk is switched off in the configuration")
    assert asked(kafka) == []


@pytest.mark.usefixtures("small")
def test_enabling_says_why_it_was_disabled_and_how_to_have_what_it_was_owed(call: Call, kafka: Kafka) -> None:
    stands(kafka, disabled="410 gone", disabled_at=NOW)
    result = call("endpoint", "enable", "desk")
    assert "will be called again; it was disabled: 410 gone" in result.stdout
    assert "tocsin replay undelivered --endpoint desk" in result.stdout
    [one] = asked(kafka)
    assert (one.endpoint, one.retry) == ("desk", False)


@pytest.mark.usefixtures("small")
def test_enabling_one_that_was_not_disabled_points_to_a_retry_where_it_is_owed_something(
    call: Call, kafka: Kafka
) -> None:
    owe(kafka, LATER)
    said = call("endpoint", "enable", "desk").stdout.splitlines()
    assert said == [
        "desk was not disabled; its breaker starts anew",
        "to have what it is owed tried now: tocsin endpoint retry desk",
    ]
    assert call("endpoint", "enable", "ops").stdout.splitlines() == [
        "ops was not disabled; its breaker starts anew"
    ]


@pytest.mark.parametrize("command", [("retry", "desk"), ("enable", "desk"), ("status",)])
def test_the_settings_are_read_once_with_the_password_and_without_an_endpoints_secret(
    call: Call,
    kafka: Kafka,
    small: Path,
    monkeypatch: pytest.MonkeyPatch,
    files_read: list[str],
    command: tuple[str, ...],
) -> None:
    monkeypatch.delenv("TOCSIN_SAMPLE_SECRET")
    broker = {"security_protocol": "SASL_PLAINTEXT", "sasl_username": "a", "sasl_password": "env:NOT_SET"}
    (small / "tocsin.yaml").write_text(json.dumps({"broker": broker}))
    result = call("endpoint", *command)
    assert result.exit_code == 2
    [line] = error_lines(result)
    assert "the environment variable NOT_SET is not set" in line
    assert files_read.count("tocsin.yaml") == 1
    (small / "tocsin.yaml").write_text("{}")
    assert call("endpoint", *command).exit_code == 0
    assert files_read.count("tocsin.yaml") == 2


@pytest.mark.parametrize("command", ["retry", "enable"])
@pytest.mark.usefixtures("small")
def test_an_unknown_endpoint_is_one_line_that_names_those_there_are(call: Call, command: str) -> None:
    result = call("endpoint", command, "dsk")
    assert result.exit_code == 2
    assert error_lines(result) == ["tocsin: no endpoint 'dsk' in the configuration; did you mean 'desk'?"]


@pytest.mark.parametrize("command", [("retry", "desk"), ("enable", "desk"), ("status",)])
@pytest.mark.usefixtures("small")
def test_that_no_broker_answers_is_one_line(call: Call, nobody: str, command: tuple[str, ...]) -> None:
    result = call("endpoint", *command)
    assert result.exit_code == 1
    assert error_lines(result)[-1].startswith(f"tocsin: no broker answers at {nobody}")
