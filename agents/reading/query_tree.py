"""Makes a query's tree from what the parser has read, and says what may be read otherwise than it was meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, cast

from lark import ParseTree, Token, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from agents.reading.keywords import stands_alone, words_of
from agents.reading.query_ast import FIELDS, Field, Group, Node, Phrase, Term
from agents.reading.wildcards import has_wildcard, unescaped
from streams.errors import QueryError

MAX_CLAUSES: Final = 20_000
"""Clauses of a query."""
MAX_DEPTH: Final = 50
"""Levels of parentheses."""
MAX_SLOP: Final = 100
"""Places by which the words of a phrase may be out of place."""
FUZZY_LETTERS: Final = {1: 5, 2: 8}
"""Letters that a word needs for one edit and for two."""
_DASHES: Final = "‐‑‒–—−－"
"""Dashes that word processors put in place of a hyphen."""

_STARRED: Final = re.compile(r"(?<!\\)\*")
_OPERATORS: Final = {"and": "AND", "or": "OR", "not": "NOT"}


def tree_of(parsed: ParseTree) -> tuple[Node, tuple[str, ...]]:
    """The query's tree, and what its writer should know about it. Raises QueryError."""
    build = _Build()
    try:
        root: _Parsed = build.transform(parsed)
    except VisitError as error:
        raise error.orig_exc from None
    return root.node, tuple(build.warnings)


@dataclass(frozen=True, slots=True)
class _Clause:
    parsed: _Parsed
    sign: str
    column: int


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A node, how deep it is nested, and where it begins."""

    node: Node
    depth: int
    column: int
    fielded: bool = False


@v_args(inline=True)
class _Build(Transformer_NonRecursive[Token, Any]):
    """Makes the query's tree from the parser's, which may be deep, without recursion."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: dict[str, None] = {}
        self.clauses = 0

    def term(self, word: Token, *marks: Token) -> _Parsed:
        column = self._next_clause(word)
        if word[0] in _DASHES:
            raise QueryError(
                f"{word[0]!r} is a dash, not the hyphen '-' that forbids a word; write one of '-' and \\{word[0]}",
                column,
            )
        if (operator := _OPERATORS.get(word.lower())) is not None:
            self.warnings[
                f"{word} is looked for as a word: operators are in capitals, {operator}; "
                f'if the word is meant, write "{word}"'
            ] = None
        similar = self._marks(marks)
        if has_wildcard(word):
            if similar is not None:
                raise QueryError("a word with a wildcard cannot be fuzzy too", column)
            return _Parsed(Term(str(word), pattern=True, column=column), 0, column)
        text = unescaped(word)
        edits = 0 if similar is None else self._edits(text, similar, column)
        return _Parsed(Term(text, edits=edits, column=column), 0, column)

    def phrase(self, quoted: Token, *marks: Token) -> _Parsed:
        column = self._next_clause(quoted)
        similar = self._marks(marks)
        try:
            slop = int(similar) if similar else 0
        except ValueError:
            raise QueryError(f"~{similar} after a phrase must be a whole number", column) from None
        if slop > MAX_SLOP:
            raise QueryError(f"~{slop} after a phrase is more than {MAX_SLOP}", column)
        if _STARRED.search(quoted):
            self.warnings["in quotation marks * is no wildcard: no phrase has one"] = None
        return _Parsed(Phrase(unescaped(quoted[1:-1]), slop=slop, column=column), 0, column)

    def group(self, inner: _Parsed, *marks: Token) -> _Parsed:
        self._marks(marks)
        return inner

    def fielded(self, name: Token, inner: _Parsed) -> _Parsed:
        if name == "*":
            raise QueryError("*: would match every article", _column(name))
        if name not in FIELDS:
            raise QueryError(
                f"there is no field {str(name)[:40]!r}, only {', '.join(FIELDS)}; to search for a colon write \\:",
                _column(name),
            )
        if inner.fielded:
            raise QueryError("two fields in a row", _column(name))
        node = _with_field(inner.node, cast("Field", str(name)))
        return _Parsed(node, inner.depth, _column(name), fielded=True)

    def clause(self, *parts: Any) -> _Clause:
        *signs, parsed = parts
        negations = sum(sign != "+" for sign in signs)
        if negations > 1:
            raise QueryError("two negations in a row", _column(signs[0]))
        sign = "-" if negations else ("+" if signs else "")
        column = _column(signs[0]) if signs else parsed.column
        return _Clause(parsed, sign, column)

    def chain(self, *clauses: _Clause) -> tuple[_Clause, ...]:
        return clauses

    def list(self, *parts: tuple[_Clause, ...] | Token) -> _Parsed:
        chains = tuple(part for part in parts if not isinstance(part, Token))
        self._warn_of_negated_alternatives(parts)
        self._warn_of_words_side_by_side(parts)
        depth = max(clause.parsed.depth for chain in chains for clause in chain)
        column = chains[0][0].column
        if len(chains) > 1 and any(len(chain) > 1 for chain in chains):
            self.warnings["AND binds tighter than OR here: parentheses would say so to every reader"] = None
            depth += 1
        node = _all_of(chains[0]) if len(chains) == 1 else _any_of(chains, column)
        if len(chains) > 1 and isinstance(node, Group) and node.must and node.should:
            self.warnings[
                f"beside a clause with + it does not matter whether {_some(node.should)} holds: "
                "write AND, or + before it"
            ] = None
        depth += isinstance(node, Group)
        if depth > MAX_DEPTH:
            raise QueryError(f"parentheses are nested deeper than {MAX_DEPTH}", column)
        return _Parsed(node, depth, column)

    def _next_clause(self, token: Token) -> int:
        """The column of one more clause."""
        column = _column(token)
        self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            raise QueryError(
                f"the query has more than {MAX_CLAUSES:,} clauses; put words into `terms`", column
            )
        return column

    def _warn_of_negated_alternatives(self, parts: Sequence[tuple[_Clause, ...] | Token]) -> None:
        for at, part in enumerate(parts):
            beside = [] if not isinstance(part, Token) else [parts[at - 1], parts[at + 1]]
            if any(not isinstance(chain, Token) and [c.sign for c in chain] == ["-"] for chain in beside):
                self.warnings["OR beside NOT is read as AND NOT, as Lucene does: write that"] = None

    def _warn_of_words_side_by_side(self, parts: Sequence[tuple[_Clause, ...] | Token]) -> None:
        """Elsewhere words without an operator are a phrase, or all of them must be there."""
        words = [_lone_word(part) for part in parts]
        for word, following in pairwise(words):
            if word and following:
                self.warnings[
                    f"{word} {following}: either suffices, as with OR between them; "
                    'write AND where both must be there, "…" around a phrase, or OR'
                ] = None
                return

    def _marks(self, marks: tuple[Token, ...]) -> str | None:
        similar = None
        for mark in marks:
            if mark.type == "BOOST":
                self.warnings["boosts (^) are ignored: a watch matches or does not"] = None
            else:
                similar = mark[1:]
        return similar

    def _edits(self, text: str, similar: str, column: int) -> int:
        words = words_of(text)
        if len(words) != 1:
            raise QueryError("~ can only follow a single word", column)
        try:
            wanted = 2 if similar == "" else int(similar)
        except ValueError:
            self.warnings[f"~{similar} is read as ~1: give the number of edits, 1 or 2"] = None
            wanted = 1
        if wanted > 2:
            raise QueryError(f"~{similar}: at most two edits are possible", column)
        letters = len(words[0])
        if wanted and stands_alone(words[0]):
            raise QueryError(
                f"{text[:40]!r}: a script without spaces between words has no fuzzy words", column
            )
        if wanted and letters < FUZZY_LETTERS[1]:
            raise QueryError(
                f"{text!r} is too short to be fuzzy: {FUZZY_LETTERS[1]} letters are needed", column
            )
        if wanted == 2 and letters < FUZZY_LETTERS[2]:
            if similar:
                self.warnings[f"{text}~2 is read as {text}~1: two edits need {FUZZY_LETTERS[2]} letters"] = (
                    None
                )
            return 1
        return wanted


