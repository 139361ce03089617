"""`make bench-match`: what an article costs at 1k, 100k and 1M watched literals, and what a million cost to hold.

The stream and its hits are the same at every size: hits come from the first 500 literals, which every list has. Sizes
take turns slice by slice, so that a busy moment of the machine meets all of them. `python -m benchmarks.match cost`
leaves out what a million cost to hold.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agents.reading.article import read_article
from agents.reading.reader import Reader
from benchmarks import reading
from benchmarks.generator import stream, watchlist
from benchmarks.place import CALLED, configuration, memory_mb, sample_path, write_configuration
from benchmarks.sizes import READ
from benchmarks.table import Row, load, machine, save, show
from streams.configuration import load_configuration

ROOT: Final = Path(__file__).resolve().parent.parent
SIZES: Final = {"1k": 1_000, "100k": 100_000, "1M": 1_000_000}


def main(*, with_memory: bool) -> None:
    began = time.perf_counter()
    print(f"{machine()}; {load()}")
    literals = watchlist(SIZES["1M"])
    held = _held(literals) if with_memory else []
    articles = stream(READ, seed=3, hit_rate=0.1, literals=literals[:CALLED], sample=sample_path())
    texts = reading.Texts(articles.messages)
    readers = {name: reading.reader_of(literals[:size]) for name, size in SIZES.items()}
    hits = {
        name: sum(
            sum(c.watch.startswith("list-") for c in read.candidates)
            for article in texts.articles
            if (read := reader.read(article, reading.NOW)) is not None
        )
        for name, reader in readers.items()
    }
    rows = _cost(readers, texts, hits)
    rows += _naive(readers["1k"], texts, literals)
    rows += held
    show(f"Matching ({time.perf_counter() - began:.0f} s, {len(texts.articles)} articles)", rows)
    save("match", rows, hits=hits)


def _cost(readers: dict[str, Reader], texts: reading.Texts, hits: dict[str, int]) -> list[Row]:
    """Decoding and reading at each size, against the smallest."""

    def side(reader: Reader) -> Callable[[int, int], object]:
        def run(start: int, end: int) -> None:
            reading.read_all(reader, map(read_article, texts.messages[start:end]))

        return run

    taken = reading.turns({name: side(reader) for name, reader in readers.items()}, len(texts.messages), 5)
    rows = []
    for name, values in taken.items():
        ratios = [value / base for value, base in zip(values, taken["1k"], strict=True)]
        note = f"{statistics.median(values):.0f} µs an article, {hits[name]} hits"
        goal = 1.5 if name == "1M" else None
        rows.append(
            Row(f"cost of an article at {name} literals / at 1k", ratios, goal, at_most=True, note=note)
        )
    return rows


def _naive(reader: Reader, texts: reading.Texts, literals: Sequence[str]) -> list[Row]:
    """A loop over the literals with `in`, as a first script would have it, against the whole of reading."""
    folded = [body for _, body in texts.folded[:100]]
    small = [literal.lower() for literal in literals[:1000]]

    def loop(start: int, end: int) -> None:
        for body in folded[start:end]:
            for literal in small:
                literal in body  # noqa: B015 - what is timed

    def read(start: int, end: int) -> None:
        for article in texts.articles[start:end]:
            reader.read(article, reading.NOW)

    taken = reading.turns({"loop": loop, "read": read}, len(folded), 5)
    ratios = [a / b for a, b in zip(taken["loop"], taken["read"], strict=True)]
    note = f"a loop over 1k literals takes {statistics.median(taken['loop']):.0f} µs an article, and grows with them"
    return [Row("naive loop over 1k literals / reading", ratios, note=note)]


def _held(literals: Sequence[str]) -> list[Row]:
    """Time and memory of a million, from files to a reader in force, in a process of its own; then loaded anew."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = write_configuration(Path(name), servers="localhost:9", prefix="m.", literals=1)
        (folder / "terms.txt").write_text("\n".join(literals))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.match", "held", str(folder)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    held = json.loads(done.stdout)
    return [
        Row(
            "1M literals: build",
            [held["build"]],
            15,
            at_most=True,
            unit="s",
            note=f"of CPU; reading the files {held['load']:.1f} s more; both took {held['wall']:.0f} s by the clock",
        ),
        Row("1M literals: memory held", [held["held"]], 600, at_most=True, unit="MB"),
        Row("1M literals: most memory while building", [held["peak"]], 600, at_most=True, unit="MB"),
        Row(
            "1M literals: most memory at a reload",
            [held["reload"]],
            unit="MB",
            note="the old one stays in force meanwhile",
        ),
    ]


def _hold(folder: Path) -> None:
    """The process that holds: prints what it took."""
    from streams.service import InForce  # noqa: PLC0415

    InForce.build(load_configuration(None, resolve_secrets=False))  # imports and caches are not the literals'
    before = memory_mb()
    began, wall = time.process_time(), time.perf_counter()
    config = configuration(folder)
    loaded = time.process_time()
    in_force = InForce.build(config)
    built = time.process_time()
    wall = time.perf_counter() - wall
    figures = {
        "load": loaded - began,
        "build": built - loaded,
        "wall": wall,
        "held": memory_mb() - before,
        "peak": memory_mb(most=True) - before,
    }
    del config
    in_force = InForce.build(configuration(folder))
    figures["reload"] = memory_mb(most=True) - before
    del in_force
    print(json.dumps(figures))


if __name__ == "__main__":
    if sys.argv[1:2] == ["held"]:
        _hold(Path(sys.argv[2]))
    else:
        main(with_memory=sys.argv[1:2] != ["cost"])
