"""Counts the steps of a computation instead of its time: lines of Python and calls of C functions, as traced."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], Any]) -> int:
    """How many lines a computation runs, each turn of a loop anew, and how many functions in C it calls."""
    count = 0

    def traced(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return traced

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    gc.disable()
    sys.settrace(traced)
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
        gc.enable()
    return count


def grows_linearly(work: Callable[[int], Any], size: int) -> bool:
    """Whether four times the input takes about four times the steps at most; run before once, to fill caches."""
    work(4 * size)
    few, many = steps(lambda: work(size)), steps(lambda: work(4 * size))
    return many <= 4.4 * few + 500
