"""`tocsin topics`: verifies the Kafka topics, creates those that are missing, sets what is not as it must be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from streams.cli import app
from streams.cli.options import Brokers, Config
from streams.cli.pipes import Printer, hush_on_broken_pipe
from streams.configuration import load_settings
from streams.connection import at_brokers
from streams.logs import quiet_clients
from streams.topic_admin import TopicReport, inspect_topics


@app.command()
def topics(
    config: Config = None,
    brokers: Brokers = None,
    create: Annotated[
        bool,
        typer.Option("--create/--verify", help="Create what is missing, or only look."),
    ] = False,
    alter: Annotated[
        bool,
        typer.Option("--alter", help="Set what differs in topics that are there; never a shorter retention."),
    ] = False,
) -> None:
    """Verify, create or alter the Kafka topics; 1 when one is missing or other than the settings say."""
    quiet_clients()
    settings = at_brokers(load_settings(config), brokers)
    reports = asyncio.run(inspect_topics(settings, create=create, alter=alter))
    with hush_on_broken_pipe():
        printer = Printer(whole=True)
        printer.print(as_table(reports))
        for line in what_to_set(reports):
            printer.print(line, soft_wrap=True, markup=False)
    if any(report.faults or report.differences for report in reports):
        raise typer.Exit(1)


def what_to_set(reports: list[TopicReport]) -> list[str]:
    """What `--alter` would set, as `kafka-configs.sh --add-config` takes it too; nothing where there is nothing."""
    lines = [f"  {report.name}  {_spelled(report.fixes)}" for report in reports if report.fixes]
    return ["", "`tocsin topics --alter` sets what can be set:", *lines] if lines else []


def _spelled(configs: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in configs.items())


def as_table(reports: list[TopicReport]) -> Table:
    """All topics with what is wrong with each."""
    table = Table(box=None, pad_edge=False)
    for heading in ("topic", "partitions", "state"):
        table.add_column(heading, justify="right" if heading == "partitions" else "left")
    for report in reports:
        table.add_row(report.name, str(report.partitions or "-"), Text("\n").join(_states(report)))
    return table


def _states(report: TopicReport) -> Iterator[Text]:
    for fault in report.faults:
        yield Text(fault, style="red")
    for difference in report.differences:
        yield Text(difference, style="yellow")
    if report.altered:
        yield Text(f"altered: {_spelled(report.altered)}", style="green")
    elif not (report.faults or report.differences):
        yield Text("created" if report.created else "as it should be", style="green")
