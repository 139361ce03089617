"""Reads a watch query: the syntax of Lucene's query parser, by an LALR grammar, in linear time.

AND binds tighter than OR, which also stands between clauses where nothing does. In a list of clauses `+` makes one
required and `-`, `!` or NOT forbids one. What Lucene has and a watch has no use for is refused with the reason:
ranges, regular expressions, a word with a leading wildcard. What may be read otherwise than it was meant (a boost, a
lower-case `and`, `OR NOT`) is warned of.
docs/queries.md says what each construct means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from lark import Lark, Token, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from agents.reading.fold import fold
from agents.reading.keywords import stands_alone, words_of
from agents.reading.query_ast import FIELDS, TEXT_FIELDS, Field, Group, Leaf, Node, Phrase, Term, leaves
from agents.reading.wildcards import has_wildcard, letters_of, pattern_head, unescaped
from streams.errors import QueryError

MAX_LENGTH: Final = 1_000_000
MAX_CLAUSES: Final = 20_000
MAX_DEPTH: Final = 50
MAX_SLOP: Final = 100
MAX_PHRASE: Final = 200
"""Words of a phrase."""
MIN_HEAD: Final = 2
"""Letters that must stand before a wildcard."""
FUZZY_LETTERS: Final = {1: 5, 2: 8}
"""Letters that a word needs for one edit and for two."""

_QUOTED: Final = "|".join(
    rf"[{opening}](?:[^{closing}\\]|\\.)*[{closing}]"
    for opening, closing in (('"“”„', '"“”„'), ("«", "»"), ("»", "«"), ("「", "」"), ("『", "』"))
)
_SPACE: Final = r"\s\u200b\ufeff"
_MARKS: Final = r"!(){}（）\[\]^\"“”„«»「」『』~:：\\\/&|"
"""What ends a word."""
_ENDS: Final = rf"(?=[{_SPACE}()（）\"“”„«»「」『』!+-]|$)"
"""What may follow an operator."""
_DASHES: Final = "‐‑‒–—−－"
"""What a word processor makes of a hyphen."""
_GRAMMAR: Final = rf"""
start: list
list: chain (OR? chain)*
chain: clause (_AND clause)*
clause: prefix* atom
!prefix: "+" | "-" | "!" | NOT
atom: TERM SIMILAR? BOOST?        -> term
    | PHRASE SIMILAR? BOOST?      -> phrase
    | _OPEN list _CLOSE BOOST?    -> group
    | TERM _COLON atom            -> fielded
_OPEN: /[(（]/
_CLOSE: /[)）]/
_COLON: /[:：]/
_AND.3: /AND{_ENDS}|&&/
OR.3: /OR{_ENDS}|\|\|/
NOT.3: /NOT{_ENDS}/
PHRASE: /{_QUOTED}/s
TERM: /(?:\\.|&(?!&)|\|(?!\|)|[^{_SPACE}+\-{_MARKS}])(?:\\.|&(?!&)|\|(?!\|)|[^\s{_MARKS}])*/s
SIMILAR: /~\d*(?:\.\d+)?/
BOOST: /\^\d*(?:\.\d+)?/
%ignore /[{_SPACE}]+/
"""
_WRITTEN_OUT: Final = re.compile(rf"\\.|{_QUOTED}", re.DOTALL)
"""What holds no operator: an escaped character, a phrase."""
_STARRED: Final = re.compile(r"(?<!\\)\*")
_NARROW: Final = str.maketrans("（）", "()")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_OPERATORS: Final = {"and": "AND", "or": "OR", "not": "NOT"}
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

    def start(self, parsed: _Parsed) -> _Parsed:
        return parsed

    def term(self, word: Token, *marks: Token) -> _Parsed:
        self.clauses += 1
        column = _column(word)
        if self.clauses > MAX_CLAUSES:
            raise QueryError(
                f"the query has more than {MAX_CLAUSES:,} clauses; put words into `terms`", column
            )
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
        self.clauses += 1
        column = _column(quoted)
        if self.clauses > MAX_CLAUSES:
            raise QueryError(
                f"the query has more than {MAX_CLAUSES:,} clauses; put words into `terms`", column
            )
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

    def prefix(self, sign: Token) -> Token:
        return sign

    def clause(self, *parts: Any) -> _Clause:
        *signs, parsed = parts
        negations = sum(sign in ("-", "!", "NOT") for sign in signs)
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

    def _warn_of_negated_alternatives(self, parts: Sequence[tuple[_Clause, ...] | Token]) -> None:
        for at, part in enumerate(parts):
            beside = [] if not isinstance(part, Token) else [parts[at - 1], parts[at + 1]]
            if any(not isinstance(chain, Token) and [c.sign for c in chain] == ["-"] for chain in beside):
                self.warnings["OR beside NOT is read as AND NOT, as Lucene does: write that"] = None

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


def _only_negative(column: int) -> QueryError:
    return QueryError(
        "NOT needs a positive clause beside it, in the same parentheses: what should be found?", column
    )


def _some(nodes: Sequence[Node]) -> str:
    shown = str(nodes[0])[:60]
    return shown if len(nodes) == 1 else f"{shown}, or another of {len(nodes)},"


def _with_field(node: Node, field: Field) -> Node:
    """Give a field to the leaves that have none of their own. Depth is bounded by MAX_DEPTH."""
    if isinstance(node, Term):
        return node if node.field else Term(node.text, field, node.edits, node.pattern, node.column)
    if isinstance(node, Phrase):
        return node if node.field else Phrase(node.text, field, node.slop, node.column)
    return Group(
        tuple(_with_field(child, field) for child in node.must),
        tuple(_with_field(child, field) for child in node.should),
        tuple(_with_field(child, field) for child in node.must_not),
    )


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


_PARSER: Final = Lark(_GRAMMAR, parser="lalr", lexer="basic")


def parse_query(text: str) -> Query:
    """Read a query. Raises QueryError with the column of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"the query has {len(text):,} characters, more than {MAX_LENGTH:,}; put words into `terms`"
        )
    if not text.strip():
        raise QueryError("the query is empty")
    build = _Build()
    try:
        parsed: _Parsed = build.transform(_PARSER.parse(text))
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    except VisitError as error:
        raise error.orig_exc from None
    for leaf, _ in leaves(parsed.node):
        _check_leaf(leaf)
    return Query(parsed.node, tuple(build.warnings))


