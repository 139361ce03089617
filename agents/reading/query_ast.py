"""A watch query as a value, and its text.

A query is a tree of groups, whose leaves are terms and phrases. The text that `str()` gives reads back as the same
tree.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from agents.reading.fold import fold

Field = Literal["", "title", "body", "source", "actor", "topic", "language"]
FIELDS: Final[tuple[Field, ...]] = ("title", "body", "source", "actor", "topic", "language")
TEXT_FIELDS: Final = frozenset({"", "title", "body"})

INVISIBLE: Final = r"\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""What nobody sees beside a word, marks of the direction of writing above all, as a range of a regular expression."""

_SPECIAL: Final = re.compile(
    r"(^[+\-‐‑‒–—−－]|&(?=&)|(?<=&)&|\|(?=\|)|(?<=\|)\|"
    rf'|[!(){{}}（）\[\]^"~:：\\/\s*?“”„＂«»「」『』{INVISIBLE}])'
)
_IN_PHRASE: Final = re.compile(r'(["\\“”„＂*])')
OPERATORS: Final = frozenset({"AND", "OR", "NOT", "ＡＮＤ", "ＯＲ", "ＮＯＴ"})


@dataclass(frozen=True, slots=True)
class Term:
    """One word as it was written. `edits` > 0: fuzzy; `pattern`: the text has wildcards (`*`, `?`, escaped by `\\`)."""

    text: str
    field: Field = ""
    edits: int = 0
    pattern: bool = False
    column: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        text = self.text if self.pattern else _escape(self.text)
        return _with_field(self.field, text + (f"~{self.edits}" if self.edits else ""))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row; `slop`: how many places they may be out of it, all told."""

    text: str
    field: Field = ""
    slop: int = 0
    column: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        quoted = '"' + _IN_PHRASE.sub(r"\\\1", self.text) + '"'
        return _with_field(self.field, quoted + (f"~{self.slop}" if self.slop else ""))


@dataclass(frozen=True, slots=True)
class Group:
    """Holds when all of `must` hold, none of `must_not`, and, where `must` is empty, one of `should`."""

    must: tuple[Node, ...] = ()
    should: tuple[Node, ...] = ()
    must_not: tuple[Node, ...] = ()

    def __str__(self) -> str:
        parts = [f"+{_nested(node)}" for node in self.must]
        parts += [_nested(node) for node in self.should]
        parts += [f"-{_nested(node)}" for node in self.must_not]
        return " ".join(parts)


Leaf = Term | Phrase
Node = Term | Phrase | Group


def leaves(node: Node, *, negated: bool = False) -> Iterator[tuple[Leaf, bool]]:
    """The leaves of a query in order, each with whether it is under a NOT."""
    if not isinstance(node, Group):
        yield node, negated
        return
    for child in (*node.must, *node.should):
        yield from leaves(child, negated=negated)
    for child in node.must_not:
        yield from leaves(child, negated=not negated)


def identifier_of(leaf: Leaf) -> str:
    """What a leaf of the fields `actor`, `topic` or `language` asks for."""
    return "-".join(fold(leaf.text).split())


def _nested(node: Node) -> str:
    return f"({node})" if isinstance(node, Group) else str(node)


def _with_field(field: Field, text: str) -> str:
    return f"{field}:{text}" if field else text


def _escape(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", text)
    return f"\\{escaped}" if escaped in OPERATORS else escaped
