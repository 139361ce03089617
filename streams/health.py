"""`/live`, `/ready` and `/metrics` on one port. `streams.worker_health` decides what live and ready mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

HANG_UP_AFTER = 1.0
"""Seconds that stopping waits for clients that do not read their answer."""


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

    async def start(self) -> None:
        """Start listening. Raises OSError when the port is taken."""
        application = web.Application()
        application.router.add_get("/live", self._answer(self._live))
        application.router.add_get("/ready", self._answer(self._ready))
        application.router.add_get("/metrics", self._scrape)
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=HANG_UP_AFTER
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

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
