"""`tocsin schemas`: writes the JSON Schemas and the AsyncAPI document, or says which are stale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from streams.cli import app
from streams.cli.pipes import say
from streams.errors import UsageError
from streams.schemas import documents


@app.command()
def schemas(
    out: Annotated[Path, typer.Option(help="Folder to write to; made where it is not there.")] = Path(
        "docs/schemas"
    ),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a file is missing or stale.")
    ] = False,
) -> None:
    """Write the JSON Schemas and the AsyncAPI document."""
    made = documents()
    if check:
        faults = stale(out, made)
        for fault in faults:
            say(fault)
        if faults:
            say(f"`tocsin schemas --out {out}` writes them anew")
            raise typer.Exit(1)
        say(f"{out}: {len(made)} documents as they should be")
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (out / name).write_bytes(content)
            say(str(out / name))
    except OSError as error:
        raise UsageError(
            f"{error.filename or out}: {error.strerror or error}: name a folder that can be written to with --out"
        ) from error


def stale(folder: Path, made: Mapping[str, bytes]) -> list[str]:
    """The documents of a folder that are missing or other than they would be written now."""
    faults = []
    for name, content in made.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{path} is missing")
        elif path.read_bytes() != content:
            faults.append(f"{path} is stale")
    return faults
