"""Printing to whatever reads: a terminal, a file, or a pipe, whose reader may leave early and is then no error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

WHOLE: Final = 10_000
"""Columns where nobody counts them."""


class Printer(Console):
    """Standard output for a person; `whole`: of what is no terminal, but a file or `grep`, no line is broken in two."""

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__(highlight=False)
        if whole and not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = WHOLE

    def on_broken_pipe(self) -> None:
        """Leave it to `hush_on_broken_pipe`: rich itself would end the command with the code 1, which is an answer."""
        raise  # noqa: PLE0704 - rich calls it while it handles the BrokenPipeError


@contextmanager
def hush_on_broken_pipe() -> Iterator[None]:
    """Print no more when nobody reads standard output any more (`tocsin explain … | head`)."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Neither what is still buffered nor what is printed later may complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(line: str) -> None:
    """Print a line of a command that goes on whether anybody reads it or not."""
    with hush_on_broken_pipe():
        print(line)
