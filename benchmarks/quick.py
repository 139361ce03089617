"""`make bench-quick`: the three ratios that matter most, in under 50 seconds.

Few and short runs: good for seeing whether a change made something worse, not for a claim. `make bench` is for claims.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import latency, reading, throughput
from benchmarks.contest import Contest
from benchmarks.generator import stream, watchlist
from benchmarks.place import CALLED, configuration, sample_path, write_configuration
from benchmarks.table import Row, load, machine, save, show
from streams.errors import BrokerError
from streams.local_kafka import LocalKafka
from streams.service import InForce

ARTICLES = 800


def main() -> None:
    began = time.perf_counter()
    print(f"{machine()}; {load()}")
    with LocalKafka() as kafka, tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        mine = write_configuration(
            folder / "throughput", servers=kafka.servers, prefix="q.", literals=reading.LITERALS
        )
        with Contest(mine) as contest:
            literals = watchlist(CALLED)
            articles = stream(ARTICLES, seed=1, hit_rate=0.01, literals=literals, sample=sample_path())
            throughput.publish(mine, articles)
            rows = throughput.rows(throughput.interleaved(contest, ["worker", "bare"], ARTICLES, 2), "1%")
        reader = InForce.build(configuration(mine)).reader
        texts = reading.Texts(articles.messages[:300])
        taken = reading.measure(reader, texts, watchlist(reading.LITERALS), 3)
        rows += reading.rows(taken, "100k literals")[:2]
        other = write_configuration(folder / "latency", servers=kafka.servers, prefix="l.", literals=1000)
        rows += asyncio.run(_latency(other, literals, folder / "worker.log"))
    show(f"Quick look ({time.perf_counter() - began:.0f} s)", rows)
    save("quick", rows)


async def _latency(folder: Path, literals: list[str], log: Path) -> list[Row]:
    taken: dict[str, list[latency.Slice]] = {"floor": [], "worker": []}
    async with latency.course(folder, literals, log, warm=3.0) as course:
        for _ in range(2):
            for side, slices in taken.items():
                slices.append(await course.run(side, 50, 2.0, 1.0))
    return latency.rows(taken, "50 articles/s")


if __name__ == "__main__":
    try:
        main()
    except BrokerError as error:
        sys.exit(f"bench: {error}")
