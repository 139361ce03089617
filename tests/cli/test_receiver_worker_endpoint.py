"""`tocsin receiver`, `worker` and `endpoint`: what they print, and what they say when they cannot work."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx
import pytest

from alerting.formats import render
from alerting.headers import request_headers
from streams.sample import SAMPLE_ENVIRONMENT
from tests.builders import MOMENT, alert, endpoint
from tests.cli.conftest import Call, Kafka
from tests.unit.configurations import SECRET

SIGNING_SECRET = "TOCSIN_SAMPLE_SECRET"


@contextmanager
def receiving(*arguments: str, **environ: str) -> Iterator[tuple[str, subprocess.Popen[bytes], list[bytes]]]:
    """A receiver in a process of its own: its URL, itself, and what it said on stderr before it listened."""
    command = [sys.executable, "-m", "streams.cli", "receiver", "--port", "0", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean | environ | {"PYTHONUNBUFFERED": "1"},
    )
    said: list[bytes] = []
    try:
        found = None
        while found is None:
            said.append(lines_of(process.stderr).readline())
            assert said[-1], b"".join(said)
            found = re.search(rb"webhooks to (http://127\.0\.0\.1:\d+/hook)", said[-1])
        yield found[1].decode(), process, said
    finally:
        process.kill()
        process.communicate()


def lines_of(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def post(url: str, secret: str, **changes: str) -> int:
    told = endpoint(secrets=(secret,), **changes)
    body, content_type = render(told, alert())
    headers = request_headers(told, alert().webhook_id, body, content_type, datetime.now(UTC), "test")
    return httpx.post(url, content=body, headers=headers, trust_env=False).status_code


def test_receiver_verifies_prints_and_counts() -> None:
    with receiving(**{SIGNING_SECRET: SECRET}) as (url, process, _):
        assert post(url, SECRET) == 204
        out = lines_of(process.stdout)
        assert "✓ HIGH alert.opened Truce in Ukraine" in out.readline().decode()
        assert "Sides agree ceasefire" in out.readline().decode()
        other = "whsec_" + "dG9jc2luLWFub3RoZXItc2VjcmV0LTMyLWJ5dGVzIQ=="
        assert post(url, other) == 401
        assert post(url, SECRET, format="slack") == 204
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=30)
    assert "✗ not verified: the signature is not that of this secret" in rest.decode()
    assert "repeat" not in rest.decode(), "the same alert in another format is no repeat"
    assert err.decode() == "tocsin: 2 verified, 0 of them repeated, 1 refused\n"
    assert process.returncode == 0


def test_receiver_prints_a_line_of_json_a_webhook_and_knows_the_sample_secret() -> None:
    with receiving("--json") as (url, process, said):
        assert b"the sample's secret, which everybody knows, is used" in said[0]
        for _ in range(2):
            assert post(url, SAMPLE_ENVIRONMENT[SIGNING_SECRET]) == 204
        lines = [json.loads(lines_of(process.stdout).readline()) for _ in range(2)]
    assert [line["repeated"] for line in lines] == [False, True]
    assert lines[0]["verified"] is True
    assert lines[0]["alert"] == json.loads(alert().to_bytes())


def test_a_port_that_is_taken_is_one_line_and_exit_code_2(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = call("receiver", "--port", taken.getsockname()[1])
    assert result.exit_code == 2
    assert "choose another --port" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--secret", SECRET], "--secret takes env:NAME or file:PATH"),
        (["--secret", "env:NOT_SET_ANYWHERE"], "NOT_SET_ANYWHERE is not set"),
        (["--fault", "nonsense"], "--fault takes a status or one of"),
    ],
)
def test_wrong_options_of_receiver_are_exit_code_2_and_show_no_secret(
    call: Call, arguments: list[str], says: str
) -> None:
    result = call("receiver", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr.splitlines()[-1]
    assert SECRET not in result.output


def test_worker_says_that_its_health_port_is_taken(kafka: Kafka) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = os.environ | {"TOCSIN_SERVICE__HEALTH_PORT": str(taken.getsockname()[1])}
        command = [sys.executable, "-m", "streams.cli", "worker"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "set service.health_port to a free port, or 0" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_worker_with_a_wrong_configuration_is_exit_code_2(call: Call, tmp_path: Path) -> None:
    (tmp_path / "watches.yaml").write_text("watches: [{id: x, title: X, qurey: a}]")
    result = call("worker", "--config", tmp_path)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("tocsin: watches.yaml:1: watches[0].qurey: unknown key")


def test_preview_shows_the_body_that_an_endpoint_would_get(call: Call) -> None:
    article = {
        "id": "a1",
        "title": "Israel and Hamas agree to a ceasefire in Gaza",
        "published_at": str(MOMENT),
    }
    result = call("endpoint", "preview", "desk", "-", "--watch", "gaza", stdin=json.dumps(article))
    assert result.exit_code == 0, result.output
    body = json.loads(result.stdout)
    assert (body["type"], body["data"]["headline"]) == ("alert.opened", article["title"])
    result = call("endpoint", "preview", "ops", "-", "--watch", "gaza", stdin=json.dumps(article))
    assert "blocks" in json.loads(result.stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["preview", "nobody", "-"], "no endpoint 'nobody' in the configuration; there are: desk, ops"),
        (["preview", "desk", "-", "--watch", "none"], "no watch 'none' in the configuration"),
        (["preview", "desk", "missing.json"], "missing.json cannot be read: No such file or directory"),
        (["test", "nobody"], "no endpoint 'nobody'"),
    ],
)
def test_wrong_calls_of_endpoint_are_one_line_and_exit_code_2(
    call: Call, arguments: list[str], says: str
) -> None:
    result = call("endpoint", *arguments, stdin='{"title": "Truce"}')
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert says in line


def test_a_drill_that_nobody_takes_is_exit_code_1_and_shows_no_path(
    call: Call, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SAMPLE_URL", f"http://{nobody}/s3cret-path")
    result = call("endpoint", "test", "desk")
    assert result.exit_code == 1
    assert "no connection" in result.stdout
    assert "s3cret-path" not in result.output


def test_a_drill_is_verified_and_marked(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(**{SIGNING_SECRET: SECRET}) as (url, process, _):
        monkeypatch.setenv("TOCSIN_SAMPLE_URL", url)
        monkeypatch.setenv(SIGNING_SECRET, SECRET)
        result = call("endpoint", "test", "desk")
        assert result.exit_code == 0, result.output
        assert "delivered" in result.stdout
        assert "DRILL" in lines_of(process.stdout).readline().decode()


def test_a_new_secret_is_one_that_can_be_used(call: Call) -> None:
    made = call("endpoint", "secret").stdout.strip()
    assert made.startswith("whsec_")
    assert made != call("endpoint", "secret").stdout.strip()
    result = call("endpoint", "secret", "--ed25519")
    assert result.stdout.startswith("whsk_")
    assert "whpk_" in result.stderr
