"""Gives up on brokers that have gone silent.

A broker whose machine is gone or frozen closes no connection. aiokafka waits the whole request timeout (40 s) for each
thing in turn: the request under way, the new connection (under a lock that blocks connections to all other brokers),
then the metadata that it may ask of the same broker. By then others have long taken over its partitions.

So:

- A connection on which an answer is awaited is closed when not a byte has come for `SILENT_AFTER`. The request is sent
  again to whoever leads by then; brokers recognise repeats by their sequence numbers.
- Connecting takes no longer than that, and a silent broker is not connected to again for `RECONNECT_AFTER`.
- A broker that stays silent is granted twice as long each time, so that one that is merely slow is heard in the end,
  and from then on until it is prompt again.
- A request to a broker that has left the cluster's metadata is not waited for at all.

Replaces methods of aiokafka's client and connection.
"""

from __future__ import annotations

import asyncio
import math
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final

import structlog
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection, CloseReason

from streams.kafka_client import metadata
from streams.kafka_client.lost_connections import REPLACED as LOST
from streams.kafka_client.lost_connections import patch_connections
from streams.kafka_client.refusals import noting_why

log = structlog.get_logger("tocsin.broker")

SILENT_AFTER: Final = 5.0
"""Seconds without a byte of an awaited answer after which a connection is closed."""

CUTS_BEFORE_BACKOFF: Final = 2
"""How often connections to a broker are closed for silence before the patience doubles each time."""

RECONNECT_AFTER: Final = 2.0
"""Seconds for which a silent broker is not connected to again."""

CHECK_EVERY: Final = 1.0
"""Seconds between two checks of a connection on which an answer is awaited."""

LOG_EVERY: Final = 10.0
"""Seconds in which the silence of a broker is logged once."""

WAITS_FOR_OTHERS: Final = (11, 14)
"""API keys of requests that a coordinator answers only when other members have acted: JoinGroup, SyncGroup."""

EXTRA_PATIENCE: Final = {8: 2.0}
"""Extra seconds, by API key. A coordinator answers an OffsetCommit when its replicas have it, which may take 5 s
(`offsets.commit.timeout.ms`), and answers no heartbeat before.
"""

RETRIED: Final = "its connection was closed; what was asked is asked again of whoever leads now"

CONNECTING: Final = -1
"""Stands for an API key while connecting."""

Method = Callable[..., Any]


@dataclass
class _Silences:
    """The silences of the brokers that one client talks to."""

    silent_at: dict[tuple[str, int], float] = field(default_factory=dict)
    silences: Counter[tuple[str, int, int | None]] = field(default_factory=Counter)

    def patience(self, connection: Any, kind: int | None) -> float:
        """Seconds of silence that a broker is granted for a request of a kind (its API key)."""
        times = self.silences[connection.host, connection.port, kind]
        return float(_usual_patience(kind) * 2 ** max(0, times + 1 - CUTS_BEFORE_BACKOFF))

    def note_silence(self, connection: Any, kind: int | None, seconds: float) -> None:
        """Record a silence and log it."""
        now = _now()
        self.silences[connection.host, connection.port, kind] += 1
        self.silent_at[connection.host, connection.port] = now
        broker = f"{connection.host}:{connection.port}"
        if now - _logged_at.get(broker, -math.inf) >= LOG_EVERY:
            _logged_at[broker] = now
            log.warning("broker.silent", broker=broker, seconds=round(seconds), hint=RETRIED)

    def note_answer(self, connection: Any, kind: int | None, seconds: float) -> None:
        """Record an answer after so many seconds of silence. A prompt one ends the extra patience with a broker.

        A late one does not, or of a slow broker every request would be cut off twice before it is heard.
        """
        if seconds < _usual_patience(kind):
            self.silences.pop((connection.host, connection.port, kind), None)


def _usual_patience(kind: int | None) -> float:
    return SILENT_AFTER + (EXTRA_PATIENCE.get(kind, 0.0) if kind is not None else 0.0)


_by_client: weakref.WeakKeyDictionary[Any, _Silences] = weakref.WeakKeyDictionary()
_logged_at: dict[str, float] = {}


def _now() -> float:
    return asyncio.get_running_loop().time()


def _silences_of(client: Any) -> _Silences:
    return _by_client.setdefault(client, _Silences()) if client is not None else _Silences()


