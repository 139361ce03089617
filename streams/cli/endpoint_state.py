"""`tocsin endpoint status`, `retry` and `enable`: how delivery stands with each endpoint, and having it called now."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from alerting.endpoint import Endpoint
from alerting.pending import EndpointState, Owed, State, newer, parse_pending
from streams.cli.options import Brokers, Config
from streams.cli.pipes import Printer, hush_on_broken_pipe, say
from streams.cli.records import whole_topic, writing
from streams.configuration import Configuration, load_configuration
from streams.connection import at_brokers, client_options
from streams.errors import UsageError
from streams.outputs import settle
from streams.printable import clean, counted
from streams.settings import Settings
from streams.state import StateReader
from streams.suggestion import not_configured
from streams.topics import NOTIFICATIONS, PENDING
from streams.wire import EndpointEnabled, rfc3339

Id = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id.")]


@dataclass(slots=True)
class Pending:
    """What the topic `pending` holds of all endpoints: when each is owed what, in the order of arrival, and how it
    stands.
    """

    due: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, EndpointState] = field(default_factory=dict)

    def state(self, endpoint_id: str) -> EndpointState:
        """How delivery stands with an endpoint; that of a new one where nothing is known."""
        return self.states.get(endpoint_id, EndpointState(endpoint=endpoint_id))


def status(config: Config = None, brokers: Brokers = None) -> None:
    """Print how each endpoint stands: whether it is called, how much it is owed, when the next attempt is."""
    configuration = _configuration(config)
    pending = asyncio.run(_pending(at_brokers(configuration.settings, brokers)))
    table = Table("endpoint", "owed", "next attempt", "state", box=None, pad_edge=False)
    configured = {endpoint.id: endpoint for endpoint in configuration.endpoints}
    now = datetime.now(UTC)
    for endpoint_id in (*configured, *sorted(set(pending.due) - set(configured))):
        owed = pending.due.get(endpoint_id, [])
        state = pending.state(endpoint_id)
        known = configured.get(endpoint_id)
        due = next_due(state, owed, ordered=known is not None and known.ordered)
        said = in_words(state, now)
        if known is None:
            said = "not in the configuration"
        elif not known.enabled:
            said = "switched off in the configuration"
        table.add_row(
            endpoint_id,
            str(len(owed)),
            "" if due is None else "now" if due <= now else rfc3339(due),
            Text(clean(said)),
        )
    with hush_on_broken_pipe():
        Printer(whole=True).print(table)


def retry(endpoint_id: Id, config: Config = None, brokers: Brokers = None) -> None:
    """Try now everything that an endpoint is owed, whatever its schedule says. Exits 1 if it is disabled."""
    configuration = _configuration(config)
    endpoint = find_endpoint(configuration, endpoint_id)
    if not endpoint.enabled:
        raise UsageError(f"{endpoint_id} is switched off in the configuration: nothing is sent to it")
    settings = at_brokers(configuration.settings, brokers)
    pending = asyncio.run(_pending(settings))
    now = datetime.now(UTC)
    state = pending.state(endpoint_id)
    if state.breaker.disabled:
        say(f"{endpoint_id} is {clean(in_words(state, now))}; nothing is sent to it")
        say(f"to have it called again: tocsin endpoint enable {endpoint_id}")
        raise typer.Exit(1)
    due = pending.due.get(endpoint_id, [])
    if not due:
        say(f"{endpoint_id} is owed nothing")
        return
    asyncio.run(_ask(settings, EndpointEnabled(endpoint=endpoint_id, at=now, retry=True)))
    for line in _what_will_happen(endpoint, state, due, now):
        say(clean(line))


def enable(endpoint_id: Id, config: Config = None, brokers: Brokers = None) -> None:
    """Call a disabled endpoint again. What it missed can be sent with `tocsin replay undelivered`."""
    configuration = _configuration(config)
    find_endpoint(configuration, endpoint_id)
    settings = at_brokers(configuration.settings, brokers)
    pending = asyncio.run(_pending(settings))
    asyncio.run(_ask(settings, EndpointEnabled(endpoint=endpoint_id, at=datetime.now(UTC))))
    disabled = pending.state(endpoint_id).breaker.disabled
    if disabled:
        say(f"{endpoint_id} will be called again; it was disabled: {clean(disabled)}")
        say(f"what it was owed meanwhile: tocsin replay undelivered --endpoint {endpoint_id}")
        return
    say(f"{endpoint_id} was not disabled; its breaker starts anew")
    if pending.due.get(endpoint_id):
        say(f"to have what it is owed tried now: tocsin endpoint retry {endpoint_id}")


def _configuration(config: Path | None) -> Configuration:
    """The configuration with what is needed to reach the brokers, and no endpoint."""
    return load_configuration(config, resolve_secrets=False, broker_secrets=True)


def find_endpoint(configuration: Configuration, endpoint_id: str) -> Endpoint:
    """The endpoint of an id. Raises UsageError, which names those that there are."""
    for endpoint in configuration.endpoints:
        if endpoint.id == endpoint_id:
            return endpoint
    raise not_configured("endpoint", endpoint_id, [endpoint.id for endpoint in configuration.endpoints])


def next_due(state: EndpointState, due: list[datetime], *, ordered: bool) -> datetime | None:
    """When the next attempt is due, given when each is and until when breaker and `Retry-After` hold them back."""
    if not due:
        return None
    waits = [moment for moment in (state.breaker.open_until, state.held_until) if moment is not None]
    return max([due[0] if ordered else min(due), *waits])


def in_words(state: EndpointState, now: datetime) -> str:
    """How delivery stands with an endpoint."""
    breaker = state.breaker
    if breaker.disabled:
        since = f" since {rfc3339(breaker.disabled_at)}" if breaker.disabled_at else ""
        return f"disabled{since}: {breaker.disabled}"
    if state.held_until is not None and state.held_until > now:
        return f"asked for no call before {rfc3339(state.held_until)}"
    if breaker.open_until is not None and breaker.open_until > now:
        since = f", failing since {rfc3339(breaker.failing_since)}" if breaker.failing_since else ""
        return f"left alone until {rfc3339(breaker.open_until)}{since}"
    if breaker.failing_since is not None:
        return f"failing since {rfc3339(breaker.failing_since)}, {counted(breaker.failed, 'time')}"
    return "well"


def _what_will_happen(
    endpoint: Endpoint, state: EndpointState, due: list[datetime], now: datetime
) -> Iterator[str]:
    """What an endpoint is owed, and how it will be tried now that somebody has asked for it."""
    waiting = [moment for moment in due if moment > now]
    until = f"; {len(waiting)} had to wait, at most until {rfc3339(max(waiting))}" if waiting else ""
    yield f"{endpoint.id} is owed {len(due)}, which will be tried now{until}"
    if state.breaker.open_until is not None:
        yield "its breaker is open: the first is the probe, the others follow when that one is taken"
    if endpoint.ordered:
        yield "in strict order: each waits until the one before is delivered or given up"
    if endpoint.rate_limit is not None:
        yield "no faster than its rate_limit"
    yield "what fails goes on with its schedule, which does not count this attempt; see tocsin tail deliveries"


async def _pending(settings: Settings) -> Pending:
    options = client_options(settings.broker)
    readers: dict[int, StateReader[State]] = {}
    async for record in whole_topic(options, settings.topics.prefix, PENDING):
        reader = readers.setdefault(record.partition, StateReader(parse_pending, newer))
        reader.add(record)
    pending = Pending()
    for reader in readers.values():
        values = reader.loaded().values.values()
        pending.states |= {value.endpoint: value for value in values if isinstance(value, EndpointState)}
        owed = (value for value in values if isinstance(value, Owed))
        for value in sorted(owed, key=lambda value: value.arrival):
            pending.due[value.endpoint].append(value.due_at)
    return pending


async def _ask(settings: Settings, value: EndpointEnabled) -> None:
    """Send it to the worker that serves the endpoint, by the way that its notifications go."""
    event_id = f"{value.endpoint}/{'retry' if value.retry else 'enabled'}/{rfc3339(value.at)}"
    async with writing(settings) as outputs:
        sent = await outputs.publish(
            NOTIFICATIONS, value, key=value.endpoint, event_id=event_id, time=value.at
        )
        await settle([sent])
