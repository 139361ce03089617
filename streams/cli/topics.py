"""`tocsin topics`: creates or verifies the Kafka topics."""

from __future__ import annotations

import asyncio
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
        typer.Option("--create/--verify", help="Create what is missing, or only look [default: --verify]."),
    ] = False,
) -> None:
    """Create or verify the Kafka topics; 1 when one is missing or other than the settings say."""
    quiet_clients()
    reports = asyncio.run(inspect_topics(at_brokers(load_settings(config), brokers), create=create))
    with hush_on_broken_pipe():
        Printer(whole=True).print(as_table(reports))
    if any(report.faults or report.differences for report in reports):
        raise typer.Exit(1)


def as_table(reports: list[TopicReport]) -> Table:
    """All topics with what is wrong with each."""
    table = Table(box=None, pad_edge=False)
    for heading in ("topic", "partitions", "state"):
        table.add_column(heading, justify="right" if heading == "partitions" else "left")
    for report in reports:
        state = Text("created" if report.created else "as it should be", style="green")
        if report.faults or report.differences:
            state = Text("\n").join(
                [Text(fault, style="red") for fault in report.faults]
                + [Text(difference, style="yellow") for difference in report.differences]
            )
        table.add_row(report.name, str(report.partitions or "-"), state)
    return table
