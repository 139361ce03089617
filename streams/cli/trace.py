"""`tocsin trace`: the life of an alert, from its article to the last attempt to deliver it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from streams.cli import app
from streams.cli.options import ID_PREFIXES, Brokers, Config
from streams.cli.pipes import Printer, hush_on_broken_pipe
from streams.cli.records import values_in
from streams.cli.views import because_lines
from streams.configuration import load_settings
from streams.connection import at_brokers, client_options
from streams.errors import UsageError
from streams.printable import clean
from streams.settings import Settings
from streams.topics import ALERTS, CLASSIFIED, DELIVERIES, UNDELIVERED
from streams.wire import Alert, Attempt, Reading, Undelivered, rfc3339


@dataclass(frozen=True, slots=True)
class Life:
    """All that the public topics hold of one alert."""

    alerts: Sequence[Alert] = ()
    readings: Sequence[Reading] = ()
    attempts: Sequence[Attempt] = ()
    undelivered: Sequence[Undelivered] = ()


@app.command()
def trace(
    alert_id: Annotated[str, typer.Argument(metavar="ID", help="An alert (alr_…) or a webhook (msg_…).")],
    config: Config = None,
    brokers: Brokers = None,
) -> None:
    """Print the life of an alert: its articles, its events, every attempt to deliver them."""
    if not alert_id.startswith(ID_PREFIXES):
        raise UsageError(f"{clean(alert_id)!r} is the id of no alert (alr_…) and of no webhook (msg_…)")
    life = asyncio.run(_life(at_brokers(load_settings(config), brokers), alert_id.partition("#")[0]))
    if not life.alerts:
        print(
            f"tocsin: no alert {clean(alert_id)} in the topic of alerts; is it older than the topic's retention?",
            file=sys.stderr,
        )
        raise typer.Exit(1)
    with hush_on_broken_pipe():
        _print(life)


async def _life(settings: Settings, wanted: str) -> Life:
    options, prefix = client_options(settings.broker), settings.topics.prefix
    alerts = [
        alert
        async for _, alert in values_in(options, prefix, ALERTS, Alert)
        if wanted in (alert.alert_id, alert.webhook_id)
    ]
    if not alerts:
        return Life()
    articles = {alert.article_id for alert in alerts}
    webhooks = {alert.webhook_id for alert in alerts}
    return Life(
        alerts,
        [
            one
            async for _, one in values_in(options, prefix, CLASSIFIED, Reading)
            if one.article.id in articles
        ],
        [
            one
            async for _, one in values_in(options, prefix, DELIVERIES, Attempt)
            if one.webhook_id in webhooks
        ],
        [
            one
            async for _, one in values_in(options, prefix, UNDELIVERED, Undelivered)
            if one.notification.alert.webhook_id in webhooks
        ],
    )


def _events(life: Life) -> list[tuple[datetime, str, str]]:
    """When, what and details of everything that happened, in order."""
    rows: list[tuple[datetime, str, str]] = []
    for reading in life.readings:
        topics = (
            ", ".join(f"{topic.topic} {topic.stage} {topic.score:.2f}" for topic in reading.topics)
            or "no topic"
        )
        source = reading.article.source or "unknown source"
        rows.append((reading.read_at, "article read", f"{reading.article.id} from {source}: {topics}"))
    for alert in life.alerts:
        why = f" ({alert.reason})" if alert.reason else ""
        rows.append((alert.at, alert.type, f"event {alert.number} {alert.webhook_id}: {alert.headline}{why}"))
    for attempt in life.attempts:
        again = f"replay {attempt.replay} " if attempt.replay else ""
        later = f", next at {rfc3339(attempt.next_at)}" if attempt.next_at else ""
        outcome = attempt.outcome.replace("_", " ")
        what = f"{attempt.endpoint} {again}attempt {attempt.number}: {outcome}, {attempt.reason}"
        rows.append((attempt.at, "attempt", f"{what}, {attempt.latency_ms:.0f} ms{later}"))
    for given_up in life.undelivered:
        rows.append((given_up.at, "given up", f"{given_up.notification.endpoint}: {given_up.reason}"))
    order = {"article read": 0, "attempt": 2, "given up": 3}
    return sorted(rows, key=lambda row: (row[0], order.get(row[1], 1)))


def _print(life: Life) -> None:
    table = Table("time", "what", "detail", box=None, pad_edge=False)
    for moment, what, detail in _events(life):
        table.add_row(rfc3339(moment), what, Text(clean(detail)))
    first = life.alerts[0]
    console = Printer(whole=True)
    console.print(
        Text(
            clean(f"{first.alert_id}  watch {first.watch.id}  severity {first.watch.severity}"), style="bold"
        )
    )
    for line in because_lines(first.because):
        console.print(line)
    console.print(table)
