"""A user's own format: a Jinja2 template that yields JSON, or plain text where the endpoint's content-type says so.

`alert` is the alert as in `standard`. What an expression yields is escaped for its place: in JSON it can end no string
(`"text": "{{ alert.headline }}"` is JSON whatever it holds; `{{ alert | tojson }}` gives whole values), in text it can
break no line. Only the receiver knows what mentions people or becomes a link; the filter `plain` is for what people
will read.

A template only chooses and formats: it calls nothing, loads nothing, and repeats only what the alert holds. What it
joins, filters, compares, loops over and writes is counted (`_Counted`), so it ends soon and stays small. Otherwise a
few lines that double a text or a list, or nested loops, would take all memory.
"""

# ruff: noqa: ARG002 - the signatures are those of Jinja2's sandbox

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import do_default, do_int, do_join, do_round
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import htmlsafe_json_dumps, pass_eval_context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from alerting.formats import words
from streams.wire import Alert

LIMIT: Final = 64 * 1024
"""Bytes of a body that a template may yield."""

MOST_WORK: Final = 2_000_000
"""Characters and entries that a template may join, filter, compare, loop over and write. The longest alert has a third
as many.
"""

MOST_DIGITS: Final = 20
"""Digits, before the point or behind it, that a template may round to."""

LONGEST_TEXT: Final = 2000
"""Characters of one text for people."""

_MISSING: Final = re.compile(
    r"'([A-Za-z_][A-Za-z0-9_]{0,60})' is undefined|.* has no attribute '([A-Za-z_][A-Za-z0-9_]{0,60})'"
)

FILTERS: Final = (
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "map",
    "plain",
    "round",
    "tojson",
    "upper",
    "unique",
)


SOURCE: Final = "<template>"
"""The file name that Jinja2 gives to the lines of a template in tracebacks."""


class RenderError(Exception):
    """The template does not yield a body. The message names the line and holds nothing of the alert."""


class _Refused(SecurityError):
    """A template did what it may not. The message has no text of an alert; those of Jinja2 may quote values."""


_left: ContextVar[list[int]] = ContextVar("left")
"""How many more characters and entries the current rendering may work on."""


def _count(value: Any) -> None:
    """Count a value with all that it holds. Raises _Refused where that is too much, as of a list that holds a list
    twice, which holds another twice, and so on.
    """
    left = _left.get()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        left[0] -= 1 + len(one) if isinstance(one, str | list | tuple | dict) else 1
        if left[0] < 0:
            raise _Refused(f"it works on more than {MOST_WORK:,} characters and entries")
        if isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()


def _turns(value: Any) -> list[Any]:
    """What a loop goes through."""
    entries = list(value)
    _count([None] * len(entries))
    return entries


def _counting(made: Any) -> Callable[..., Any]:
    """A filter or a test that counts what it is given, since it takes as long."""

    @wraps(made)
    def counted(*given: Any, **named: Any) -> Any:
        listed = [list(one) if isinstance(one, Iterator) else one for one in given]
        _count([*listed, *named.values()])
        return made(*listed, **named)

    return counted


def _concatenated(values: list[Any]) -> str:
    return "".join(map(str, values))


def _sum(values: list[Any]) -> Any:
    left, right = values
    return left + right


def _same(value: Any) -> Any:
    return value


@pass_eval_context
def _joined(context: EvalContext, value: Any, separator: str = "", attribute: Any = None) -> Any:
    entries = list(value)
    _count([separator] * len(entries))
    return do_join(context, entries, separator, attribute)


_COUNTING: Final = {
    "-turns": _turns,
    **{f"-{made.__name__[1:]}": _counting(made) for made in (_concatenated, _sum, _same)},
}
"""Filters that no template can name."""


