"""One attempt to tell an endpoint: render, sign, call, judge. Never raises for what the receiver does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Final

from alerting.client import Result, WebhookClient
from alerting.endpoint import Endpoint
from alerting.formats import render
from alerting.signing import sign
from alerting.verdict import Verdict, judge
from streams.wire import Alert

USER_AGENT: Final = f"tocsin/{version('tocsin')}"


@dataclass(frozen=True, slots=True)
class Attempted:
    """What one attempt came to."""

    verdict: Verdict
    result: Result


async def attempt(client: WebhookClient, endpoint: Endpoint, alert: Alert, now: datetime) -> Attempted:
    """Tell one endpoint of one alert event, once."""
    try:
        body, content_type = render(endpoint, alert)
    except Exception:  # noqa: BLE001 - a user's template may do anything; its message may quote a secret
        return Attempted(judge(None, "render"), Result(0.0, failure="render"))
    result = await client.post(endpoint, body, headers(endpoint, alert, body, content_type, now))
    return Attempted(judge(result.status, result.failure), result)


def headers(endpoint: Endpoint, alert: Alert, body: bytes, content_type: str, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks and those that the endpoint asks for."""
    secrets = [secret.get_secret_value() for secret in endpoint.secrets]
    own = {name: value.get_secret_value() for name, value in endpoint.headers.items()}
    standard = {
        "content-type": content_type,
        "user-agent": USER_AGENT,
        "webhook-id": alert.webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if secrets:
        standard["webhook-signature"] = sign(secrets, alert.webhook_id, now, body)
    return own | standard