def _client_of(connection: Any) -> Any:
    """The client that owns a connection; None while that client looks for its first broker."""
    return getattr(connection._on_close_cb, "__self__", None)


class _SilenceWatch:
    """Checks a connection at intervals while an answer is awaited on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = weakref.ref(connection)
        self._timer: asyncio.TimerHandle | None = None
        self._first: Any = None
        self._received = 0
        self._checks = 0

    def start(self) -> None:
        """Schedule the next check, unless one is scheduled."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CHECK_EVERY, self._check)

    def _check(self) -> None:
        self._timer = None
        connection = self._connection()
        if connection is None or connection._reader is None:
            return
        client = _client_of(connection)
        # Brokers answer in order, so the first request is the one that is waited for.
        first = connection._requests[0] if connection._requests else None
        received = len(connection._reader._buffer)
        if self._first is not None and first is not self._first:
            _silences_of(client).note_answer(connection, _kind(self._first), self._checks * CHECK_EVERY)
        # Checks are counted, not seconds: while this process was suspended no broker was silent.
        still = first is not None and first is self._first and received == self._received
        self._checks = self._checks + 1 if still else 0
        self._first, self._received = first, received
        if first is None:
            return
        self.start()
        self._judge(connection, client, _kind(first))

    def _judge(self, connection: Any, client: Any, kind: int | None) -> None:
        silent = self._checks * CHECK_EVERY
        if kind in WAITS_FOR_OTHERS:
            # It may rightly take long. If the broker is gone, the metadata of the others will say so.
            if client is not None and self._checks and self._checks % round(SILENT_AFTER / CHECK_EVERY) == 0:
                client.force_metadata_update()
        elif silent >= _silences_of(client).patience(connection, kind):
            _silences_of(client).note_silence(connection, kind, silent)
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)


def _kind(awaited: Any) -> int | None:
    return getattr(awaited[1], "API_KEY", None)


def _watched(send: Method) -> Method:
    @wraps(send)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = send(self, *args, **kwargs)
        watch = self.__dict__.get("_silence_watch")
        if watch is None:
            watch = self._silence_watch = _SilenceWatch(self)
        watch.start()
        return answer

    return watched


def _with_timeout(connect: Method) -> Method:
    @wraps(connect)
    async def with_timeout(self: Any) -> Any:
        known = _silences_of(_client_of(self))
        patience = known.patience(self, CONNECTING)
        began = _now()
        try:
            async with asyncio.timeout(patience):
                connected = await connect(self)
        except TimeoutError:
            known.note_silence(self, CONNECTING, patience)
            raise
        known.note_answer(self, CONNECTING, _now() - began)
        return connected

    return with_timeout


def _avoiding_silent(get: Method) -> Method:
    @wraps(get)
    async def avoiding_silent(
        self: Any, node_id: Any, *, group: Any = ConnectionGroup.DEFAULT, **kwargs: Any
    ) -> Any:
        broker = self.cluster.broker_metadata(node_id)
        there = self._conns.get((node_id, group))
        if broker is not None and (there is None or not there.connected()):
            silent_at = _silences_of(self).silent_at.get((broker.host, broker.port), -math.inf)
            if _now() - silent_at < RECONNECT_AFTER:
                self.force_metadata_update()
                return None
        return await get(self, node_id, group=group, **kwargs)

    return avoiding_silent


def _closing_gone(update: Method) -> Method:
    @wraps(update)
    async def closing_gone(self: Any, cluster: Any, topics: Any) -> Any:
        updated = await update(self, cluster, topics)
        if updated:
            for (node, _), connection in list(self._conns.items()):
                if isinstance(node, int) and connection._requests and cluster.broker_metadata(node) is None:
                    connection.close(reason=CloseReason.CONNECTION_BROKEN)
        return updated

    return closing_gone


REPLACED: Final = {
    AIOKafkaConnection: {
        "send": _watched(LOST["send"]),
        "connect": noting_why(_with_timeout(AIOKafkaConnection.connect)),
    },
    AIOKafkaClient: {
        "_get_conn": _avoiding_silent(AIOKafkaClient._get_conn),
        "_metadata_update": _closing_gone(metadata.UPDATE),
    },
}


def patch_clients() -> None:
    """Make aiokafka's clients cope with brokers that disconnect or go silent."""
    patch_connections()
    for replaced, methods in REPLACED.items():
        for name, method in methods.items():
            setattr(replaced, name, method)
