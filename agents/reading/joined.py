"""Texts of one or several articles as one, so that each step of reading is a call for all of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from agents.reading.wordhash import Runs, runs_of


class Joined:
    """Folded texts with a line break before and behind each; `begins` are where they begin in `text`."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.text = "".join([f"\n{text}\n" for text in texts])
        self.begins = [*accumulate((len(text) + 2 for text in texts), initial=1)]

    @cached_property
    def runs(self) -> Runs:
        """The words of all texts."""
        return runs_of(self.text)

    def runs_in(self, chosen: Sequence[bool]) -> NDArray[np.bool_]:
        """Which of the words are those of some of the texts."""
        firsts = self.runs.before.searchsorted(np.array(self.begins) - 1)
        return np.array(chosen, np.bool_).repeat(np.diff(firsts))

    def number_at(self, position: int) -> int:
        """Which of the texts a position is in."""
        return bisect_right(self.begins, position) - 1
