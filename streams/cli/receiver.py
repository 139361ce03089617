"""`tocsin receiver`: a local webhook endpoint that verifies what it gets and prints it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from alerting.signing import PUBLIC, public_secret_fault, secret_fault
from streams.cli import app
from streams.cli.pipes import Printer, hush_on_broken_pipe, print_json
from streams.cli.views import alert_lines
from streams.config_files.secrets import Secrets, is_reference
from streams.errors import UsageError
from streams.misbehaviours import MISBEHAVIOURS
from streams.printable import clean
from streams.receiver import Answer, Received, Receiver
from streams.sample import RECEIVER_PORT, SAMPLE_ENVIRONMENT
from streams.suggestion import did_you_mean

SAMPLE_SECRET = "env:TOCSIN_SAMPLE_SECRET"  # noqa: S105 - a reference


@app.command()
def receiver(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = RECEIVER_PORT,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REFERENCE",
            help="Where the signing secret is: env:NAME or file:PATH; repeat it while one is rotated "
            f"[default: {SAMPLE_SECRET}].",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON per webhook.")] = False,
    status: Annotated[
        int | None,
        typer.Option(
            help="Answer every webhook with this status [default: 204, or 401 if it does not verify].",
            min=200,
            max=599,
        ),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FAULT",
            help=f"Misbehave at the next call, repeatable: a status, {', '.join(MISBEHAVIOURS)}.",
        ),
    ] = None,
) -> None:
    """Listen for webhooks, verify their signatures, print what comes. Ctrl-C ends it."""
    secrets = look_up_secrets(secret) if secret else sample_secrets()
    plan = [_answer(name) for name in fault or ()]
    show = _json_line if as_json else _readable(Printer(whole=True))
    receiving = Receiver(
        secrets=secrets,
        on_webhook=show,
        host=host,
        port=port,
        plan=plan,
        status=lambda received: status or (204 if received.verified else 401),
    )
    asyncio.run(_listen(receiving, f"{host}:{port}"))


def sample_secrets() -> list[str]:
    """The secret that the sample configuration signs with: that of the environment, else the known one."""
    name = SAMPLE_SECRET.removeprefix("env:")
    if name not in os.environ:
        print(
            f"tocsin: {name} is not set; the sample's secret, which everybody knows, is used", file=sys.stderr
        )
    return look_up_secrets([SAMPLE_SECRET], {**SAMPLE_ENVIRONMENT, **os.environ})


def look_up_secrets(references: list[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    """The secrets that references name. Raises UsageError, which never holds a secret."""
    lookup = Secrets(Path.cwd(), environ)
    found = []
    for reference in references:
        if not is_reference(reference):
            raise UsageError(
                "--secret takes env:NAME or file:PATH, so that no secret shows in a process list"
            )
        value, fault = lookup.look_up(reference)
        if fault is None:
            fault = public_secret_fault(value) if value.startswith(PUBLIC) else secret_fault(value)
        if fault is not None:
            raise UsageError(f"{reference}: {fault}; `tocsin endpoint secret` makes a new one")
        found.append(value)
    return found


def _answer(name: str) -> Answer:
    if name.isdecimal() and 200 <= int(name) <= 599:
        return int(name)
    if name not in MISBEHAVIOURS:
        raise UsageError(
            f"--fault {clean(name)!r}: neither a status nor a fault{did_you_mean(name, [*MISBEHAVIOURS])}"
        )
    return MISBEHAVIOURS[name]


async def _listen(receiving: Receiver, place: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        await receiving.start()
    except OSError as error:
        raise UsageError(
            f"cannot listen on {place}: {error.strerror}; choose another --port, or --host"
        ) from error
    print(f"tocsin: webhooks to {receiving.url}, Ctrl-C ends", file=sys.stderr)
    try:
        await stopping.wait()
    finally:
        await receiving.stop()
    counts = receiving.counts
    print(
        f"tocsin: {counts['verified']} verified, {counts['repeated']} of them repeated, "
        f"{counts['refused']} refused",
        file=sys.stderr,
    )


def _json_line(received: Received) -> None:
    line = {
        "webhook_id": received.webhook_id,
        "verified": received.verified,
        "reason": received.reason,
        "repeated": received.repeated,
        "alert": received.alert.model_dump(mode="json", exclude_none=True) if received.alert else None,
        "summary": received.summary,
    }
    print_json(line)


def _readable(console: Console) -> Callable[[Received], None]:
    def show(received: Received) -> None:
        with hush_on_broken_pipe():
            for line in lines(received):
                console.print(line)

    return show


def lines(received: Received) -> list[Text]:
    """What a webhook says, for a person."""
    if not received.verified:
        return [Text(clean(f"✗ not verified: {received.reason}"), style="bold red")]
    mark = Text("✓ ", style="green")
    if received.repeated:
        mark.append("repeat ", style="magenta")
    alert = received.alert
    if alert is None:
        return [mark.append(clean(received.summary)[:200] or f"{len(received.body)} bytes")]
    first, *more = alert_lines(alert)
    return [mark.append_text(first), *more]
