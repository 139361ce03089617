"""Spans: whether one overlaps another is what a loop over all of them finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.reading.actors.spans import Spans

SPAN = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda at: (at[0], at[0] + at[1]))


@given(spans=st.lists(SPAN, max_size=12), asked=st.lists(st.tuples(SPAN, st.integers(0, 10)), max_size=6))
def test_what_overlaps_is_what_a_loop_over_all_finds(
    spans: list[tuple[int, int]], asked: list[tuple[tuple[int, int], int]]
) -> None:
    known = Spans(spans)
    for (start, end), least in asked:
        expected = any(s < end and start < e and e - s >= least for s, e in spans)
        assert known.overlap(start, end, least=least) is expected
