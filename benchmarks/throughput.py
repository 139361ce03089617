"""Throughput: articles/s from `articles` through intake to committed outputs, against others doing the same work."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.contest import Contest
from benchmarks.generator import Articles
from benchmarks.place import configuration, load_stream
from benchmarks.table import Row

Figures = dict[str, float]


def interleaved(contest: Contest, names: Sequence[str], articles: int, runs: int) -> dict[str, list[Figures]]:
    """Rounds in which each runs once; the order turns, so that none is always behind another."""
    taken: dict[str, list[Figures]] = {name: [] for name in names}
    for number in range(runs):
        for name in [*names[number % len(names) :], *names[: number % len(names)]]:
            taken[name].append(contest.run(name, articles))
    return taken


def ratios(taken: dict[str, list[Figures]], one: str, other: str) -> list[float]:
    """Articles/s of one by those of the other, round by round."""
    return [a["rate"] / b["rate"] for a, b in zip(taken[one], taken[other], strict=True)]


def publish(folder: Path, articles: Articles) -> None:
    """Write a stream into the topic."""
    asyncio.run(load_stream(configuration(folder), articles.messages))


def rows(taken: dict[str, list[Figures]], rate: str) -> list[Row]:
    """The worker against the bare loop, with the absolute figures as a note."""
    mine = median(f["rate"] for f in taken["worker"])
    note = f"{mine:.0f} articles/s, {int(taken['bare'][0]['outputs'])} outputs a run"
    cpu = [b["cpu"] / a["cpu"] for a, b in zip(taken["worker"], taken["bare"], strict=True)]
    return [
        Row(f"throughput / bare aiokafka loop, {rate} hits", ratios(taken, "worker", "bare"), 0.9, note=note),
        Row(f"  the same by CPU time, {rate} hits", cpu, 0.9),
    ]