def _syntax_error(text: str, error: UnexpectedInput) -> QueryError:
    at: int | None = error.pos_in_stream
    if at is None or at >= len(text) or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
        opened = _open_parentheses(text)
        return QueryError(
            "the query ends too early" + (": a parenthesis is not closed" if opened else ""), len(text) + 1
        )
    character = text[at]
    if isinstance(error, UnexpectedToken) and error.token.type in ("_AND", "OR"):
        return QueryError(f"{error.token} must stand between two clauses", at + 1)
    if character in ")）" and _open_parentheses(text[:at]):
        return QueryError(f"something to look for must stand before {character}", at + 1)
    return QueryError(_REFUSED.get(character, f"{text[at : at + 20]!r} is not expected here"), at + 1)


def _open_parentheses(text: str) -> int:
    plain = _WRITTEN_OUT.sub("", text).translate(_NARROW)
    return plain.count("(") - plain.count(")")


def _check_leaf(leaf: Leaf) -> None:
    """Refuse a leaf that nothing, or everything, would match."""
    if leaf.field not in TEXT_FIELDS and isinstance(leaf, Term) and leaf.edits:
        raise QueryError(f"~ has no meaning in the field {leaf.field}", leaf.column)
    if isinstance(leaf, Term) and leaf.pattern:
        _check_pattern(leaf)
    elif leaf.field in TEXT_FIELDS:
        words = words_of(leaf.text)
        if not words:
            raise QueryError(
                f"{leaf.text[:40]!r} holds no letter or digit, so nothing could match it", leaf.column
            )
        if len(words) > MAX_PHRASE:
            raise QueryError(f"a phrase has {len(words):,} words, more than {MAX_PHRASE}", leaf.column)
    elif not leaf.text.strip():
        raise QueryError("an empty literal would match everything", leaf.column)
    elif leaf.field == "language" and not _LANGUAGE.fullmatch(leaf.text.strip()):
        raise QueryError(f"{leaf.text[:40]!r} is no language tag such as en or pt-BR", leaf.column)


def _check_pattern(leaf: Term) -> None:
    if leaf.field in ("actor", "topic", "language"):
        raise QueryError(f"the field {leaf.field} takes no wildcard", leaf.column)
    if leaf.field not in TEXT_FIELDS:
        return
    if leaf.text[0] in "*?":
        raise QueryError(
            f"a word cannot begin with {leaf.text[0]}: the letters before it are what is searched",
            leaf.column,
        )
    letters = letters_of(leaf.text)
    if len(words_of(letters)) != 1 or "'" in words_of(letters)[0] or not fold(letters).isalnum():
        raise QueryError(
            f"{leaf.text[:40]!r}: a word with a wildcard must be letters and digits only", leaf.column
        )
    if len(pattern_head(leaf.text)) < MIN_HEAD:
        raise QueryError(f"{leaf.text[:40]!r}: {MIN_HEAD} letters are needed before a wildcard", leaf.column)
