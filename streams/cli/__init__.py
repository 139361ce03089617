"""The command line. Errors are one line on stderr and an exit code.

Exit codes: 0 done, 1 the answer is no, 2 the call or the configuration is wrong. A command's module is imported when
the command is called, so that no command waits for imports that only others need.

- The commands, each in the module of its name: `up`, `worker`, `receiver`, `publish`, `explain`, `check`, `tail`,
  `trace`, `replay`, `backtest`, `endpoint` (with `endpoint_state`), `topics`, `schemas`.
- Behind `up`: `trial_run`, with `tally`, `progress` and `worker_log`.
- What several share: `options`, `moments` and `articles` of what they are given; `records` of topics; `views`,
  `explanation` and `pipes` of what they print.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from streams.errors import TocsinError
from streams.gc_pause import gc_paused
from streams.printable import clean
from streams.suggestion import did_you_mean

COMMANDS: Final[Mapping[str, str]] = {
    "up": "See it work: broker, worker, receiver and sample articles, all in one.",
    "worker": "Run the service on the brokers of the configuration.",
    "receiver": "Listen for webhooks, verify their signatures, print them.",
    "publish": "Send articles into the `articles` topic.",
    "explain": "Say how articles are read, and why each watch matched or not.",
    "check": "Validate the configuration and run the watches' examples.",
    "tail": "Follow a public topic, readable.",
    "trace": "Print the life of an alert, from its article to each attempt.",
    "replay": "Send rejected articles or undelivered alerts again.",
    "backtest": "Compare the alerts that two configurations would have raised.",
    "endpoint": "See how endpoints stand and what they would get; test, retry or enable one; make a secret.",
    "topics": "Create or verify the Kafka topics.",
    "schemas": "Write the JSON Schemas and the AsyncAPI document.",
}
"""Each command is the module of its name, which adds it to `app` when imported. In the order of the help page."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C."""

_ClickError: Final = typer.BadParameter.__mro__[2]
"""What the command line itself raises for a wrong call; typer gives it no public name."""

_EXTRA: Final = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL)


def _say_no_type_of_flags(parameters: list[Any]) -> None:
    """Keep `<bool>` off the help pages: a flag takes no value."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""


class Group(TyperGroup):
    """Commands under one name; a mistyped one is refused with what was probably meant."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options of the group itself."""
        parameters: list[Any] = super().get_params(ctx)
        _say_no_type_of_flags(parameters)
        return parameters

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first argument names."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            ctx.fail(f"no command {clean(args[0])!r}{did_you_mean(args[0], known)}")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            _say_no_type_of_flags(command.get_params(ctx))
        return name, command, rest


class Commands(Group):
    """The commands, each imported when it is called; the help page needs none of them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._summarising = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class calls it so
        """All commands, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the base class calls it so
        """The command of a name; on the help page a stand-in that knows its summary."""
        if cmd_name not in COMMANDS:
            return None
        if self._summarising:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name])
        with gc_paused():
            importlib.import_module(f"streams.cli.{cmd_name}")
        return typer.main.get_group(app).commands[cmd_name]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help page of `tocsin` itself."""
        self._summarising = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._summarising = False

    def main(self, *arguments: Any, standalone_mode: bool = True, **options: Any) -> Any:
        """Run. As a program (`standalone_mode`) it ends in an exit code, errors in one line on stderr."""
        run: Any = super().main
        options["standalone_mode"] = False
        if not standalone_mode:
            return run(*arguments, **options)
        try:
            code = run(*arguments, **options)
        except Exception as error:
            if os.environ.get("TOCSIN_DEBUG"):
                raise
            if not (lines := _lines(error)):
                raise
            for line in lines:
                print(f"tocsin: {clean(line)}", file=sys.stderr)
            code = getattr(error, "exit_code", 1)
        except KeyboardInterrupt:
            code = INTERRUPTED
        sys.exit(code)


def _lines(error: Exception) -> list[str]:
    """What to say of an error that is no bug; nothing for others."""
    if isinstance(error, TocsinError):
        return str(error).splitlines() or [type(error).__name__]
    if isinstance(error, _ClickError):
        return _usage(error)
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        name = f"{error.filename}: " if error.filename else ""
        return [f"{name}{error.strerror or error}"]
    kafka = sys.modules.get("aiokafka.errors")  # imported already by whatever could raise one
    if kafka is not None and isinstance(error, kafka.KafkaError):
        return [f"Kafka: {error}; check that the brokers are up and the topics exist"]
    return []


def _usage(error: Any) -> list[str]:
    context = getattr(error, "ctx", None)
    message = error.format_message().replace("Value error, ", "").replace("Input should", "must")
    if context is None:
        return [" ".join(message.split())]
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help page
        print(message)
        return [f"name a command after `{context.command_path}`"]
    if extra := _EXTRA.fullmatch(message):
        hint = "; name the configuration's folder with --config" if os.path.isdir(extra[1]) else ""
        message = f"nothing is expected where {clean(extra[1])!r} stands{hint}"
    if name := getattr(error, "option_name", None):  # only of an option that does not exist
        message = f"no option {clean(name)}{did_you_mean(name, list(error.possibilities or ()))}"
    return [f"{' '.join(message.split()).rstrip('.')}; see `{context.command_path} --help`"]


app = typer.Typer(
    name="tocsin",
    cls=Commands,
    help="Alerts from a Kafka stream of news: ceasefires, mediations and evacuations, to signed webhooks.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",  # in which [default: …] is plain text
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"tocsin {version('tocsin')}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    if debug:
        os.environ["TOCSIN_DEBUG"] = "1"


def _open_streams() -> None:
    """Let printing never fail for where it goes to.

    A standard stream that the process was begun without (`>&-`) leads nowhere: the next file or connection would take
    its number. What the encoding of the locale lacks is written as an escape.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(arguments: Sequence[str] | None = None, given: object = None) -> None:
    """Run the command line; never returns. `given` is the command's `context.obj`."""
    _open_streams()
    app(args=list(arguments) if arguments is not None else None, standalone_mode=True, obj=given)
