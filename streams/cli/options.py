"""Options and arguments that several commands take, each spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

Config = Annotated[
    Path | None,
    typer.Option(envvar="TOCSIN_CONFIG", metavar="FOLDER", help="The configuration [default: the sample]."),
]
Brokers = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT,…", help="One or more brokers [default: the configuration's]."),
]
Articles = Annotated[
    Path, typer.Argument(help="JSON Lines, a JSON object or array, also .gz; `-` reads standard input.")
]

ID_PREFIXES: Final = ("alr_", "msg_")
"""Prefixes of the ids of alerts and webhooks."""
