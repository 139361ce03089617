"""Records whose headers have names that are not UTF-8, in whatever topic: read, and so is all behind them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from streams.kafka_client.header_names import patch_header_names
from streams.topics import ALL
from tests.broker.conftest import Place
from tests.broker.harness import (
    Ledger,
    WorkerProcess,
    make_articles,
)
from tests.raw_headers import GZIP, NONE, Record, publish_raw

BAD_NAME = b"gr\xfc\xdfe"
UNREADABLE = b"\xff\xfe not json of "


async def test_such_records_are_read_like_any_other_by_workers_and_commands(
    place: Place, tmp_path: Path
) -> None:
    folder = place.configured(tmp_path / "config", partitions=1, session=20)
    articles = make_articles(40, seed=11, matching=0.5)
    topic = place.topic("articles")
    named: list[Record] = [(message, [(BAD_NAME, b"\xff")]) for message in articles.messages]
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")
        await worker.command("topics", "--create")
        for each in ALL:
            # In the topics of state a tombstone of a key that nobody has; in the others what nobody can read.
            value = None if each.name in ("stories", "pending") else UNREADABLE + each.name.encode()
            await publish_raw(place.servers, each.full_name(place.prefix), [(value, [(BAD_NAME, b"\xff")])])
        await publish_raw(place.servers, topic, named[:15], codec=NONE)
        await publish_raw(place.servers, topic, named[15:30], codec=GZIP)
        await place.publish(articles.messages[30:])
        async with worker.running():
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
        patch_header_names()
        rejected = (await place.read("rejected"))[1:]
        read = (b"articles", b"candidates", b"notifications")
        assert sorted(record.value for record in rejected) == [UNREADABLE + name for name in read]
        for record in rejected:
            assert ("gr\\xfc\\xdfe", b"\xff") in record.headers
        said = await worker.command("tail", "rejected", "--no-follow")
        assert said.count("not json") == 4, said
        assert json.loads(await worker.command("backtest", "--json"))["articles"] == len(named)
        said = await worker.command("replay", "rejected", "--dry-run")
        assert "2 would be sent again" in said, said
