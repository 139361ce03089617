"""`tocsin replay`: sends rejected articles or undelivered notifications through again.

What is there several times is sent once: each replay that is rejected or given up again adds a record. A notification
that has been delivered since is not sent at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from aiokafka import ConsumerRecord

from streams.cli import app
from streams.cli.moments import moment
from streams.cli.options import ID_PREFIXES, Brokers, Config
from streams.cli.pipes import say
from streams.cli.records import place_of, values_in, whole_topic, writing
from streams.configuration import load_settings
from streams.connection import at_brokers, client_options
from streams.errors import REASONS, UsageError
from streams.lingering import Acknowledgement
from streams.outputs import settle
from streams.printable import clean
from streams.rejection import CUT, PREFIX, original_headers
from streams.settings import Settings
from streams.suggestion import did_you_mean
from streams.topics import ARTICLES, DELIVERIES, NOTIFICATIONS, REJECTED, UNDELIVERED
from streams.wire import Alert, Attempt, Undelivered, rfc3339

IN_FLIGHT: Final = 500
"""Rejected messages, of up to a megabyte each, that may wait for their acknowledgement at a time."""

_PLACE: Final = re.compile(r"\d+:\d+")


class What(StrEnum):
    """What can be sent through again."""

    REJECTED = "rejected"
    UNDELIVERED = "undelivered"


@app.command()
def replay(
    what: Annotated[What, typer.Argument(help="Which topic to replay.")],
    config: Config = None,
    brokers: Brokers = None,
    endpoint: Annotated[str | None, typer.Option(help="Only notifications for this endpoint.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only articles rejected for this reason.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what was given up at or after this UTC time or date, or a span before now such as 3h."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            metavar="ID",
            help="Only this alert, event of it (alr_…#2), webhook, or PARTITION:OFFSET; repeatable.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
) -> None:
    """Send rejected articles or undelivered alerts again: all of them, or those that the options choose."""
    _check_what_goes_with(what, endpoint, reason)
    for name in only or ():
        _check_id(what, name)
    settings = at_brokers(load_settings(config), brokers)
    choice = Choice(
        endpoint=endpoint,
        reason=reason,
        since=moment(since, "--since", datetime.now(UTC)),
        ids=frozenset(only or ()),
    )
    if what is What.REJECTED:
        found, left_out = asyncio.run(_replay_rejected(settings, choice, dry_run=dry_run)), 0
    else:
        found, left_out = asyncio.run(_replay_undelivered(settings, choice, dry_run=dry_run))
    said = f"{found} {'would be sent' if dry_run else 'sent'} again" if found else "nothing to send again"
    say(said + (f"; {left_out} left out, delivered since" if left_out else ""))
    if found == 0:
        raise typer.Exit(1)


def _check_what_goes_with(what: What, endpoint: str | None, reason: str | None) -> None:
    """Raise UsageError where an option means nothing for the topic, or there is no such reason."""
    if what is What.REJECTED and endpoint is not None:
        raise UsageError("--endpoint goes with `undelivered`; rejected articles have no endpoint")
    if what is What.UNDELIVERED and reason is not None:
        raise UsageError(
            "--reason goes with `rejected`; choose undelivered notifications by --endpoint, --since or --id"
        )
    if reason is not None and reason not in REASONS:
        raise UsageError(
            f"--reason {clean(reason)!r}: there is no such reason{did_you_mean(reason, REASONS)}"
        )


def _check_id(what: What, name: str) -> None:
    """Raise UsageError where `--id` can choose nothing, whatever the topic holds."""
    if _PLACE.fullmatch(name) or (what is What.UNDELIVERED and name.startswith(ID_PREFIXES)):
        return
    names = "PARTITION:OFFSET" if what is What.REJECTED else "alr_…, alr_…#2, msg_… or PARTITION:OFFSET"
    raise UsageError(f"--id {clean(name)!r}: give {names}, as --dry-run shows them")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which messages of the topic to send again: those that fit everything which is given."""

    endpoint: str | None
    reason: str | None
    since: datetime | None
    ids: frozenset[str]

    def rejected(self, record: ConsumerRecord) -> bool:
        """Whether a rejected message is chosen."""
        headers = dict(record.headers or ())
        return (
            (self.reason is None or headers.get(PREFIX + "reason") == self.reason.encode())
            and (self.since is None or record.timestamp / 1000 >= self.since.timestamp())
            and (not self.ids or place_of(record) in self.ids)
        )

    def undelivered(self, place: str, value: Undelivered) -> bool:
        """Whether an undelivered notification is chosen."""
        alert = value.notification.alert
        names = {alert.alert_id, alert.webhook_id, place}
        if isinstance(alert, Alert):
            names.add(f"{alert.alert_id}#{alert.number}")
        return (
            (self.endpoint is None or value.notification.endpoint == self.endpoint)
            and (self.since is None or value.at >= self.since)
            and (not self.ids or bool(names & self.ids))
        )


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A notification in `undelivered`, and where it is."""

    place: str
    value: Undelivered


def latest(given_up: Iterable[GivenUp]) -> dict[tuple[str, str], GivenUp]:
    """The last replay of each notification, by endpoint and webhook."""
    found: dict[tuple[str, str], GivenUp] = {}
    for one in given_up:
        notification = one.value.notification
        key = (notification.endpoint, notification.alert.webhook_id)
        former = found.get(key)
        if former is None or former.value.notification.replay <= notification.replay:
            found[key] = one
    return found


async def _replay_rejected(settings: Settings, choice: Choice, *, dry_run: bool) -> int:
    """Write rejected messages to `articles` again; returns how many."""
    options = client_options(settings.broker)
    prefix = settings.topics.prefix
    found = 0
    seen: set[bytes] = set()
    waiting: list[Acknowledgement] = []
    async with writing(settings) as outputs:
        async for record in whole_topic(options, prefix, REJECTED):
            if not choice.rejected(record):
                continue
            headers = dict(record.headers or ())
            why = clean(headers.get(PREFIX + "reason", b"?").decode(errors="replace"))
            place = place_of(record)
            if (stays := _why_it_stays(headers, ARTICLES.full_name(prefix))) is not None:
                say(f"{place} {why}, left out: {stays}")
                continue
            message = hashlib.sha256(record.value or b"").digest()
            if message in seen:
                continue
            seen.add(message)
            found += 1
            say(f"{place} {why}")
            if not dry_run:
                sent = await outputs.send(
                    ARTICLES, record.value, key=record.key, headers=original_headers(record)
                )
                waiting.append(sent)
            if len(waiting) >= IN_FLIGHT:
                await settle(waiting)
                waiting.clear()
        await settle(waiting)
    return found


def _why_it_stays(headers: Mapping[str, bytes], articles: str) -> str | None:
    """Why a rejected message cannot be sent again; None if it can."""
    if PREFIX + CUT in headers:
        return "it was too long to be kept whole"
    came_from = headers.get(PREFIX + "topic", articles.encode()).decode(errors="replace")
    return None if came_from == articles else f"it is no article, it stood in {clean(came_from)}"


async def _replay_undelivered(settings: Settings, choice: Choice, *, dry_run: bool) -> tuple[int, int]:
    """Send notifications again; returns how many, and how many were chosen but have been delivered since."""
    options = client_options(settings.broker)
    prefix = settings.topics.prefix
    given_up = latest([one async for one in _given_up(options, prefix)])
    endpoints = sorted({endpoint for endpoint, _ in given_up})
    if choice.endpoint is not None and choice.endpoint not in endpoints:
        hint = did_you_mean(choice.endpoint, endpoints)
        say(f"nothing was given up for {clean(choice.endpoint)!r}{hint}")
    chosen = {key: one for key, one in given_up.items() if choice.undelivered(one.place, one.value)}
    delivered = await _delivered(options, prefix) if chosen else set()
    owed = [one for key, one in chosen.items() if key not in delivered]
    waiting: list[Acknowledgement] = []
    async with writing(settings) as outputs:
        for one in owed:
            notification = one.value.notification
            say(
                f"{one.place} {notification.endpoint} {notification.alert.webhook_id} "
                f"given up {rfc3339(one.value.at)}: {clean(one.value.reason)}"
            )
            if dry_run:
                continue
            now = datetime.now(UTC)
            again = notification.model_copy(update={"replay": notification.replay + 1, "replayed_at": now})
            event_id = f"{again.alert.webhook_id}/{again.endpoint}/{again.replay}"
            sent = await outputs.publish(
                NOTIFICATIONS, again, key=again.endpoint, event_id=event_id, time=now
            )
            waiting.append(sent)
        await settle(waiting)
    return len(owed), len(chosen) - len(owed)


async def _given_up(options: dict[str, Any], prefix: str) -> AsyncIterator[GivenUp]:
    async for record, value in values_in(options, prefix, UNDELIVERED, Undelivered):
        yield GivenUp(place_of(record), value)


async def _delivered(options: dict[str, Any], prefix: str) -> set[tuple[str, str]]:
    """Endpoint and webhook of every delivered notification."""
    return {
        (made.endpoint, made.webhook_id)
        async for _, made in values_in(options, prefix, DELIVERIES, Attempt)
        if made.outcome == "delivered"
    }
