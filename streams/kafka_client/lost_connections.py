"""Connections of aiokafka that end, on uvloop: two things that aiokafka does not expect of it.

A transport raises RuntimeError at a write once its socket is closed, and for a moment aiokafka does not know yet that
it is. It expects OSError only: its task that renews the metadata ended by that, once in a while when a broker went
away, and from then on commits and heartbeats waited for it, while all else went on.

A TLS connection that is closed while the broker still holds back an answer (a fetch that waits for records) is not
closed until 30 seconds later: uvloop waits for the broker to take its leave as well. aiokafka awaits that at the end of
each client, so a partition's state was loaded half a minute late. Nobody reads an answer after the close, and all that
must arrive has been answered before it, so such a connection is cut.

Replaces methods of aiokafka's connection (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes
them.
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


def _told(write: Write) -> Write:
    @wraps(write)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return write(self, *args, **kwargs)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error

    return told


def _cut(close: Close) -> Close:
    @wraps(close)
    def cut(self: Any, *args: Any, **kwargs: Any) -> Any:
        transport = self._writer.transport if self._writer is not None else None
        secured = transport if transport is not None and _is_secured(transport) else None
        closed = close(self, *args, **kwargs)
        if secured is not None:
            secured.abort()
        return closed

    return cut


def _is_secured(transport: asyncio.BaseTransport) -> bool:
    try:
        return transport.get_extra_info("ssl_object") is not None
    except AttributeError:
        return False  # asyncio's own transport has forgotten its connection when it was closed twice


REPLACED: Final = {
    "send": _told(AIOKafkaConnection.send),
    "_send_sasl_token": _told(AIOKafkaConnection._send_sasl_token),
    "close": _cut(AIOKafkaConnection.close),
}


def mend_connections() -> None:
    """Have all connections of aiokafka, from now on, take such a write for a lost one, and cut TLS at the end."""
    for name, mended in REPLACED.items():
        setattr(AIOKafkaConnection, name, mended)
