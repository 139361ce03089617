"""delivery: from `notifications` to webhooks, `deliveries` and `undelivered`. State: what is owed, in `pending`.

The way of a notification: write down that it is owed; its input is done when the broker has acknowledged that. Its
endpoint's line (agents.lines) attempts it when it is due, as often as the endpoint's schedule says. Each attempt goes
to `deliveries`; a success, or a final failure once `undelivered` has it, settles what was owed. A retry due in ten
hours waits in `pending`: it holds up nothing and survives any kill.

What the gate of an endpoint must remember (its breaker, that it is disabled) stands in `pending` too. When an endpoint
is disabled, its fallback is told, and all that it is owed goes to `undelivered`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import faust
import structlog
from aiokafka import ConsumerRecord
from pydantic import SecretStr

from agents.delivery_outputs import DeliveryOutputs, attempt_value
from agents.delivery_partition import Partition, Restored, lines_of, restore
from agents.lines import Line
from alerting.attempt import Attempted, attempt
from alerting.client import WebhookClient
from alerting.endpoint import Endpoint
from alerting.gate import Gate
from alerting.limits import with_fair_shares
from alerting.pending import (
    Owed,
    Waiting,
    newer,
    parse_held,
    pending_key,
)
from alerting.retry import next_attempt
from alerting.turns import Turns
from streams.batch import Batch
from streams.breathing import breathe
from streams.errors import UnreadableArticle
from streams.lingering import Acknowledgement
from streams.open_files import MOST_CALLS, most_calls
from streams.outputs import settle, value_of
from streams.partitions import Partitions
from streams.rejection import reject
from streams.service import Members, Service
from streams.state import load_state
from streams.topics import NOTIFICATIONS, PENDING
from streams.wire import Attempt, EndpointDisabled, EndpointEnabled, Notification

log = structlog.get_logger("tocsin.delivery")

NAME = "tocsin.delivery"

LOOK_AGAIN: Final = timedelta(seconds=1)
"""How soon an endpoint that may be known soon is looked for again."""
NOT_YET_KNOWN: Final = Endpoint(id="not-yet-known", url=SecretStr(""))
"""Stands in for an endpoint that may be known soon, so that its line does not give up what it is owed."""

NOT_CONFIGURED: Final = "the endpoint is not in the configuration, or not enabled"

FEW_FILES: Final = (
    "this process may open few files, so endpoints have fewer calls at the same time than their concurrency says, and "
    "wait for each other where many hang: raise the limit (ulimit -n, LimitNOFILE=, --ulimit nofile=)"
)

HANDOVER_GRACE: Final = 3.0
"""Seconds that attempts under way may take when their partition is handed to another worker."""


def register(app: faust.App, service: Service) -> Delivery:
    """Make the agent on a Faust app."""
    delivery = Delivery(service)
    service.make_agent(app, NAME, NOTIFICATIONS, delivery.handle)
    return delivery


def warn_of_few_files(endpoints: tuple[Endpoint, ...]) -> None:
    """Log it if the limit on open files leaves endpoints fewer calls at the same time than they ask for."""
    most = most_calls()
    if most < MOST_CALLS and with_fair_shares(endpoints, most) != endpoints:
        log.warning("endpoints.few_files", endpoints=len(endpoints), calls=most, hint=FEW_FILES)


class Delivery:
    """Takes notifications, and keeps the lines of the endpoints whose partitions are ours."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._outputs = DeliveryOutputs(service)
        most = most_calls()
        self._client = WebhookClient(
            ca_file=service.in_force.configuration.settings.service.webhook_ca_file, most_kept=most
        )
        # Only with more endpoints than that does any wait for a turn; each then has one attempt at a time.
        self._turns = Turns(most)
        self._rng = random.Random()  # noqa: S311 - jitter
        self._load_state = partial(
            load_state,
            PENDING,
            beside=NOTIFICATIONS,
            parse=parse_held,
            client_options=service.client_options,
            outputs=service.outputs,
            newer=newer,
        )
        self._partitions = Partitions(self._load, self._partition_of)
        self._taking = True
        self._announcing: set[str] = set()
        self._endpoints = Members(
            lambda: service.in_force.configuration.endpoints, partial(with_fair_shares, most=most)
        )
        # When the last alert was taken, by endpoint.
        self._taken_at: dict[str, datetime] = {}
        self._held = False
        self.before_attempt: Callable[[], None] = lambda: None
        """Calls `hold` where this worker stood still: another may have attempted what came due meanwhile."""

    def prepare(self) -> None:
        """Do in advance what the first webhook would wait for; best in a thread."""
        self._client.prepare()

    # Partitions that come and go.

    async def assign(self, partitions: set[int]) -> None:
        """Open the lines of the partitions that are ours now, off the rebalance's way."""
        await self.release()
        self._held = False
        # What is owed must be attempted even where nothing new arrives.
        self._partitions.open_ahead(partitions, partial(self._service.fail, NAME), self._announce_all)

    async def _load(self, number: int) -> Restored:
        loaded = await self._load_state(number)
        # Days of alerts take seconds; a worker that stood still for ten would be taken for dead.
        return await asyncio.to_thread(restore, number, loaded, self._service.now())

    def _partition_of(self, number: int, restored: Restored) -> Partition:
        partition = restored.partition
        for endpoint_id, waiting in restored.owed.items():
            self._add(partition, endpoint_id, waiting)
        log.info(
            "delivery.state_loaded",
            partition=number,
            owed=sum(map(len, restored.owed.values())),
            settled=restored.settled,
            mark=partition.mark,
        )
        return partition

    async def _announce_all(self, partition: Partition) -> None:
        for gate in [*partition.gates.values()]:
            await self._announce(partition, gate)

    async def release(self, grace: float = HANDOVER_GRACE) -> None:
        """Give up the lines of the partitions we had, before another worker may read what they owe.

        Attempts under way may end within `grace` seconds; what is cut off stays owed.
        """
        former = self._partitions.give_up()
        await asyncio.gather(*(line.stop(grace) for line in lines_of(former)))

    def hold(self) -> None:
        """Begin no attempts until partitions are assigned anew: ours may be another worker's by now."""
        self._held = True
        for line in lines_of(self._partitions.held()):
            line.stop_taking()

    def stop_taking(self) -> None:
        """Begin no new attempts."""
        self._taking = False
        for line in lines_of(self._partitions.held()):
            line.stop_taking()

    async def stop(self, grace: float) -> None:
        """Let attempts under way end within `grace` seconds, and begin no others; what is cut off stays owed."""
        self.stop_taking()
        await self.release(grace)
        await self._client.close()

    # The way of a notification: it is taken, is owed, and stands in the line of its endpoint.

    async def handle(self, batch: Batch) -> Awaitable[None]:
        """Take a batch of one partition; what it returns ends when all is written as owed, or raises OutputRefused."""
        partition = await self._partitions.get(batch[0].partition)
        written: list[Acknowledgement] = []
        async for record in breathe(batch):
            if record.offset > partition.mark:
                written += await self._take(partition, record)
        return settle(written)

    async def _take(self, partition: Partition, record: ConsumerRecord) -> list[Acknowledgement]:
        notification = value_of(record, Notification)
        if notification is not None:
            return await self._owe(partition, notification, record.offset)
        enabled = value_of(record, EndpointEnabled)
        if enabled is not None:
            change = self._retry if enabled.retry else self._enable
            return await change(partition, enabled.endpoint, record.offset)
        return [await self._reject(record)]

    async def _owe(
        self, partition: Partition, notification: Notification, offset: int
    ) -> list[Acknowledgement]:
        """Write down that a notification is owed, unless it is or was."""
        key = pending_key(notification)
        if partition.knows(key, notification.endpoint):
            return []
        owed = Owed(
            notification=notification,
            offset=offset,
            due_at=self._service.now(),
            made_anew=partition.made_anew,
        )
        written = await self._outputs.state(partition, key, owed, offset=offset)
        # The first attempt need not wait for the acknowledgement: a kill now means that it is read, and sent
        # under the same id, again.
        self._add(partition, owed.endpoint, {key: owed})
        partition.mark = offset
        return [written]

    async def _reject(self, record: ConsumerRecord) -> Acknowledgement:
        error = UnreadableArticle(
            "bad-notification",
            "the value is no notification, or is too long; is another program writing to this topic?",
        )
        log.error("notification.rejected", partition=record.partition, offset=record.offset)
        return await reject(self._service.outputs, record, error, self._service.now())

    def _add(self, partition: Partition, endpoint_id: str, owed: Mapping[str, Owed | Waiting]) -> None:
        """Put what an endpoint is owed into its line."""
        # Without an attempt it was due when it was taken; its alert may be of an article from hours ago.
        taken_at = max(one.since if one.made else one.due_at for one in owed.values())
        self._taken_at[endpoint_id] = max(taken_at, self._taken_at.get(endpoint_id, taken_at))
        self._line(partition, endpoint_id).add(owed)

    def _line(self, partition: Partition, endpoint_id: str) -> Line:
        line = partition.lines.get(endpoint_id)
        if line is None:
            gate = partition.gate(endpoint_id)

            async def make_attempt(key: str, owed: Owed) -> Owed | None:
                try:
                    async with self._turns.turn(endpoint_id):
                        return await self._attempt(partition, gate, key, owed)
                except Exception as error:  # noqa: BLE001 - what is owed must be read again by whoever starts next
                    self._service.fail(NAME, error)

            def callable_now() -> Endpoint | None:
                if gate.disabled:
                    return None
                return NOT_YET_KNOWN if self._may_be_known_soon(endpoint_id) else self._endpoint(endpoint_id)

            line = Line(callable_now, make_attempt, gate, self._service.now)
            if self._held or not self._taking:
                line.stop_taking()
            partition.lines[endpoint_id] = line
        return line

    def _endpoint(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of an id as configured now, if it is enabled."""
        endpoint = self._endpoints.get(endpoint_id)
        return endpoint if endpoint is not None and endpoint.enabled else None

    def _may_be_known_soon(self, endpoint_id: str) -> bool:
        """Whether an endpoint is unknown here, but other workers may have a newer configuration that has it."""
        known = self._endpoints.get(endpoint_id) is not None  # also one that is switched off
        return not known and self._service.may_be_known_soon(self._taken_at[endpoint_id])

    # An attempt, and what follows from it.

    async def _attempt(self, partition: Partition, gate: Gate, key: str, owed: Owed) -> Owed | None:
        """Attempt what is due; returns what is still owed, None when it is settled."""
        self.before_attempt()
        if self._held or not self._taking:  # this may have changed while it waited for its turn
            return owed
        if self._may_be_known_soon(owed.endpoint):
            return owed.model_copy(update={"due_at": self._service.now() + LOOK_AGAIN})
        endpoint = self._endpoint(owed.endpoint)
        if endpoint is None or gate.disabled:
            why = NOT_CONFIGURED if endpoint is None else _why_disabled(gate)
            await self._give_up(partition, key, owed, why)
            return None
        began = self._service.now()
        attempted = await attempt(self._client, endpoint, owed.notification.alert, began)
        self._turns.took(endpoint.id, timedelta(milliseconds=attempted.result.latency_ms))
        return await self._follow(partition, endpoint, key, owed, attempted, began)

    async def _follow(
        self,
        partition: Partition,
        endpoint: Endpoint,
        key: str,
        owed: Owed,
        attempted: Attempted,
        began: datetime,
    ) -> Owed | None:
        """Write down what an attempt came to, and do what follows; returns what is still owed."""
        now = self._service.now()
        gate, result = partition.gate(endpoint.id), attempted.result
        is_back = gate.ends_outage(endpoint, attempted.verdict)
        changed = gate.ended(
            endpoint, attempted.verdict, now, failure=result.failure, retry_after=result.retry_after
        )
        counts = gate.counts(endpoint, attempted.verdict, now, owed.unscheduled)
        due_at = None if gate.disabled else self._due_again(endpoint, owed, attempted, now, counts=counts)
        made = attempt_value(owed, attempted, began, due_at, disabled=bool(gate.disabled))
        self._count(made, owed, now)
        written = [await self._outputs.attempt(made)]
        if changed:
            written.append(await self._outputs.gate(partition, gate))
        later: Owed | None = None
        if attempted.verdict.delivered:
            written.append(await self._outputs.settled(partition, key, owed, self._service.now()))
        elif due_at is not None:
            later = partition.lines[endpoint.id].failed(key, owed.after(made, due_at, counts=counts), now)
            written.append(await self._outputs.owed(partition, key, later))
        await settle(written)
        await self._announce(partition, gate)
        if later is None and not attempted.verdict.delivered:
            why = _why_disabled(gate) if gate.disabled else made.reason
            await self._give_up(partition, key, owed.after(made, now), why)
        if is_back:
            await self._catch_up(partition, endpoint.id)
        return later

    def _due_again(
        self, endpoint: Endpoint, owed: Owed, attempted: Attempted, now: datetime, *, counts: bool
    ) -> datetime | None:
        """When the next attempt is due; None: this was the last."""
        number, unscheduled = (owed.made + 1 - owed.unscheduled, 0) if counts else (0, owed.unscheduled)
        verdict, retry_after = attempted.verdict, attempted.result.retry_after
        return next_attempt(endpoint, number, verdict, retry_after, now, self._rng, unscheduled)

    async def _give_up(self, partition: Partition, key: str, owed: Owed, reason: str) -> None:
        """Hand a notification to `undelivered`; it is owed until it is there."""
        await settle([await self._outputs.undelivered(owed, reason, self._service.now())])
        await settle([await self._outputs.settled(partition, key, owed, self._service.now())])
        self._service.metrics.given_up.inc()
        webhook_id = owed.notification.alert.webhook_id
        log.error("delivery.given_up", endpoint=owed.endpoint, webhook=webhook_id, reason=reason)

    async def _catch_up(self, partition: Partition, endpoint_id: str) -> None:
        """Try now, once, what failed while an endpoint was away: by its schedule it may be due only in hours."""
        line = partition.lines[endpoint_id]
        written = await self._hasten(partition, line, line.hasten_once, self._service.now())
        if written:
            log.info("endpoint.back", endpoint=endpoint_id, hastened=len(written))
            await settle(written)

    # An endpoint that is disabled, enabled, or to be tried now.

    async def _announce(self, partition: Partition, gate: Gate) -> None:
        """Tell the fallback of an endpoint that the endpoint was disabled, unless it has been told."""
        event = gate.unannounced
        if event is None or event.webhook_id in self._announcing:
            return
        self._announcing.add(event.webhook_id)
        try:
            await self._tell_fallback(event)
            # Only now: a kill before this announces again, under the same id.
            gate.announced()
            await settle([await self._outputs.gate(partition, gate)])
        finally:
            self._announcing.discard(event.webhook_id)

    async def _tell_fallback(self, event: EndpointDisabled) -> None:
        endpoint = self._endpoint(event.endpoint)
        fallback = endpoint.fallback if endpoint is not None else None
        log.error("endpoint.disabled", endpoint=event.endpoint, reason=event.reason, fallback=fallback)
        if fallback is not None:
            await settle([await self._outputs.disabled(event, fallback)])

    async def _enable(self, partition: Partition, endpoint_id: str, offset: int) -> list[Acknowledgement]:
        """Let a disabled endpoint be called again."""
        partition.mark = offset
        gate = partition.gate(endpoint_id)
        log.info("endpoint.enabled", endpoint=endpoint_id, was_disabled=gate.disabled or None)
        gate.enable()
        if endpoint_id in partition.lines:
            partition.lines[endpoint_id].look()
        return [await self._outputs.gate(partition, gate)]

    async def _retry(self, partition: Partition, endpoint_id: str, offset: int) -> list[Acknowledgement]:
        """Try now what an endpoint is owed; nothing is sent to one that is disabled."""
        gate, line = partition.gate(endpoint_id), partition.lines.get(endpoint_id)
        if line is None or gate.disabled:
            partition.mark = offset
            log.info("endpoint.not_retried", endpoint=endpoint_id, disabled=gate.disabled or None)
            return []
        now = self._service.now()
        written = await self._hasten(partition, line, line.hasten, now)
        log.info("endpoint.retried", endpoint=endpoint_id, owed=len(line), hastened=len(written))
        # Only now may anything be written as of this input: after a kill before, it is read again and does the rest.
        partition.mark = offset
        gate.hasten(now)
        written.append(await self._outputs.gate(partition, gate))
        line.look()
        return written

    async def _hasten(
        self,
        partition: Partition,
        line: Line,
        hasten: Callable[[str, datetime], Owed | None],
        now: datetime,
    ) -> list[Acknowledgement]:
        """Make due now what `hasten` picks from a line, and write that down."""
        written: list[Acknowledgement] = []
        async for key in breathe(line.keys()):
            owed = hasten(key, now)
            if owed is not None:
                written.append(await self._outputs.owed(partition, key, owed))
        return written

    # Metrics.

    def _count(self, made: Attempt, owed: Owed, now: datetime) -> None:
        metrics = self._service.metrics
        metrics.attempts.labels(made.outcome).inc()
        if made.outcome == "delivered" and owed.notification.replay == 0:
            metrics.latency.observe(max(0.0, (now - owed.notification.alert.at).total_seconds()))
        log.info(
            "delivery.attempt",
            endpoint=made.endpoint,
            webhook=made.webhook_id,
            number=made.number,
            outcome=made.outcome,
            reason=made.reason,
            latency_ms=round(made.latency_ms, 1),
        )

    def observe(self) -> None:
        """Set the metrics of what is owed and of who is not called, as of now."""
        metrics, now = self._service.metrics, self._service.now()
        metrics.pending.clear()
        metrics.oldest_owed.clear()
        metrics.breaker_open.clear()
        for partition in self._partitions.held():
            for endpoint_id, line in partition.lines.items():
                metrics.pending.labels(endpoint_id).set(len(line))
                age = now - first.since if (first := line.first()) is not None else timedelta(0)
                metrics.oldest_owed.labels(endpoint_id).set(max(0.0, age.total_seconds()))
            for endpoint_id, gate in partition.gates.items():
                # One that was taken out or switched off is not called on purpose, whatever its breaker says.
                if self._endpoint(endpoint_id) is not None:
                    metrics.breaker_open.labels(endpoint_id).set(gate.stopped)


def _why_disabled(gate: Gate) -> str:
    return f"the endpoint is disabled: {gate.disabled}"
