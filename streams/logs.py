"""Structured logs: one line for each event, as JSON, or readable on a terminal.

Values are escaped by `streams.printable`, because those from articles may hold anything.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

import structlog

from streams.printable import clean

LOUD: Final = {
    "aiokafka": logging.ERROR,
    "faust": logging.ERROR,
    "mode": logging.ERROR,
    "streams": logging.ERROR,  # mode's logs about services of our classes; our own logs do not use `logging`
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "aiohttp": logging.WARNING,
}
"""Minimum levels of libraries that log the same a hundred times a second while a broker is away."""

REPEAT_AFTER: Final = 10.0
"""Seconds in which a message of such a library is logged once; the next one tells how many were left out."""


class Repetitions(logging.Filter):
    """Lets each message of the loud libraries through once in `REPEAT_AFTER` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._logged: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log a record; adds to it how many like it were left out."""
        if record.name.partition(".")[0] not in LOUD:
            return True
        place = record.name, record.levelno, str(record.msg)
        now = self._clock()
        at, left_out = self._logged.get(place, (-REPEAT_AFTER, 0))
        if now - at < REPEAT_AFTER:
            self._logged[place] = at, left_out + 1
            return False
        if len(self._logged) > 1000:
            self._logged.clear()
        self._logged[place] = now, 0
        if left_out:
            record.msg = f"{record.msg} ({left_out} more like it since)"
        return True


def _clean_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = clean(value)
    return event


def _begins_with_what(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Time, level, place and event first: they say of every line what it is."""
    first = {key: event.pop(key) for key in ("timestamp", "level", "logger", "event") if key in event}
    return {**first, **event}


def quiet_clients() -> None:
    """Silence aiokafka and asyncio, for commands that report errors of the broker in one line of their own.

    asyncio would log "exception was never retrieved" for connections that were refused.
    """
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Lines:
    """Writes our own events to stderr, bypassing `logging`, whose filters they do not need.

    Logging must not fail when stderr is closed or its disk is full.
    """

    def __init__(self, name: str = "tocsin") -> None:
        self.name = name

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = msg


def configure_logs(*, json: bool | None = None, level: int = logging.INFO) -> None:
    """Send all logs to stderr; `json` None decides by whether stderr is a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _clean_values,
        _begins_with_what,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"))
    )
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=_Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(Repetitions())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quiet in LOUD.items():
        logging.getLogger(name).setLevel(quiet)
