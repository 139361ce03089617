"""The headers of a webhook: those of Standard Webhooks, and those that the endpoint asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from alerting.endpoint import Endpoint
from alerting.signing import sign

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]{0,8190}[\x21-\x7e])?")
_WEBHOOK_ID: Final = re.compile(r"[\x21-\x7e]{1,256}")

RESERVED: Final = frozenset(
    (
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
        *("host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect"),
        *("proxy-authorization", "proxy-connection", "accept-encoding"),
    )
)
"""Headers that an endpoint cannot set: they frame the request, or prove who sent it."""


def header_fault(name: str, value: str) -> str | None:
    """What is wrong with a header of an endpoint, without quoting its value; None where nothing is."""
    if not _NAME.fullmatch(name):
        return "that is no name of an HTTP header"
    if name.lower() in RESERVED:
        return f"{name} is set by the service itself"
    if not _VALUE.fullmatch(value):
        return (
            "the value is empty, or holds line breaks, control or non-ASCII characters, or blanks at an end"
        )
    return None


def request_headers(
    endpoint: Endpoint, webhook_id: str, body: bytes, content_type: str, now: datetime, user_agent: str
) -> Mapping[str, str]:
    """All headers of one attempt. Raises ValueError for an id that no header can carry, and for a bad secret."""
    if not _WEBHOOK_ID.fullmatch(webhook_id):
        raise ValueError("the webhook id is not printable ASCII")
    own = {name.lower(): value.get_secret_value() for name, value in endpoint.headers.items()}
    standard = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    secrets = [secret.get_secret_value() for secret in endpoint.secrets]
    if secrets:
        standard["webhook-signature"] = sign(secrets, webhook_id, now, body)
    return {"user-agent": user_agent} | own | {"content-type": content_type} | standard
