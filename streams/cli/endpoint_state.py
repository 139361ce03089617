"""`tocsin endpoint status` and `enable`: how delivery stands with each endpoint, and calling a disabled one again."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from alerting.pending import EndpointState, Owed, State, newer, parse_pending
from streams.cli.options import Brokers, Config
from streams.cli.pipes import Printer, hush_on_broken_pipe
from streams.cli.records import whole_topic
from streams.configuration import load_configuration, load_settings
from streams.connection import at_brokers, client_options
from streams.errors import UsageError
from streams.logs import clean
from streams.outputs import Outputs, settle
from streams.settings import Settings
from streams.state import Reading
from streams.topics import NOTIFICATIONS, PENDING
from streams.wire import EndpointEnabled, rfc3339


@dataclass(slots=True)
class Pending:
    """What the topic `pending` holds of all endpoints."""

    owed: Counter[str] = field(default_factory=Counter)
    next_due: dict[str, datetime] = field(default_factory=dict)
    states: dict[str, EndpointState] = field(default_factory=dict)


def status(config: Config = None, brokers: Brokers = None) -> None:
    """Print, for each endpoint, whether it is called, how much it is owed and when it is called next."""
    configuration = load_configuration(config, resolve_secrets=False)
    pending = asyncio.run(_pending(at_brokers(load_settings(config), brokers)))
    table = Table("endpoint", "owed", "next attempt", "state", box=None, pad_edge=False)
    configured = {endpoint.id: endpoint for endpoint in configuration.endpoints}
    now = datetime.now(UTC)
    for endpoint_id in (*configured, *sorted(set(pending.owed) - set(configured))):
        state = pending.states.get(endpoint_id, EndpointState(endpoint=endpoint_id))
        due = pending.next_due.get(endpoint_id)
        known = configured.get(endpoint_id)
        said = in_words(state, now)
        if known is None:
            said = "not in the configuration"
        elif not known.enabled:
            said = "switched off in the configuration"
        table.add_row(
            endpoint_id,
            str(pending.owed[endpoint_id]),
            "" if due is None else "now" if due <= now else rfc3339(due),
            Text(clean(said)),
        )
    with hush_on_broken_pipe():
        Printer(whole=True).print(table)


def enable(
    endpoint_id: Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id.")],
    config: Config = None,
    brokers: Brokers = None,
) -> None:
    """Have a disabled endpoint called again. What it was owed meanwhile can be replayed."""
    configuration = load_configuration(config, resolve_secrets=False)
    if endpoint_id not in {endpoint.id for endpoint in configuration.endpoints}:
        known = ", ".join(endpoint.id for endpoint in configuration.endpoints) or "none"
        raise UsageError(f"no endpoint {clean(endpoint_id)!r} in the configuration; there are: {known}")
    disabled = asyncio.run(_enable(at_brokers(load_settings(config), brokers), endpoint_id))
    if not disabled:
        print(f"{endpoint_id} was not disabled; its breaker starts anew")
        return
    print(f"{endpoint_id} will be called again; it was disabled: {clean(disabled)}")
    print(f"what it was owed meanwhile: tocsin replay undelivered --endpoint {endpoint_id}")


def in_words(state: EndpointState, now: datetime) -> str:
    """How delivery stands with an endpoint."""
    breaker = state.breaker
    if breaker.disabled:
        since = f" since {rfc3339(breaker.disabled_at)}" if breaker.disabled_at else ""
        return f"disabled{since}: {breaker.disabled}"
    if state.held_until is not None and state.held_until > now:
        return f"asked for no call before {rfc3339(state.held_until)}"
    if breaker.open_until is not None:
        return (
            f"left alone until {rfc3339(breaker.open_until)}, failing since {rfc3339(breaker.failing_since)}"
            if breaker.failing_since is not None
            else f"left alone until {rfc3339(breaker.open_until)}"
        )
    if breaker.failing_since is not None:
        return f"failing since {rfc3339(breaker.failing_since)}, {breaker.failed} times"
    return "well"


async def _pending(settings: Settings) -> Pending:
    options = client_options(settings.broker)
    readings: dict[int, Reading[State]] = {}
    async for record in whole_topic(options, settings.topics.prefix, PENDING):
        reading = readings.setdefault(record.partition, Reading(parse_pending, newer))
        reading.add(record)
    pending = Pending()
    for reading in readings.values():
        for value in reading.loaded().values.values():
            if isinstance(value, Owed):
                endpoint_id = value.notification.endpoint
                pending.owed[endpoint_id] += 1
                due = pending.next_due.get(endpoint_id, value.due_at)
                pending.next_due[endpoint_id] = min(due, value.due_at)
            elif isinstance(value, EndpointState):
                pending.states[value.endpoint] = value
    return pending


async def _enable(settings: Settings, endpoint_id: str) -> str:
    """Ask for it; returns why the endpoint was disabled, empty where it was not."""
    pending = await _pending(settings)
    outputs = Outputs(client_options(settings.broker), settings.topics.prefix)
    await outputs.start()
    try:
        now = datetime.now(UTC)
        value = EndpointEnabled(endpoint=endpoint_id, at=now)
        event_id = f"{endpoint_id}/enabled/{rfc3339(now)}"
        await settle(
            [await outputs.publish(NOTIFICATIONS, value, key=endpoint_id, event_id=event_id, time=now)]
        )
    finally:
        await outputs.stop()
    state = pending.states.get(endpoint_id)
    return state.breaker.disabled if state is not None else ""
