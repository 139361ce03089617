"""Structured logs: one line an event that matters, as JSON, or readable in a terminal.

Values from articles may hold anything, so they are written as `streams.printable` has them.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

import structlog

from streams.printable import clean

LOUD: Final = {
    # Libraries that say the same thing a hundred times a second while a broker is away.
    "aiokafka": logging.ERROR,
    "faust": logging.ERROR,
    "mode": logging.ERROR,
    "streams": logging.ERROR,  # what mode says of its services that have a class of ours; we write past `logging`
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "aiohttp": logging.WARNING,
}


SAID_AGAIN_AFTER: Final = 10.0
"""Seconds in which a library's message is written once; the next says how often it came meanwhile."""


class Repetitions(logging.Filter):
    """Lets each message of the loud libraries through once in a while: a broker that is away is said once, not a
    hundred times a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record; adds to it how many like it were left out."""
        if record.name.partition(".")[0] not in LOUD:
            return True
        place = record.name, record.levelno, str(record.msg)
        now = self._clock()
        at, left_out = self._said.get(place, (-SAID_AGAIN_AFTER, 0))
        if now - at < SAID_AGAIN_AFTER:
            self._said[place] = at, left_out + 1
            return False
        if len(self._said) > 1000:
            self._said.clear()
        self._said[place] = now, 0
        if left_out:
            record.msg = f"{record.msg} ({left_out} more like it since)"
        return True


def _clean_values(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = clean(value)
    return event


def quiet_clients() -> None:
    """For commands that ask the brokers: what the client has to say of them ends in the command's one line.

    So does what asyncio has to say: of a connection that was refused, that nobody asked for its error in the end.
    """
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Lines:
    """Writes our own events to stderr, past `logging`: they are said once and need nothing of it.

    No event may fail for a log that is full or closed.
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
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
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
