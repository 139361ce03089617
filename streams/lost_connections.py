"""Writing to a connection that is lost already, told to aiokafka as it expects it.

On uvloop a transport raises RuntimeError at a write once its socket is closed, and for a moment aiokafka does not know
yet that it is. It expects OSError only: its task that renews the metadata ended by that, once in a while when a broker
went away, and from then on commits and heartbeats waited for it, while all else went on.

Replaces methods of aiokafka's connection (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes
them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

Write = Callable[..., Any]


def _told(write: Write) -> Write:
    @wraps(write)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return write(self, *args, **kwargs)
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error

    return told


REPLACED: Final = {name: _told(getattr(AIOKafkaConnection, name)) for name in ("send", "_send_sasl_token")}


def tell_lost_connections() -> None:
    """Have all connections of aiokafka, from now on, take such a write for a connection that is broken."""
    for name, told in REPLACED.items():
        setattr(AIOKafkaConnection, name, told)
