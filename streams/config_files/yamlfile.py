"""YAML files with positions, so that every fault has its file, line and path of keys.

Built from the parser's events, so that a hostile file costs no more than its length: no aliases (an alias bomb is a few
lines long), no tags, no repeated keys, bounded depth and size. Plain values are those of YAML 1.2: `no` and `on` are
words, `12:30` is text, and a date stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from streams.errors import Fault

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of one file; long lists of keywords belong in a `terms_file`."""

DEEPEST: Final = 40
"""Levels of nesting."""

KeyPath = tuple[str | int, ...]

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]{1,30}(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NUMERIC: Final = "+-.0123456789"
"""Characters that a number can begin with."""
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TAGS: Final = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


@dataclass(slots=True)
class Document:
    """The value of a file, the line of every key path in it, and its faults.

    `readable` is False where the file could not be parsed to its end; its value is then meaningless.
    """

    name: str
    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    readable: bool = True

    def line(self, path: Iterable[str | int]) -> int:
        """The line of a key path, or of the nearest key above it."""
        keys = tuple(path)
        while keys not in self.lines and keys:
            keys = keys[:-1]
        return self.lines.get(keys, 0)

    def fault(self, path: Iterable[str | int], message: str, line: int | None = None) -> None:
        """Note a fault at a key path."""
        keys = tuple(path)
        self.faults.append(Fault(self.name, self.line(keys) if line is None else line, spell(keys), message))


def spell(path: Iterable[str | int]) -> str:
    """A key path as a person writes it: `watches[2].query`."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def load(path: Path, name: str) -> Document:
    """Read a YAML file. Raises nothing: whatever is wrong is in the document's faults."""
    text = read_text(path, name, LARGEST)
    return Document(name, faults=[text], readable=False) if isinstance(text, Fault) else parse(text, name)


def read_text(path: Path, name: str, largest: int) -> str | Fault:
    """The text of a file, or what is wrong with the file as a whole."""
    try:
        if not path.is_file():
            return Fault.of_file(name, why_no_file(path))
        with path.open("rb") as file:
            data = file.read(largest + 1)
        if len(data) > largest:
            return Fault.of_file(name, f"the file has more than {largest:,} bytes")
        if (at := data.find(b"\0")) >= 0:  # as in UTF-16, and valid in UTF-8
            return Fault(name, data.count(b"\n", 0, at) + 1, "", "it holds a NUL; save the file as UTF-8")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        return Fault(name, line, "", "it is not UTF-8; save the file as UTF-8")
    except (OSError, ValueError) as error:
        return Fault.of_file(name, f"the file cannot be read: {getattr(error, 'strerror', None) or error}")


def why_no_file(path: Path) -> str:
    """Why a path is no file that could be read."""
    try:
        path.stat()
    except PermissionError as error:
        return f"the file cannot be read: {error.strerror}"
    except OSError:
        return "it is a link that leads nowhere" if path.is_symlink() else "there is no such file"
    return "it is not a file"


def parse(text: str, name: str) -> Document:
    """Parse a YAML text. An empty text has the value None."""
    document = Document(name)
    try:
        _Builder(document).build(text)
        return document
    except _UnusableError as error:
        document.faults.append(Fault(name, error.line, spell(error.path), str(error)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.faults.append(Fault(name, mark.line + 1 if mark else 0, "", _syntax_message(error, text)))
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        what = f"it holds a character that YAML does not take (U+{int(error.character):04X})"
        document.faults.append(Fault(name, line, "", what))
    document.readable = False
    return document


def _syntax_message(error: yaml.MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    lines = text.splitlines()
    if mark is not None and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        return "a tab stands where YAML wants spaces"
    what = " ".join(filter(None, (error.problem, error.context))) or "it cannot be understood"
    begin = error.context_mark
    if begin is not None and mark is not None and begin.line < mark.line and error.context in _ENCLOSED:
        what += f" that begins in line {begin.line + 1}"
    hint = _HINTS.get(error.problem or "", "")
    if hint == _INDENTATION and mark is not None and mark.line < len(lines):
        hint = _QUOTATION if _CLOSED.search(lines[mark.line][: mark.column]) else hint
    return f"it is not YAML: {what}{hint}"


_ENCLOSED: Final = (
    "while scanning a quoted scalar",
    "while parsing a flow mapping",
    "while parsing a flow sequence",
)
"""The parser's words for what has a closing mark. If that is missing, the error is found far below, so the message
also names the line where it begins.
"""

_INDENTATION: Final = (
    "; indent it like the lines it belongs to, and see that quotation marks above it are closed"
)

_QUOTATION: Final = (
    "; a text that begins or goes on so wants quotation marks around all of it, as '\"red cross\" OR icrc'"
)
_CLOSED: Final = re.compile(r""": +(?:".*"|'.*'|\[.*\]|\{.*\}) *$""")
"""A value that is complete: behind it the next line is expected."""

_HINTS: Final = {
    "found character that cannot start any token": _QUOTATION,
    "did not find expected key": _INDENTATION,
    "did not find expected '-' indicator": _INDENTATION,
    "mapping values are not allowed in this context": "; a text with a colon in it wants quotation marks, "
    "and keys side by side the same indentation",
}


class _UnusableError(Exception):
    def __init__(self, message: str, line: int, path: KeyPath = ()) -> None:
        self.line = line
        self.path = path
        super().__init__(message)


@dataclass(slots=True)
class _Level:
    """A mapping or sequence being built. `key`: the key whose value comes next (None: a key comes next)."""

    path: KeyPath
    value: dict[str, Any] | list[Any]
    key: str | None = None
    repeated: bool = False


class _Builder:
    """Builds a value from the parser's events, without recursion."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._levels: list[_Level] = []
        self._complete = False

    def build(self, text: str) -> None:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.NodeEvent):  # first, because nearly all are
                self._node(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._levels.pop()
            elif isinstance(event, yaml.DocumentEndEvent):
                self._complete = True
            elif isinstance(event, yaml.DocumentStartEvent) and self._complete:
                raise _UnusableError("a second document begins here (`---`); keep one in a file", line)

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        level = self._levels[-1] if self._levels else None
        if isinstance(event, yaml.AliasEvent):
            raise _UnusableError(
                "aliases (`*name`) are not taken; write the value out, in quotation marks if it begins with `*`",
                line,
            )
        if level is not None and isinstance(level.value, dict) and level.key is None:
            self._set_key(level, event, line)
            return
        path = self._next_path(level)
        tag = getattr(event, "tag", None)
        if tag not in _TAGS:
            # It is not quoted: a password that begins with an exclamation mark is one.
            what = (
                "a tag (`!name`) is not taken; write a plain value, in quotation marks if it begins with `!`"
            )
            raise _UnusableError(what, line, path)
        if isinstance(event, yaml.ScalarEvent):
            self._set_value(level, path, _plain(event), line)
            return
        if len(self._levels) >= DEEPEST:
            raise _UnusableError(f"it is nested deeper than {DEEPEST} levels", line)
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._set_value(level, path, value, line)
        self._levels.append(_Level(path, value))

    def _set_key(self, level: _Level, event: yaml.NodeEvent, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise _UnusableError("a key must be a word", line, level.path)
        level.key = event.value
        below = (*level.path, event.value)
        level.repeated = event.value in level.value
        if level.repeated:
            first = self._document.lines[below]
            self._document.fault(below, f"the key is given here and in line {first}; keep one", line)
        else:
            self._document.lines[below] = line

    def _next_path(self, level: _Level | None) -> KeyPath:
        if level is None:
            return ()
        return (*level.path, len(level.value) if level.key is None else level.key)

    def _set_value(self, level: _Level | None, path: KeyPath, value: Any, line: int) -> None:
        if level is None:
            self._document.lines[path] = line
            self._document.value = value
        elif isinstance(level.value, list):
            self._document.lines[path] = line
            level.value.append(value)
        else:
            if not level.repeated and level.key is not None:
                level.value[level.key] = value
            level.key = None


def _plain(event: yaml.ScalarEvent) -> str | int | float | bool | None:
    text: str = event.value
    if not event.implicit[0]:  # quoted, a block, or tagged !!str
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def ids_in(documents: Iterable[Document], part: str) -> tuple[str, ...] | None:
    """The ids in the list `part` of some files, even of faulty members; None where some cannot be known."""
    ids = []
    for document in documents:
        value = document.value if document.value is not None else {}
        if not document.readable or not isinstance(value, dict):
            return None
        if document.faults and part not in value:
            return None  # the list may be under a misspelt key
        members = value.get(part) or []
        if not isinstance(members, list):
            return None
        for member in members:
            if not isinstance(member, dict) or not isinstance(member.get("id"), str):
                return None
            ids.append(member["id"])
    return tuple(ids)
