"""A local webhook receiver that verifies what it gets: for trying out, for tests, and as an example.

It can be told to misbehave: `plan` says how to answer the first calls, one entry a call (a status, or one of
`streams.misbehaviours`). After that, and by default, a webhook that verifies is answered 204 and any other 401.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import ValidationError

from alerting.signing import verify
from streams.wire import Alert, EndpointDisabled, Event, Webhook

TOLERANCE: Final = timedelta(minutes=5)
"""How far a webhook's timestamp may be from the clock, so that an old request cannot be replayed."""

Misbehaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]
"""Answers a request in place of a status."""

Answer = int | Misbehaviour


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it came. `alert` is set when it holds one in the format `standard`."""

    webhook_id: str
    verified: bool
    reason: str
    repeated: bool
    alert: Alert | None
    summary: str
    body: bytes


class Receiver:
    """An HTTP server on loopback that takes webhooks at any path. `port` 0 takes a free one.

    A webhook is `repeated` when the same call has been verified before: path, id and body. One id may come with
    several bodies where endpoints of several formats call the same receiver. `counts` counts calls by `verified`,
    `refused` and `repeated`.
    """

    def __init__(
        self,
        *,
        secrets: Sequence[str],
        on_webhook: Callable[[Received], None],
        host: str = "127.0.0.1",
        port: int = 0,
        status: Callable[[Received], int] = lambda received: 204 if received.verified else 401,
        plan: Iterable[Answer] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._secrets = secrets
        self._on_webhook = on_webhook
        self._host = host
        self._port = port
        self._status = status
        self._plan = iter(plan)
        self._now = now
        self._seen: set[bytes] = set()
        self._runner: web.AppRunner | None = None
        self.counts: Counter[str] = Counter()
        self.url = ""

    async def start(self) -> None:
        """Start listening. Raises OSError when the port is taken."""
        application = web.Application(client_max_size=1024 * 1024)
        application.router.add_route("POST", "/{path:.*}", self._receive)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=1,
            handler_cancellation=True,  # ends a misbehaviour when the sender hangs up
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{host}:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        webhook_id = request.headers.get("webhook-id", "").encode(errors="surrogateescape")
        call = sha256(b"\0".join((request.path.encode(), webhook_id, body))).digest()
        received = self._judge(request.headers, body, repeated=call in self._seen)
        self.counts["verified" if received.verified else "refused"] += 1
        self.counts["repeated"] += received.verified and received.repeated
        if received.verified:
            self._seen.add(call)
        self._on_webhook(received)
        answer = next(self._plan, None)
        if answer is None:
            answer = self._status(received)
        return web.Response(status=answer) if isinstance(answer, int) else await answer(request)

    def _judge(self, headers: Mapping[str, str], body: bytes, *, repeated: bool) -> Received:
        webhook_id = headers.get("webhook-id", "")
        if not webhook_id.isascii():  # it may hold undecodable bytes
            webhook_id = ""
        reason = self._fault(webhook_id, headers, body)
        event = _event(body)
        alert = event if isinstance(event, Alert) else None
        summary = _of_endpoint(event) if isinstance(event, EndpointDisabled) else _summary(body)
        return Received(webhook_id, not reason, reason, repeated, alert, summary, body)

    def _fault(self, webhook_id: str, headers: Mapping[str, str], body: bytes) -> str:
        """Why a webhook does not verify; empty where it does."""
        timestamp = headers.get("webhook-timestamp", "")
        signatures = headers.get("webhook-signature", "")
        if not webhook_id or not timestamp.isdecimal() or not timestamp.isascii():
            return "webhook-id or webhook-timestamp is missing"
        if not signatures:
            return "no signature"
        if not verify(self._secrets, webhook_id, timestamp, signatures, body):
            return "the signature is not that of this secret"
        if abs(self._now().timestamp() - int(timestamp[:12])) > TOLERANCE.total_seconds():
            return f"the timestamp is more than {TOLERANCE} away"
        return ""


def _event(body: bytes) -> Event | None:
    try:
        return Webhook.model_validate_json(body).data
    except ValidationError:
        return None


def _summary(body: bytes) -> str:
    """The text of a webhook in another format than `standard`."""
    try:
        value = orjson.loads(body)
    except ValueError:
        return body[:200].decode(errors="replace")
    if not isinstance(value, dict):
        return ""
    return str(value.get("text") or value.get("content") or _of_card(value))


def _of_endpoint(event: EndpointDisabled) -> str:
    return f"{event.type}: {event.endpoint} gets no more alerts: {event.reason}"


def _of_card(value: dict[str, Any]) -> str:
    try:
        return str(value["attachments"][0]["content"]["fallbackText"])
    except (KeyError, IndexError, TypeError):
        return ""
