"""`tocsin receiver` and `tocsin worker`: what they print, and what they say when they cannot work."""

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
from streams.configuration import load_configuration
from streams.sample import SAMPLE_ENVIRONMENT
from tests.builders import alert, endpoint
from tests.cli.conftest import Call, Kafka
from tests.configurations import SECRET

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
        (["--fault", "nonsense"], "neither a status nor a fault; known are "),
    ],
)
def test_wrong_options_of_receiver_are_exit_code_2_and_show_no_secret(
    call: Call, arguments: list[str], says: str
) -> None:
    result = call("receiver", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr.splitlines()[-1]
    assert SECRET not in result.output


def test_worker_says_that_its_health_port_is_taken(kafka: Kafka, small: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = os.environ | {"TOCSIN_SERVICE__HEALTH_PORT": str(taken.getsockname()[1])}
        command = [sys.executable, "-m", "streams.cli", "worker"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "set service.health_port to a free port, or 0" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_worker_says_that_its_health_host_is_none_of_this_machine(kafka: Kafka, small: Path) -> None:
    environ = os.environ | {"TOCSIN_SERVICE__HEALTH_HOST": "192.0.2.1", "TOCSIN_SERVICE__HEALTH_PORT": "9464"}
    command = [sys.executable, "-m", "streams.cli", "worker"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("tocsin: 192.0.2.1:9464 cannot be listened on (")
    assert last.endswith("see service.health_host and service.health_port")


def test_worker_with_a_wrong_configuration_is_exit_code_2(call: Call, tmp_path: Path) -> None:
    (tmp_path / "watches.yaml").write_text("watches: [{id: x, title: X, qurey: a}]")
    result = call("worker", "--config", tmp_path)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("tocsin: watches.yaml:1: watches[0].qurey: unknown key")


@pytest.mark.parametrize("left", [None, "", "# all of it is a comment\n", "watches:\n"])
@pytest.mark.parametrize("command", ["worker", "check"])
def test_no_watch_is_refused_unless_a_list_says_so(
    call: Call, small: Path, command: str, left: str | None
) -> None:
    (small / "watches.yaml").unlink()
    if left is not None:
        (small / "watches.yaml").write_text(left)
    lost = call(command, "--config", small)
    assert lost.exit_code == 2
    (line,) = lost.stderr.splitlines()
    assert "no file of watches holds a list `watches`" in line
    (small / "watches.yaml").write_text("watches: []\n")
    load_configuration(small).must_say_what_to_watch()
