"""A batch that a broker takes for its length and that unpacks to more than anybody sends: refused, and all behind it
read.
"""

from __future__ import annotations

import signal
from pathlib import Path

from streams.kafka_client.bounded_batches import UNPACKED_LIMIT
from tests.broker.conftest import Place
from tests.broker.harness import (
    Ledger,
    WorkerProcess,
    make_articles,
)
from tests.raw_headers import ZSTD, publish_raw


async def test_it_is_put_aside_and_stops_nothing(place: Place, tmp_path: Path) -> None:
    folder = place.configured(tmp_path / "config", partitions=1, session=20)
    articles = make_articles(20, seed=5, matching=0.5)
    topic = place.topic("articles")
    bomb = bytes(UNPACKED_LIMIT + 1)
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        await worker.command("topics", "--create")
        await place.publish(articles.messages[:10])
        await publish_raw(place.servers, topic, [(b"{}", []), (bomb, [])], codec=ZSTD)
        await place.publish(articles.messages[10:])
        async with worker.running():
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
        [rejected] = await place.read("rejected")
        assert dict(rejected.headers)["tocsin-error-reason"] == b"too-long"
        assert dict(rejected.headers)["tocsin-error-offset"] == b"11"
        assert len(rejected.value) < len(bomb)
