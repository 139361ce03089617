"""The service under test: its configuration, its workers and a supervisor that starts anew what ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.broker.harness import SECRET, spawn_worker, write_little_knowledge
from tests.chaos.inputs import ENDPOINTS, ORDERED, WATCHES

SESSION = 3.0
"""Seconds after which the group gives a silent worker's partitions to another."""

SCHEDULE = [0.1, 0.2, 0.5, 1, 1, 1, *[2] * 40]


def write_configuration(folder: Path, *, servers: str, prefix: str, group: str, replicas: int = 1) -> Path:
    """The watches and endpoints of a run; retries come soon, and there are enough of them for any fault."""
    folder.mkdir(parents=True)
    write_little_knowledge(folder)
    settings = {
        "broker": {"servers": servers.split(","), "session_timeout": SESSION, "request_timeout": 30},
        "topics": {"prefix": prefix, "partitions": 4, "replication_factor": replicas},
        "service": {"group": group, "health_port": 0, "drain_grace": 10},
    }
    watches = [
        {
            "id": watching.id,
            "title": watching.id,
            "query": watching.word,
            "notify": list(watching.endpoints),
            "update_every": 0 if watching.updating else "7d",
        }
        for watching in WATCHES
    ]
    endpoints = [
        {
            "id": endpoint,
            "url": f"env:CHAOS_URL_{endpoint.upper()}",
            "secrets": ["env:CHAOS_SECRET"],
            "allow_private": True,
            "allow_http": True,
            "ordered": endpoint == ORDERED,
            "timeout": 2,
            "slow_wait": 0.3,
            "schedule": SCHEDULE,
            "breaker": {"pause": 1},
        }
        for endpoint in ENDPOINTS
    ]
    for name, content in (
        ("tocsin.yaml", settings),
        ("watches.yaml", {"watches": watches}),
        ("endpoints.yaml", {"endpoints": endpoints}),
    ):
        (folder / name).write_text(json.dumps(content))
    return folder


@dataclass
class Worker:
    """A `tocsin worker` that is started anew whenever it ends, until it is asked to stay away."""

    name: str
    folder: Path
    environment: dict[str, str]
    log: Path
    left: list[tuple[float, int]] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None
    _watching: asyncio.Task[None] | None = None
    _wanted: bool = False

    async def start(self) -> None:
        self._wanted = True
        await self._spawn()

    async def _spawn(self) -> None:
        self.process = await spawn_worker(self.environment, self.log)
        self._watching = asyncio.ensure_future(self._watch(self.process))

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        if self._wanted and code > 0:
            self.left.append((time.time(), code))
        if self._wanted:
            await self._spawn()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process as it is now."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)

    async def end(self, number: signal.Signals, timeout: float = 40) -> int:
        """End it and keep it away; returns its exit code."""
        self._wanted = False
        if self._watching is not None:
            await asyncio.sleep(0)
        process = self.process
        assert process is not None
        self.send(number)
        return await asyncio.wait_for(process.wait(), timeout)

    async def until_ended(self, timeout: float) -> int:
        """Wait for the end of the process that runs now; the supervisor starts the next."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), timeout)


def environment(folder: Path, ledger_port: int) -> dict[str, str]:
    """What a worker finds in its environment."""
    urls = {
        f"CHAOS_URL_{endpoint.upper()}": f"http://127.0.0.1:{ledger_port}/{endpoint}"
        for endpoint in ENDPOINTS
    }
    return {**os.environ, **urls, "CHAOS_SECRET": SECRET, "TOCSIN_CONFIG": str(folder)}
