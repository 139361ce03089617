"""One attempt to tell an endpoint: render, sign, call, judge. Never raises for what the receiver does.

    attempted = await attempt(client, endpoint, alert, now)
    due_at = next_attempt(endpoint, number, attempted.verdict, attempted.result.retry_after, now, rng)

The body of one alert event for one endpoint is always the same bytes, so an id never has two bodies; only the
timestamp of the attempt, and with it the signature, changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from time import perf_counter
from typing import Final

from alerting import sendapprise
from alerting.client import Result, WebhookClient
from alerting.endpoint import Endpoint
from alerting.formats import render
from alerting.headers import request_headers
from alerting.verdict import Verdict, judge
from streams.wire import Alert, EndpointDisabled

USER_AGENT: Final = f"tocsin/{version('tocsin')}"


@dataclass(frozen=True, slots=True)
class Attempted:
    """What one attempt came to."""

    verdict: Verdict
    result: Result


async def attempt(
    client: WebhookClient, endpoint: Endpoint, alert: Alert | EndpointDisabled, now: datetime
) -> Attempted:
    """Tell one endpoint of one event, once."""
    if endpoint.format == "apprise":
        return await _by_apprise(endpoint, alert)
    try:
        body, content_type = render(endpoint, alert)
        headers = request_headers(endpoint, alert.webhook_id, body, content_type, now, USER_AGENT)
    except Exception:  # noqa: BLE001 - a user's template may do anything; its message may quote a secret
        return Attempted(judge(None, "render"), Result(0.0, failure="render"))
    result = await client.post(endpoint, body, headers)
    return Attempted(judge(result.status, result.failure), result)


async def _by_apprise(endpoint: Endpoint, alert: Alert | EndpointDisabled) -> Attempted:
    began = perf_counter()
    failure = await sendapprise.send(endpoint, alert)
    result = Result((perf_counter() - began) * 1000, failure=failure)
    verdict = Verdict("delivered", "Apprise has sent it") if failure is None else judge(None, failure)
    return Attempted(verdict, result)
