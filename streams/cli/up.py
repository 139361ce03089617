"""`tocsin up`: everything in one process group on the embedded broker, to see it work.

This process holds the broker and the webhook receiver, plays the sample articles, and prints articles and webhooks as
they happen; the worker is a child process, as it would be anywhere. With `--once` it ends when all is settled.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.reading.article import read_article
from streams.cli import app
from streams.configuration import Configuration, load_configuration
from streams.connection import client_options
from streams.embedded import EmbeddedBroker
from streams.errors import UnreadableArticle
from streams.installation import check_installation
from streams.logs import clean, configure_logs
from streams.outputs import Outputs, settle
from streams.receiver import Received, Receiver
from streams.rejection import PREFIX
from streams.sample import sample_articles
from streams.topics import (
    ALL,
    ARTICLES,
    CANDIDATES,
    CLASSIFIED,
    DELIVERIES,
    NOTIFICATIONS,
    REJECTED,
    UNDELIVERED,
)
from streams.wire import Attempt, Reading, from_bytes

PATIENCE = 120.0
"""Seconds that `--once` waits for everything to be settled."""

SEVERITY_STYLE = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "dim"}


@app.command()
def up(
    config: Annotated[
        Path | None,
        typer.Option(envvar="TOCSIN_CONFIG", help="Folder of the configuration [default: the sample]."),
    ] = None,
    articles: Annotated[
        Path | None, typer.Option(help="JSON Lines to play [default: the sample articles].")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Play, wait until all is settled, print a summary, end.")
    ] = False,
    rate: Annotated[float, typer.Option(help="Articles a second to play.", min=0.1)] = 10.0,
) -> None:
    """See it work: embedded broker, worker, webhook receiver and sample articles, all in one. Ctrl-C ends all of it."""
    configure_logs()
    check_installation()
    console = Console(highlight=False)
    lines = sample_articles(articles)
    with EmbeddedBroker() as broker, asyncio.Runner() as runner:
        ok = runner.run(_Show(console, config, broker, lines, once=once, rate=rate).run())
    if not ok:
        raise typer.Exit(1)


@dataclass(slots=True)
class _Tally:
    """What has been seen so far."""

    published: int = 0
    classified: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    notifications: int = 0
    delivered: int = 0
    given_up: int = 0
    verified: set[str] = field(default_factory=set)
    unverified: int = 0
    repeats: int = 0


class _Show:
    def __init__(
        self,
        console: Console,
        config: Path | None,
        broker: EmbeddedBroker,
        lines: list[bytes],
        *,
        once: bool,
        rate: float,
    ) -> None:
        self._console = console
        self._config = config
        self._broker = broker
        self._lines = lines
        self._once = once
        self._rate = rate
        self._tally = _Tally()
        self._stopping = asyncio.Event()
        self._worker_fell = False

    async def run(self) -> bool:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        receiver = Receiver(secrets=(secret,), on_webhook=self._on_webhook)
        await receiver.start()
        environment = {
            **os.environ,
            "TOCSIN_BROKER__SERVERS": self._broker.servers,
            "TOCSIN_SERVICE__HEALTH_PORT": "0",
            "TOCSIN_SAMPLE_SECRET": secret,
            "TOCSIN_SAMPLE_URL": receiver.url,
        }
        try:
            configuration = load_configuration(self._config, environment)
            self._broker.create(configuration.settings.topics.prefix + topic.name for topic in ALL)
            self._console.print(
                f"[bold]tocsin[/] on the embedded broker {self._broker.servers}, webhooks to {receiver.url}, "
                f"{len(configuration.watches)} watches, {len(self._lines)} articles to play"
            )
            async with self._worker(environment):
                return await self._play(configuration)
        finally:
            await receiver.stop()

    @asynccontextmanager
    async def _worker(self, environment: Mapping[str, str]) -> AsyncIterator[None]:
        arguments = ["worker", *(("--config", str(self._config)) if self._config else ())]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "streams.cli",
            *arguments,
            env=dict(environment),
            stderr=asyncio.subprocess.PIPE,
        )
        log = asyncio.ensure_future(self._follow_log(process))
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
            await log

    async def _follow_log(self, process: asyncio.subprocess.Process) -> None:
        if process.stderr is None:
            return
        tail: list[str] = []
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            tail = [*tail, text][-20:]
            if '"level": "critical"' in text or '"level": "error"' in text or "Traceback" in text:
                self._console.print(Text(f"worker: {text}", style="red"))
        code = await process.wait()
        if code not in (0, -signal.SIGTERM) and not self._stopping.is_set():
            self._console.print(Text("\n".join(["the worker ended with " + str(code), *tail]), style="red"))
            self._worker_fell = True
            self._stopping.set()

    async def _play(self, configuration: Configuration) -> bool:
        prefix = configuration.settings.topics.prefix
        options = client_options(configuration.settings.broker)
        follower = asyncio.ensure_future(self._follow(options, prefix))
        publisher = asyncio.ensure_future(self._publish(options, prefix))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({publisher, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not publisher.done() or not self._once:
                if publisher.done():
                    self._console.print(
                        "[dim]all articles are played; publish your own with `tocsin publish`, Ctrl-C ends[/]"
                    )
                await self._stopping.wait()
                return not self._worker_fell
            publisher.result()
            settled = await self._until_settled(options, configuration)
            self._summary(settled)
            return (
                settled and self._tally.unverified == 0 and self._tally.delivered == self._tally.notifications
            )
        finally:
            for task in (follower, publisher, stopping):
                task.cancel()
            await asyncio.gather(follower, publisher, stopping, return_exceptions=True)

    async def _publish(self, options: dict[str, Any], prefix: str) -> None:
        outputs = Outputs(options, prefix)
        await outputs.start()
        try:
            for line in self._lines:
                try:
                    key: bytes | None = read_article(line).id.encode()
                except UnreadableArticle:
                    key = None
                await settle([await outputs.send(ARTICLES, line, key=key)])
                self._tally.published += 1
                await asyncio.sleep(1 / self._rate)
        finally:
            await outputs.stop()

    async def _follow(self, options: dict[str, Any], prefix: str) -> None:
        shown = (CLASSIFIED, REJECTED, DELIVERIES, NOTIFICATIONS, UNDELIVERED)
        consumer = AIOKafkaConsumer(
            *(prefix + topic.name for topic in shown),
            **options,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            async for record in consumer:
                self._on_record(record.topic.removeprefix(prefix), record)
        finally:
            await consumer.stop()

    def _on_record(self, topic: str, record: ConsumerRecord) -> None:
        tally = self._tally
        if topic == CLASSIFIED.name:
            tally.classified += 1
            self._print_reading(from_bytes(Reading, record.value or b""))
        elif topic == REJECTED.name:
            reason = dict(record.headers).get(PREFIX + "reason", b"?").decode()
            message = dict(record.headers).get(PREFIX + "message", b"").decode()
            tally.rejected[reason] += 1
            self._console.print(Text.assemble(("rejected  ", "magenta"), clean(f"{reason}: {message}")))
        elif topic == NOTIFICATIONS.name:
            tally.notifications += 1
        elif topic == UNDELIVERED.name:
            tally.given_up += 1
        elif topic == DELIVERIES.name:
            attempt = from_bytes(Attempt, record.value or b"")
            if attempt.outcome == "delivered":
                tally.delivered += 1
            else:
                self._console.print(
                    Text(
                        clean(f"attempt   {attempt.endpoint} {attempt.outcome}: {attempt.reason}"),
                        style="yellow",
                    )
                )

    def _print_reading(self, reading: Reading) -> None:
        article = reading.article
        line = Text.assemble(
            ("article   ", "cyan"), (f"{article.language:3}", "dim"), clean(article.title)[:100]
        )
        self._console.print(line)
        for topic in reading.topics:
            self._tally.topics[f"{topic.topic} {topic.stage}"] += 1
            words = " … ".join(f"“{clean(evidence.text)}”" for evidence in topic.evidence[:3])
            self._console.print(
                Text.assemble(
                    "             ", (f"{topic.topic} {topic.stage}", "bold"), f" {topic.score:.2f}  {words}"
                )
            )
        if reading.actors:
            names = ", ".join(clean(actor.name) for actor in reading.actors[:8])
            self._console.print(Text.assemble("             ", ("actors ", "dim"), names))

    def _on_webhook(self, received: Received) -> None:
        tally = self._tally
        if not received.verified:
            tally.unverified += 1
            self._console.print(Text(clean(f"WEBHOOK   not verified: {received.reason}"), style="bold red"))
            return
        tally.repeats += received.webhook_id in tally.verified
        tally.verified.add(received.webhook_id)
        alert = received.alert
        if alert is None:  # another format than `standard` says the same in its own words
            self._console.print(Text.assemble(("WEBHOOK ✓ ", "green"), clean(received.summary)[:140]))
            return
        self._console.print(
            Text.assemble(
                ("WEBHOOK ✓ ", "green"),
                (alert.watch.severity.upper(), SEVERITY_STYLE[alert.watch.severity]),
                f" {alert.type} ",
                (clean(alert.watch.title), "bold"),
                f": {clean(alert.headline)[:100]}",
            )
        )
        for clause in alert.because:
            words = ", ".join(f"“{clean(evidence.text)}”" for evidence in clause.evidence[:4])
            self._console.print(
                Text.assemble("             ", ("because ", "dim"), clean(clause.clause)[:80], f"  {words}")
            )

    async def _until_settled(self, options: dict[str, Any], configuration: Configuration) -> bool:
        """Whether all inputs were committed and every notification settled, before patience ends."""
        prefix, group = configuration.settings.topics.prefix, configuration.settings.service.group
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        admin = AIOKafkaAdminClient(**options)
        ends = AIOKafkaConsumer(**options, enable_auto_commit=False)
        await admin.start()
        await ends.start()
        try:
            with self._console.status("waiting until every alert is settled"):
                while loop.time() < until and not self._stopping.is_set():
                    if await self._is_settled(admin, ends, prefix, group):
                        return True
                    await asyncio.sleep(0.25)
            return False
        finally:
            await ends.stop()
            await admin.close()

    async def _is_settled(
        self, admin: AIOKafkaAdminClient, ends: AIOKafkaConsumer, prefix: str, group: str
    ) -> bool:
        # In the order of the flow: what is committed upstream has been written downstream before.
        for topic in (ARTICLES, CANDIDATES, NOTIFICATIONS):
            partitions = [
                TopicPartition(prefix + topic.name, p)
                for p in await self._partitions(ends, prefix + topic.name)
            ]
            # Partitions are named because the embedded broker does not answer a question about all of them.
            committed = await admin.list_consumer_group_offsets(group, partitions=partitions)
            for tp, end in (await ends.end_offsets(partitions)).items():
                if end > 0 and (tp not in committed or committed[tp].offset < end):
                    return False
        return (
            await self._count(ends, prefix + NOTIFICATIONS.name)
            <= self._tally.delivered + self._tally.given_up
        )

    async def _partitions(self, consumer: AIOKafkaConsumer, topic: str) -> set[int]:
        await consumer._client.force_metadata_update()
        return consumer.partitions_for_topic(topic) or set()

    async def _count(self, consumer: AIOKafkaConsumer, topic: str) -> int:
        partitions = [TopicPartition(topic, p) for p in await self._partitions(consumer, topic)]
        return sum((await consumer.end_offsets(partitions)).values())

    def _summary(self, settled: bool) -> None:
        tally = self._tally
        table = Table(title="what happened", show_header=False, title_justify="left")
        table.add_row("articles published", str(tally.published))
        table.add_row("with a topic or a hit", str(tally.classified))
        table.add_row(
            "rejected", f"{sum(tally.rejected.values())}  ({', '.join(sorted(tally.rejected)) or 'none'})"
        )
        for name, count in sorted(tally.topics.items()):
            table.add_row(f"  {name}", str(count))
        table.add_row("webhooks due", str(tally.notifications))
        table.add_row("delivered", str(tally.delivered))
        table.add_row("verified by the receiver", str(len(tally.verified)))
        table.add_row("repeated", str(tally.repeats))
        table.add_row("not verified", str(tally.unverified))
        table.add_row("given up", str(tally.given_up))
        self._console.print(table)
        if not settled:
            self._console.print("[red]not everything was settled in time[/]")
