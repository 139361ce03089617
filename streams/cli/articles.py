"""The articles of a file that a command is given: JSON Lines, one JSON object, or an array; gzipped or not.

JSON Lines are yielded as they come, so a file may be of any length and a pipe need never end.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, Final, cast

import orjson
import typer

from agents.reading.article import read_article
from agents.reading.decode import decode_value
from streams.errors import UnreadableArticle, UsageError
from streams.printable import clean

Line = tuple[int, bytes]
"""Number of a line, or of an element of an array, from 1; and its bytes."""

LONGEST_OBJECT: Final = 4 * 1024 * 1024
"""Bytes of one JSON object that is spread over lines; an article is shorter."""

LONGEST_LINE: Final = 256 * 1024 * 1024
"""Bytes of a line, which may hold a whole array. A stream without line feeds would fill the memory."""

_WHITE: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


@contextmanager
def opened(file: Path) -> Iterator[IO[bytes]]:
    """A file, or standard input for `-`, unpacked if gzipped. Raises UsageError."""
    with ExitStack() as stack:
        try:
            if str(file) == "-":
                stream = cast("io.BufferedReader", sys.stdin.buffer)
            else:
                stream = stack.enter_context(file.open("rb"))
            packed = _head(stream) == b"\x1f\x8b"
        except OSError as error:
            raise UsageError(
                f"{file}: {error.strerror or error}: name a file that can be read, or `-`"
            ) from error
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=stream)) if packed else stream


def say_no_article(file: Path) -> None:
    """Say on stderr that a file holds no article."""
    name = "standard input" if str(file) == "-" else clean(str(file))
    typer.echo(f"tocsin: there is no article in {name}", err=True)


def key_of(line: bytes) -> tuple[bytes | None, str]:
    """The key of the message that carries a line: its article's id; or no key, and why the article cannot be read."""
    try:
        return read_article(line).id.encode(), ""
    except UnreadableArticle as error:
        return None, f"{error.reason}: {error}"


def _head(stream: IO[bytes]) -> bytes:
    if isinstance(stream, io.BufferedReader):
        return stream.peek(2)[:2]
    at = stream.tell()  # a test's standard input
    head = stream.read(2)
    stream.seek(at)
    return head


def articles_in(stream: IO[bytes], file: Path, *, blank: bool = False) -> Iterator[Line]:
    """The articles of an opened file, byte for byte where it is JSON Lines.

    A file whose name ends in `.json` must be one JSON value. `blank`: yield blank lines too. Raises UsageError.
    """
    try:
        yield from _articles_in(_lines(stream, file), whole=file.suffix == ".json", blank=blank)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{file}: the file is no whole gzip file ({error}): pack it again") from error
    except orjson.JSONDecodeError as error:
        what = error.msg.split(":")[0]
        if what == "str is not valid UTF-8":  # and orjson does not say where
            raise UsageError(f"{file}: it is not UTF-8; save the file as UTF-8") from error
        where = f"line {error.lineno}, column {error.colno}"
        raise UsageError(
            f"{file}: {where}: the file is not JSON ({what}); name it .jsonl if it has an article a line"
        ) from error


def _lines(stream: IO[bytes], file: Path) -> Iterator[Line]:
    for number in count(1):
        line = stream.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise UsageError(
                f"{file}: line {number} has more than {LONGEST_LINE:,} bytes: "
                "write an article a line, as `jq -c '.[]'` does"
            )
        if not line:
            return
        yield number, line


def _articles_in(lines: Iterator[Line], *, whole: bool, blank: bool) -> Iterator[Line]:
    head: list[Line] = []
    for number, line in lines:
        head.append((number, line))
        if line.strip(_WHITE + _BOM):
            break
    first = head[-1][1].lstrip(b" \t" + _BOM) if head else b""
    if whole or first.startswith(b"["):
        head += lines
        value = _whole_value(b"".join(line for _, line in head).removeprefix(_BOM), whole=whole)
    elif first.startswith(b"{") and not _is_json(first):
        value = _spread_object(head, lines)
    else:
        value = None
    if value is not None:
        elements = value if isinstance(value, list) else [value]
        yield from ((number, _packed(element)) for number, element in enumerate(elements, 1))
        return
    for number, line in chain(head, lines):
        bare = line.rstrip(b"\r\n")
        if blank or bare.strip():
            yield number, bare


def _whole_value(data: bytes, *, whole: bool) -> Any:
    """The JSON value of a whole file, or None where it is JSON Lines after all. Raises orjson.JSONDecodeError."""
    try:
        return _loads(data)
    except orjson.JSONDecodeError:
        if whole and not _is_json(data.split(b"\n", 1)[0]):
            raise
        return None


def _spread_object(head: list[Line], lines: Iterator[Line]) -> Any:
    """The one object that is spread over the lines of a file; None where it is not. Appends what it reads to `head`."""
    size = 0
    for number, line in lines:
        head.append((number, line))
        size += len(line)
        if size > LONGEST_OBJECT:
            return None
    try:
        return _loads(b"".join(line for _, line in head).removeprefix(_BOM))
    except orjson.JSONDecodeError:
        return None


def _is_json(line: bytes) -> bool:
    try:
        _loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _loads(data: bytes) -> Any:
    """JSON parsed like a message, where NaN and the like become null. Raises orjson.JSONDecodeError."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        with suppress(UnreadableArticle):
            return decode_value(data)
        raise


def _packed(element: Any) -> bytes:
    try:
        return orjson.dumps(element)
    except orjson.JSONEncodeError:  # a whole number of more than 64 bits
        return json.dumps(element, ensure_ascii=False).encode()
