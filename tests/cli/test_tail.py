"""`tocsin tail`: what it shows of each public topic, where it begins, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from streams.topics import ALERTS, ALL, ARTICLES, CLASSIFIED, DELIVERIES, REJECTED, UNDELIVERED
from streams.wire import ArticleRef, Reading
from tests.builders import MOMENT, alert, attempt, topic_reading, undelivered
from tests.cli.conftest import Call, Kafka


def article(number: int) -> tuple[object, bytes]:
    return ARTICLES, json.dumps({"id": f"a{number}", "title": f"Truce {number}"}).encode()


def test_every_public_topic_is_shown_readable(call: Call, kafka: Kafka) -> None:
    ref = ArticleRef(id="a1", title="Sides agree ceasefire", language="en")
    kafka.send(
        (ARTICLES, b'{"id": "a1", "title": "Sides agree ceasefire"}'),
        (REJECTED, b"not json"),
        (CLASSIFIED, Reading(article=ref, topics=(topic_reading(),), watches=("truce",), read_at=MOMENT)),
        (ALERTS, alert()),
        (DELIVERIES, attempt()),
        (UNDELIVERED, undelivered()),
    )
    says = {
        "articles": ["a1", "Sides agree ceasefire"],
        "rejected": ["not-json", "no JSON", "not json"],
        "classified": ["en Sides agree ceasefire", "ceasefire agreed", "“ceasefire”", "watches"],
        "alerts": ["HIGH alert.opened Truce in Ukraine", "Sides agree ceasefire", "alr_1#1"],
        "deliveries": ["retry desk attempt 1, 503", "again at 2026-03-07T12:00:00.000Z", "msg_1"],
        "undelivered": ["given up desk after 2 attempts: the schedule is over", "alr_1", "msg_1"],
    }
    assert set(says) == {topic.name for topic in ALL if topic.public}
    for topic, words in says.items():
        result = call("tail", topic, "--no-follow")
        assert result.exit_code == 0, result.output
        assert all(word in result.stdout for word in words), result.stdout


def test_a_line_begins_with_the_time_of_the_record_in_utc(call: Call, kafka: Kafka) -> None:
    kafka.send(article(1))  # type: ignore[arg-type]
    time = json.loads(call("tail", "articles", "--no-follow", "--json").stdout)["time"]
    line = call("tail", "articles", "--no-follow").stdout
    assert line.startswith(time[:19].replace("T", " ") + "Z  ")


def test_a_line_of_json_holds_the_record_whole(call: Call, kafka: Kafka) -> None:
    kafka.send((DELIVERIES, attempt()), (REJECTED, b"\xff\x00"), (ARTICLES, b"plain"))
    (line,) = call("tail", "deliveries", "--no-follow", "--json").stdout.splitlines()
    record = json.loads(line)
    assert record["topic"] == f"{kafka.prefix}deliveries"
    assert record["headers"]["ce_type"] == "tocsin.delivery.attempt"
    assert record["value"] == json.loads(attempt().to_bytes())
    assert json.loads(call("tail", "rejected", "--no-follow", "--json").stdout)["base64"] == "/wA="
    assert json.loads(call("tail", "articles", "--no-follow", "--json").stdout)["text"] == "plain"


def test_it_begins_and_ends_where_it_is_told(call: Call, kafka: Kafka) -> None:
    kafka.send(*(article(number) for number in range(1, 8)))  # type: ignore[arg-type]

    def ids(*options: object) -> list[str]:
        lines = call("tail", "articles", "--json", *options).stdout.splitlines()
        return [json.loads(line)["value"]["id"] for line in lines]

    assert ids("--from-beginning", "-n", 2) == ["a1", "a2"]
    assert ids("--last", 3, "--no-follow") == ["a5", "a6", "a7"]
    assert ids("--last", 3, "-n", 1) == ["a5"]
    assert ids("--no-follow") == [f"a{number}" for number in range(1, 8)]
    assert ids("--no-follow", "--last", 100) == [f"a{number}" for number in range(1, 8)]


@pytest.mark.usefixtures("interruptible")
def test_it_follows_what_comes_and_ctrl_c_ends_it_quietly(kafka: Kafka) -> None:
    kafka.send(article(1))  # type: ignore[arg-type]
    command = [sys.executable, "-m", "streams.cli", "tail", "articles"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"following articles" in process.stderr.readline()
    kafka.send(article(2))  # type: ignore[arg-type]
    assert b"Truce 2" in process.stdout.readline(), "not the one before it"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_brokers_can_be_named(call: Call, kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    kafka.send(article(1))  # type: ignore[arg-type]
    monkeypatch.delenv("TOCSIN_BROKER__SERVERS")
    server = kafka.options["bootstrap_servers"][0]
    assert "Truce 1" in call("tail", "articles", "--no-follow", "--brokers", server).stdout
    assert call("tail", "articles", "--brokers", ",").exit_code == 2


def test_values_of_another_program_are_shown_as_such(call: Call, kafka: Kafka) -> None:
    kafka.send((ALERTS, b'{"hello": 1}'), (ARTICLES, b"\x1b[2J"))
    result = call("tail", "alerts", "--no-follow")
    assert (result.exit_code, "cannot be read, no Alert" in result.stdout) == (0, True)
    result = call("tail", "articles", "--no-follow")
    assert "\x1b" not in result.stdout
    assert "not-json" in result.stdout


@pytest.mark.parametrize("topic", ["pending", "tocsin.stories", "nonsense"])
def test_a_topic_that_is_not_public_is_refused_by_name(call: Call, topic: str) -> None:
    result = call("tail", topic)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"tocsin: no public topic '{topic}'; known are alerts, ")


def test_a_missing_topic_is_one_line_and_is_not_made(
    call: Call, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOPICS__PREFIX", "elsewhere.")
    for _ in range(2):
        result = call("tail", "alerts", "--no-follow")
        assert result.exit_code == 1
        (line,) = result.stderr.splitlines()
        assert "the brokers have no topic elsewhere.alerts: create it by `tocsin topics --create`" in line


@pytest.mark.parametrize(
    "command", [["tail"], ["trace", "alr_1"], ["replay", "rejected"], ["replay", "undelivered"]]
)
def test_without_a_broker_it_is_one_line_and_exit_code_1(call: Call, nobody: str, command: list[str]) -> None:
    result = call(*command)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"tocsin: no broker answers at {nobody}")
