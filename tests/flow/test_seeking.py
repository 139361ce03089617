"""Where a worker reads: what was fetched and thrown away comes again, whether or not anything is committed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.consumer_thread import ConsumerThread
from streams.embedded import EmbeddedBroker
from streams.outputs import Outputs, settle
from streams.topics import ARTICLES


@pytest.mark.parametrize("committed", [None, 0, 1])
async def test_what_is_thrown_away_while_partitions_change_hands_is_read_again(
    embedded: EmbeddedBroker, prefix: str, committed: int | None
) -> None:
    embedded.create([ARTICLES.full_name(prefix)])
    place = TopicPartition(ARTICLES.full_name(prefix), 0)
    outputs = Outputs({"bootstrap_servers": embedded.servers}, prefix)
    await outputs.start()
    for value in (b"first", b"second"):
        await settle([await outputs.send(ARTICLES, value, key=None, partition=0)])
    await outputs.stop()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=embedded.servers,
        group_id=prefix,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer, thread.call_thread = consumer, lambda fun: fun()
    consumer.assign([place])
    await consumer.start()
    try:
        if committed is not None:
            await consumer.commit({place: committed})
        for _ in range(2):
            await thread.seek_to_committed()
            read: list[bytes | None] = []
            async with asyncio.timeout(60):
                while len(read) < 2 - (committed or 0):
                    for records in (await consumer.getmany(timeout_ms=100)).values():
                        read += [record.value for record in records]
            assert read == [b"first", b"second"][committed or 0 :]
    finally:
        await consumer.stop()
