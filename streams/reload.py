"""Reloads the configuration when its files change, or on SIGHUP, without a restart.

A new version is loaded and built in a thread, then put in force by swapping one reference; work under way finishes with
the old one. A version with faults is refused: the faults are logged and the old version stays in force. So is a version
without any watch where there were some before: a lost file must not silence every alert.

Files are compared by time, size and inode every few seconds. A change counts once two looks in a row see the same, so
that a version that is still being copied is not read.

Settings (brokers, topics, service) need a restart; a change of them is logged.
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
"""Faults of a refused version that are logged."""

IN_FORCE: Final = "the previous version"
"""What stays in force when a version is refused."""

NONE_LEFT: Final = (
    "no watch is left, so there would be no alerts; to switch watches off use `enabled: false`, or restart"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """States of the files: `tried` were last loaded or refused, `last` were seen at the last look."""

    tried: Signature
    last: Signature


def look(seen: Seen, now: Signature) -> tuple[Seen, bool]:
    """The next `Seen`, and whether to load: the files differ from those tried and have not changed since `last`."""
    load = now != seen.tried and now == seen.last
    return Seen(now if load else seen.tried, now), load


def log_warnings(configuration: Configuration) -> None:
    """Log the warnings of a configuration that is put in force."""
    for warning in configuration.warnings[:MOST_FAULTS]:
        log.warning("configuration.warning", warning=str(warning))


class LiveConfiguration(Generic[T]):
    """Keeps what is built from a configuration up to date with its files. `current` is the version in force.

    `load` reads the files and `build` makes what is to be swapped in, both in a thread. `swap` puts it in force, and
    `refused` is called for each version that is refused, both on the loop.
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
        self._reloading = asyncio.Lock()
        self._tried: tuple[Path, ...] = ()  # the files of the version that was refused last

    def _signature(self) -> Signature:
        return signature(self.current.folder, (*self.current.files, *self._tried))

    async def run(self) -> None:
        """Watch the files and reload; SIGHUP reloads at once. Never returns: cancel it, which restores SIGHUP."""
        loop = asyncio.get_running_loop()
        before = signal.getsignal(signal.SIGHUP)
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGHUP, self.ask)
        try:
            while True:
                await self._wait()
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
        """Reload as soon as possible, whether files changed or not."""
        self._asked.set()

    async def reload(self) -> bool:
        """Load the files and put them in force; returns False if they are refused."""
        async with self._reloading:
            now = await asyncio.to_thread(self._signature)
            self._seen = Seen(now, now)
            try:
                configuration, built = await asyncio.to_thread(self._make)
            except Exception as error:  # noqa: BLE001 - whatever is wrong, the old version stays in force
                # Watch its files outside the folder too, such as a secret that is mounted a minute later.
                self._tried = getattr(error, "files", ())
                self._refuse(error)
                return False
            self._tried = ()
            self._log_gone(configuration)
            self.current = configuration
            self._swap(built)
            # As it was before reading, so that a change made meanwhile is noticed.
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
            raise ConfigurationError([Fault.of_file("watches.yaml", NONE_LEFT)])
        log_warnings(configuration)
        if configuration.settings != self.current.settings:
            log.warning(
                "configuration.settings_need_restart",
                settings=differing(configuration.settings, self.current.settings),
            )
            configuration = replace(configuration, settings=self.current.settings)
        return configuration, self._build(configuration)

    def _log_gone(self, new: Configuration) -> None:
        """Log which watches and endpoints the new version lacks: half a file can be valid, and drop a watch."""
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
            log.error("configuration.refused", faults=count, in_force=IN_FORCE)
        else:
            kind = type(error).__name__
            log.error("configuration.refused", error=kind, message=str(error), in_force=IN_FORCE)

    async def _changed(self) -> bool:
        now = await asyncio.to_thread(self._signature)
        self._seen, load = look(self._seen, now)
        return load

    async def _wait(self) -> None:
        """Wait until the next look is due, or `ask` is called."""
        pause = asyncio.ensure_future(self._sleep(self._every))
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait({pause, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pause, asked):
                task.cancel()


def _gone(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The ids that are gone, or the first of many."""
    return sorted({*before} - {*after})[:MOST_FAULTS]
