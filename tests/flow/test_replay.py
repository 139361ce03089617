"""`tocsin replay undelivered`, `endpoint status` and `endpoint enable` against delivery on the embedded broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli import app
from streams.embedded import EmbeddedBroker
from streams.outputs import settle
from streams.receiver import Receiver
from streams.topics import ALERTS, CLASSIFIED
from streams.wire import Notification, Reading
from tests import builders, configurations
from tests.configurations import SECRET
from tests.flow.desk import Desk, ids

Call = Callable[..., Awaitable[Result]]


@pytest.fixture
async def desk(embedded: EmbeddedBroker, prefix: str, tmp_path: Path) -> AsyncIterator[Desk]:
    files = {
        "tocsin.yaml": {"broker": {"servers": [embedded.servers]}, "topics": {"prefix": prefix}},
        "endpoints.yaml": {"endpoints": [configurations.endpoint(), configurations.endpoint(id="ops")]},
    }
    configurations.write(tmp_path / "config", configurations.SMALL | files)
    desk = Desk(embedded, prefix)
    yield desk
    await desk.kill()


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk_environ: None) -> Call:
    monkeypatch.setenv("TOCSIN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "160")

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    return run


async def start(desk: Desk, *plan: int) -> Receiver:
    receiver = Receiver(secrets=[SECRET], on_webhook=desk.got["desk"].append, plan=plan, now=desk.clock)
    await receiver.start()
    made = {"url": receiver.url, "secrets": (SECRET,), "jitter": 0, "schedule": (timedelta(hours=1),)}
    await desk.start(builders.endpoint(id="desk", **made), builders.endpoint(id="ops", **made))
    return receiver


async def test_what_was_given_up_is_sent_again_once_and_what_has_been_delivered_since_is_not(
    desk: Desk, call: Call
) -> None:
    receiver = await start(desk, 500, 500, 500, 500, 500)
    try:
        await desk.notify("desk", 1)
        await desk.notify("ops", 2)
        await desk.move(hours=1)
        dry = await call("replay", "undelivered", "--dry-run")
        assert dry.exit_code == 0, dry.output
        assert dry.stdout.splitlines()[-1] == "2 would be sent again"
        assert "desk msg_1 given up" in dry.stdout
        await desk.quiet()
        assert len(desk.got["desk"]) == 4, "a dry run sends nothing"

        chosen = await call("replay", "undelivered", "--endpoint", "desk")
        assert chosen.stdout.splitlines()[-1] == "1 sent again"
        await desk.quiet()
        await desk.move(hours=1)  # the fifth call fails, the sixth is taken
        assert ids(desk.got["desk"][4:]) == ["msg_1", "msg_1"]
        numbers = [(a.replay, a.number, a.outcome) for a in await desk.attempts("desk")]
        assert numbers == [
            (0, 1, "retry"), (0, 2, "given_up"), (1, 1, "retry"), (1, 2, "delivered")
        ]  # fmt: skip

        again = await call("replay", "undelivered")
        assert "msg_1" not in again.stdout
        assert again.stdout.splitlines()[-1] == "1 sent again; 1 left out, delivered since"
        await desk.quiet()
        nothing = await call("replay", "undelivered")
        assert nothing.stdout.splitlines()[-1] == "nothing to send again; 2 left out, delivered since"
        assert nothing.exit_code == 1
    finally:
        await receiver.stop()


async def test_a_replay_that_was_given_up_too_is_replayed_under_the_next_count(
    desk: Desk, call: Call
) -> None:
    receiver = await start(desk, *[500] * 4)
    try:
        await desk.notify("desk", 1)
        await desk.move(hours=1)
        for _ in range(2):  # the second call repeats the first, and is recognised
            assert (await call("replay", "undelivered")).stdout.splitlines()[-1] == "1 sent again"
        await desk.quiet()
        await desk.move(hours=1)
        assert len(desk.got["desk"]) == 4
        assert [u.notification.replay for u in await desk.undelivered("desk")] == [0, 1]
        assert (await call("replay", "undelivered")).stdout.splitlines()[-1] == "1 sent again"
        await desk.quiet()
        assert len(desk.got["desk"]) == 5
        assert [a.outcome for a in await desk.attempts("desk")][-1] == "delivered"
        assert len({received.body for received in desk.got["desk"]}) == 1
    finally:
        await receiver.stop()


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--id", "alr_1"], 1),
        (["--id", "msg_2"], 1),
        (["--id", "msg_1", "--id", "msg_2"], 2),
        (["--id", "msg_9"], 0),
        (["--since", "2100-01-01"], 0),
        (["--since", "2000-01-01T00:00:00"], 2),
        (["--endpoint", "ops"], 0),
    ],
)
async def test_options_choose_what_is_sent_again(
    desk: Desk, call: Call, options: list[str], count: int
) -> None:
    receiver = await start(desk, 413, 413)
    try:
        await desk.notify("desk", 1, 2)
        result = await call("replay", "undelivered", "--dry-run", *options)
        said = f"{count} would be sent again" if count else "nothing to send again"
        assert result.stdout.splitlines()[-1] == said
        assert result.exit_code == (0 if count else 1)
    finally:
        await receiver.stop()


async def test_status_and_enable_say_how_an_endpoint_stands(desk: Desk, call: Call) -> None:
    receiver = await start(desk, 410, 500)
    try:
        await desk.notify("desk", 1)
        await desk.notify("ops", 2)
        lines = {line.split()[0]: line for line in (await call("endpoint", "status")).stdout.splitlines()}
        assert "410 gone" in lines["desk"]
        assert lines["desk"].split()[1] == "0"
        assert lines["ops"].split()[1] == "1"
        assert "failing since" in lines["ops"]
        enabled = await call("endpoint", "enable", "desk")
        assert "desk will be called again; it was disabled: 410 gone" in enabled.stdout
        await desk.quiet()
        assert "not disabled" in (await call("endpoint", "enable", "desk")).stdout
        assert "well" in next(
            line for line in (await call("endpoint", "status")).stdout.splitlines() if "desk" in line
        )
        unknown = await call("endpoint", "enable", "dsk")
        assert (unknown.exit_code, unknown.stderr.count("\n")) == (2, 1)
        await call("replay", "undelivered")
        await desk.quiet()
        assert ids(desk.got["desk"]).count("msg_1") == 2
    finally:
        await receiver.stop()


async def test_the_life_of_an_alert_is_told_from_its_article_to_the_last_attempt(
    desk: Desk, call: Call
) -> None:
    receiver = await start(desk, 500, 410)
    try:
        desk.broker.create([topic.full_name(desk.prefix) for topic in (ALERTS, CLASSIFIED)])
        alert = builders.alert(at=desk.clock(), because=builders.candidate().because)
        article = builders.candidate().article
        reading = Reading(article=article, topics=alert.topics, read_at=desk.clock())
        for topic, value in ((ALERTS, alert), (CLASSIFIED, reading)):
            sent = await desk.outputs.publish(topic, value, key="x", event_id="x", time=desk.clock())
            await settle([sent])
        await desk.publish(Notification(endpoint="desk", alert=alert))
        await desk.quiet()
        await desk.move(hours=1)
        result = await call("trace", alert.alert_id)
        assert result.exit_code == 0, result.stderr
        lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
        assert lines[0] == "alr_1 watch ukraine-truce severity high"
        assert lines[1] == "because topics any: ceasefire"
        told = [line.partition("Z ")[2] for line in lines[3:]]
        assert [line.partition(",")[0] for line in told] == [
            "article read art_1 from wire: ceasefire agreed 0.90",
            "alert.opened event 1 msg_1: Sides agree ceasefire",
            "attempt desk attempt 1: retry",
            "attempt desk attempt 2: disabled",
            "given up desk: the endpoint is disabled: 410 gone: the endpoint wants no more webhooks",
        ]
        assert "next at" in told[2]
        assert (await call("trace", "msg_1")).stdout == result.stdout
        unknown = await call("trace", "alr_unknown")
        assert (unknown.exit_code, unknown.stderr.count("\n")) == (1, 1)
    finally:
        await receiver.stop()
