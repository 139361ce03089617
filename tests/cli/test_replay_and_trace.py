"""`tocsin replay` sends again what is chosen and nothing else; `tocsin trace` tells the life of an alert."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from streams.cli import replay
from streams.sample import SAMPLE_ENVIRONMENT
from streams.settings import Settings
from streams.topics import ALERTS, ARTICLES, CLASSIFIED, DELIVERIES, NOTIFICATIONS, REJECTED, UNDELIVERED
from streams.wire import ArticleRef, Notification, Reading, Undelivered, from_bytes
from tests.builders import MOMENT, alert, attempt, notification, topic_reading, undelivered
from tests.cli.conftest import Call, Kafka


def given_up(number: int, endpoint: str = "desk", days: int = 0) -> Undelivered:
    told = alert(alert_id=f"alr_{number}", webhook_id=f"msg_{number}")
    return undelivered(
        notification=notification(endpoint=endpoint, alert=told), at=MOMENT + timedelta(days=days)
    )


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(call: Call, kafka: Kafka) -> None:
    kafka.send((REJECTED, b"one"), (UNDELIVERED, given_up(1)))
    result = call("replay", "rejected", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "not-json" in result.stdout
    assert "1 would be sent again" in result.stdout
    result = call("replay", "undelivered", "--dry-run")
    assert "desk msg_1 given up 2026-03-07T12:00:00.000Z: the schedule is over" in result.stdout
    assert kafka.values(ARTICLES) == kafka.values(NOTIFICATIONS) == []


def test_rejected_bytes_go_back_as_they_were(call: Call, kafka: Kafka) -> None:
    kafka.send((REJECTED, b"\xff one"), (REJECTED, b"two"))
    assert call("replay", "rejected").exit_code == 0
    assert sorted(kafka.values(ARTICLES)) == [b"two", b"\xff one"]


def test_what_was_rejected_again_is_sent_once(call: Call, kafka: Kafka) -> None:
    kafka.send((REJECTED, b"one"), (REJECTED, b"two"), (REJECTED, b"one"))
    result = call("replay", "rejected")
    assert "2 sent again" in result.stdout
    assert sorted(kafka.values(ARTICLES)) == [b"one", b"two"]


class Unhurried:
    """Outputs that acknowledge nothing before somebody waits for it. `most` is how many ever waited at a time."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self.most = 0

    async def send(self, *_: object, **__: object) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        acknowledged = loop.create_future()
        loop.call_soon(acknowledged.set_result, None)
        self._waiting = [*(one for one in self._waiting if not one.done()), acknowledged]
        self.most = max(self.most, len(self._waiting))
        return acknowledged


async def test_a_long_topic_of_rejected_messages_is_not_held_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outputs = Unhurried()

    async def records(*_: object) -> AsyncIterator[ConsumerRecord]:
        for offset in range(4):
            value = str(offset).encode()
            yield ConsumerRecord("rejected", 0, offset, 0, 0, None, value, None, 0, len(value), ())

    @asynccontextmanager
    async def writing(_: object) -> AsyncIterator[Unhurried]:
        yield outputs

    monkeypatch.setattr(replay, "whole_topic", records)
    monkeypatch.setattr(replay, "writing", writing)
    monkeypatch.setattr(replay, "IN_FLIGHT", 2)
    choice = replay.Choice(endpoint=None, reason=None, since=None, ids=frozenset())
    assert await replay._replay_rejected(Settings(), choice, dry_run=False) == 4
    assert outputs.most == 2


def test_rejected_that_is_no_article_or_not_whole_stays(call: Call, kafka: Kafka) -> None:
    kafka.send((REJECTED, b"one"), topic=f"{kafka.prefix}articles".encode())
    kafka.send((REJECTED, b"two"), topic=f"{kafka.prefix}candidates".encode())
    kafka.send((REJECTED, b"three"), topic=f"{kafka.prefix}articles".encode(), cut=b"3000000")
    result = call("replay", "rejected")
    assert result.exit_code == 0
    assert f"left out: it is no article, it stood in {kafka.prefix}candidates" in result.stdout
    assert "left out: it was too long to be kept whole" in result.stdout
    assert kafka.values(ARTICLES) == [b"one"]


def test_only_what_the_options_choose_is_sent(call: Call, kafka: Kafka) -> None:
    kafka.send(
        (UNDELIVERED, given_up(1)),
        (UNDELIVERED, given_up(2, endpoint="ops")),
        (UNDELIVERED, given_up(3, days=2)),
    )

    def chosen(*options: str) -> set[str]:
        output = call("replay", "undelivered", "--dry-run", *options).stdout
        return {word for word in output.split() if word.startswith("msg_")}

    assert chosen() == {"msg_1", "msg_2", "msg_3"}
    assert chosen("--endpoint", "ops") == {"msg_2"}
    assert chosen("--since", "2026-03-08") == {"msg_3"}
    assert chosen("--since", "500w") == {"msg_1", "msg_2", "msg_3"}
    assert chosen("--id", "alr_1", "--id", "msg_3") == {"msg_1", "msg_3"}
    assert chosen("--id", "alr_1#1", "--id", "alr_3#2") == {"msg_1"}
    assert call("replay", "undelivered", "--id", "msg_2").exit_code == 0
    (sent,) = (from_bytes(Notification, value) for value in kafka.values(NOTIFICATIONS))
    assert (sent.alert.webhook_id, sent.endpoint, sent.replay) == ("msg_2", "ops", 1)


