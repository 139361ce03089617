"""From the bytes of a message to a JSON object, or the reason why not.

The common case is one call of orjson. Everything slower happens only once that has failed: accepting a byte
order mark, reading past numbers that no double can hold, and finding out which fault to report. Only
UnreadableArticle leaves this module, and its messages never quote the input.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from streams.errors import UnreadableArticle

MAX_BYTES: Final = 1024 * 1024
"""Longest message that is read: 1 MiB. With what Kafka puts around it, a little more than brokers take by default."""

DEEPEST: Final = 1024
"""Levels of arrays and objects that are read, those of orjson."""

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_TYPES: Final = {
    list: "an array", str: "a string", int: "a number", float: "a number", bool: "true or false",
    type(None): "null",
}  # fmt: skip


def decode_object(raw: bytes | None) -> dict[str, Any]:
    """The JSON object that a message holds; of a key given twice, the last. Raises UnreadableArticle."""
    if not raw:
        raise UnreadableArticle("empty", "the message is empty (a tombstone or no bytes): send a JSON object")
    if len(raw) > MAX_BYTES:
        raise UnreadableArticle(
            "too-long", f"the message has {len(raw):,} bytes, more than {MAX_BYTES:,}: shorten the article"
        )
    value = decode_value(raw)
    if type(value) is not dict:
        raise UnreadableArticle(
            "not-an-object",
            f"the message is {_TYPES[type(value)]}, not an object: send each article as one JSON object",
        )
    return value


def decode_value(raw: bytes) -> Any:
    """The JSON value that bytes of any length hold, read as a message is. Raises UnreadableArticle."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _decode_slowly(raw, error)


def _decode_slowly(raw: bytes, error: orjson.JSONDecodeError) -> Any:
    """Read what orjson refused, where it can be read; otherwise name the fault."""
    if raw.startswith(_BOM):
        return _decode_without_mark(raw[len(_BOM) :])
    if not raw.strip():
        raise UnreadableArticle("empty", "the message holds nothing but white space: send a JSON object")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise _not_utf8(raw, fault) from fault
    if "\x00" in text:
        where = text.index("\x00")
        hint = "it looks like UTF-16" if text.count("\x00") > len(text) // 4 else "remove it"
        raise UnreadableArticle(
            "nul", f"the message has a NUL character at position {where}; {hint}"
        ) from error
    problem = error.msg.lower()
    if "depth" in problem or "recursion" in problem:
        raise _too_deep() from error
    if "surrogate" in problem:
        raise _lone_surrogate() from error
    # Whatever else it found: how orjson words it depends on its version, and must not decide whether an alert is lost.
    return _decode_leniently(text, error)


def _decode_without_mark(raw: bytes) -> Any:
    if raw.startswith(_BOM):
        raise UnreadableArticle("not-json", "the message begins with two byte order marks: send at most one")
    if not raw.strip():
        raise UnreadableArticle(
            "empty", "the message holds nothing but a byte order mark: send a JSON object"
        )
    return decode_value(raw)


def _decode_leniently(text: str, error: orjson.JSONDecodeError) -> Any:
    """Read numbers that are none (NaN, Infinity) or too large (1e999, 5,000 digits) as null.

    Many producers write NaN into a field that has nothing to do with the article's text; an alert must not be
    lost for that.
    """
    try:
        value = json.loads(text, parse_constant=_nothing, parse_int=_small_integer)
        if _deeper_than(value, DEEPEST):  # how deep Python itself reads depends on its version
            raise _too_deep() from error
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as fault:
        raise _lone_surrogate() from fault
    except RecursionError as fault:
        raise _too_deep() from fault
    except ValueError:
        raise _not_json(error) from error
    return value


def _deeper_than(value: Any, levels: int) -> bool:
    """Whether arrays and objects are nested in more levels than that."""
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(inner, dict | list) for inner in level)


def _nothing(_constant: str) -> None:
    return None


def _small_integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= 20 else None


def _not_utf8(raw: bytes, fault: UnicodeDecodeError) -> UnreadableArticle:
    if raw.startswith(_UTF16):
        return UnreadableArticle("not-utf8", "the message is UTF-16: send UTF-8")
    return UnreadableArticle("not-utf8", f"byte {fault.start} of the message is not valid UTF-8: send UTF-8")


def _not_json(error: orjson.JSONDecodeError) -> UnreadableArticle:
    return UnreadableArticle(
        "not-json",
        f"the message is not JSON at line {error.lineno}, column {error.colno} ({error.msg.split(':')[0]}):"
        " send one JSON object",
    )


def _too_deep() -> UnreadableArticle:
    return UnreadableArticle(
        "too-deep", "arrays and objects are nested deeper than 1,000 levels: an article needs five at most"
    )


def _lone_surrogate() -> UnreadableArticle:
    return UnreadableArticle(
        "lone-surrogate",
        "a string holds half of a surrogate pair (\\ud800 to \\udfff alone): escape both halves",
    )