def _all_of(clauses: tuple[_Clause, ...]) -> Node:
    """What AND joins."""
    must = [clause.parsed.node for clause in clauses if clause.sign != "-"]
    must_not = [clause.parsed.node for clause in clauses if clause.sign == "-"]
    if not must:
        raise _only_negative(clauses[0].column)
    return _group(must, [], must_not)


def _any_of(chains: tuple[tuple[_Clause, ...], ...], column: int) -> Node:
    """What OR, or nothing, joins."""
    must: list[Node] = []
    should: list[Node] = []
    must_not: list[Node] = []
    for chain in chains:
        if len(chain) > 1:
            should.append(_all_of(chain))
        else:
            {"+": must, "": should, "-": must_not}[chain[0].sign].append(chain[0].parsed.node)
    if not must and not should:
        raise _only_negative(column)
    if len(should) == 1 and not must:
        must, should = should, []
    return _group(must, should, must_not)


def _group(must: list[Node], should: list[Node], must_not: list[Node]) -> Node:
    if len(must) + len(should) == 1 and not must_not:
        return (must or should)[0]
    return Group(tuple(must), tuple(should), tuple(must_not))


def _lone_word(part: tuple[_Clause, ...] | Token) -> str:
    """The word that a part of a list is, if it is nothing else."""
    if isinstance(part, Token) or len(part) > 1 or part[0].sign:
        return ""
    node = part[0].parsed.node
    return str(node) if isinstance(node, Term) and not node.field else ""


def _only_negative(column: int) -> QueryError:
    return QueryError(
        "NOT needs a positive clause beside it, in the same parentheses: what should be found?", column
    )


def _some(nodes: Sequence[Node]) -> str:
    shown = str(nodes[0])[:60]
    return shown if len(nodes) == 1 else f"{shown}, or another of {len(nodes)},"


def _with_field(node: Node, field: Field) -> Node:
    """Give a field to the leaves that have none of their own. Depth is bounded by MAX_DEPTH."""
    if not isinstance(node, Group):
        return node if node.field else replace(node, field=field)
    return Group(
        tuple(_with_field(child, field) for child in node.must),
        tuple(_with_field(child, field) for child in node.should),
        tuple(_with_field(child, field) for child in node.must_not),
    )


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1
