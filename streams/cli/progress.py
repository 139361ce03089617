"""How far a group has come with its inputs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from streams.cli.records import partitions_of
from streams.topics import ARTICLES, CANDIDATES, NOTIFICATIONS, Topic


class Progress:
    """Compares what was written to the topics of a prefix with what a group has committed of them."""

    def __init__(self, admin: AIOKafkaAdminClient, ends: AIOKafkaConsumer, prefix: str, group: str) -> None:
        self._admin = admin
        self._ends = ends
        self._prefix = prefix
        self._group = group

    async def all_committed(self) -> bool:
        """Whether every record of every input is committed."""
        # In the order of the flow: whatever a committed input caused has been written to the next topic.
        for topic in (ARTICLES, CANDIDATES, NOTIFICATIONS):
            partitions = await partitions_of(self._ends, topic.full_name(self._prefix))
            # Partitions are named because the embedded broker does not answer a question about all of them.
            committed = await self._admin.list_consumer_group_offsets(self._group, partitions=partitions)
            for tp, end in (await self._ends.end_offsets(partitions)).items():
                if end > 0 and (tp not in committed or committed[tp].offset < end):
                    return False
        return True

    async def written(self, topic: Topic) -> int:
        """How many records were written to a topic."""
        partitions = await partitions_of(self._ends, topic.full_name(self._prefix))
        return sum((await self._ends.end_offsets(partitions)).values())


@asynccontextmanager
async def progress_of(options: dict[str, Any], prefix: str, group: str) -> AsyncIterator[Progress]:
    """The progress of a group, by clients that are connected."""
    admin = AIOKafkaAdminClient(**options)
    ends = AIOKafkaConsumer(**options, enable_auto_commit=False)
    await admin.start()
    await ends.start()
    try:
        yield Progress(admin, ends, prefix, group)
    finally:
        await ends.stop()
        await admin.close()
