"""The trial run of `tocsin up`, in the parent process: holds broker and receiver, plays the articles, prints what
happens.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli.articles import articles_in, key_of, opened
from streams.cli.progress import Progress, progress_of
from streams.cli.tally import Tally
from streams.cli.views import alert_lines, attempt_line, reading_lines
from streams.cli.worker_log import said_by_worker
from streams.configuration import Configuration, configuration_folder
from streams.connection import client_options
from streams.embedded import EmbeddedBroker
from streams.logs import configure_logs
from streams.outputs import Outputs, settle
from streams.printable import clean, counted, shortened
from streams.receiver import Received, Receiver
from streams.rejection import PREFIX
from streams.sample import sample_articles
from streams.topics import (
    ALERTS,
    ALL,
    ARTICLES,
    CLASSIFIED,
    DELIVERIES,
    NOTIFICATIONS,
    REJECTED,
    UNDELIVERED,
)
from streams.trial import Trial
from streams.wire import Alert, Attempt, Notification, Reading, from_bytes

PATIENCE: Final = 120.0
"""Seconds that `--once` waits for everything to be settled."""

READY_WITHIN: Final = 60.0
"""Seconds after which the articles are played even if the worker has not said that it is ready."""

_LABEL: Final = 10
_SHOWN: Final = (CLASSIFIED, REJECTED, ALERTS, DELIVERIES, NOTIFICATIONS, UNDELIVERED)


def run_trial(
    worker: subprocess.Popen[bytes], config: Path | None, articles: Path | None, *, once: bool, rate: float
) -> bool:
    """Play the articles; returns whether all went well. Raises UsageError, ConfigurationError, BrokerError."""
    configure_logs()
    lines = _lines(articles)
    with EmbeddedBroker() as broker, asyncio.Runner() as runner:
        return runner.run(_TrialRun(worker, config, broker, lines, once=once, rate=rate).run())


def _lines(articles: Path | None) -> list[bytes]:
    if articles is None:
        return sample_articles()
    with opened(articles) as stream:
        return [line for _, line in articles_in(stream, articles)]


class _TrialRun:
    def __init__(
        self,
        worker: subprocess.Popen[bytes],
        config: Path | None,
        broker: EmbeddedBroker,
        lines: list[bytes],
        *,
        once: bool,
        rate: float,
    ) -> None:
        self._console = Console(highlight=False)
        self._worker = worker
        self._config = config
        self._broker = broker
        self._lines = lines
        self._once = once
        self._rate = rate
        self._tally = Tally()
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._failed = False

    async def run(self) -> bool:
        """The whole run; returns whether all went well."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        receiver = Receiver(secrets=(secret,), on_webhook=self._on_webhook)
        await receiver.start()
        try:
            trial = Trial(self._broker.servers, receiver.url.rpartition("/")[0], secret)
            configuration = trial.load(configuration_folder(self._config, os.environ))
            self._broker.create(topic.full_name(configuration.settings.topics.prefix) for topic in ALL)
            self._console.print(
                f"[bold]tocsin[/] on the embedded broker {self._broker.servers}, all webhooks to {trial.url}, "
                f"{counted(len(configuration.watches), 'watch', 'watches')}, "
                f"{counted(len(self._lines), 'article')} to play",
                soft_wrap=True,
            )
            # In this order, so that what the worker does while it stops is shown and counted too.
            async with self._following(configuration), self._working(trial):
                settled = await self._play(configuration)
            self._summary(settled)
            return not self._failed and (not self._once or (settled and self._tally.complete))
        finally:
            await receiver.stop()

    def _stop(self) -> None:
        if self._stopping.is_set():  # a second Ctrl-C: do not wait for the worker
            self._worker.kill()
        self._stopping.set()

    # The worker.

    @asynccontextmanager
    async def _working(self, trial: Trial) -> AsyncIterator[None]:
        assert self._worker.stdin is not None  # noqa: S101 - both are pipes
        assert self._worker.stderr is not None  # noqa: S101
        with suppress(BrokenPipeError):  # it has ended; its log says why
            self._worker.stdin.write(orjson.dumps(asdict(trial)) + b"\n")
            self._worker.stdin.flush()
        reader = asyncio.StreamReader(limit=1024 * 1024)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), self._worker.stderr
        )
        log = asyncio.ensure_future(self._follow_log(reader))
        try:
            yield
        finally:
            self._stopping.set()
            with suppress(ProcessLookupError):
                self._worker.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(log, 5)
            transport.close()

    async def _follow_log(self, reader: asyncio.StreamReader) -> None:
        """Print errors of the worker's log, and its last lines if the worker ends by itself."""
        tail: list[str] = []
        async for line in reader:
            text = line.decode(errors="replace").rstrip()
            tail = [*tail, text][-20:]
            if '"worker.partitions_assigned"' in text:
                self._ready.set()
            if (said := said_by_worker(text)) is not None:
                self._console.print(said, soft_wrap=True)
        if not self._stopping.is_set():
            code = await asyncio.to_thread(self._worker.wait)
            lines = [f"the worker ended with {code}", *map(clean, tail)]
            self._console.print(Text("\n".join(lines), style="red"))
            self._failed = True
            self._stopping.set()

    # Playing.

    async def _play(self, configuration: Configuration) -> bool:
        """Play the articles, and wait for everything they cause, or for Ctrl-C. Returns whether all is settled."""
        prefix = configuration.settings.topics.prefix
        options = client_options(configuration.settings.broker)
        publisher = asyncio.ensure_future(self._publish(options, prefix))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({publisher, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if publisher.done():
                publisher.result()
                if self._once:
                    return await self._until_settled(options, configuration)
                self._console.print(
                    f"[dim]all articles are played; from another terminal, `tocsin publish FILE --brokers "
                    f"{self._broker.servers}` plays yours and `tocsin tail alerts --brokers {self._broker.servers}` "
                    "follows a topic; Ctrl-C ends[/]",
                    soft_wrap=True,
                )
                await stopping
            return self._tally.settled
        finally:
            for task in (publisher, stopping):
                task.cancel()
            await asyncio.gather(publisher, stopping, return_exceptions=True)

    async def _publish(self, options: dict[str, Any], prefix: str) -> None:
        outputs = Outputs(options, prefix)
        await outputs.start()
        try:
            # If the worker did not read yet, all articles would be shown before any of what they cause.
            with suppress(TimeoutError), self._console.status("waiting for the worker"):
                await asyncio.wait_for(self._ready.wait(), READY_WITHIN)
            for line in self._lines:
                key, _ = key_of(line)
                await settle([await outputs.send(ARTICLES, line, key=key)])
                self._tally.published += 1
                await asyncio.sleep(1 / self._rate)
        finally:
            await outputs.stop()

    @asynccontextmanager
    async def _following(self, configuration: Configuration) -> AsyncIterator[None]:
        prefix = configuration.settings.topics.prefix
        consumer = AIOKafkaConsumer(
            *(topic.full_name(prefix) for topic in _SHOWN),
            **client_options(configuration.settings.broker),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        following = asyncio.ensure_future(self._follow(consumer, prefix))
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await consumer.stop()

    async def _follow(self, consumer: AIOKafkaConsumer, prefix: str) -> None:
        async for record in consumer:
            self._on_record(record.topic.removeprefix(prefix), record)

    # Printing.

    def _on_record(self, topic: str, record: ConsumerRecord) -> None:
        tally, value = self._tally, record.value or b""
        if topic == CLASSIFIED.name:
            reading = from_bytes(Reading, value)
            tally.reading(reading)
            self._print("article", "cyan", reading_lines(reading))
        elif topic == REJECTED.name:
            headers = {name: content.decode(errors="replace") for name, content in record.headers}
            reason = headers.get(PREFIX + "reason", "?")
            tally.rejected[reason] += 1
            said = Text.assemble((reason, "bold"), "  ", clean(headers.get(PREFIX + "message", "")))
            self._print("rejected", "magenta", [said])
        elif topic == ALERTS.name:
            tally.alert(from_bytes(Alert, value))
        elif topic == NOTIFICATIONS.name:
            tally.notification(from_bytes(Notification, value))
        elif topic == UNDELIVERED.name:
            tally.given_up += 1
        elif topic == DELIVERIES.name:
            attempt = from_bytes(Attempt, value)
            tally.attempt(attempt)
            if attempt.outcome != "delivered":  # the receiver shows delivered ones
                self._print("attempt", "yellow", [attempt_line(attempt)])

    def _on_webhook(self, received: Received) -> None:
        if not received.verified:
            self._tally.unverified += 1
            self._print("WEBHOOK ✗", "bold red", [Text(clean(f"not verified: {received.reason}"))])
            return
        self._tally.verified[received.webhook_id] += 1
        if received.alert is None:  # another format than `standard`
            lines = [Text(shortened(clean(received.summary), 200))]
        else:
            lines = alert_lines(received.alert)
        self._print("WEBHOOK ✓", "bold green", lines)

    def _print(self, label: str, style: str, lines: Iterable[Text]) -> None:
        for line in _beside(Text(label, style=style), lines, self._console):
            self._console.print(line)

    def _summary(self, settled: bool) -> None:
        table = Table(title="what happened", show_header=False, title_justify="left")
        for name, value in self._tally.rows():
            table.add_row(name, value)
        self._console.print(table)
        if self._once and not settled:
            self._console.print("[red]not everything was settled in time[/]")
        elif self._once and self._tally.complete and not self._failed:
            self._console.print(Text(self._tally.ending, style="green"))

    # Waiting.

    async def _until_settled(self, options: dict[str, Any], configuration: Configuration) -> bool:
        """Whether all inputs were committed and every notification settled within `PATIENCE`."""
        prefix, group = configuration.settings.topics.prefix, configuration.settings.service.group
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        async with progress_of(options, prefix, group) as progress:
            with self._console.status("waiting until every alert is settled"):
                while loop.time() < until and not self._stopping.is_set():
                    if await self._is_settled(progress):
                        return True
                    await asyncio.sleep(0.25)
            return False

    async def _is_settled(self, progress: Progress) -> bool:
        return (
            await progress.all_committed()
            and self._tally.settled
            and await progress.written(NOTIFICATIONS) <= self._tally.due.total()
        )


def _beside(label: Text, lines: Iterable[Text], console: Console) -> Iterator[Text]:
    """Lines with a label to the left of the first. One that is too long goes on where it began."""
    for line in lines:
        blank = len(line.plain) - len(line.plain.lstrip())
        indent = _LABEL + 1 + blank
        for part in line[blank:].wrap(console, max(1, console.width - indent)):
            part.rstrip()
            yield Text.assemble(label, " " * (indent - len(label)), part)
            label = Text()
