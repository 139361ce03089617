"""`tocsin check`: validates the whole configuration and runs every watch's examples."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from streams.cli import app
from streams.cli.options import Config
from streams.cli.pipes import Printer, hush_on_broken_pipe, print_json
from streams.configuration import Configuration, load_configuration
from streams.errors import ConfigurationError, Fault
from streams.examples import ExampleResult, run_examples
from streams.printable import clean, counted

SHOWN: Final = 40
"""Watches, warnings and failed examples that are shown one by one."""


@app.command()
def check(
    config: Config = None,
    secrets: Annotated[
        bool,
        typer.Option(help="Look up the secrets; --no-secrets checks all else where they are not at hand."),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Validate the configuration and run the examples: 0 all is well, 1 an example failed, 2 a fault."""
    try:
        configuration = load_configuration(config, resolve_secrets=secrets)
        configuration.must_say_what_to_watch()
    except ConfigurationError as error:
        if as_json:
            _print_json({"ok": False, "faults": [_plain(fault) for fault in error.faults]})
            raise typer.Exit(error.exit_code) from None
        raise
    results = _run(configuration)
    failed = [result for result in results if not result.ok]
    if as_json:
        _print_json(_report(configuration, results))
    else:
        with hush_on_broken_pipe():
            _show(Printer(whole=True), configuration, results, failed)
    if failed:
        raise typer.Exit(1)


def _run(configuration: Configuration) -> list[ExampleResult]:
    total = sum(len(watch.examples) for watch in configuration.watches)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("examples"),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        return list(progress.track(run_examples(configuration, datetime.now(UTC)), total=total))


def _show(
    console: Console, configuration: Configuration, results: list[ExampleResult], failed: list[ExampleResult]
) -> None:
    for warning in configuration.warnings[:SHOWN]:
        console.print(Text(f"note: {clean(str(warning))}", style="yellow"), soft_wrap=True)
    _more(console, len(configuration.warnings), "notes")
    for result in failed[:SHOWN]:
        console.print(_failure(result), soft_wrap=True)
    _more(console, len(failed), "failed examples")
    console.print(_table(configuration, results))
    _more(console, len(configuration.watches), "watches")
    keywords = sum(map(len, configuration.terms.values()))
    console.print(
        f"{clean(str(configuration.folder))}: {counted(len(configuration.watches), 'watch', 'watches')}, "
        f"{counted(len(configuration.endpoints), 'endpoint')}, "
        f"{counted(len(configuration.taxonomies.stages()), 'topic')}, "
        f"{counted(len(configuration.registry.actors), 'actor')}, {counted(keywords, 'keyword')}"
    )
    verdict = f"{len(results) - len(failed)} of {len(results)} examples hold"
    console.print(Text(verdict, style="bold red" if failed else "bold green"))


def _more(console: Console, count: int, what: str) -> None:
    if count > SHOWN:
        console.print(f"… and {count - SHOWN} more {what}")


def _failure(result: ExampleResult) -> Text:
    """A failed example: where it stands, what it says, and each clause as it held or not."""
    example = result.example
    words = " ".join(f"{example.title} {example.text}".split())
    should = "must match, and does not" if example.match else "must not match, and does"
    lines = [
        Text.assemble(
            (f"{result.place}: ", "bold"), f"{result.watch}: {should}: ", (f"“{clean(words[:120])}”", "dim")
        )
    ]
    for clause in result.clauses:
        evidence = ", ".join(f"“{clean(e.text)}”" for e in clause.evidence[:4])
        held = ("  held      ", "green") if clause.held else ("  not held  ", "red")
        because = "  ".join(filter(None, (clean(clause.clause)[:160], evidence, clean(clause.note))))
        lines.append(Text.assemble(held, because))
    return Text("\n").join(lines)


def _table(configuration: Configuration, results: list[ExampleResult]) -> Table:
    held = Counter(result.watch for result in results if result.ok)
    table = Table(box=None, pad_edge=False)
    for heading in ("watch", "severity", "tells", "keywords", "examples"):
        table.add_column(heading, justify="right" if heading in ("keywords", "examples") else "left")
    for watch in configuration.watches[:SHOWN]:
        count = len(watch.examples)
        style = "green" if held[watch.id] == count else "red"
        table.add_row(
            Text(watch.id if watch.enabled else f"{watch.id} (off)"),
            watch.severity,
            ", ".join(watch.notify) or "-",
            str(len(configuration.terms.get(watch.id, ())) or "-"),
            Text(f"{held[watch.id]}/{count}" if count else "-", style=style if count else "yellow"),
        )
    return table


def _report(configuration: Configuration, results: list[ExampleResult]) -> dict[str, Any]:
    return {
        "ok": all(result.ok for result in results),
        "faults": [],
        "warnings": [_plain(warning) for warning in configuration.warnings],
        "watches": len(configuration.watches),
        "endpoints": len(configuration.endpoints),
        "examples": [
            {
                "watch": result.watch,
                "place": result.place,
                "expected": result.example.match,
                "matched": result.matched,
                "because": [clause.model_dump(mode="json") for clause in result.clauses],
            }
            for result in results
        ],
    }


def _plain(fault: Fault) -> dict[str, Any]:
    return {"file": fault.file, "line": fault.line, "key": fault.key, "message": fault.message}


def _print_json(value: dict[str, Any]) -> None:
    with hush_on_broken_pipe():
        print_json(value)
