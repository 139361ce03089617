"""Spans of a text, and whether a long enough one of them overlaps another: a look-up, not a loop over all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from agents.reading.fold import Span

_Ordered = tuple[Sequence[int], Sequence[int]]
"""The beginnings of spans in order, and up to each the farthest end."""


class Spans:
    """Spans (start, end). They are put in order once for each least length that is asked for."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = sorted(spans)
        self._by_least: dict[int, _Ordered] = {}

    def overlap(self, start: int, end: int, *, least: int) -> bool:
        """Whether a span of at least so many characters overlaps another span."""
        starts, ends = self._by_least.get(least) or self._of_length(least)
        at = bisect_left(starts, end)
        return at > 0 and ends[at - 1] > start

    def _of_length(self, least: int) -> _Ordered:
        long_enough = [span for span in self._spans if span[1] - span[0] >= least]
        ordered = self._by_least[least] = (
            [start for start, _ in long_enough],
            [*accumulate((end for _, end in long_enough), max)],
        )
        return ordered
