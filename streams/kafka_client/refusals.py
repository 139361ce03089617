"""Keeps why brokers could not be connected to. aiokafka's error says only that none could; the reason it merely logs.

Wraps a method of aiokafka's connection.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final

from aiokafka.errors import IllegalSaslStateError, KafkaConnectionError, KafkaError

from streams.printable import clean

Method = Callable[..., Any]

REFUSED: Final = f"[Errno {errno.ECONNREFUSED}]"

_why: dict[str, str] = {}
"""By `host:port`, why the last attempt to connect failed; nothing of a broker to which it succeeded."""


def noting_why(connect: Method) -> Method:
    """`connect` of aiokafka's connection, which also keeps why it failed."""

    @wraps(connect)
    async def noted(self: Any) -> Any:
        place = _place(f"{self.host}:{self.port}")
        try:
            connected = await connect(self)
        except (OSError, KafkaError) as error:  # TimeoutError is an OSError
            _why[place] = reason(error)
            raise
        _why.pop(place, None)
        return connected

    return noted


def why_not(servers: Iterable[str]) -> str:
    """Why the last attempts to connect to these servers failed, each reason once; empty where that is not known."""
    return "; ".join(dict.fromkeys(_why[place] for server in servers if (place := _place(server)) in _why))


def _place(server: str) -> str:
    return server.replace("[", "").replace("]", "")  # around an IPv6 address


def reason(error: Exception) -> str:
    """What an error on connecting means, in words. Holds no credentials: brokers do not repeat them."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {(error.reason or 'unknown').replace('_', ' ').lower()}"
    if isinstance(error, socket.gaierror):
        return "its name has no address"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError) or REFUSED in str(error):  # or of several addresses
        return "connection refused"
    if isinstance(error, KafkaConnectionError | ConnectionError):
        return (
            "it closed the connection, as one does that expects another security_protocol, or a certificate"
        )
    if isinstance(error, IllegalSaslStateError):
        return "it knows no SASL at this port"
    return clean(str(error)) or type(error).__name__
