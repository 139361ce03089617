"""The one command line, `tocsin`. One module a command; errors are one line on stderr and an exit code.

Exit codes: 0 done, 1 the answer is no, 2 the call or the configuration is wrong.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from streams.errors import TocsinError

app = typer.Typer(
    name="tocsin",
    help="Alerts from a Kafka stream of news: ceasefires, mediations and evacuations, to signed webhooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

COMMANDS = (
    "up", "worker", "receiver", "publish", "explain", "check", "tail", "trace", "replay", "backtest", "endpoint",
    "topics", "schemas",
)  # fmt: skip
"""Modules of this package that add their command to `app` when imported, in the order of the help page."""


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,
) -> None:
    if debug:
        os.environ["TOCSIN_DEBUG"] = "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; never returns."""
    for command in COMMANDS:
        if importlib.util.find_spec(f"streams.cli.{command}"):
            importlib.import_module(f"streams.cli.{command}")
    try:
        app(args=list(arguments) if arguments is not None else None, standalone_mode=True)
    except TocsinError as error:
        if os.environ.get("TOCSIN_DEBUG"):
            raise
        for line in str(error).splitlines() or [type(error).__name__]:
            print(f"tocsin: {line}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
