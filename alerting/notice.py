"""Word that an endpoint was disabled: as a webhook of its own, and as people are told."""

from __future__ import annotations

from datetime import datetime

from alerting.endpoint import Endpoint
from streams.ids import derive_id
from streams.wire import Alert, AlertWatch, EndpointDisabled


def endpoint_disabled(
    endpoint: Endpoint, reason: str, at: datetime, failing_since: datetime | None
) -> EndpointDisabled:
    """The event, under an id that is a function of the endpoint and the moment alone."""
    return EndpointDisabled(
        webhook_id=derive_id("msg", "endpoint.disabled", endpoint.id, at.isoformat()),
        at=at,
        endpoint=endpoint.id,
        title=endpoint.title,
        reason=reason,
        failing_since=failing_since,
    )


def for_people(event: Alert | EndpointDisabled) -> Alert:
    """An alert as it is; anything else as an alert that says it, for the formats that people read."""
    if isinstance(event, Alert):
        return event
    name = f"{event.title} ({event.endpoint})" if event.title else event.endpoint
    return Alert(
        type="alert.opened",
        alert_id=event.alert_id,
        number=1,
        webhook_id=event.webhook_id,
        at=event.at,
        watch=AlertWatch(id="endpoint.disabled", title="Endpoint disabled", severity="high"),
        headline=f"{name} gets no more alerts: {event.reason}",
        source="Tocsin",
        language="en",
        article_id=event.webhook_id,
        sentence="What it was owed is in the topic `undelivered`; mend it, enable it, and replay.",
        opened_at=event.at,
    )
