"""Memory of a worker along a long stream in which stories open and end: whether it stays as it is.

`BENCH_LONG_RUN=1000000` makes the stream as long as that. The watches' window is short, so that the number of open
stories soon stays the same; what an open story takes is measured by itself (benchmarks.growth). One article in fifty
carries a sentence of a sample, and about as many become alerts.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.latency import Desk
from benchmarks.place import start_process, stop_all
from benchmarks.sizes import LONG_RUN
from benchmarks.table import Row, load, machine, save, show
from benchmarks.workers import BASE, cluster
from streams.local_kafka import LocalKafka

SAMPLES: Final = 20
WINDOW: Final = "5s"
RETENTION: Final = "2m"
SEED: Final = 9

Points = list[dict[str, float]]


async def measure(folder: Path) -> Points:
    """Memory and open stories at so many points of the stream."""
    found: Points = []
    with LocalKafka() as kafka:
        async with (
            Desk().serving() as desk,
            cluster(
                "long", BASE, folder, kafka, desk, window=WINDOW, retention=RETENTION, all_tell=True
            ) as made,
        ):
            arguments = [str(made.folder), str(LONG_RUN), str(SEED)]
            feeder = start_process(
                [sys.executable, "-m", "benchmarks.feeder", *arguments], made.folder, folder / "feeder.log"
            )
            try:
                for number in range(1, SAMPLES + 1):
                    read = LONG_RUN * number // SAMPLES
                    await made.until_committed(read)
                    stories = await asyncio.to_thread(made.open_stories)
                    found.append(
                        {
                            "articles": read,
                            "mb": made.memory_mb(),
                            "stories": stories,
                            "told": len(desk.arrived),
                        }
                    )
            finally:
                await asyncio.to_thread(stop_all, [feeder])
    return found


def rows(found: Points) -> list[Row]:
    """The end of the stream by a quarter of it, when everything has settled."""
    quarter, last = found[SAMPLES // 4 - 1], found[-1]
    return [
        Row(
            "memory of a worker after the run / at a quarter of it",
            [last["mb"] / quarter["mb"]],
            note=f"{last['articles']:.0f} articles: {quarter['mb']:.0f} → {last['mb']:.0f} MB; open stories "
            f"{quarter['stories']:.0f} → {last['stories']:.0f}; {last['told']:.0f} articles told",
        )
    ]


def main() -> None:
    print(f"{machine()}; {load()}")
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        found = asyncio.run(measure(Path(name)))
    show("Memory", rows(found))
    save("memory", rows(found), memory=found)


if __name__ == "__main__":
    main()
