"""Closed connections on uvloop, which behaves in two ways that aiokafka does not expect.

- A write to a transport whose socket is already closed raises RuntimeError; aiokafka expects OSError. Its task that
  refreshes the metadata ended that way, once in a while when a broker went away, and from then on commits and
  heartbeats waited for ever. Here such a write counts as one to a broken connection.
- Closing a TLS connection waits up to 30 seconds for the broker's close_notify, which does not come while the broker
  holds back the answer to a fetch. aiokafka awaits that when a client stops, so the state of a partition was loaded
  half a minute late. Here TLS connections are aborted: everything that had to arrive was answered before the close.

Replaces methods of aiokafka's connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

Write = Callable[..., Any]
Close = Callable[..., Any]


def _reporting_broken(write: Write) -> Write:
    @wraps(write)
    def reporting_broken(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return write(self, *args, **kwargs)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error

    return reporting_broken


def _aborting_tls(close: Close) -> Close:
    @wraps(close)
    def aborting_tls(self: Any, *args: Any, **kwargs: Any) -> Any:
        transport = self._writer.transport if self._writer is not None else None
        tls = transport if transport is not None and _is_tls(transport) else None
        closed = close(self, *args, **kwargs)
        if tls is not None:
            tls.abort()
        return closed

    return aborting_tls


def _is_tls(transport: asyncio.BaseTransport) -> bool:
    try:
        return transport.get_extra_info("ssl_object") is not None
    except AttributeError:
        return False  # asyncio's own TLS transport after a second close


REPLACED: Final = {
    "send": _reporting_broken(AIOKafkaConnection.send),
    "_send_sasl_token": _reporting_broken(AIOKafkaConnection._send_sasl_token),
    "close": _aborting_tls(AIOKafkaConnection.close),
}


def patch_connections() -> None:
    """Make aiokafka's connections take such a write for a broken connection, and abort TLS when they close."""
    for name, method in REPLACED.items():
        setattr(AIOKafkaConnection, name, method)
