"""`tocsin worker`: the service. `tocsin up` runs it too, and hands it its trial."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli import app
from streams.cli.options import Config
from streams.configuration import load_configuration
from streams.installation import check_installation
from streams.logs import configure_logs
from streams.reload import log_warnings
from streams.trial import Trial
from streams.worker import run_worker


@app.command()
def worker(
    context: typer.Context,
    config: Config = None,
    create_topics: Annotated[
        bool, typer.Option(help="Create missing topics at the start; otherwise a missing one is an error.")
    ] = True,
    json_logs: Annotated[
        bool | None, typer.Option("--json-logs/--readable-logs", help="[default: JSON unless on a terminal]")
    ] = None,
) -> None:
    """Run the service on the brokers of the configuration, until SIGTERM or Ctrl-C."""
    configure_logs(json=json_logs)
    check_installation()
    is_trial = isinstance(context.obj, Trial)
    load = context.obj.load if is_trial else load_configuration
    configuration = load(config)
    if not is_trial:
        configuration.must_say_what_to_watch()
    log_warnings(configuration)
    run_worker(configuration, create_topics=create_topics, load=load)
