"""The configuration in force while its files change: re-read when they do, or on SIGHUP, without a restart.

A new version is loaded and built in a thread, then put in force by swapping one reference; whoever works with
the old one finishes with it. A version with faults is refused: the faults are logged, and the old one stays
in force. Files are compared by time, size and inode, at a leisurely pace; a change counts once it has stood
still for a whole look, so that a version that is being copied is not read by halves. A version without a single watch
is refused where there were some: a file that got lost must not silence every alert.

Settings (brokers, topics, service) are those of the start: they take a restart, and the log says so.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

from streams.configuration import Configuration
from streams.errors import ConfigurationError, Fault
from streams.settings import differing
from streams.visible_files import Signature, signature

log = structlog.get_logger("tocsin.configuration")

T = TypeVar("T")

EVERY: Final = 5.0
"""Seconds between looks at the files."""

MOST_FAULTS: Final = 50
"""Faults of a refused version that are logged one by one."""

NONE_LEFT: Final = (
    "no watch is left, so nothing would be alerted; switch watches off by `enabled: false`, or restart"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the files: `tried` were loaded or refused, `last` were there at the last look."""

    tried: Signature
    last: Signature


def look(seen: Seen, now: Signature) -> tuple[Seen, bool]:
    """What is known after a look, and whether to load: the files differ from those tried and stand still."""
    load = now != seen.tried and now == seen.last
    return Seen(now if load else seen.tried, now), load


def log_warnings(configuration: Configuration) -> None:
    """Log what is worth knowing about a configuration that is put in force."""
    for warning in configuration.warnings[:MOST_FAULTS]:
        log.warning("configuration.warning", warning=str(warning))


class LiveConfiguration(Generic[T]):
    """Keeps what was built from a configuration up to date with its files. `current` is the version in force.

    `load` reads the files, `build` makes of it what is swapped in (both in a thread), `swap` puts it in force
    (on the loop), `refused` is told of each version refused. `run` never ends: cancel it.
    """

    def __init__(
        self,
        first: Configuration,
        *,
        load: Callable[[], Configuration],
        build: Callable[[Configuration], T],
        swap: Callable[[T], None],
        refused: Callable[[], None] = lambda: None,
        every: float = EVERY,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.current = first
        self._load = load
        self._build = build
        self._swap = swap
        self._refused = refused
        self._every = every
        self._sleep = sleep
        self._asked = asyncio.Event()
        self._seen = Seen(first.as_read, first.as_read)
        self._busy = asyncio.Lock()
        self._tried: tuple[Path, ...] = ()  # what the version refused last was read from, or lacks

    def _look_around(self) -> Signature:
        return signature(self.current.folder, (*self.current.files, *self._tried))

    async def run(self) -> None:
        """Look and reload for ever; SIGHUP reloads at once. It means afterwards what it meant before."""
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGHUP)
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGHUP, self.ask)
        try:
            while True:
                await self._until_due()
                if self._asked.is_set():
                    self._asked.clear()
                    await self.reload()
                elif await self._changed():
                    await self.reload()
        finally:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(signal.SIGHUP)
                signal.signal(signal.SIGHUP, before)

    def ask(self) -> None:
        """Reload as soon as possible, changed or not."""
        self._asked.set()

    async def reload(self) -> bool:
        """Load and put in force what the files say now; False where it was refused."""
        async with self._busy:
            now = await asyncio.to_thread(self._look_around)
            self._seen = Seen(now, now)
            try:
                configuration, built = await asyncio.to_thread(self._make)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old one stays in force
                # A file elsewhere may make it sound, such as a secret that is mounted a minute later.
                self._tried = getattr(error, "files", ())
                self._refuse(error)
                return False
            self._tried = ()
            self._say_what_is_gone(configuration)
            self.current = configuration
            self._swap(built)
            # Whatever has changed since it was read is read again, however long reading took.
            self._seen = Seen(configuration.as_read, configuration.as_read)
            log.info(
                "configuration.reloaded",
                watches=len(configuration.watches),
                endpoints=len(configuration.endpoints),
            )
            return True

    def _make(self) -> tuple[Configuration, T]:
        configuration = self._load()
        if self.current.watches and not configuration.watches:
            raise ConfigurationError([Fault("watches.yaml", 0, "", NONE_LEFT)])
        log_warnings(configuration)
        if configuration.settings != self.current.settings:
            log.warning(
                "configuration.settings_need_restart",
                settings=differing(configuration.settings, self.current.settings),
            )
            configuration = replace(configuration, settings=self.current.settings)
        return configuration, self._build(configuration)

    def _say_what_is_gone(self, new: Configuration) -> None:
        """Name what the new version lacks: a file that was written by halves may be sound, and silences a watch."""
        watches = _gone((one.id for one in self.current.watches), (one.id for one in new.watches))
        endpoints = _gone((one.id for one in self.current.endpoints), (one.id for one in new.endpoints))
        if watches or endpoints:
            log.warning("configuration.gone", watches=watches, endpoints=endpoints)

    def _refuse(self, error: Exception) -> None:
        self._refused()
        if isinstance(error, ConfigurationError):
            for fault in error.faults[:MOST_FAULTS]:
                log.error("configuration.fault", fault=str(fault))
            count = len(error.faults)
            log.error("configuration.refused", faults=count, in_force="the version before")
        else:
            kind = type(error).__name__
            log.error("configuration.refused", error=kind, message=str(error), in_force="the version before")

    async def _changed(self) -> bool:
        now = await asyncio.to_thread(self._look_around)
        self._seen, load = look(self._seen, now)
        return load

    async def _until_due(self) -> None:
        """Until the next look, or until asked."""
        pause = asyncio.ensure_future(self._sleep(self._every))
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({pause, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pause, asked):
                task.cancel()


def _gone(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The ids that are no longer there, the first of them where there are many."""
    return sorted({*before} - {*after})[:MOST_FAULTS]
