"""`/live`, `/ready` and `/metrics` on one port. `streams.worker_health` decides what live and ready mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

HANG_UP_AFTER = 1.0
"""Seconds that stopping waits for clients that do not read their answer."""

MOST_CONNECTIONS: Final = 64
"""Connections that are open at the same time."""

LONGEST_CONNECTION = 30.0
"""Seconds that a connection may be open."""

IDLE: Final = 5.0
"""Seconds that a connection may be open after an answer."""

LOOK_EVERY = 1.0
"""Seconds between two looks at how long connections are held."""


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of a check, with its reason."""

    ok: bool
    reason: str


class HealthServer:
    """The HTTP server of a worker. `port` 0 takes a free one; after `start`, `port` says which."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        live: Callable[[], Health],
        ready: Callable[[], Health],
        metrics: Callable[[], bytes],
    ) -> None:
        self.host = host
        self.port = port
        self._live = live
        self._ready = ready
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None
        self._held_since: dict[asyncio.Protocol, float] = {}
        self._look: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Start listening. Raises OSError when the port is taken."""
        application = web.Application()
        application.router.add_get("/live", self._answer(self._live))
        application.router.add_get("/ready", self._answer(self._ready))
        application.router.add_get("/metrics", self._scrape)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=HANG_UP_AFTER,
            keepalive_timeout=IDLE,
        )
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._connection, self.host, self.port)
        self.port = self._listening.sockets[0].getsockname()[1]
        self._look_at_connections()

    async def stop(self) -> None:
        """Stop listening."""
        if self._look is not None:
            self._look.cancel()
        if self._listening is not None:
            self._listening.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def _server(self) -> web.Server:
        assert self._runner is not None  # noqa: S101 - asked for only once that is set up
        assert self._runner.server is not None  # noqa: S101 - as above
        return self._runner.server

    def _connection(self) -> asyncio.Protocol:
        """What answers a new connection."""
        for oldest in self._server.connections[: 1 - MOST_CONNECTIONS]:
            _cut_off(oldest)
        return self._server()

    def _look_at_connections(self) -> None:
        """Cut off what has been held for long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._held_since = {one: self._held_since.get(one, now) for one in self._server.connections}
        for connection, since in self._held_since.items():
            if now - since > LONGEST_CONNECTION:
                _cut_off(connection)
        self._look = loop.call_later(LOOK_EVERY, self._look_at_connections)

    @staticmethod
    def _answer(check: Callable[[], Health]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(_: web.Request) -> web.Response:
            health = check()
            return web.Response(status=200 if health.ok else 503, text=health.reason + "\n")

        return answer

    async def _scrape(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics(), headers={"content-type": "text/plain; version=0.0.4; charset=utf-8"}
        )


def _cut_off(connection: asyncio.Protocol) -> None:
    transport = getattr(connection, "transport", None)
    if transport is not None:
        transport.abort()