class _Counted(NodeTransformer):
    """Puts the filters that count into a template."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja2 calls it so
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "-turns")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "-concatenated")

    def visit_Add(self, node: nodes.Add) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List([node.left, node.right], lineno=node.lineno), "-sum")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _filtered(node.expr, "-same")
        for operand in node.ops:
            operand.expr = _filtered(operand.expr, "-same")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            node.arg = _filtered(node.arg, "-same")
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.key = _filtered(node.key, "-same")
        return node


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**", "%"))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Counted().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise _Refused(f"the operator {operator} is not offered")

    def call(self, *_: Any, **__: Any) -> Any:
        raise _Refused("a template calls nothing")

    def is_safe_callable(self, obj: Any) -> bool:
        return False


def _environment(finalize: Any) -> _Sandbox:
    sandbox = _Sandbox(
        undefined=StrictUndefined, finalize=finalize, autoescape=False, keep_trailing_newline=False
    )
    sandbox.globals.clear()
    own = {
        "tojson": _to_json,
        "default": _default,
        "plain": _plain,
        "join": _joined,
        "int": _int,
        "round": _round,
    }
    sandbox.filters = {
        name: _counting(own.get(name) or sandbox.filters[name]) for name in FILTERS
    } | _COUNTING
    sandbox.tests = {name: _counting(test) for name, test in sandbox.tests.items()}
    return sandbox


def _refuse(value: Undefined) -> NoReturn:
    """Raise UndefinedError, which says what is missing (only a StrictUndefined does so by itself)."""
    str(value)
    raise _Refused("what it names is not there")


def _to_json(value: Any) -> Markup:
    if isinstance(value, Undefined):
        _refuse(value)
    return htmlsafe_json_dumps(value)


def _plain(value: Any) -> Any:
    """Text for people: one line, in which nothing mentions anybody or forges a link."""
    if isinstance(value, Undefined):
        _refuse(value)
    return words.tamed(words.plain(value, LONGEST_TEXT)) if isinstance(value, str) else value


def _default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    """Like Jinja2's own, but None counts as undefined too: a field has it where the alert has no value."""
    return default if value is None else do_default(value, default, boolean)


def _int(value: Any, default: int = 0) -> int:
    """Jinja2's own has a base too. A hexadecimal number may be of any length, and dividing a long one takes seconds."""
    return do_int(value, default)


def _round(value: Any, precision: int = 0, method: Any = "common") -> Any:
    """Jinja2's own reckons a power of ten: one of millions of digits takes minutes."""
    if abs(precision) > MOST_DIGITS:
        raise _Refused(f"it rounds to more than {MOST_DIGITS} digits")
    return do_round(value, precision, method)


def _in_json(value: Any) -> Any:
    if isinstance(value, Undefined):
        _refuse(value)
    _count(value)
    if isinstance(value, Markup):  # `tojson` made it
        return value
    if value is None:
        return ""
    if isinstance(value, str):
        # Also what ends a line in JavaScript.
        return (
            json.dumps(value, ensure_ascii=False)[1:-1]
            .replace("\u2028", "\\u2028")
            .replace("\u2029", "\\u2029")
        )
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise _Refused("a list or an object needs the filter tojson")


def _in_text(value: Any) -> Any:
    if isinstance(value, Undefined):
        _refuse(value)
    _count(value)
    return "" if value is None else words.plain(str(value), LONGEST_TEXT)


@lru_cache(256)
def _compiled(source: str, as_text: bool) -> Template:
    return _environment(_in_text if as_text else _in_json).from_string(source)


def render(source: str, alert: Alert, *, as_text: bool = False) -> bytes:
    """The body of the call. Raises RenderError."""
    _left.set([MOST_WORK])
    try:
        parts: list[str] = []
        size = 0
        for part in _compiled(source, as_text).generate(alert=alert.model_dump(mode="json")):
            parts.append(part)
            size += len(part)
            if size > LIMIT:
                raise RenderError(f"the template yields more than {LIMIT} characters")
        body = "".join(parts).strip().encode()
        if not as_text:
            json.loads(body)
    except (RecursionError, MemoryError):
        raise RenderError("the template never ends") from None
    except (TemplateError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        raise RenderError(f"line {_line(error)}: {_said(error, source)}") from None
    except json.JSONDecodeError as error:
        # The line is that of the body: where the template has no loops, its own.
        raise RenderError(
            f"what the template yields is not JSON from its line {error.lineno}, column {error.colno} on"
        ) from None
    except ValueError:
        raise RenderError("what the template yields is not text") from None
    return body


def _line(error: Exception) -> int | str:
    """The line of the template at which an error was raised: Jinja2 writes it into the traceback."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == SOURCE and frame.lineno]
    return lines[-1] if lines else "?"


def _said(error: Exception, source: str) -> str:
    """What is wrong, without any text of an alert."""
    if isinstance(error, UndefinedError):
        found = _MISSING.fullmatch(error.message or "")
        name = (found[1] or found[2]) if found else ""
        # A name that the template does not spell was computed from the alert.
        return f"there is no {name!r} here" if name and name in source else "what it names is not there"
    if isinstance(error, TemplateSyntaxError | _Refused):
        return (error.message or type(error).__name__).rstrip(".")
    if isinstance(error, SecurityError):
        return "the sandbox refuses it"
    return f"it fails with a {type(error).__name__}"
