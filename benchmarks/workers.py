"""Whole workers on a real Kafka: articles/s by workers and partitions.

Workers are processes of `tocsin worker`, with webhooks to a receiver here. Articles are written while they read, so the
writing takes its share of the machine in every run alike. Time runs from the first article until the last is committed.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from benchmarks.generator import invented, watchlist
from benchmarks.latency import Desk
from benchmarks.place import (
    CALLED,
    LOOK_EVERY,
    PATIENCE,
    configuration,
    load_stream,
    memory_mb,
    start_worker,
    stop_all,
    until_committed,
    write_configuration,
)
from benchmarks.sizes import ALL_THE_WAY, RUNS
from benchmarks.table import Row, save, show
from streams.local_kafka import LocalKafka
from streams.printable import counted

_HEALTH: Final = re.compile(r"\bhealth\W+(http://[\d.:]+)")
_OPEN_STORIES: Final = re.compile(rb"^tocsin_stories (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Size:
    """How many workers, on topics of how many partitions."""

    workers: int
    partitions: int

    def __str__(self) -> str:
        return f"{counted(self.workers, 'worker')}, {counted(self.partitions, 'partition')}"


BASE: Final = Size(1, 4)
SIZES: Final = (BASE, Size(2, 4), Size(1, 1), Size(1, 16))


class Cluster:
    """Workers that read and are warm, and how far they have come."""

    def __init__(self, folder: Path, admin: AIOKafkaAdminClient, processes: Sequence[Any], log: Path) -> None:
        self.folder = folder
        self._config = configuration(folder)
        self._log = log
        self._admin = admin
        self._processes = processes
        self._written = 0

    async def until_joined(self) -> None:
        """Wait until as many members as there are workers share the partitions."""
        group = self._config.settings.service.group
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline:
            with suppress(KafkaError):  # a broker just started has no coordinator yet
                (answer,) = await self._admin.describe_consumer_groups([group])
                _, _, state, _, _, members, *_ = answer.groups[0]
                if state == "Stable" and len(members) == len(self._processes):
                    return
            await asyncio.sleep(LOOK_EVERY)
        raise RuntimeError(f"{len(self._processes)} workers did not join {group} in {PATIENCE:.0f} s")

    async def run(self, messages: Sequence[bytes]) -> float:
        """Write articles, and wait until all are committed; articles/s."""
        began = time.perf_counter()
        await load_stream(self._config, messages)
        self._written += len(messages)
        await self.until_committed(self._written)
        return len(messages) / (time.perf_counter() - began)

    async def until_committed(self, wanted: int) -> None:
        """Wait until the group has committed so many articles."""
        await until_committed(self._config, self._admin, wanted)

    def memory_mb(self) -> float:
        """Resident memory of the first worker."""
        return memory_mb(self._processes[0].pid)

    def open_stories(self) -> int:
        """Open stories of the first worker."""
        with urlopen(f"{self._health()}/metrics", timeout=10) as answer:
            found = _OPEN_STORIES.search(answer.read())
        return int(float(found[1])) if found else 0

    def _health(self) -> str:
        with self._log.open() as lines:
            found = next(filter(None, map(_HEALTH.search, lines)), None)
        if found is None:
            raise RuntimeError("the worker has not said where it answers")
        return found[1]


@asynccontextmanager
async def cluster(
    name: str, size: Size, folder: Path, kafka: LocalKafka, desk: Desk, **options: Any
) -> AsyncIterator[Cluster]:
    """Start workers on topics of their own; `options` are those of `write_configuration`."""
    place = write_configuration(
        folder / name,
        servers=kafka.servers,
        prefix=f"{name}.",
        literals=1000,
        url=desk.url,
        partitions=size.partitions,
        **options,
    )
    await load_stream(configuration(place), [])  # makes the topics
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    log = folder / f"{name}.log"
    processes = [start_worker(place, log) for _ in range(size.workers)]
    try:
        made = Cluster(place, admin, processes, log)
        await made.until_joined()
        yield made
    finally:
        await asyncio.to_thread(stop_all, processes)
        await admin.close()


def articles(seed: int, hit_rate: float = 0.01) -> Iterator[bytes]:
    """Different articles without end."""
    literals = watchlist(CALLED)
    number = 0
    while True:
        for message, _ in invented(
            1000, seed=seed + number, hit_rate=hit_rate, literals=literals, first=number
        ):
            yield message
        number += 1000


async def by_size(kafka: LocalKafka, folder: Path, desk: Desk) -> list[Row]:
    """Articles/s of every size against those of one worker with four partitions, in turns."""
    rates: dict[Size, list[float]] = {size: [] for size in SIZES}
    supply = articles(seed=8)
    async with AsyncExitStack() as stack:
        clusters = {
            size: await stack.enter_async_context(
                cluster(f"w{size.workers}p{size.partitions}", size, folder, kafka, desk)
            )
            for size in SIZES
        }
        for made in clusters.values():
            await made.run(list(islice(supply, 1000)))  # warm
        for _ in range(RUNS):
            messages = list(islice(supply, ALL_THE_WAY))
            for size, made in clusters.items():
                rates[size].append(await made.run(messages))
    medians = {size: statistics.median(found) for size, found in rates.items()}
    return [
        Row(
            f"articles/s, {size} / {BASE}",
            [one / base for one, base in zip(rates[size], rates[BASE], strict=True)],
            note=f"{medians[size]:.0f} by {medians[BASE]:.0f} articles/s",
        )
        for size in SIZES
        if size != BASE
    ]


async def measure(folder: Path) -> list[Row]:
    """All sizes on one broker."""
    with LocalKafka() as kafka:
        async with Desk().serving() as desk:
            return await by_size(kafka, folder, desk)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        rows = asyncio.run(measure(Path(name)))
    show("Workers", rows)
    save("workers", rows)


if __name__ == "__main__":
    main()
