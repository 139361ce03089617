"""Counts the steps of a computation instead of its time: calls of Python and C functions, as the profiler sees them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], Any]) -> int:
    """How many functions a computation calls."""
    count = 0

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def grows_linearly(work: Callable[[int], Any], size: int) -> bool:
    """Whether four times the input takes about four times the steps at most; run before once, to fill caches."""
    work(4 * size)
    few, many = steps(lambda: work(size)), steps(lambda: work(4 * size))
    return many <= 4.4 * few + 500
