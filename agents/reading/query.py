"""Reads a watch query: the syntax of Lucene's query parser, by an LALR grammar, in linear time.

AND binds tighter than OR, which also stands between clauses where nothing does. In a list of clauses `+` makes one
required and `-`, `!` or NOT forbids one. What Lucene has and a watch has no use for is refused with the reason:
ranges, regular expressions, a word with a leading wildcard. What may be read otherwise than it was meant (a boost, a
lower-case `and`, `OR NOT`) is warned of.
docs/queries.md says what each construct means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from lark import Lark, UnexpectedInput, UnexpectedToken

from agents.reading.habits import (
    GERSHAYIM,
    QUOTED,
    WRITTEN_OUT,
    everyday,
    everyday_among,
    habits_in,
    slash_means,
)
from agents.reading.query_ast import INVISIBLE, OPERATORS, TEXT_FIELDS, Group, Leaf, Node, Term, leaves
from agents.reading.query_leaves import check_leaf
from agents.reading.query_tree import tree_of
from agents.reading.wildcards import Wildcards
from streams.errors import QueryError

MAX_LENGTH: Final = 1_000_000
"""Characters of a query, at most."""

_SPACE: Final = rf"\s{INVISIBLE}"
_MARKS: Final = r"!(){}（）\[\]^\"“”„＂«»「」『』~:：\\\/&|"
"""What ends a word."""
_ENDS: Final = rf"(?=[{_SPACE}()（）\"“”„＂«»「」『』!+-]|$)"
"""What may follow an operator."""
_GRAMMAR: Final = rf"""
?start: list
list: chain (OR? chain)*
chain: clause (_AND clause)*
clause: (SIGN | NOT)* atom
atom: TERM SIMILAR? BOOST?        -> term
    | PHRASE SIMILAR? BOOST?      -> phrase
    | _OPEN list _CLOSE BOOST?    -> group
    | TERM _COLON atom            -> fielded
_OPEN: /[(（]/
_CLOSE: /[)）]/
_COLON: /[:：]/
_AND.3: /(?:AND|ＡＮＤ){_ENDS}|&&/
OR.3: /(?:OR|ＯＲ){_ENDS}|\|\|/
NOT.3: /(?:NOT|ＮＯＴ){_ENDS}/
SIGN: /[+\-!]/
PHRASE: /{QUOTED}/s
TERM: /(?:\\.|&(?!&)|\|(?!\|)|[^{_SPACE}+\-{_MARKS}])(?:\\.|&(?!&)|\|(?!\|)|{GERSHAYIM}|[^\s{_MARKS}])*/s
SIMILAR: /~\d*(?:\.\d+)?/
BOOST: /\^\d*(?:\.\d+)?/
%ignore /[{_SPACE}]+/
"""
_WRITTEN_OUT: Final = re.compile(WRITTEN_OUT, re.DOTALL)
_NARROW: Final = str.maketrans("（）", "()")
_REFUSED: Final = {
    "[": "ranges are not supported",
    "{": "ranges are not supported",
    "/": "regular expressions are not supported; to search for a slash write \\/ or put it in quotation marks",
    '"': "the quotation mark is not closed",
    "\\": "nothing follows the backslash",
    ")": "the parenthesis closes nothing",
    "~": "~ must follow a word or a phrase",
    "^": "^ must follow a word, a phrase or a group",
    ":": "a field name and : must be followed by what to look for; to search for a colon write \\:",
    "]": "a bracket must be escaped: \\]",
    "}": "a brace must be escaped: \\}",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: its tree, and what its writer should know about it."""

    root: Node
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.root)


_PARSER: Final = Lark(_GRAMMAR, parser="lalr", lexer="basic")


def parse_query(text: str) -> Query:
    """Read a query. Raises QueryError with the column of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"the query has {len(text):,} characters, more than {MAX_LENGTH:,}; put words into `terms`"
        )
    if not text.strip():
        raise QueryError("the query is empty")
    warnings = dict.fromkeys(habits_in(text))
    try:
        parsed = _PARSER.parse(text)
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    root, of_tree = tree_of(parsed)
    warnings |= dict.fromkeys(of_tree)
    for leaf, negated in leaves(root):
        check_leaf(leaf)
        noisy = _noisy(leaf) if leaf.field in TEXT_FIELDS and not negated else None
        warnings |= {noisy: None} if noisy else {}
    warnings |= dict.fromkeys(_forbidden_too(root))
    return Query(root, tuple(warnings))


def _noisy(leaf: Leaf) -> str | None:
    """A warning of a leaf that holds in nearly every article, if it does."""
    if isinstance(leaf, Term) and leaf.pattern:
        word = everyday_among(Wildcards(leaf.text).fits)
        return f"{leaf.text} finds {word!r} too, which stands in nearly every article" if word else None
    return everyday(leaf.text) if leaf.text.upper() not in OPERATORS else None


def _forbidden_too(node: Node) -> Iterator[str]:
    """Warnings of what a query asks for and forbids at once."""
    if not isinstance(node, Group):
        return
    wanted = [*node.must, *node.should]
    for child in wanted:
        yield from _forbidden_too(child)
    if not node.must_not:
        return
    forbidden = {each for child in node.must_not for each in _parts(child, of_all=False)}
    for each in (each for child in wanted for each in _parts(child, of_all=True)):
        anywhere = replace(each, field="") if each.field in TEXT_FIELDS else each
        if not forbidden.isdisjoint((each, anywhere)):
            yield f"{each} finds nothing here: the query forbids it too"


def _parts(node: Node, *, of_all: bool) -> Iterator[Leaf]:
    """The leaves of which any one suffices for a node; `of_all`: also those that it needs beside others."""
    if not isinstance(node, Group):
        yield node
    elif of_all or not (node.must or node.must_not):
        for child in (*node.must, *node.should):
            yield from _parts(child, of_all=of_all)


def _syntax_error(text: str, error: UnexpectedInput) -> QueryError:
    at: int | None = error.pos_in_stream
    if at is None or at >= len(text) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        opened = _open_parentheses(text)
        return QueryError(
            "the query ends too early" + (": a parenthesis is not closed" if opened else ""), len(text) + 1
        )
    character = text[at]
    if character == "/" and (meant := slash_means(text, at)) is not None:
        return QueryError(meant, at + 1)
    if isinstance(error, UnexpectedToken) and error.token.type in ("_AND", "OR"):
        return QueryError(f"{error.token} must stand between two clauses", at + 1)
    if character in ")）" and _open_parentheses(text[:at]):
        return QueryError(f"something to look for must stand before {character}", at + 1)
    return QueryError(_REFUSED.get(character, f"{text[at : at + 20]!r} is not expected here"), at + 1)


def _open_parentheses(text: str) -> int:
    plain = _WRITTEN_OUT.sub("", text).translate(_NARROW)
    return plain.count("(") - plain.count(")")
