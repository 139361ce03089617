"""The table of a run: each row a ratio of two things measured in the same run, its goal, and whether it holds.

A row holds when the median of its interleaved runs does. Nothing is asserted: a measurement is no test.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `ratios` are of interleaved runs; `goal` is a least value, or a greatest where `at_most`."""

    name: str
    ratios: Sequence[float]
    goal: float | None = None
    at_most: bool = False
    unit: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def holds(self) -> bool | None:
        if self.goal is None:
            return None
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    def cells(self) -> tuple[str, ...]:
        low, middle, high = (
            f"{v:.3g}" if v < 1000 else f"{v:.0f}" for v in (min(self.ratios), self.median, max(self.ratios))
        )
        goal = "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {self.goal:g}"
        holds = {True: "holds", False: "DOES NOT HOLD", None: ""}[self.holds]
        return self.name, low, middle, high, self.unit, goal, holds, self.note


HEAD: Final = ("what", "min", "median", "max", "", "goal", "", "")


def show(title: str, rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    print(f"\n{title}")
    for line in lines:
        cells = (
            c.ljust(w) if n in (0, 4, 7) else c.rjust(w)
            for n, (c, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join(cells).rstrip())


def save(name: str, rows: Sequence[Row], **more: object) -> Path:
    """Write rows as JSON under benchmarks/results/, which is not part of the repository."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    value = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "rows": [{**asdict(row), "median": row.median, "holds": row.holds} for row in rows],
        **more,
    }
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    return path


def machine() -> str:
    """What it ran on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or "unknown processor",
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def load() -> str:
    """How busy the machine is with other things: the load average of the last minute."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
