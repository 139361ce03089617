"""One pass over folded text that finds every literal of every watch, actor and topic (Aho–Corasick, in Rust)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from agents.reading.joined import Joined

Found = tuple[int, int, int]
"""A literal's number and its span (start, end) in the folded text."""


_ONE_SPACE: Final = str.maketrans("-\n\t", "   ")
_ONE_SPACE_BYTES: Final = bytes.maketrans(b"-\n\t", b"   ")
_SEPARATOR: Final = b"\0"
"""Stands between texts; folded text has none of it, so no literal has."""
_FEW: Final = 1 << 17
"""Bytes of literals up to which a state for each of their bytes, with where every byte leads from there, takes no more
than some 40 MB: searching takes half the time then."""


class LiteralTable:
    """Collects literals before the automaton is built. The same folded literal always has the same number.

    A hyphen, a line break and a tab are taken for a space, in literals and in texts.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._built = False

    def add(self, literal: str) -> int:
        """The number of a literal, which must be folded and not empty."""
        if not literal:
            raise ValueError("an empty literal would match everywhere")
        if self._built:
            raise ValueError("the automaton of this table is built already")
        return self._numbers.setdefault(literal.translate(_ONE_SPACE), len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def build(self, *, often: bool = True) -> Automaton:
        """The automaton over all literals added so far. Empties the table, which of a million literals is large.

        `often`: every article passes through it, so that it may take more memory to be quicker.
        """
        self._built = True
        literals = [*self._numbers]
        self._numbers.clear()
        return Automaton(literals, often=often)


class Automaton:
    """All literals, ready to be found. Cost of `find` is linear in the text and the matches, not in the literals."""

    def __init__(self, literals: list[str], *, often: bool = False) -> None:
        """Literals are numbered by their place. Empties the list, so that they are in memory once."""
        # Neighbours in the alphabet share states: built in this order it takes two thirds of the time.
        order = sorted(range(len(literals)), key=literals.__getitem__)
        self._numbers = array("i", order)
        self._lengths = array("i", [len(literals[number]) for number in order])
        patterns = [literals[number].encode("utf-8", "surrogatepass") for number in order]
        del order
        literals.clear()
        few = sum(map(len, patterns)) <= _FEW
        implementation = Implementation.DFA if few and often else Implementation.ContiguousNFA
        self._search = (
            BytesAhoCorasick(patterns, matchkind=MatchKind.Standard, implementation=implementation)
            if patterns
            else None
        )

    def find(self, folded: str) -> list[Found]:
        """Every occurrence of every literal, overlapping ones included, ordered by where it ends."""
        encoded = folded.encode("utf-8", "surrogatepass")
        return self._counted(self._find(encoded), encoded, folded)

    def find_all(self, texts: Sequence[str]) -> list[Sequence[Found]]:
        """The same for several folded texts in one pass."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        joined = Joined(encoded, _SEPARATOR)
        by_text: dict[int, list[Found]] = {}
        for place, start, end in self._find(joined.text):
            number = joined.number_at(start)
            begin = joined.begins[number]
            by_text.setdefault(number, []).append((place, start - begin, end - begin))
        every: list[Sequence[Found]] = [()] * len(texts)
        for number, own in by_text.items():
            every[number] = self._counted(own, encoded[number], texts[number])
        return every

    def _find(self, encoded: bytes) -> Sequence[Found]:
        """Places in the order of the automaton's literals, with their spans in bytes."""
        if self._search is None:
            return ()
        found: Sequence[Found] = self._search.find_matches_as_indexes(
            encoded.translate(_ONE_SPACE_BYTES), overlapping=True
        )
        return found

    def _counted(self, found: Sequence[Found], encoded: bytes, folded: str) -> list[Found]:
        """Literals by their numbers, their spans in characters."""
        numbers = self._numbers
        if not found or len(encoded) == len(folded):
            return [(numbers[place], start, end) for place, start, end in found]
        lengths = self._lengths
        matches: list[Found] = []
        at = counted = 0
        for place, _, stop in found:
            if stop != at:  # bytes are counted as characters from match to match, each once
                counted += len(encoded[at:stop].decode("utf-8", "surrogatepass"))
                at = stop
            matches.append((numbers[place], counted - lengths[place], counted))
        return matches
