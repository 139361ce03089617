"""`tocsin up`: what counts as complete, and the whole of it once, in processes of its own."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from rich.console import Console
from rich.text import Text

from alerting.formats import render
from alerting.signing import new_secret
from streams.cli import trial_run, up
from streams.cli.tally import Tally
from streams.cli.worker_log import said_by_worker
from streams.embedded import EmbeddedBroker
from streams.settings import BrokerSettings
from streams.trial import Trial
from tests.builders import alert, attempt, notification
from tests.cli.conftest import Call

UP = [sys.executable, "-P", "-m", "streams.cli", "up"]
"""As the program `tocsin` is run: without the folder that it is called in on the path."""

ARTICLES = [
    {
        "id": "a1",
        "title": "Israel and Hamas agree to a ceasefire in Gaza",
        "body": "A ceasefire was agreed in Gaza.",
    },
    {"id": "a2", "title": "Theatre reopens", "body": "The theatre reopened with a new production."},
]


def told_twice() -> Tally:
    """One alert that two endpoints are told of."""
    tally = Tally()
    for endpoint in ("desk", "ops"):
        tally.notification(notification(endpoint=endpoint))
        tally.attempt(attempt(endpoint=endpoint, outcome="delivered"))
    return tally


def test_one_webhook_id_is_due_once_for_each_endpoint() -> None:
    tally = told_twice()
    tally.verified["msg_1"] = 1
    assert (tally.arrived, tally.repeated, tally.settled, tally.complete) == (1, 0, True, False)
    tally.verified["msg_1"] = 2
    assert (tally.arrived, tally.repeated, tally.complete) == (2, 0, True)
    tally.verified["msg_1"] = 3
    assert (tally.arrived, tally.repeated, tally.complete) == (2, 1, True)


def test_what_did_not_verify_was_given_up_or_is_owed_is_not_complete() -> None:
    for change in ("unverified", "given_up"):
        tally = told_twice()
        tally.verified["msg_1"] = 2
        assert tally.complete
        setattr(tally, change, getattr(tally, change) + 1)
        assert not tally.complete
    tally = told_twice()
    tally.notification(notification(endpoint="third"))
    assert not tally.settled
    tally.attempt(attempt(endpoint="third", outcome="retry"))
    assert not tally.settled
    tally.attempt(attempt(endpoint="third", outcome="delivered"))
    tally.verified["msg_1"] = 2
    assert (tally.settled, tally.complete) == (True, False)


def test_the_summary_says_what_is_still_owed_only_where_something_is() -> None:
    tally = Tally()
    tally.alert(alert())
    assert "  still owed" not in dict(tally.rows())
    tally.notification(notification())
    assert dict(tally.rows())["  still owed"] == "1"


def test_that_nothing_was_due_is_not_called_an_arrival() -> None:
    assert Tally().complete
    assert Tally().ending.startswith("no webhook was due; `tocsin explain` says")
    assert told_twice().ending.startswith("every webhook that was due arrived")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            {"event": "configuration.reloaded", "level": "info", "watches": 3, "endpoints": 2},
            "worker: the configuration was reloaded: 3 watches, 2 endpoints",
        ),
        (
            {"event": "configuration.fault", "level": "error", "fault": "watches.yaml:2: id: is taken"},
            "worker: watches.yaml:2: id: is taken",
        ),
        (
            {"event": "configuration.refused", "level": "error", "faults": 1, "in_force": "the previous version"},
            "worker: the changed configuration is refused (1 fault); the previous version stays in force",
        ),
        (
            {"event": "configuration.warning", "level": "warning", "warning": "watches.yaml: \x1b[2J"},
            "worker: note: watches.yaml: \\u001b[2J",
        ),
        ({"event": "alert.opened", "level": "info"}, None),
        ({"event": "worker.failed", "level": "critical"}, 'worker: {"event": "worker.failed", "level": "critical"}'),
    ],
)  # fmt: skip
def test_of_the_workers_log_a_person_is_told_what_concerns_him(
    event: dict[str, object], said: str | None
) -> None:
    shown = said_by_worker(json.dumps(event))
    assert (None if shown is None else shown.plain) == said


def test_a_line_that_is_too_long_goes_on_where_it_began_and_no_line_ends_with_blanks() -> None:
    console = Console(width=30, file=io.StringIO())
    lines = [Text("one two three four five six"), Text("  one two three four five six"), Text("seven")]
    assert [line.plain for line in trial_run._beside(Text("article"), lines, console)] == [
        "article    one two three four",
        "           five six",
        "             one two three",
        "             four five six",
        "           seven",
    ]


def test_the_summary_counts_stages_below_the_articles_with_a_topic() -> None:
    tally = Tally()
    tally.rejected["not-json"] += 1
    tally.topics["ceasefire agreed"] += 1
    names = [name for name, _ in tally.rows()]
    assert names[1:4] == ["  with a topic, or a watch's words", "    ceasefire agreed", "  rejected"]


def test_up_once_plays_articles_and_calls_no_endpoint_of_the_configuration(
    tmp_path: Path, small: Path
) -> None:
    # As in production: a Kafka and endpoints that are elsewhere, and secrets that are not at hand.
    broker = {
        "servers": ["kafka.invalid:9093"],
        "security_protocol": "SASL_SSL",
        "sasl_username": "tocsin",
        "sasl_password": "env:NOT_HERE",
        "ca_file": "not-here.pem",
    }
    settings = {"broker": broker, "service": {"webhook_ca_file": "not-here.pem"}}
    (small / "tocsin.yaml").write_text(json.dumps(settings))
    elsewhere = {"url": "env:NOT_HERE", "rate_limit": {"count": 1, "per": "1h"}}
    endpoints = [
        {"id": "desk", "secrets": ["env:NOT_HERE"], **elsewhere},
        {"id": "ops", "format": "apprise", "allow_private": True, **elsewhere},
    ]
    (small / "endpoints.yaml").write_text(json.dumps({"endpoints": endpoints}))
    lines = [json.dumps(article) for article in ARTICLES] + ["not json"]
    (tmp_path / "articles.jsonl").write_text("\n".join(lines))
    # What happens to lie where it is called is none of its modules.
    (tmp_path / "calendar.py").write_text("raise SystemExit('another calendar')")
    articles = str(tmp_path / "articles.jsonl")
    command = [*UP, "--once", "--rate", "50", "--articles", articles, "--config", str(small)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TOCSIN_")}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment | {"COLUMNS": "200"},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {
        cells[1].strip(): cells[2].strip()
        for line in done.stdout.splitlines()
        if len(cells := line.split("│")) == 4
    }
    assert rows["articles played"] == "3"
    assert rows["rejected"] == "1  (not-json 1)"
    due = int(rows["webhooks due"])
    assert due == 2, "the watch on Gaza tells two endpoints"
    assert rows["delivered"] == str(due)
    assert rows["verified by the receiver"] == f"{due} of {due}"
    assert rows["repeated"] == rows["not verified"] == rows["given up"] == "0"
    assert "WEBHOOK ✓" in done.stdout
    assert "because" in done.stdout
    assert "Theatre" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--articles", "missing.jsonl"], "missing.jsonl: No such file or directory"),
        (["--config", "nowhere"], "nowhere: the configuration folder does not exist"),
        (["--rate", "0"], "Invalid value for '--rate'"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_2(call: Call, arguments: list[str], says: str) -> None:
    result = call("up", "--once", *arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line


def test_without_a_loopback_it_says_so_in_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.embedded.Producer", NoLoopback)
    result = call("up", "--once")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "the embedded broker cannot be reached on 127.0.0.1 (_TRANSPORT)" in line


class NoLoopback:
    """The mock cluster's client where nothing can be connected to."""

    def __init__(self, options: dict[str, Any]) -> None: ...

    def list_topics(self, timeout: float) -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_it_starts_ends_both_processes() -> None:
    process = subprocess.Popen(UP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    assert b"starting" in process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    # The pipes end only when nobody holds them any more, the worker included.
    process.communicate(timeout=60)
    assert process.returncode in (0, 130)


async def test_ctrl_c_before_the_worker_is_ready_leaves_no_producer_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events: list[str] = []
    started = asyncio.Event()

    class Watched:
        def __init__(self, *_: object) -> None: ...

        async def start(self) -> None:
            events.append("start")
            started.set()

        async def stop(self) -> None:
            events.append("stop")

    monkeypatch.setattr(trial_run, "Outputs", Watched)
    worker: Any = None  # it has not begun
    publishing = asyncio.ensure_future(
        trial_run._TrialRun(worker, None, EmbeddedBroker(), [], once=True, rate=1)._publish({}, "tocsin.")
    )
    await started.wait()
    publishing.cancel()
    await asyncio.gather(publishing, return_exceptions=True)
    assert events == ["start", "stop"]


def test_a_configuration_on_trial_reaches_only_this_broker_and_this_receiver(small: Path) -> None:
    template = {
        "format": "template",
        "template": "{{ alert.headline }}",
        "headers": {"Content-Type": "env:NOT_HERE"},
    }
    elsewhere = {"url": "env:NOT_HERE", "headers": {"authorization": "env:NOT_HERE"}, "proxy": "env:NOT_HERE"}
    endpoints = [{"id": "desk", **elsewhere}, {"id": "ops", "url": "https://ops.example/hook", **template}]
    (small / "endpoints.yaml").write_text(json.dumps({"endpoints": endpoints}))
    (small / "tocsin.yaml").write_text('{"service": {"health_host": "0.0.0.0", "group": "mine"}}')
    tried = Trial("127.0.0.1:1", "http://127.0.0.1:2", new_secret()).load(small)
    assert tried.settings.broker == BrokerSettings(servers=("127.0.0.1:1",))
    service = tried.settings.service
    assert (service.group, service.health_host, service.health_port) == ("mine", "127.0.0.1", 0)
    desk, ops = tried.endpoints
    assert [each.url.get_secret_value() for each in (desk, ops)] == [
        "http://127.0.0.1:2/desk",
        "http://127.0.0.1:2/ops",
    ]
    assert (desk.headers, desk.proxy) == ({}, None)
    assert render(ops, alert()) == (alert().headline.encode(), "text/plain")


def test_ctrl_c_on_a_terminal_is_no_matter_of_a_worker_that_is_still_starting() -> None:
    with up._worker(None) as worker:
        assert worker.stdin is not None
        worker.send_signal(signal.SIGINT)
        worker.stdin.close()  # so that it ends by itself
        assert worker.wait(60) == 0
