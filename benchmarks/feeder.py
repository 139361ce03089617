"""Writes a long stream of different articles into `articles`, never far ahead of who reads it.

    python -m benchmarks.feeder FOLDER COUNT SEED

In a process of its own, as making articles takes a good part of a core, and slice by slice, so that neither memory
nor the topic ever holds all of them.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import islice
from pathlib import Path
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient

from benchmarks.place import configuration, producer_of, send_all, until_committed
from benchmarks.workers import articles

SLICE: Final = 1_000
AHEAD: Final = 20_000
"""Articles that may be written and not yet committed: seconds of work, so that the worker never waits."""


async def feed(folder: Path, count: int, seed: int) -> None:
    """Write so many articles for the worker of a folder's configuration."""
    config = configuration(folder)
    admin = AIOKafkaAdminClient(bootstrap_servers=list(config.settings.broker.servers))
    producer = producer_of(config, linger_ms=5, max_batch_size=512 * 1024)
    await admin.start()
    await producer.start()
    try:
        supply = islice(articles(seed, hit_rate=0.0), count)
        written = 0
        while messages := list(islice(supply, SLICE)):
            await until_committed(config, admin, written - AHEAD)
            await send_all(producer, config, messages)
            written += len(messages)
    finally:
        await producer.stop()
        await admin.close()


if __name__ == "__main__":
    asyncio.run(feed(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
