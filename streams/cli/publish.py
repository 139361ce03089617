"""`tocsin publish`: sends articles from a file or standard input into the `articles` topic.

A file is JSON Lines, one JSON object, or a JSON array of objects, gzipped or not. Lines are sent as they are, readable
or not; the service rejects those that are not. `--check` reads them first.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, MessageSizeTooLargeError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams.cli import INTERRUPTED, app
from streams.cli.articles import Line, articles_in, key_of, opened, say_no_article
from streams.cli.options import Articles, Brokers, Config
from streams.cli.pipes import say
from streams.configuration import load_settings
from streams.connection import at_brokers, client_options, no_answer, no_topic
from streams.errors import BrokerError, UsageError
from streams.logs import quiet_clients
from streams.outputs import MAX_OUTPUT_BYTES
from streams.printable import clean
from streams.topics import ARTICLES

IN_FLIGHT: Final = 500
"""Messages that may wait for their acknowledgement at a time."""
SHOWN: Final = 20
"""Faulty lines that are named one by one."""


@app.command()
def publish(
    file: Articles,
    config: Config = None,
    brokers: Brokers = None,
    topic: Annotated[
        str | None,
        typer.Option(help="Full name of the topic [default: `articles` with the configuration's prefix]."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Read every article first; send nothing if one cannot be read.")
    ] = False,
    patience: Annotated[
        float, typer.Option(help="Seconds to keep trying while no broker answers.", min=0)
    ] = 30.0,
) -> None:
    """Send articles into the `articles` topic."""
    quiet_clients()
    settings = at_brokers(load_settings(config), brokers)
    target = topic or ARTICLES.full_name(settings.topics.prefix)
    with opened(file) as stream:
        lines = articles_in(stream, file)
        if check:
            if not (kept := checked(lines)):
                say_no_article(file)
                return
            lines = iter(kept)
        console = Console(stderr=True)
        outcome = asyncio.run(_publish(lines, client_options(settings.broker), target, patience, console))
    if not (outcome.sent or outcome.refused):
        say_no_article(file)
    _report(outcome, target)


@dataclass(frozen=True, slots=True)
class Sent:
    """A line that the producer has taken. `fault`: why the service will not be able to read it; empty if it will."""

    number: int
    value: bytes
    key: bytes | None
    fault: str
    taken: asyncio.Future[Any]


@dataclass(slots=True)
class Outcome:
    """What became of the lines."""

    sent: int = 0
    unreadable: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def _report(outcome: Outcome, target: str) -> None:
    say(
        f"{outcome.sent} sent to {target}" + (f", {len(outcome.refused)} not sent" if outcome.refused else "")
    )
    if outcome.unreadable:
        say(f"{len(outcome.unreadable)} of them cannot be read and will be in `rejected`:")
        _list(outcome.unreadable)
    if outcome.refused:
        say("not sent:")
        _list(outcome.refused)
        raise typer.Exit(1)


def _list(faults: list[str]) -> None:
    for fault in _first_of(faults):
        say(f"  {clean(fault)}")


def _first_of(faults: list[str]) -> list[str]:
    return faults[:SHOWN] + ([f"… and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else [])


# Checking


def checked(lines: Iterable[Line]) -> list[Line]:
    """All lines, if every one of them can be read. Raises UsageError naming those that cannot."""
    kept: list[Line] = []
    faults: list[str] = []
    for number, line in lines:
        kept.append((number, line))
        fault = key_of(line)[1]
        if fault:
            faults.append(f"line {number}: {fault}")
    if faults:
        summary = f"nothing was sent: {len(faults)} of {len(kept)} cannot be read"
        raise UsageError("\n".join([*_first_of(faults), summary]))
    return kept


# Sending


async def _publish(
    lines: Iterator[Line], options: dict[str, Any], topic: str, patience: float, console: Console
) -> Outcome:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = progress.add_task("sending", total=None)

    def advance(count: int) -> None:
        progress.update(task, completed=count)

    try:
        with progress:
            async with connected(options, patience, console) as producer:
                return await send_all(lines, producer, topic, advance)
    except asyncio.CancelledError:
        # Ctrl-C. What was read has been sent, but the thread that waits for the next line would keep the process alive.
        os._exit(INTERRUPTED)


@asynccontextmanager
async def connected(
    options: dict[str, Any], patience: float, console: Console
) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that is connected. Tries again until patience ends; raises BrokerError."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    servers: list[str] = options["bootstrap_servers"]
    wait = 0.2
    told = False
    while True:
        producer = AIOKafkaProducer(
            **{"request_timeout_ms": max(1000, int(patience * 1000)), **options},
            acks="all",
            # With idempotence, everything after a refused message would be refused too. Repeats carry the same id.
            enable_idempotence=False,
            linger_ms=5,
            max_batch_size=256 * 1024,
            max_request_size=MAX_OUTPUT_BYTES,
        )
        try:
            await producer.start()
            break
        except (KafkaConnectionError, OSError) as error:
            await producer.stop()
            if loop.time() + wait > until:
                raise no_answer(servers, error) from error
            if not told:
                told = True
                where = ", ".join(servers)
                console.print(f"no broker answers at {where} yet, trying for {patience:g} s", markup=False)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)
        except KafkaError as error:
            await producer.stop()
            raise BrokerError(f"{', '.join(servers)}: refused: {error}") from error
    try:
        yield producer
    finally:
        await producer.stop()


async def send_all(
    lines: Iterator[Line], producer: AIOKafkaProducer, topic: str, advance: Callable[[int], None]
) -> Outcome:
    """Send every line; returns when the broker has acknowledged all. Raises BrokerError."""
    await _require(producer, topic)
    outcome = Outcome()
    waiting: list[Sent] = []
    # In a thread: a pipe may have no line for hours, and the producer must go on meanwhile.
    while (line := await asyncio.to_thread(next, lines, None)) is not None:
        number, value = line
        key, fault = key_of(value)
        try:
            taken = await producer.send(topic, value, key=key)
        except MessageSizeTooLargeError:
            outcome.refused.append(f"line {number}: {len(value):,} bytes, longer than any article may be")
            continue
        except KafkaError as error:
            raise _lost(error, topic, outcome) from error
        waiting.append(Sent(number, value, key, fault, taken))
        if len(waiting) >= IN_FLIGHT:
            await _settle(waiting, producer, topic, outcome)
            advance(outcome.sent)
    await _settle(waiting, producer, topic, outcome)
    advance(outcome.sent)
    return outcome


async def _require(producer: AIOKafkaProducer, topic: str) -> None:
    """Raise BrokerError if the topic does not exist, or the broker might create it with its default partitions."""
    # Asking for the metadata of all topics creates none; the producer has no public method for it.
    known = await producer.client.fetch_all_metadata()
    if not known.partitions_for_topic(topic):
        raise no_topic(topic)


async def _settle(waiting: list[Sent], producer: AIOKafkaProducer, topic: str, outcome: Outcome) -> None:
    """Wait until all that was sent is taken or refused, and count it. Raises BrokerError."""
    await asyncio.gather(*(sent.taken for sent in waiting), return_exceptions=True)
    for sent in waiting:
        try:
            await _taken(sent, producer, topic)
        except MessageSizeTooLargeError:
            size = len(sent.value)
            outcome.refused.append(
                f"line {sent.number}: {size:,} bytes, more than {topic} takes (its max.message.bytes)"
            )
            continue
        except KafkaError as error:
            raise _lost(error, topic, outcome) from error
        outcome.sent += 1
        if sent.fault:
            outcome.unreadable.append(f"line {sent.number}: {sent.fault}")
    waiting.clear()


async def _taken(sent: Sent, producer: AIOKafkaProducer, topic: str) -> None:
    """Wait until a message is acknowledged. A whole batch is refused for its size: each is then sent by itself."""
    try:
        await sent.taken
    except MessageSizeTooLargeError:
        await producer.send_and_wait(topic, sent.value, key=sent.key)


def _lost(error: KafkaError, topic: str, outcome: Outcome) -> BrokerError:
    return BrokerError(
        f"{topic}: the broker did not take the messages ({type(error).__name__}), {outcome.sent} were taken:"
        " see that it is up and has the topic (`tocsin topics`), then publish again; repeats are harmless"
    )
