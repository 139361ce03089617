"""One pass over folded text that finds every literal of every watch, actor and topic (Aho–Corasick, in Rust)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

Found = tuple[int, int, int]
"""A literal's number and its span (start, end) in the folded text."""


_ONE_SPACE: Final = str.maketrans("-\n\t", "   ")


class LiteralTable:
    """Collects literals before the automaton is built. The same folded literal always has the same number.

    A hyphen, a line break and a tab are taken for a space, in literals and in texts.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def add(self, literal: str) -> int:
        """The number of a literal, which must be folded and not empty."""
        if not literal:
            raise ValueError("an empty literal would match everywhere")
        return self._numbers.setdefault(literal.translate(_ONE_SPACE), len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def build(self) -> Automaton:
        """The automaton over all literals added so far."""
        return Automaton(list(self._numbers))


class Automaton:
    """All literals, ready to be found. Cost of `find` is linear in the text and the matches, not in the literals."""

    def __init__(self, literals: Sequence[str]) -> None:
        self._search = (
            AhoCorasick(
                literals,
                matchkind=MatchKind.Standard,
                implementation=Implementation.ContiguousNFA,
                store_patterns=False,
            )
            if literals
            else None
        )

    def find(self, folded: str) -> list[Found]:
        """Every occurrence of every literal, overlapping ones included, ordered by where it ends."""
        if self._search is None:
            return []
        # Three searches by memchr are faster than one translation of every character.
        spaced = folded.replace("-", " ").replace("\n", " ").replace("\t", " ")
        found: list[Found] = self._search.find_matches_as_indexes(spaced, overlapping=True)
        return found
