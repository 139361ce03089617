"""Calling the command line as a user does, in this process or in one of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from streams.cli import app

Call = Callable[..., Result]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `tocsin` with arguments, and `stdin` where it reads that; the environment names no configuration."""
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    runner = CliRunner()

    def run(*arguments: object, stdin: bytes | str | None = None) -> Result:
        return runner.invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


def error_lines(result: Result) -> list[str]:
    """What a failed call says on stderr, line by line."""
    return result.stderr.splitlines()
