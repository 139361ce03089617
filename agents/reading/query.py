"""Reads a watch query: the syntax of Lucene's query parser, by an LALR grammar, in linear time.

AND binds tighter than OR, which also stands between clauses where nothing does. In a list of clauses `+` makes one
required and `-`, `!` or NOT forbids one. What Lucene has and a watch has no use for is refused with the reason:
ranges, regular expressions, a leading wildcard. Boosts are read and ignored, with a warning.
docs/queries.md says what each construct means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, cast

from lark import Lark, Token, UnexpectedInput, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.visitors import Transformer_NonRecursive

from agents.reading.fold import fold
from agents.reading.keywords import words_of
from agents.reading.query_ast import FIELDS, TEXT_FIELDS, Field, Group, Leaf, Node, Phrase, Term, leaves
from streams.errors import QueryError

MAX_LENGTH: Final = 1_000_000
MAX_CLAUSES: Final = 20_000
MAX_DEPTH: Final = 50
MAX_SLOP: Final = 100
MIN_HEAD: Final = 2
"""Letters that must stand before a wildcard."""
FUZZY_LETTERS: Final = {1: 5, 2: 8}
"""Letters that a word needs for one edit and for two."""

_GRAMMAR: Final = r"""
start: list
list: chain (_OR? chain)*
chain: clause (_AND clause)*
clause: prefix* atom
!prefix: "+" | "-" | "!" | NOT
atom: TERM SIMILAR? BOOST?        -> term
    | PHRASE SIMILAR? BOOST?      -> phrase
    | _OPEN list _CLOSE BOOST?    -> group
    | TERM _COLON atom            -> fielded
_OPEN: "("
_CLOSE: ")"
_COLON: ":"
_AND.3: /AND(?=[\s()"+!-]|$)|&&/
_OR.3: /OR(?=[\s()"+!-]|$)|\|\|/
NOT.3: /NOT(?=[\s()"+!-]|$)/
PHRASE: /"(?:[^"\\]|\\.)*"/s
TERM: /(?:\\.|&(?!&)|\|(?!\|)|[^\s+\-!(){}\[\]^"~:\\\/&|])(?:\\.|&(?!&)|\|(?!\|)|[^\s!(){}\[\]^"~:\\\/&|])*/s
SIMILAR: /~\d*(?:\.\d+)?/
BOOST: /\^\d*(?:\.\d+)?/
%ignore /\s+/
"""
_CURLY: Final = str.maketrans("“”„", '"""')
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_WILD: Final = re.compile(r"\\.|([*?])", re.DOTALL)
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
        similar = self._marks(marks)
        if any(found[1] for found in _WILD.finditer(word)):
            if similar is not None:
                raise QueryError("a word with a wildcard cannot be fuzzy too", column)
            return _Parsed(Term(str(word), pattern=True, column=column), 0, column)
        text = _ESCAPED.sub(r"\1", word)
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
        return _Parsed(Phrase(_ESCAPED.sub(r"\1", quoted[1:-1]), slop=slop, column=column), 0, column)

    def group(self, inner: _Parsed, *marks: Token) -> _Parsed:
        self._marks(marks)
        return inner

    def fielded(self, name: Token, inner: _Parsed) -> _Parsed:
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

    def list(self, *chains: tuple[_Clause, ...]) -> _Parsed:
        depth = max(clause.parsed.depth for chain in chains for clause in chain)
        column = chains[0][0].column
        if len(chains) > 1 and any(len(chain) > 1 for chain in chains):
            self.warnings["AND binds tighter than OR here: parentheses would say so to every reader"] = None
            depth += 1
        node = _all_of(chains[0]) if len(chains) == 1 else _any_of(chains, column)
        depth += isinstance(node, Group)
        if depth > MAX_DEPTH:
            raise QueryError(f"parentheses are nested deeper than {MAX_DEPTH}", column)
        return _Parsed(node, depth, column)

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
        parsed: _Parsed = build.transform(_PARSER.parse(text.translate(_CURLY)))
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
        opened = text.count("(") > text.count(")")
        return QueryError(
            "the query ends too early" + (": a parenthesis is not closed" if opened else ""), len(text) + 1
        )
    character = text[at]
    if isinstance(error, UnexpectedToken) and error.token.type in ("_AND", "_OR"):
        return QueryError(f"{error.token} must stand between two clauses", at + 1)
    if character in "*?":
        return QueryError(f"a word cannot begin with {character}", at + 1)
    return QueryError(_REFUSED.get(character, f"{text[at : at + 20]!r} is not expected here"), at + 1)


def _check_leaf(leaf: Leaf) -> None:
    """Refuse a leaf that nothing, or everything, would match."""
    if leaf.field not in TEXT_FIELDS and isinstance(leaf, Term) and leaf.edits:
        raise QueryError(f"~ has no meaning in the field {leaf.field}", leaf.column)
    if isinstance(leaf, Term) and leaf.pattern:
        _check_pattern(leaf)
    elif leaf.field in TEXT_FIELDS and not words_of(leaf.text):
        raise QueryError(
            f"{leaf.text[:40]!r} holds no letter or digit, so nothing could match it", leaf.column
        )
    elif not leaf.text.strip():
        raise QueryError("an empty literal would match everything", leaf.column)


def _check_pattern(leaf: Term) -> None:
    if leaf.field in ("actor", "topic", "language"):
        raise QueryError(f"the field {leaf.field} takes no wildcard", leaf.column)
    if leaf.text[0] in "*?":
        raise QueryError(
            f"a word cannot begin with {leaf.text[0]}: the letters before it are what is searched",
            leaf.column,
        )
    if leaf.field in TEXT_FIELDS:
        head = pattern_head(leaf.text)
        letters = _ESCAPED.sub(r"\1", _WILD.sub(lambda m: m[0] if m[1] is None else "", leaf.text))
        if len(words_of(letters)) != 1 or "'" in words_of(letters)[0] or not fold(letters).isalnum():
            raise QueryError(
                f"{leaf.text[:40]!r}: a word with a wildcard must be letters and digits only", leaf.column
            )
        if len(head) < MIN_HEAD:
            raise QueryError(
                f"{leaf.text[:40]!r}: {MIN_HEAD} letters are needed before a wildcard", leaf.column
            )


def pattern_head(pattern: str) -> str:
    """The folded letters of a pattern before its first wildcard: what is searched."""
    first = next(found for found in _WILD.finditer(pattern) if found[1])
    return fold(_ESCAPED.sub(r"\1", pattern[: first.start()]))


def split_pattern(pattern: str) -> tuple[str, ...]:
    """A pattern as folded pieces and the wildcards `*` and `?` between them, each wildcard a piece of its own."""
    pieces: list[str] = []
    copied = 0
    for found in _WILD.finditer(pattern):
        if found[1]:
            pieces += [fold(_ESCAPED.sub(r"\1", pattern[copied : found.start()])), found[1]]
            copied = found.end()
    pieces.append(fold(_ESCAPED.sub(r"\1", pattern[copied:])))
    return tuple(piece for piece in pieces if piece)
