"""Our own events, as they are written to stderr."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from streams.app import build_app
from streams.logs import LOUD, configure_logs
from streams.settings import Settings


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in LOUD}
    yield
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Full(io.StringIO):
    """A stream to which nothing can be written."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_an_event_is_one_line_with_its_time_level_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", written := io.StringIO())
    configure_logs(json=True)
    log = structlog.get_logger("tocsin.test")
    log.debug("not.written")
    log.warning("is.written", title="one\nline \u202e", number=3)
    [line] = written.getvalue().splitlines()
    said = json.loads(line)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "is.written",
        "level": "warning",
        "logger": "tocsin.test",
        "title": "one\\u000aline \\u202e",
        "number": 3,
    }


def test_what_faust_says_of_its_services_is_not_said_in_our_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", written := io.StringIO())
    configure_logs(json=True)
    service = build_app(Settings())
    service.log.info("Starting...")
    assert written.getvalue() == ""
    service.log.error("Crashed")
    assert "Crashed" in json.loads(written.getvalue())["event"]


def test_an_error_is_told_with_where_it_was_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", written := io.StringIO())
    configure_logs(json=True)
    try:
        raise ValueError("for this test")
    except ValueError:
        structlog.get_logger("tocsin.test").exception("failed")
    assert "ValueError: for this test" in json.loads(written.getvalue())["exception"]


@pytest.mark.parametrize("closed", [True, False])
def test_nothing_fails_for_a_log_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    stream = Full()
    if closed:
        stream.close()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logs(json=True)
    structlog.get_logger("tocsin.test").error("lost")
