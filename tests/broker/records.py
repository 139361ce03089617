"""Writes records of all kinds as this version makes them, for tests/unit/test_earlier_records.py of later ones.

    python -m tests.broker.records > tests/fixtures/records/DATE.jsonl

A worker on a real Kafka is sent one of the samples and a copy of it, and alerts three endpoints: one takes the alert,
one fails, and one is gone. Of what is in its topics then, a record of each kind is kept.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from streams.local_kafka import LocalKafka
from streams.sample import sample_configuration
from tests.broker.harness import (
    Ledger,
    WorkerProcess,
    eventually,
    publish,
    read_all,
    until_committed,
    write_configuration,
)

ANSWERS = {"desk": 204, "away": 503, "shut": 410}
"""What each endpoint answers."""

SAMPLE = "dara-ceasefire-agreed"

Record = dict[str, Any]


def opened(record: Record) -> bool:
    return bool(record["value"]["alert"]["type"] == "alert.opened")


KINDS: list[tuple[str, int, Callable[[Record], bool]]] = [
    ("classified", 1, lambda _: True),
    ("candidates", 2, lambda _: True),
    ("stories", -1, lambda _: True),
    ("alerts", 1, lambda _: True),
    ("notifications", 1, opened),
    ("notifications", 1, lambda record: not opened(record)),
    ("pending", 1, lambda record: record["key"].startswith("away/") and record["value"].get("made") == 1),
    ("pending", 1, lambda record: record["key"].startswith("desk/") and "settled_at" in record["value"]),
    ("pending", 1, lambda record: record["key"] == "shut" and "unannounced" in record["value"]),
    ("pending", 1, lambda record: record["key"] == "away"),
    ("deliveries", 1, lambda record: record["value"]["outcome"] == "delivered"),
    ("deliveries", 1, lambda record: record["value"]["outcome"] == "retry"),
    ("undelivered", 1, lambda _: True),
]
"""Topic, how many records of the kind to keep (-1: the last), and which they are."""


async def main() -> None:
    async def receive(request: web.Request) -> web.Response:
        return web.Response(status=ANSWERS[request.match_info["endpoint"]])

    receiver = web.Application()
    receiver.router.add_post("/{endpoint}", receive)
    runner = web.AppRunner(receiver, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    where = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with tempfile.TemporaryDirectory() as folder, LocalKafka(short_lived=True) as kafka:
        for record in await made(kafka.servers, Path(folder), where):
            print(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
    await runner.cleanup()


async def made(servers: str, folder: Path, where: str) -> list[Record]:
    """The records that a worker makes, whose endpoints are below an address."""
    configuration = write_configuration(
        folder / "config", servers=servers, prefix="t.", group="g", partitions=1, all_topics=True
    )
    watch = {"id": "truces", "title": "Truces", "topics": {"any": ["ceasefire"]}, "severity": "high"}
    (configuration / "watches.yaml").write_text(json.dumps({"watches": [watch | {"notify": [*ANSWERS]}]}))
    endpoints: list[Record] = [
        {
            "id": name,
            "url": f"{where}/{name}",
            "secrets": ["env:TEST_DESK_SECRET"],
            "allow_private": True,
            "allow_http": True,
            "schedule": [3600],
            "fallback": "desk" if name == "shut" else None,
        }
        for name in ANSWERS
    ]
    (configuration / "endpoints.yaml").write_text(json.dumps({"endpoints": endpoints}))
    samples = (sample_configuration().parent / "samples" / "articles.jsonl").read_text().splitlines()
    article = next(article for article in map(json.loads, samples) if article.get("id") == SAMPLE)
    copy = article | {"id": "a-copy", "source": "coast.example"}
    worker = WorkerProcess(configuration, Ledger(url=where), folder / "log")
    async with worker.running():
        await worker.until_logged("worker.started", 120)
        await publish(servers, "t.articles", [json.dumps(article).encode()])
        await worker.until_logged("delivery.attempt", 60, times=len(ANSWERS) + 1)
        await publish(servers, "t.articles", [json.dumps(copy).encode()])
        await worker.until_logged("alert.throttled", 60)
        await until_committed(servers, "g", "t.")
        found: list[Record] = []

        async def there() -> bool:
            found[:] = [record for kind in KINDS for record in await kept(servers, *kind)]
            return len(found) == sum(abs(count) for _, count, _ in KINDS)

        await eventually(there, 60, "a record of each kind")
    return found


async def kept(servers: str, topic: str, count: int, of_kind: Callable[[Record], bool]) -> list[Record]:
    """So many records of one kind."""
    records = [
        {
            "topic": topic,
            "key": (record.key or b"").decode(),
            "headers": {name: value.decode() for name, value in record.headers},
            "value": json.loads(record.value),
        }
        for record in await read_all(servers, f"t.{topic}")
        if record.value is not None
    ]
    matching = [record for record in records if of_kind(record)]
    return matching[:count] if count > 0 else matching[count:]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
