"""`make bench`: all measurements, one table, and the same as JSON under benchmarks/results/.

    python -m benchmarks.everything [throughput] [reading] [latency] [match] [growth] [workers] [memory] [peers]

Without names all of them. Each part is a process of its own; what a part could not do is said and left out.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import latency, lucene, throughput
from benchmarks.contest import Contest
from benchmarks.generator import stream, watchlist
from benchmarks.place import CALLED, sample_path, write_configuration
from benchmarks.sizes import RUNS, SECONDS, TAKEN_IN
from benchmarks.table import RESULTS, Row, load, machine, save, show
from streams.errors import BrokerError
from streams.local_kafka import LocalKafka

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / ".venv" / "peers" / "bin" / "python"


def measure_throughput() -> None:
    """Intake against the bare loop, at 1% and at 10% of hits."""
    rows: list[Row] = []
    with LocalKafka() as kafka, tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        for rate in (0.01, 0.1):
            folder = write_configuration(
                Path(name) / f"{rate}", servers=kafka.servers, prefix=f"t{rate}.", literals=100_000
            )
            with Contest(folder) as contest:
                articles = stream(
                    TAKEN_IN, seed=1, hit_rate=rate, literals=watchlist(CALLED), sample=sample_path()
                )
                throughput.publish(folder, articles)
                taken = throughput.interleaved(contest, ["worker", "bare"], TAKEN_IN, RUNS)
            rows += throughput.rows(taken, f"{rate:.0%}")
    show("Throughput", rows)
    save("throughput", rows)


def measure_latency() -> None:
    """From producing to the webhook, at 50 and 500 articles/s."""
    with LocalKafka() as kafka, tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = write_configuration(Path(name) / "l", servers=kafka.servers, prefix="l.", literals=1000)
        rows = asyncio.run(_latency(folder, Path(name) / "worker.log"))
    show("Latency", rows)
    save("latency", rows)


async def _latency(folder: Path, log: Path) -> list[Row]:
    rows: list[Row] = []
    async with latency.course(folder, watchlist(CALLED), log, bare=[*latency.BARE]) as course:
        for rate, hits in ((50, 1.0), (500, 0.1)):
            taken: dict[str, list[latency.Slice]] = {side: [] for side in (*latency.BARE, "worker")}
            for _ in range(RUNS):
                for side, slices in taken.items():
                    slices.append(await course.run(side, rate, SECONDS, hits))
            rows += latency.rows(taken, f"{rate} articles/s, {hits:.0%} hits")
    return rows


def measure_peers() -> None:
    """The same work by a confluent-kafka loop and Quix Streams; the same matching by Lucene Monitor."""
    rows: list[Row] = []
    with LocalKafka() as kafka, tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = write_configuration(Path(name) / "p", servers=kafka.servers, prefix="p.", literals=100_000)
        articles = stream(TAKEN_IN, seed=2, hit_rate=0.01, literals=watchlist(CALLED), sample=sample_path())
        throughput.publish(folder, articles)
        with Contest(folder) as mine, Contest(folder, PEERS if PEERS.exists() else None) as theirs:
            names = {"bare": mine, "worker": mine, "confluent": mine}
            if PEERS.exists():
                names["quix"] = theirs
            taken: dict[str, list[throughput.Figures]] = {peer: [] for peer in names}
            for _ in range(RUNS):
                for peer, contest in names.items():
                    taken[peer].append(contest.run(peer, TAKEN_IN))
    for peer, title in (
        ("confluent", "bare confluent-kafka loop"),
        ("quix", "Quix Streams"),
        ("bare", "bare aiokafka loop"),
    ):
        if peer in taken:
            rows.append(
                Row(
                    f"throughput / {title}",
                    throughput.ratios(taken, "worker", peer),
                    note=f"{median(f['rate'] for f in taken[peer]):.0f} articles/s",
                )
            )
    rows += lucene.measure(RUNS)
    show("Peers", rows)
    save("peers", rows)


PARTS: Final[dict[str, Callable[[], None] | str]] = {
    "throughput": measure_throughput,
    "reading": "benchmarks.reading",
    "latency": measure_latency,
    "match": "benchmarks.match",
    "growth": "benchmarks.growth",
    "workers": "benchmarks.workers",
    "memory": "benchmarks.memory",
    "peers": measure_peers,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"bench: no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    if len(names) == 1 and callable(part := PARTS[names[0]]):
        part()
        return 0
    chosen = names or [*PARTS]
    print(f"{machine()}; {load()}")
    failed = [name for name in chosen if _run(name) != 0]
    rows = [row for name in chosen if name not in failed for row in _rows(name)]
    show("All", rows)
    save("everything", rows)
    if PEERS.exists():
        subprocess.run([str(PEERS), "-m", "benchmarks.plots"], cwd=ROOT, check=False)
    if failed:
        print(f"bench: could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str) -> int:
    part = PARTS[name]
    arguments = ["-m", part] if isinstance(part, str) else ["-m", "benchmarks.everything", name]
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


def _rows(name: str) -> list[Row]:
    value = json.loads((RESULTS / f"{name}.json").read_text())
    return [
        Row(row["name"], row["ratios"], row["goal"], row["at_most"], row["unit"], row["note"])
        for row in value["rows"]
    ]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokerError as error:
        sys.exit(f"bench: {error}")
