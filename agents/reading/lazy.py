"""Regular expressions that are compiled when they are first asked for: of those of phrases and names most never are."""

from __future__ import annotations

import re
from collections.abc import Callable


class LazyPattern:
    """One of them. `match` matches right at a position of a text."""

    __slots__ = ("_written", "match")

    def __init__(self, written: Callable[[], str]) -> None:
        """`written` gives the expression."""
        self._written = written
        self.match: Callable[[str, int], re.Match[str] | None] = self._match_first

    def _match_first(self, text: str, at: int) -> re.Match[str] | None:
        self.match = re.compile(self._written()).match
        return self.match(text, at)
