"""How an alert looks to each kind of endpoint. The same alert is always the same bytes.

`standard` is Standard Webhooks, for programs; `slack`, `teams` and `discord` are for people and share their `words`;
`template` is a user's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from alerting.endpoint import Endpoint
from alerting.formats import discord, slack, standard, teams, template
from alerting.formats.template import RenderError
from alerting.notice import for_people
from streams.wire import Alert, EndpointDisabled

JSON: Final = "application/json"

_RENDER: Final[dict[str, Callable[[Alert], bytes]]] = {
    "slack": slack.render,
    "teams": teams.render,
    "discord": discord.render,
}


def render(endpoint: Endpoint, event: Alert | EndpointDisabled) -> tuple[bytes, str]:
    """The body for an endpoint and its content type. Raises RenderError, and ValueError for text beyond Unicode."""
    if endpoint.format == "standard":
        return standard.render(event), JSON
    alert = for_people(event)
    if endpoint.format == "template":
        content_type = text_type(endpoint)
        shown = standard.fitting(alert)
        body = template.render(endpoint.template or "", shown, as_text=content_type is not None)
        return body, content_type or JSON
    if endpoint.format not in _RENDER:
        raise RenderError(f"the format {endpoint.format} has no body")
    return _RENDER[endpoint.format](alert), JSON


def text_type(endpoint: Endpoint) -> str | None:
    """The content type where the endpoint's own header asks for text; None where it takes JSON."""
    for name, value in endpoint.headers.items():
        if name.lower() == "content-type" and value.get_secret_value().lower().startswith("text/"):
            return value.get_secret_value()
    return None
