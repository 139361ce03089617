"""A local webhook receiver, which verifies what it gets: for trying out, for tests, and as an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from aiohttp import web
from pydantic import ValidationError

from alerting.signing import verify
from streams.wire import Alert, Webhook


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it came. `alert` is there when it has the format `standard`."""

    webhook_id: str
    verified: bool
    reason: str
    repeated: bool
    alert: Alert | None
    summary: str
    body: bytes


class Receiver:
    """An HTTP server on loopback that takes webhooks at any path. `port` 0 takes a free one."""

    def __init__(
        self,
        *,
        secrets: Sequence[str],
        on_webhook: Callable[[Received], None],
        host: str = "127.0.0.1",
        port: int = 0,
        status: Callable[[Received], int] = lambda received: 204 if received.verified else 401,
    ) -> None:
        self._secrets = secrets
        self._on_webhook = on_webhook
        self._host = host
        self._port = port
        self._status = status
        self._seen: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        """Begin to listen. Raises OSError when the port is taken."""
        application = web.Application(client_max_size=1024 * 1024)
        application.router.add_route("POST", "/{path:.*}", self._receive)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self.url = f"http://{self._host}:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        received = self._judge(request.headers, body)
        if received.verified:
            self._seen.add(received.webhook_id)
        self._on_webhook(received)
        return web.Response(status=self._status(received))

    def _judge(self, headers: Mapping[str, str], body: bytes) -> Received:
        webhook_id = headers.get("webhook-id", "")
        timestamp = headers.get("webhook-timestamp", "")
        signatures = headers.get("webhook-signature", "")
        verified = bool(webhook_id and timestamp) and verify(self._secrets, webhook_id, timestamp, signatures, body)
        reason = "" if verified else "no signature" if not signatures else "the signature is not that of this secret"
        return Received(
            webhook_id, verified, reason, webhook_id in self._seen, _alert(body), _summary(body), body
        )


def _alert(body: bytes) -> Alert | None:
    try:
        return Webhook.model_validate_json(body).data
    except ValidationError:
        return None


def _summary(body: bytes) -> str:
    try:
        value = orjson.loads(body)
    except ValueError:
        return body[:200].decode(errors="replace")
    return str(value.get("text") or value.get("content") or "") if isinstance(value, dict) else ""
