"""Printing to a terminal, a file or a pipe. That a pipe's reader leaves early is not an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import orjson
from rich.console import Console

WHOLE: Final = 10_000
"""Columns that no line exceeds."""


class Printer(Console):
    """Standard output for a person. With `whole`, lines are not wrapped unless it is a terminal, so `grep` works."""

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__(highlight=False)
        if whole and not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = WHOLE

    def on_broken_pipe(self) -> None:
        """Leave it to `hush_on_broken_pipe`. rich would exit with code 1, which means "no" here."""
        raise  # noqa: PLE0704 - rich calls this while handling the BrokenPipeError


@contextmanager
def hush_on_broken_pipe() -> Iterator[None]:
    """Stop printing, without an error, when nobody reads standard output any more (`tocsin explain … | head`)."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # So that neither what is buffered nor what is printed later fails.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: object) -> None:
    """Print a line of JSON, at once: whoever reads a pipe may wait for it."""
    sys.stdout.buffer.write(orjson.dumps(value) + b"\n")
    sys.stdout.buffer.flush()


def say(line: str) -> None:
    """Print a line, and go on even if nobody reads it."""
    with hush_on_broken_pipe():
        print(line)
