"""`tocsin replay`: sends rejected articles or undelivered notifications through again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from aiokafka import ConsumerRecord
from pydantic import ValidationError
from rich.console import Console

from streams.cli import app
from streams.cli.records import broker_errors, whole_topic
from streams.configuration import Configuration, load_configuration
from streams.connection import client_options
from streams.errors import UsageError
from streams.logs import clean
from streams.outputs import Acknowledgement, Outputs, settle
from streams.rejection import PREFIX, original_headers
from streams.topics import ARTICLES, NOTIFICATIONS, REJECTED, UNDELIVERED
from streams.wire import Undelivered, from_bytes


class What(StrEnum):
    """What can be sent through again."""

    REJECTED = "rejected"
    UNDELIVERED = "undelivered"


@app.command()
def replay(
    what: Annotated[What, typer.Argument(help="Which topic to replay.")],
    config: Annotated[
        Path | None, typer.Option(envvar="TOCSIN_CONFIG", help="Folder of the configuration.")
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="Only notifications for this endpoint.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only articles rejected for this reason.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="Only what was given up at or after this UTC time.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--id", help="Only this alert, webhook, or PARTITION:OFFSET; repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
) -> None:
    """Send what was rejected or not delivered through again: all of it, or what the options choose."""
    if what is What.REJECTED and endpoint is not None:
        raise UsageError("--endpoint goes with `undelivered`; rejected articles have no endpoint")
    if what is What.UNDELIVERED and reason is not None:
        raise UsageError(
            "--reason goes with `rejected`; choose undelivered notifications by --endpoint, --since or --id"
        )
    configuration = load_configuration(config)
    choice = Choice(
        endpoint=endpoint,
        reason=reason,
        since=since.replace(tzinfo=UTC) if since else None,
        ids=frozenset(only or ()),
    )
    found, sent = asyncio.run(_replay(configuration, what, choice, dry_run=dry_run))
    verb = "would be sent" if dry_run else "sent"
    Console().print(
        f"{found} chosen, {0 if dry_run else sent} {verb} again" if not dry_run else f"{found} {verb} again"
    )
    if found == 0:
        raise typer.Exit(1)


class Choice:
    """Which messages of the topic are meant."""

    def __init__(
        self, *, endpoint: str | None, reason: str | None, since: datetime | None, ids: frozenset[str]
    ) -> None:
        self.endpoint = endpoint
        self.reason = reason
        self.since = since
        self.ids = ids

    def rejected(self, record: ConsumerRecord) -> bool:
        """Whether a rejected message is chosen."""
        headers = dict(record.headers or ())
        return (
            (self.reason is None or headers.get(PREFIX + "reason") == self.reason.encode())
            and (self.since is None or record.timestamp / 1000 >= self.since.timestamp())
            and (not self.ids or f"{record.partition}:{record.offset}" in self.ids)
        )

    def undelivered(self, record: ConsumerRecord, value: Undelivered) -> bool:
        """Whether an undelivered notification is chosen."""
        alert = value.notification.alert
        names = {alert.alert_id, alert.webhook_id, f"{record.partition}:{record.offset}"}
        return (
            (self.endpoint is None or value.notification.endpoint == self.endpoint)
            and (self.since is None or value.at >= self.since)
            and (not self.ids or bool(names & self.ids))
        )


async def _replay(
    configuration: Configuration, what: What, choice: Choice, *, dry_run: bool
) -> tuple[int, int]:
    options = client_options(configuration.settings.broker)
    prefix = configuration.settings.topics.prefix
    outputs = Outputs(options, prefix)
    with broker_errors(options):
        await outputs.start()
    waiting: list[Acknowledgement] = []
    found = 0
    try:
        topic = REJECTED if what is What.REJECTED else UNDELIVERED
        async for record in whole_topic(options, prefix, topic):
            if what is What.REJECTED:
                if not choice.rejected(record):
                    continue
                found += 1
                headers = dict(record.headers or ())
                why = clean(headers.get(PREFIX + "reason", b"?").decode(errors="replace"))
                print(f"{record.partition}:{record.offset} {why}")
                if not dry_run:
                    waiting.append(
                        await outputs.send(
                            ARTICLES, record.value, key=record.key, headers=original_headers(record)
                        )
                    )
            else:
                try:
                    value = from_bytes(Undelivered, record.value or b"")
                except ValidationError:
                    continue
                if not choice.undelivered(record, value):
                    continue
                found += 1
                notification = value.notification
                print(
                    f"{record.partition}:{record.offset} {notification.endpoint} "
                    f"{notification.alert.webhook_id} {clean(value.reason)}"
                )
                if not dry_run:
                    again = notification.model_copy(
                        update={"replay": notification.replay + 1, "replayed_at": datetime.now(UTC)}
                    )
                    waiting.append(
                        await outputs.publish(
                            NOTIFICATIONS,
                            again,
                            key=again.endpoint,
                            event_id=f"{again.alert.webhook_id}/{again.endpoint}/{again.replay}",
                            time=datetime.now(UTC),
                        )
                    )
        await settle(waiting)
    finally:
        await outputs.stop()
    return found, len(waiting)
