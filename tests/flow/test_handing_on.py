"""What one agent hands the next past the broker is the record that a consumer would read, and only what is written."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import NotLeaderForPartitionError
from aiokafka.structs import RecordMetadata

from streams.embedded import EmbeddedBroker
from streams.outputs import Outputs, _hand_on, settle
from streams.topics import CANDIDATES, CLASSIFIED
from streams.wire import Reading
from tests.builders import MOMENT, candidate
from tests.flow.desk import all_records

MOCKED = ("timestamp", "timestamp_type")
"""The embedded broker acknowledges with a time that it makes up."""


def values(record: ConsumerRecord) -> dict[str, Any]:
    names = (field.name for field in fields(ConsumerRecord))
    return {name: getattr(record, name) for name in names if name not in MOCKED}


async def test_it_is_the_record_that_a_consumer_reads(embedded: EmbeddedBroker, prefix: str) -> None:
    embedded.create([topic.full_name(prefix) for topic in (CANDIDATES, CLASSIFIED)])
    handed: list[ConsumerRecord] = []
    outputs = Outputs({"bootstrap_servers": embedded.servers}, prefix)
    outputs.acknowledged = handed.append
    await outputs.start()
    try:
        for number in range(3):
            value = candidate(number)
            await settle(
                [await outputs.publish(CANDIDATES, value, key="w", event_id=f"e{number}", time=MOMENT)]
            )
        reading = Reading(article=candidate().article, read_at=MOMENT)
        await settle([await outputs.publish(CLASSIFIED, reading, key="a", event_id="r", time=MOMENT)])
    finally:
        await outputs.stop()
    read = await all_records(embedded, CANDIDATES.full_name(prefix))
    assert [values(record) for record in handed] == [values(record) for record in read]


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(
            RecordMetadata("t", 0, None, -1, -1, 0, -1), id="a repeat whose place the broker has lost"
        ),
        pytest.param(RecordMetadata("t", 0, None, -1, -1, 0, None), id="without the beginning of the topic"),
        pytest.param(NotLeaderForPartitionError(), id="refused"),
        pytest.param(None, id="cancelled"),
    ],
)
async def test_what_has_no_place_in_the_topic_is_not_handed_on(
    end: RecordMetadata | Exception | None,
) -> None:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    if end is None:
        future.cancel()
    elif isinstance(end, Exception):
        future.set_exception(end)
    else:
        future.set_result(end)
    handed: list[ConsumerRecord] = []
    _hand_on(handed.append, b"k", b"v", (), None, future)
    assert handed == []
