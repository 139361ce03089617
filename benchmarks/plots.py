"""Draws docs/images/*.png from the results of growth and memory. Needs matplotlib (.venv/peers has it)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
IMAGES = ROOT / "docs" / "images"
BLUE = "#1f5fa8"


def main() -> None:
    """Draw what was measured; the images of what was not stay as they are."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    draw(
        "growth-length",
        measured("growth", "lengths"),
        "length",
        "microseconds",
        "characters of an article",
        "CPU time, µs",
        "An article costs by its length",
        both=True,
    )
    draw(
        "growth-literals",
        measured("growth", "literals"),
        "literals",
        "microseconds",
        "watched literals",
        "CPU time an article, µs",
        "An article costs by what is watched",
        logx=True,
    )
    draw(
        "growth-memory",
        measured("memory", "memory"),
        "articles",
        "mb",
        "articles read",
        "memory of the worker, MB",
        "A worker's memory over a stream of different articles",
    )
    draw(
        "growth-stories",
        measured("growth", "stories"),
        "stories",
        "microseconds",
        "open stories of one watch",
        "CPU time of a decision, µs",
        "A decision costs by open stories",
        logx=True,
    )


def measured(part: str, points: str) -> list[dict[str, Any]]:
    """The points that a part of the measurements found; none where it was not run."""
    file = RESULTS / f"{part}.json"
    found: list[dict[str, Any]] = json.loads(file.read_text())[points] if file.exists() else []
    return found


def draw(
    name: str,
    points: list[dict[str, Any]],
    x: str,
    y: str,
    x_label: str,
    y_label: str,
    title: str,
    *,
    logx: bool = False,
    both: bool = False,
) -> None:
    if not points:
        return
    figure, axes = pyplot.subplots(figsize=(5.6, 3.4), dpi=130)
    axes.plot([p[x] for p in points], [p[y] for p in points], marker="o", color=BLUE, linewidth=1.8)
    if logx or both:
        axes.set_xscale("log")
    if both:
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 1.1 * max(p[y] for p in points))
    if not (logx or both):
        axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_title(title, fontsize=11, loc="left")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(IMAGES / f"{name}.png")
    pyplot.close(figure)


if __name__ == "__main__":
    main()
