"""How an alert looks to each kind of endpoint. Rendering is deterministic: the same alert is always the same bytes."""

from __future__ import annotations

from alerting.endpoint import Endpoint
from alerting.formats import slack, standard
from streams.wire import Alert


def render(endpoint: Endpoint, alert: Alert) -> tuple[bytes, str]:
    """The body for an endpoint and its content type. Raises RenderError."""
    if endpoint.format == "slack":
        return slack.render(alert), "application/json"
    return standard.render(alert), "application/json"
