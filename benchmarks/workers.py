"""Whole workers on a real Kafka: articles/s by workers and partitions, and memory over a long stream.

Workers are processes of `tocsin worker`, with webhooks to a receiver here. Articles are written while they read, so the
writing takes its share of the machine in every run alike. Time runs from the first article until the last is committed.
`BENCH_LONG_RUN=1000000` makes the long stream as long as that.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from benchmarks.generator import invented, watchlist
from benchmarks.latency import Desk
from benchmarks.place import (
    CALLED,
    committed,
    configuration,
    load_stream,
    start_worker,
    stop_all,
    write_configuration,
)
from benchmarks.table import Row, save, show
from streams.local_kafka import LocalKafka

ARTICLES_A_RUN: Final = int(os.environ.get("BENCH_ARTICLES", "6000"))
RUNS: Final = int(os.environ.get("BENCH_RUNS", "5"))
LONG_RUN: Final = int(os.environ.get("BENCH_LONG_RUN", "40000"))
SAMPLES: Final = 20
PATIENCE: Final = 300.0
LOOK_EVERY: Final = 0.05


@dataclass(frozen=True, slots=True)
class Size:
    """So many workers on topics of so many partitions."""

    workers: int
    partitions: int

    def __str__(self) -> str:
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        return f"{workers}, {self.partitions} partition{'' if self.partitions == 1 else 's'}"


BASE: Final = Size(1, 4)
SIZES: Final = (BASE, Size(2, 4), Size(1, 1), Size(1, 16))


class Cluster:
    """Workers that read and are warm, and how far they have come."""

    def __init__(self, folder: Path, admin: AIOKafkaAdminClient, processes: Sequence[Any]) -> None:
        self._config = configuration(folder)
        self._admin = admin
        self._processes = processes
        self._written = 0

    async def until_joined(self) -> None:
        """Until as many members as there are workers share the partitions."""
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
        """Until the group has committed so many articles."""
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline:
            if await committed(self._config, self._admin) >= wanted:
                return
            await asyncio.sleep(LOOK_EVERY)
        raise RuntimeError(f"{wanted} articles were not committed in {PATIENCE:.0f} s")

    def memory_mb(self) -> float:
        """Resident memory of the first worker."""
        pages = int(Path(f"/proc/{self._processes[0].pid}/statm").read_text().split()[1])
        return pages * 4096 / 1e6


@asynccontextmanager
async def cluster(
    name: str, size: Size, folder: Path, kafka: LocalKafka, desk: Desk
) -> AsyncIterator[Cluster]:
    """Start workers on topics of their own."""
    place = write_configuration(
        folder / name,
        servers=kafka.servers,
        prefix=f"{name}.",
        literals=1000,
        url=desk.url,
        partitions=size.partitions,
    )
    await load_stream(configuration(place), [])  # makes the topics
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    processes = [start_worker(place, folder / f"{name}.log") for _ in range(size.workers)]
    try:
        made = Cluster(place, admin, processes)
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
            messages = list(islice(supply, ARTICLES_A_RUN))
            for size, made in clusters.items():
                rates[size].append(await made.run(messages))
    medians = {size: sorted(found)[len(found) // 2] for size, found in rates.items()}
    return [
        Row(
            f"articles/s, {size} / {BASE}",
            [one / base for one, base in zip(rates[size], rates[BASE], strict=True)],
            note=f"{medians[size]:.0f} by {medians[BASE]:.0f} articles/s",
        )
        for size in SIZES
        if size != BASE
    ]


async def over_time(kafka: LocalKafka, folder: Path, desk: Desk) -> tuple[list[Row], list[dict[str, float]]]:
    """Memory of a worker along a long stream of which little comes: open stories have a figure of their own."""
    supply = articles(seed=9, hit_rate=0.0)
    found: list[dict[str, float]] = []
    async with cluster("long", BASE, folder, kafka, desk) as made:
        step = LONG_RUN // SAMPLES
        for number in range(1, SAMPLES + 1):
            left = step
            while left > 0:
                left -= len(messages := list(islice(supply, min(left, 5000))))
                await made.run(messages)
            found.append({"articles": number * step, "mb": made.memory_mb()})
    quarter, last = found[SAMPLES // 4 - 1]["mb"], found[-1]["mb"]
    row = Row(
        "memory of a worker after the run / at a quarter of it",
        [last / quarter],
        note=f"{LONG_RUN} articles: {quarter:.0f} → {last:.0f} MB; their open stories are in it",
    )
    return [row], found


async def measure(folder: Path) -> tuple[list[Row], list[dict[str, float]]]:
    """All of it."""
    with LocalKafka() as kafka:
        async with Desk().serving() as desk:
            rows = await by_size(kafka, folder, desk)
            desk.arrived.clear()
            more, memory = await over_time(kafka, folder, desk)
    return rows + more, memory


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        rows, memory = asyncio.run(measure(Path(name)))
    show("Workers", rows)
    save("workers", rows, memory=memory)


if __name__ == "__main__":
    main()
