"""A long list of keywords in little memory: one block of UTF-8 and where each keyword ends, not a million strings."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, overload

WORTH_IT: Final = 1000
"""Keywords from which a list is packed."""


class TermList(Sequence[str]):
    """A sequence of strings that are made when they are asked for."""

    __slots__ = ("_block", "_ends")

    def __init__(self, terms: Iterable[str]) -> None:
        block = bytearray()
        self._ends = array("Q", [0])
        for term in terms:
            block += term.encode("utf-8", "surrogatepass")
            self._ends.append(len(block))
        self._block = bytes(block)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]  # raises IndexError, understands negative ones
        return self._block[self._ends[at] : self._ends[at + 1]].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        block = self._block
        for start, end in pairwise(self._ends):
            yield block[start:end].decode("utf-8", "surrogatepass")


def packed(terms: Sequence[str]) -> Sequence[str]:
    """The same keywords; packed where they are many."""
    return TermList(terms) if len(terms) >= WORTH_IT else tuple(terms)
