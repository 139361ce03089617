"""Patterns with the wildcards `*` (any characters, or none) and `?` (exactly one), in time linear in the text.

What stands between two stars is found from left to right, each as early as it can be; no other choice could fit more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.reading.fold import fold

_WILD: Final = re.compile(r"\\.|([*?])", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def has_wildcard(pattern: str) -> bool:
    """Whether a text has a `*` or `?` that no backslash stands before."""
    return any(found[1] for found in _WILD.finditer(pattern))


def unescaped(text: str) -> str:
    """A text without the backslashes that make a character stand for itself."""
    return _ESCAPED.sub(r"\1", text)


def letters_of(pattern: str) -> str:
    """A pattern without its wildcards."""
    return unescaped(_WILD.sub(lambda found: "" if found[1] else found[0], pattern))


def pattern_head(pattern: str) -> str:
    """The folded letters of a pattern before its first wildcard."""
    first = next(found for found in _WILD.finditer(pattern) if found[1])
    return fold(unescaped(pattern[: first.start()]))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two stars, and how many characters it is wide."""

    pattern: re.Pattern[str]
    width: int


class Wildcards:
    """A pattern, compared with folded texts as a whole."""

    __slots__ = ("_first", "_last", "_middle")

    def __init__(self, pattern: str) -> None:
        """`\\` before a wildcard makes it stand for itself."""
        pieces = [""]
        widths = [0]
        copied = 0
        for found in (*_WILD.finditer(pattern), None):
            if found is not None and not found[1]:
                continue
            literal = fold(unescaped(pattern[copied : found.start() if found else None]))
            pieces[-1] += re.escape(literal)
            widths[-1] += len(literal)
            if found is None:
                break
            copied = found.end()
            if found[1] == "*":
                pieces.append("")
                widths.append(0)
            else:
                pieces[-1] += "."
                widths[-1] += 1
        compiled = [
            _Piece(re.compile(piece, re.DOTALL), width) for piece, width in zip(pieces, widths, strict=True)
        ]
        self._first, *rest = compiled
        self._last = rest.pop() if rest else None
        self._middle = [piece for piece in rest if piece.width]

    def fits(self, text: str) -> bool:
        """Whether a folded text is what the pattern says."""
        if self._first.pattern.match(text) is None:
            return False
        at = self._first.width
        if self._last is None:
            return at == len(text)
        for piece in self._middle:
            found = piece.pattern.search(text, at)
            if found is None:
                return False
            at = found.end()
        begin = len(text) - self._last.width
        return begin >= at and self._last.pattern.match(text, begin) is not None
