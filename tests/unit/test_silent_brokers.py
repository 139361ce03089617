"""Brokers that say nothing any more: when a connection is cut, and when it is not."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.cluster import BrokerMetadata
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from streams.kafka_client import silent_brokers
from streams.kafka_client.lost_connections import REPLACED as LOST
from streams.kafka_client.silent_brokers import REPLACED, WAITS_FOR_OTHERS, _SilenceWatch, patch_clients
from tests.edge.servers import listening

SILENT_AFTER = 0.2
METADATA = 3
PRODUCE = 0


@pytest.fixture(autouse=True)
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOST:
        monkeypatch.setattr(AIOKafkaConnection, name, getattr(AIOKafkaConnection, name))
    for replaced, methods in REPLACED.items():
        for name in methods:
            monkeypatch.setattr(replaced, name, getattr(replaced, name))
    monkeypatch.setattr(silent_brokers, "SILENT_AFTER", SILENT_AFTER)
    monkeypatch.setattr(silent_brokers, "CHECK_EVERY", SILENT_AFTER / 4)
    patch_clients()


@asynccontextmanager
async def broker(*, answers: int) -> AsyncIterator[int]:
    """A broker that says which versions it speaks to the first `answers` connections, and nothing else ever."""
    came = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        with suppress(asyncio.IncompleteReadError):
            frame = await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))
            if came <= answers:
                versions = (METADATA.to_bytes(2, "big") + bytes(3) + b"\x05") * 1
                body = frame[4:8] + bytes(2) + (1).to_bytes(4, "big") + versions
                writer.write(len(body).to_bytes(4, "big") + body)
            await reader.read()

    async with listening(serve) as port:
        yield port


def client_of(port: int) -> AIOKafkaClient:
    client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{port}")
    client.cluster._brokers = {1: BrokerMetadata(1, "127.0.0.1", port, None)}
    return client


async def test_a_connection_on_which_nothing_comes_is_cut_and_the_broker_left_alone_for_a_moment() -> None:
    async with broker(answers=1) as port, asyncio.timeout(60):
        client = client_of(port)
        connection = await client._get_conn(1)
        with pytest.raises(KafkaConnectionError):
            await connection.send(MetadataRequest([]))
        assert not connection.connected()
        assert await client._get_conn(1) is None, "nobody connects to it"
        assert not client._get_conn_lock.locked()
        await client.close()


async def test_connecting_to_a_silent_broker_takes_no_longer_either() -> None:
    async with broker(answers=0) as port, asyncio.timeout(60):
        client = client_of(port)
        assert await client._get_conn(1) is None
        await client.close()


class Connection:
    """As much of aiokafka's connection as is looked at."""

    host, port = "127.0.0.1", 9092

    def __init__(self, client: Any = None) -> None:
        self._requests: deque[Any] = deque()
        self._on_close_cb = client.told if client is not None else None
        self._reader: Any = self
        self._buffer = b""
        self.closed_for: Any = None

    def ask(self, kind: int) -> None:
        self._requests.append((1, type("Request", (), {"API_KEY": kind})(), None))

    def close(self, reason: Any) -> None:
        self.closed_for = reason


class Client:
    asked = 0

    def told(self) -> None:
        pass

    def force_metadata_update(self) -> None:
        self.asked += 1


def look(watch: _SilenceWatch, connection: Connection, most: int = 100) -> int:
    """Look until the connection is cut; returns how often that was."""
    for times in range(most):
        if connection.closed_for is not None:
            return times
        watch._check()
    return most


async def test_a_broker_that_is_slow_but_sends_or_answers_is_not_cut_off() -> None:
    sending, answering = Connection(), Connection()
    for connection in (sending, answering):
        connection.ask(METADATA)
    watches = _SilenceWatch(sending), _SilenceWatch(answering)
    for _ in range(50):
        sending._buffer += b"x"
        answering.ask(METADATA)
        answering._requests.popleft()
        for watch in watches:
            watch._check()
    assert sending.closed_for is answering.closed_for is None


async def test_who_waits_for_others_in_the_group_is_not_cut_off_but_metadata_are_asked_for() -> None:
    for kind in WAITS_FOR_OTHERS:
        client = Client()
        connection = Connection(client)
        connection.ask(kind)
        assert look(_SilenceWatch(connection), connection, most=50) == 50
        assert client.asked > 5


async def test_a_broker_that_is_cut_off_again_and_again_is_waited_for_longer_each_time() -> None:
    client = Client()
    looks = []
    for _ in range(5):
        connection = Connection(client)
        connection.ask(PRODUCE)
        looks.append(look(_SilenceWatch(connection), connection))
        assert connection.closed_for is CloseReason.CONNECTION_TIMEOUT
    assert looks[0] == looks[1] < looks[2] < looks[3] < looks[4]
    answer(client, after=looks[0])
    assert cut_after(client) > looks[4], "a late answer shows that it is slow"
    answer(client, after=1)
    assert cut_after(client) == looks[0], "a prompt answer has all begin anew"


def answer(client: Client, *, after: int) -> None:
    """A broker answers after so many looks."""
    connection = Connection(client)
    watch = _SilenceWatch(connection)
    connection.ask(PRODUCE)
    for _ in range(after):
        watch._check()
    connection._requests.clear()
    watch._check()


def cut_after(client: Client) -> int:
    """After how many looks a broker that does not answer is cut off."""
    connection = Connection(client)
    connection.ask(PRODUCE)
    return look(_SilenceWatch(connection), connection)


async def test_a_coordinator_that_waits_for_its_replicas_before_it_answers_a_commit_is_waited_for() -> None:
    heartbeat, commit = Connection(Client()), Connection(Client())
    heartbeat.ask(12)
    commit.ask(8)
    assert look(_SilenceWatch(heartbeat), heartbeat) < look(_SilenceWatch(commit), commit)


async def test_what_was_asked_of_a_broker_that_the_others_say_is_gone_is_not_waited_for() -> None:
    async def update(_self: Any, cluster: Any, _topics: Any) -> bool:
        del cluster._brokers[1]
        return True

    client = client_of(1)
    connection, idle = Connection(), Connection()
    connection.ask(WAITS_FOR_OTHERS[0])
    client._conns = cast(
        Any, {(1, ConnectionGroup.COORDINATION): connection, (1, ConnectionGroup.DEFAULT): idle}
    )
    assert await silent_brokers._closing_gone(update)(client, client.cluster, ())
    assert connection.closed_for is CloseReason.CONNECTION_BROKEN
    assert idle.closed_for is None
    client._conns.clear()
    await client.close()
