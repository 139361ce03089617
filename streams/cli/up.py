"""`tocsin up`: everything in one process group on the embedded broker, to see it work.

This process holds the broker and the webhook receiver, plays the articles and prints what happens; the worker is a
child process. It is started first and told the broker's address later, so that both processes import at the same time,
which is most of what starting takes.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from streams.cli import app
from streams.cli.options import Config
from streams.installation import check_installation
from streams.parent import die_with_parent

GRACE: Final = 5.0
"""Seconds that the worker may take to stop."""

_WORKER: Final = """
import json, sys
import streams.cli.worker
from streams.cli import main
from streams.trial import Trial
told = sys.stdin.readline()
if told:
    main(["worker", *sys.argv[1:]], Trial(**json.loads(told)))
"""


@app.command()
def up(
    config: Config = None,
    articles: Annotated[
        Path | None,
        typer.Option(help="JSON Lines, a JSON object or array to play [default: the sample articles]."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End by itself once every webhook has arrived, with a summary.")
    ] = False,
    rate: Annotated[float, typer.Option(help="Articles a second to play.", min=0.1)] = 10.0,
) -> None:
    """See it work: broker, worker, receiver and sample articles, all in one. Ctrl-C ends it.

    All webhooks go to the local receiver instead of the endpoints' URLs, and no secret is needed.
    With --once, it exits with 0 only if every webhook that was due arrived with a valid signature.
    """
    print("tocsin: starting broker, worker and receiver", flush=True)
    with _worker(config) as worker:
        from streams.cli.trial_run import run_trial  # noqa: PLC0415 - imported while the worker imports

        check_installation()
        ok = run_trial(worker, config, articles, once=once, rate=rate)
    if not ok:
        raise typer.Exit(1)


@contextmanager
def _worker(config: Path | None) -> Iterator[subprocess.Popen[bytes]]:
    """The worker, waiting for a line of JSON with its `Trial`. Ends with this process."""
    arguments = ["--config", str(config)] if config else []
    process = subprocess.Popen(
        # -P: do not import modules from the current folder that happen to have the same name.
        [sys.executable, "-P", "-c", _WORKER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=_begin,  # noqa: PLW1509 - no thread runs yet
    )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stderr):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        _end(process)


def _begin() -> None:
    """In the child, before it becomes the worker. Ctrl-C on a terminal is sent to it too; `_end` ends it in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
