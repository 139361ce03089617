"""A user's own format: a Jinja2 template that yields JSON, or plain text where the endpoint's content-type
says so.

`alert` is the alert as in `standard`. What an expression yields is escaped for the place it stands in: in
JSON it can end no string (`"text": "{{ alert.headline }}"` is safe as it is; `{{ alert | tojson }}` gives
whole values), in text it can break no line. A template only chooses and formats: it calls nothing, loads
nothing, and repeats only what the alert holds, so it ends soon and stays small.
"""

# ruff: noqa: ARG002 - the signatures are those of Jinja2's sandbox

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from alerting.formats import words
from streams.wire import Alert

LIMIT: Final = 64 * 1024
"""Bytes of a body that a template may yield."""

FILTERS: Final = (
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "map",
    "round",
    "tojson",
    "upper",
    "unique",
)


class RenderError(Exception):
    """The template does not yield a body. The message holds nothing of the alert or the template."""


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"the operator {operator} is not offered")

    def is_safe_callable(self, obj: Any) -> bool:
        return False


def _environment(finalize: Any) -> _Sandbox:
    sandbox = _Sandbox(
        undefined=StrictUndefined, finalize=finalize, autoescape=False, keep_trailing_newline=False
    )
    sandbox.globals.clear()
    sandbox.filters = {name: sandbox.filters[name] for name in FILTERS}
    return sandbox


def _in_json(value: Any) -> Any:
    if isinstance(value, Markup):  # `tojson` made it
        return value
    if value is None:
        return ""
    if isinstance(value, str):
        # Also `<`, so that what the receiver builds of it begins no tag that the template did not begin.
        return (
            json.dumps(value, ensure_ascii=False)[1:-1]
            .replace("\u2028", "\\u2028")
            .replace("\u2029", "\\u2029")
        )
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise SecurityError("a list or an object needs the filter tojson")


def _in_text(value: Any) -> Any:
    return "" if value is None else words.plain(str(value), 2000)


@lru_cache(256)
def _compiled(source: str, as_text: bool) -> Template:
    return _environment(_in_text if as_text else _in_json).from_string(source)


def render(source: str, alert: Alert, *, as_text: bool = False) -> bytes:
    """The body of the call. Raises RenderError."""
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
    except TemplateError as error:
        raise RenderError(f"line {getattr(error, 'lineno', None) or '?'}: {type(error).__name__}") from None
    except ValueError:
        raise RenderError("what the template yields is not JSON") from None
    except (TypeError, ArithmeticError, LookupError, RecursionError, AttributeError) as error:
        raise RenderError(f"the template fails: {type(error).__name__}") from None
    return body
