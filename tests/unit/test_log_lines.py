"""Our own events, as they are written to stderr."""

from __future__ import annotations

import io
import json

import pytest
import structlog
from structlog.testing import capture_logs

from streams.app import build_app
from streams.logs import configure_logs
from streams.settings import Settings

pytestmark = pytest.mark.usefixtures("own_logs")


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
    assert list(said) == ["timestamp", "level", "logger", "event", "title", "number"]
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "is.written",
        "level": "warning",
        "logger": "tocsin.test",
        "title": "one\\u000aline \\u202e",
        "number": 3,
    }


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_colours_unless_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch, no_color: str
) -> None:
    monkeypatch.setattr("sys.stderr", written := io.StringIO())
    monkeypatch.setattr(written, "isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    configure_logs()
    structlog.get_logger("tocsin.test").info("is.written")
    assert ("\x1b[" in written.getvalue()) is (not no_color)


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


def test_a_logger_that_was_used_with_logs_configured_is_heard_by_the_next_test() -> None:
    log = structlog.get_logger("tocsin.test")
    configure_logs()
    log.info("this test's")
    with capture_logs() as heard:
        log.info("the next one's")
    assert [line["event"] for line in heard] == ["the next one's"]
