"""A connection to a broker that is lost, on uvloop, before aiokafka knows it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from streams.embedded import EmbeddedBroker
from streams.kafka_client.lost_connections import REPLACED, patch_connections


async def write_to_a_lost_connection(servers: str) -> Any:
    host, _, port = servers.split(",", maxsplit=1)[0].partition(":")
    connection = await create_conn(host, int(port))
    connection._writer.transport.abort()
    await asyncio.sleep(0)  # the socket is closed, and the task that reads has not run yet
    return await connection.send(MetadataRequest([]))


def run(servers: str) -> Any:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(write_to_a_lost_connection(servers))


def test_a_write_to_a_lost_connection_is_one_to_a_broken_connection(
    embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in REPLACED:
        monkeypatch.setattr(AIOKafkaConnection, name, getattr(AIOKafkaConnection, name))
    with pytest.raises(RuntimeError, match="closed"):
        run(
            embedded.servers
        )  # what aiokafka does not expect; where it does, streams/kafka_client/lost_connections.py can go
    patch_connections()
    with pytest.raises(KafkaConnectionError, match="closed"):
        run(embedded.servers)


class Closed:
    """As asyncio's transport of a TLS connection that was closed twice."""

    def get_extra_info(self, name: str) -> Any:
        raise AttributeError("'NoneType' object has no attribute '_get_extra_info'")


async def test_a_connection_that_is_closed_already_can_be_closed() -> None:
    connection: Any = AIOKafkaConnection("127.0.0.1", 9)
    connection._writer = SimpleNamespace(transport=Closed(), close=lambda: None)
    connection._reader = object()
    connection._read_task = SimpleNamespace(done=lambda: True)
    REPLACED["close"](connection)
    assert not connection.connected()
