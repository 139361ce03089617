"""Brokers that say nothing any more: how long aiokafka waits for them.

A broker whose machine is gone, or stands still, closes no connection. aiokafka waits for each of its answers for the
whole request timeout (40 s), one after the other: the produce or fetch under way, then the connection that is made anew
(under a lock that holds up connections to all others), then the metadata that it happens to ask of the same broker.
Meanwhile others have long led its partitions. So a connection on which something is awaited is cut when not a byte has
come for `SILENT_AFTER`, connecting takes no longer than that, and a broker that was silent is left alone for a moment.
What was under way is sent again, to whoever leads by then; brokers know repeats by their sequence numbers. Where
cutting brings nothing, as of a broker that is merely slow, it is waited for longer each time. What was asked of a
broker that the others say is gone is not waited for at all.

Replaces methods of aiokafka's client and connection (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade
changes what is relied on.
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
from streams.kafka_client.lost_connections import mend_connections

log = structlog.get_logger("tocsin.broker")

SILENT_AFTER: Final = 5.0
"""Seconds without a byte of an answer after which a connection is cut."""

AS_IT_IS: Final = 2
"""How often a connection to a broker is cut for its silence, before that is waited for twice as long each time."""

LEFT_ALONE: Final = 2.0
"""Seconds in which a broker that was silent is not connected to again."""

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at a connection on which something is awaited."""

SAY_EVERY: Final = 10.0
"""Seconds in which a broker's silence is said once."""

WAITING: Final = (11, 14)
"""API keys of what a coordinator answers when others have done something: JoinGroup, SyncGroup."""

WAITED_FOR: Final = {8: 2.0}
"""Seconds more, by API key: before it answers an OffsetCommit a coordinator waits for its replicas, for 5 s by default
(`offsets.commit.timeout.ms`), and heartbeats wait behind it.
"""

CONNECTING: Final = -1

Method = Callable[..., Any]


@dataclass
class _Known:
    """What is known of the brokers that one client speaks to."""

    silent_at: dict[tuple[str, int], float] = field(default_factory=dict)
    silences: Counter[tuple[str, int, int | None]] = field(default_factory=Counter)

    def patience(self, connection: Any, kind: int | None) -> float:
        """Seconds of silence that a broker is granted."""
        times = self.silences[connection.host, connection.port, kind]
        longer = WAITED_FOR.get(kind, 0.0) if kind is not None else 0.0
        return float((SILENT_AFTER + longer) * 2 ** max(0, times + 1 - AS_IT_IS))

    def silent(self, connection: Any, kind: int | None, seconds: float) -> None:
        """Take note of a silence, and say so."""
        now = _now()
        self.silences[connection.host, connection.port, kind] += 1
        self.silent_at[connection.host, connection.port] = now
        broker = f"{connection.host}:{connection.port}"
        if now - _said_at.get(broker, -math.inf) >= SAY_EVERY:
            _said_at[broker] = now
            log.warning("broker.silent", broker=broker, seconds=round(seconds))

    def spoke(self, connection: Any, kind: int | None) -> None:
        """Take note of an answer."""
        self.silences.pop((connection.host, connection.port, kind), None)


_known: weakref.WeakKeyDictionary[Any, _Known] = weakref.WeakKeyDictionary()
_said_at: dict[str, float] = {}


def _now() -> float:
    return asyncio.get_running_loop().time()


def _of(client: Any) -> _Known:
    return _known.setdefault(client, _Known()) if client is not None else _Known()


def _client_of(connection: Any) -> Any:
    """Whose a connection is; None while a client looks for its first broker."""
    return getattr(connection._on_close_cb, "__self__", None)


class _Lookout:
    """Looks at a connection now and then, as long as an answer is awaited on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = weakref.ref(connection)
        self._timer: asyncio.TimerHandle | None = None
        self._first: Any = None
        self._received = 0
        self._looks = 0

    def begin(self) -> None:
        """Look in a while, unless that is planned already."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._timer = None
        connection = self._connection()
        if connection is None or connection._reader is None:
            return
        client = _client_of(connection)
        # Brokers answer in the order of the questions.
        first = connection._requests[0] if connection._requests else None
        received = len(connection._reader._buffer)
        if self._first is not None and first is not self._first:
            _of(client).spoke(connection, _kind(self._first))
        # Looks are counted, not seconds: when this process stood still, no broker was silent.
        still = first is not None and first is self._first and received == self._received
        self._looks = self._looks + 1 if still else 0
        self._first, self._received = first, received
        if first is None:
            return
        self.begin()
        self._judge(connection, client, _kind(first))

    def _judge(self, connection: Any, client: Any, kind: int | None) -> None:
        silent = self._looks * LOOK_EVERY
        if kind in WAITING:
            # It may take its time; but it may be gone, and then others know.
            if client is not None and self._looks and self._looks % round(SILENT_AFTER / LOOK_EVERY) == 0:
                client.force_metadata_update()
        elif silent >= _of(client).patience(connection, kind):
            _of(client).silent(connection, kind, silent)
            connection.close(reason=CloseReason.CONNECTION_TIMEOUT)


def _kind(awaited: Any) -> int | None:
    return getattr(awaited[1], "API_KEY", None)


def _looked_after(send: Method) -> Method:
    @wraps(send)
    def looked_after(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = send(self, *args, **kwargs)
        lookout = self.__dict__.get("_lookout")
        if lookout is None:
            lookout = self._lookout = _Lookout(self)
        lookout.begin()
        return answer

    return looked_after


def _within(connect: Method) -> Method:
    @wraps(connect)
    async def within(self: Any) -> Any:
        known = _of(_client_of(self))
        patience = known.patience(self, CONNECTING)
        try:
            async with asyncio.timeout(patience):
                connected = await connect(self)
        except TimeoutError:
            known.silent(self, CONNECTING, patience)
            raise
        known.spoke(self, CONNECTING)
        return connected

    return within


def _not_at_once(get: Method) -> Method:
    @wraps(get)
    async def not_at_once(
        self: Any, node_id: Any, *, group: Any = ConnectionGroup.DEFAULT, **kwargs: Any
    ) -> Any:
        broker = self.cluster.broker_metadata(node_id)
        there = self._conns.get((node_id, group))
        if broker is not None and (there is None or not there.connected()):
            silent_at = _of(self).silent_at.get((broker.host, broker.port), -math.inf)
            if _now() - silent_at < LEFT_ALONE:
                self.force_metadata_update()
                return None
        return await get(self, node_id, group=group, **kwargs)

    return not_at_once


def _without_the_gone(update: Method) -> Method:
    @wraps(update)
    async def without_the_gone(self: Any, cluster: Any, topics: Any) -> Any:
        updated = await update(self, cluster, topics)
        if updated:
            for (node, _), connection in list(self._conns.items()):
                if isinstance(node, int) and connection._requests and cluster.broker_metadata(node) is None:
                    connection.close(reason=CloseReason.CONNECTION_BROKEN)
        return updated

    return without_the_gone


REPLACED: Final = {
    AIOKafkaConnection: {"send": _looked_after(LOST["send"]), "connect": _within(AIOKafkaConnection.connect)},
    AIOKafkaClient: {
        "_get_conn": _not_at_once(AIOKafkaClient._get_conn),
        "_metadata_update": _without_the_gone(metadata.UPDATE),
    },
}


def mend_clients() -> None:
    """Have all clients of aiokafka, from now on, bear brokers that break off or are silent."""
    mend_connections()
    for replaced, methods in REPLACED.items():
        for name, mended in methods.items():
            setattr(replaced, name, mended)
