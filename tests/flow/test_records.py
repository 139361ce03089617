"""Commands that read a topic end when the brokers go away."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError

from streams.cli.records import whole_topic
from streams.connection import client_options
from streams.embedded import EmbeddedBroker
from streams.outputs import Outputs, settle
from streams.settings import BrokerSettings
from streams.topics import REJECTED


async def test_reading_a_topic_ends_with_an_error_when_no_broker_answers_any_more() -> None:
    """It waited for ever and said nothing."""
    with EmbeddedBroker() as broker:
        options = client_options(BrokerSettings(servers=(broker.servers,)))
        broker.create(["t.rejected"])
        outputs = Outputs(options, "t.")
        await outputs.start()
        value = bytes(1_000_000)  # more than one fetch brings
        sent = [await outputs.send(REJECTED, value, key=None, partition=0) for _ in range(4)]
        await settle(sent)
        await outputs.stop()
        records = whole_topic({**options, "request_timeout_ms": 5000}, "t.", REJECTED)
        assert (await anext(records)).offset == 0

    async def rest() -> list[int]:
        return [record.offset async for record in records]

    with pytest.raises(KafkaError):
        await asyncio.wait_for(rest(), 60)