def test_nothing_chosen_is_exit_code_1(call: Call, kafka: Kafka) -> None:
    result = call("replay", "rejected")
    assert result.exit_code == 1
    assert "nothing to send again" in result.stdout


def test_an_endpoint_for_which_nothing_was_given_up_is_said_to_be_one(call: Call, kafka: Kafka) -> None:
    kafka.send((UNDELIVERED, given_up(1)))
    result = call("replay", "undelivered", "--endpoint", "desc")
    assert result.exit_code == 1
    assert "nothing was given up for 'desc'; did you mean 'desk'?" in result.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["rejected", "--endpoint", "desk"], "--endpoint goes with `undelivered`"),
        (["undelivered", "--reason", "nul"], "--reason goes with `rejected`"),
        (["rejected", "--since", "yesterday"], "--since 'yesterday': give a date (2026-03-07)"),
        (["rejected", "--since", "0001-01-01T00:00+05:00"], "give a date (2026-03-07)"),
        (["rejected", "--reason", "to-long"], "there is no such reason; did you mean 'too-long'?"),
        (["rejected", "--id", "alr_1"], "--id 'alr_1': give PARTITION:OFFSET"),
        (["undelivered", "--id", "art_1"], "--id 'art_1': give alr_…, alr_…#2, msg_… or PARTITION:OFFSET"),
    ],
)
def test_options_that_do_not_fit_are_exit_code_2(
    call: Call, nobody: str, options: list[str], says: str
) -> None:
    result = call("replay", *options)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line


@pytest.mark.parametrize("name", ["alr_1", "msg_1", "alr_1#1"])
def test_trace_tells_the_life_of_an_alert_in_order(call: Call, kafka: Kafka, name: str) -> None:
    ref = ArticleRef(id="art_1", title="Sides agree ceasefire", source="wire", language="en")
    later = MOMENT + timedelta(minutes=5)
    kafka.send(
        (CLASSIFIED, Reading(article=ref, topics=(topic_reading(),), read_at=MOMENT)),
        (ALERTS, alert(article_id="art_1", reason="no open story tells the same")),
        (ALERTS, alert(alert_id="alr_2", webhook_id="msg_2")),
        (DELIVERIES, attempt()),
        (DELIVERIES, attempt(number=2, outcome="given_up", next_at=None, at=later)),
        (UNDELIVERED, undelivered(at=later)),
    )
    result = call("trace", name)
    assert result.exit_code == 0, result.output
    assert "alr_2" not in result.stdout
    places = [
        result.stdout.index(word)
        for word in (
            "article read",
            "alert.opened",
            "(no open story tells the same)",
            "attempt 1",
            "attempt 2",
            "given up",
            "the schedule is over",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", "alr_1"],
        ["replay", "undelivered"],
        ["endpoint", "status"],
        ["topics"],
        ["endpoint", "enable", "desk"],
    ],
    ids=" ".join,
)
def test_the_brokers_may_be_named_in_the_call(
    call: Call, kafka: Kafka, small: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    kafka.send((UNDELIVERED, given_up(1)), (ALERTS, alert()))
    monkeypatch.setenv("TOCSIN_TOPICS__PARTITIONS", "4")  # as the embedded broker makes them
    monkeypatch.setenv("TOCSIN_BROKER__SERVERS", "nobody.invalid:9092")
    result = call(*arguments, "--brokers", kafka.options["bootstrap_servers"][0])
    assert result.exit_code == 0, result.output


def test_an_alert_that_is_not_there_is_one_line_and_exit_code_1(call: Call, kafka: Kafka) -> None:
    result = call("trace", "alr_9")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("tocsin: no alert alr_9")


def test_what_is_no_id_of_an_alert_is_said_before_any_broker_is_asked(call: Call, nobody: str) -> None:
    result = call("trace", "art_9")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("tocsin: 'art_9' is the id of no alert")


@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "rejected"],
        ["replay", "undelivered"],
        ["trace", "msg_1"],
        ["publish", "-"],
        ["endpoint", "status"],
        ["endpoint", "preview", "desk", "-"],
    ],
    ids=" ".join,
)
def test_what_calls_no_endpoint_needs_no_secret_of_one(
    call: Call, kafka: Kafka, small: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    for name in SAMPLE_ENVIRONMENT:
        monkeypatch.delenv(name)
    kafka.send((REJECTED, b"one"), (UNDELIVERED, given_up(1)), (ALERTS, alert()))
    result = call(*arguments, "--config", small, stdin=b'{"title": "Truce"}')
    assert result.exit_code == 0, result.output
