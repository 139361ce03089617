"""The keywords of a `terms_file`, read from its text and held in little memory.

A long list is held as one block of UTF-8 and the end of each keyword, not as a million strings.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Final, overload

from agents.reading.habits import everyday
from streams.errors import Fault

LARGEST_FILE: Final = 256 * 1024 * 1024
"""Bytes of a `terms_file`."""

LONGEST: Final = 200
"""Characters of a keyword."""

MOST_FAULTS: Final = 20
"""Faults of a file after which the rest of it is not checked."""

PACK_FROM: Final = 1000
"""Number of keywords from which a list is packed."""


_QUERY: Final = re.compile(
    r"\w+[*?]\w*|[*?]\w+|\s(?:AND|OR|NOT)\s|^\s*(?:title|body|source|actor|topic|language):|\w~\d*\s*$"
)
"""Syntax that means something in a query, but not in a keyword."""

_LIST: Final = re.compile(r"[^\W\d]([,;、；，])[^\W\d]|\w(;) |(\t)|\w +(#) ")
"""Separators of keywords, and marks of comments, in other kinds of files."""

_CATALOGUED: Final = re.compile(r"([^,]*[^\W\d_]{2}[^,]*), *([^,]*[^\W\d_]{2}[^,]*)")
"""A surname, and what stands behind it in a catalogue."""

_HINTED: Final = re.compile(r"[*?~:,;、；，\t]| (?:#|AND|OR|NOT) ")
"""A quick test that rules out the others for most of a million keywords."""


class TermList(Sequence[str]):
    """A sequence of strings that are decoded when they are accessed."""

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


def pack(terms: Sequence[str]) -> Sequence[str]:
    """The same keywords, packed if there are many."""
    return TermList(terms) if len(terms) >= PACK_FROM else tuple(terms)


def lines_of(text: str) -> list[str]:
    """The lines of a `terms_file`, whichever way they end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def read_terms(text: str, name: str) -> tuple[tuple[str, ...], list[Fault]]:
    """The distinct keywords of a `terms_file`, and its first faults.

    One keyword a line; blank lines and those that begin with # are skipped.
    """
    terms: dict[str, None] = {}
    faults: list[Fault] = []
    for number, line in enumerate(lines_of(text), 1):
        term = line.strip()
        if not term or term.startswith("#"):
            continue
        if not any(map(str.isalnum, term)):
            faults.append(Fault(name, number, "", "the keyword has no letter or digit to look for"))
        elif len(term) > LONGEST:
            faults.append(Fault(name, number, "", f"the keyword has more than {LONGEST} characters"))
        else:
            terms[term] = None
            continue
        if len(faults) >= MOST_FAULTS:
            faults.append(Fault(name, number, "", "the rest of the file was not checked"))
            break
    return tuple(terms), faults


def keyword_warnings(text: str, name: str) -> list[Fault]:
    """Warnings about the first keywords of a `terms_file` that may not mean what their writer thinks."""
    lines = ((number, line.strip()) for number, line in enumerate(lines_of(text), 1))
    found = (
        Fault(name, number, "", warning)
        for number, term in lines
        if not term.startswith("#") and (warning := keyword_warning(term)) is not None
    )
    return list(islice(found, MOST_FAULTS))


def keyword_warning(term: str) -> str | None:
    """A warning about a keyword that is written like a query or a list, or that is in nearly every article."""
    if _HINTED.search(term) is None:
        return everyday(term)
    if (found := _QUERY.search(term)) is not None and not (term.isupper() and found[0].isupper()):
        return f"{found[0].strip()} is looked for as it stands: only a `query` has wildcards, fields and operators"
    if (found := _LIST.search(term)) is not None:
        mark = next(filter(None, found.groups())).replace("\t", "a tab")
        return f"the line is one phrase, for all that stands {mark} in it: write each keyword by itself"
    name = _CATALOGUED.fullmatch(term)
    if name is not None and name[1].isupper() and not name[2].isupper():
        return f"the words are looked for in this order: write {name[2]} {name[1]}, or make it an actor"
    return everyday(term)
