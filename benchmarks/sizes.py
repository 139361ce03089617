"""How long the measurements are: as `BENCH_*` in the environment say, else long enough for steady ratios."""

from __future__ import annotations

import os
from typing import Final

_ARTICLES: Final = os.environ.get("BENCH_ARTICLES")

RUNS: Final = int(os.environ.get("BENCH_RUNS", "5"))
"""Interleaved runs of each measurement."""
READ: Final = int(_ARTICLES or 1000)
"""Articles that are read, without a broker."""
TAKEN_IN: Final = int(_ARTICLES or 3000)
"""Articles of a run of intake, or of a loop that does the same work."""
ALL_THE_WAY: Final = int(_ARTICLES or 6000)
"""Articles of a run of whole workers."""
LONG_RUN: Final = int(os.environ.get("BENCH_LONG_RUN", "40000"))
"""Articles over which memory is watched."""
SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "12"))
"""Length of a run at a fixed rate."""
