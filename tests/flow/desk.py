"""Delivery in this process on the embedded broker, with a clock that the test moves and restarts on request."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, ParamSpec, TypeVar

from aiohttp import web
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from agents.delivery import Delivery
from agents.lines import Line
from alerting.endpoint import Endpoint
from streams.batch import Batch
from streams.embedded import PARTITIONS, EmbeddedBroker
from streams.outputs import Outputs, settle
from streams.receiver import Received
from streams.service import InForce, Service
from streams.state import READ_KEY
from streams.topics import DELIVERIES, NOTIFICATIONS, PENDING, REJECTED, UNDELIVERED, Topic
from streams.wire import AlertWatch, Attempt, Notification, Severity, Undelivered, Wire, from_bytes
from tests import builders, configurations

P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W", bound=Wire)

USED = (NOTIFICATIONS, PENDING, DELIVERIES, UNDELIVERED, REJECTED)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.moment


class Held:
    """A receiver's answer with a status that is held back: `called` is set when a call waits, `go_on` lets it go on."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.called.set()
        await self.go_on.wait()
        return web.Response(status=self._status)


@cache
def in_force() -> InForce:
    """A configuration to change, built once: delivery reads no articles."""
    with TemporaryDirectory() as folder:
        return InForce.build(configurations.load(Path(folder)))


def fail(where: str, error: BaseException) -> NoReturn:
    raise AssertionError(f"{where} failed") from error


def while_the_loop_goes_on(function: Callable[P, T]) -> Callable[P, T]:
    """The same, but each call waits for the loop: one that is made on it fails."""
    loop = asyncio.get_running_loop()

    def called(*arguments: P.args, **named: P.kwargs) -> T:
        went_on = threading.Event()
        loop.call_soon_threadsafe(went_on.set)
        assert went_on.wait(30), "the loop stands still"
        return function(*arguments, **named)

    return called


@dataclass
class Desk:
    """One delivery agent with its state in the broker."""

    broker: EmbeddedBroker
    prefix: str
    clock: Clock = field(default_factory=Clock)
    got: dict[str, list[Received]] = field(default_factory=lambda: defaultdict(list))
    endpoints: tuple[Endpoint, ...] = ()

    async def start(self, *endpoints: Endpoint) -> None:
        """Start, or start anew after `kill` or `stop`, and read every input from the beginning."""
        self.endpoints = endpoints or self.endpoints
        self.broker.create([topic.full_name(self.prefix) for topic in USED])
        options = {"bootstrap_servers": self.broker.servers}
        sample = in_force()
        configuration = replace(sample.configuration, endpoints=self.endpoints)
        settings = configuration.settings
        topics = settings.topics.model_copy(update={"prefix": self.prefix})
        configuration = replace(configuration, settings=settings.model_copy(update={"topics": topics}))
        self.outputs = Outputs(options, self.prefix)
        await self.outputs.start()
        self.service = Service(
            in_force=replace(sample, configuration=configuration),
            outputs=self.outputs,
            client_options=options,
            fail=fail,
            now=self.clock,
        )
        self.delivery = Delivery(self.service)
        self.read = dict.fromkeys(range(PARTITIONS), 0)
        await self.assign()

    async def assign(self) -> None:
        """Be assigned all partitions, by now or anew."""
        await self.delivery.assign(set(range(PARTITIONS)))
        assert self.delivery._partitions._opening is not None
        await self.delivery._partitions._opening

    async def stop(self, grace: float = 5) -> None:
        self.delivery.stop_taking()
        await self.delivery.stop(grace)
        await self.outputs.stop()

    async def kill(self) -> None:
        """What is under way is cut off."""
        await self.stop(grace=0)

    async def restart(self, *endpoints: Endpoint) -> None:
        await self.kill()
        await self.start(*endpoints)

    def configure(self, *endpoints: Endpoint) -> None:
        """Put other endpoints in force while running."""
        configuration = replace(self.service.in_force.configuration, endpoints=endpoints)
        self.service.in_force = replace(self.service.in_force, configuration=configuration)
        self.look()

    async def notify(
        self,
        endpoint: str,
        *numbers: int,
        hours_ago: float = 0,
        severity: Severity = "high",
        **changes: Any,
    ) -> None:
        """Notify an endpoint of some alerts, and let happen what can."""
        for number in numbers:
            alert = builders.alert(
                alert_id=f"alr_{number}",
                webhook_id=f"msg_{number}",
                headline=f"news {number}",
                at=self.clock() - timedelta(hours=hours_ago),
                watch=AlertWatch(id="ukraine-truce", title="Truce in Ukraine", severity=severity),
            )
            await self.publish(Notification(endpoint=endpoint, alert=alert, **changes))
        await self.quiet()

    async def publish(self, value: Notification | Wire, key: str = "") -> None:
        key = key or getattr(value, "endpoint", "")
        sent = await self.outputs.publish(NOTIFICATIONS, value, key=key, event_id="x", time=self.clock())
        await settle([sent])

    async def quiet(self) -> None:
        """Hand over what has been published; return when nothing is under way and nothing new came of it."""
        while True:
            await self._running()
            if not await self.hand_over():
                return

    async def hand_over(self) -> bool:
        """Hand over what has been published, whatever is under way; whether there was anything."""
        batches = await self._fetch()
        for batch in batches:
            await (await self.delivery.handle(batch))
        return bool(batches)

    async def _running(self) -> None:
        while running := [task for line in self.lines for task in line._running.values()]:
            await asyncio.wait(running)
            for task in running:
                task.result()

    @property
    def lines(self) -> list[Line]:
        return [line for partition in self.delivery._partitions.held() for line in partition.lines.values()]

    def look(self) -> None:
        for line in self.lines:
            line.look()

    async def move(self, **span: float) -> None:
        """Move the clock, and let happen what is due."""
        self.clock.moment += timedelta(**span)
        self.look()
        await self.quiet()

    async def _fetch(self) -> list[Batch]:
        batches = []
        for number, records in (
            await records_of(self.broker, NOTIFICATIONS.full_name(self.prefix), self.read)
        ).items():
            self.read[number] = records[-1].offset + 1
            batches.append(Batch(records))
        return batches

    async def raw(self, topic: Topic) -> list[ConsumerRecord]:
        """Every record of a topic."""
        return await all_records(self.broker, topic.full_name(self.prefix))

    async def values(self, model: type[W], topic: Topic) -> list[W]:
        return [from_bytes(model, record.value) for record in await self.raw(topic)]

    async def attempts(self, endpoint: str) -> list[Attempt]:
        return [a for a in await self.values(Attempt, DELIVERIES) if a.endpoint == endpoint]

    async def undelivered(self, endpoint: str) -> list[Undelivered]:
        found = await self.values(Undelivered, UNDELIVERED)
        return [u for u in found if u.notification.endpoint == endpoint]


def ids(received: Iterable[Received]) -> list[str]:
    return [one.webhook_id for one in received]


async def records_of(
    broker: EmbeddedBroker, topic: str, start: Mapping[int, int]
) -> dict[int, list[ConsumerRecord]]:
    """The records of a topic by partition, from an offset of each or from the first on."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.servers, enable_auto_commit=False, fetch_max_wait_ms=20
    )
    await consumer.start()
    try:
        partitions = {number: TopicPartition(topic, number) for number in range(PARTITIONS)}
        consumer.assign(list(partitions.values()))
        ends = await consumer.end_offsets(list(partitions.values()))
        found: dict[int, list[ConsumerRecord]] = {}
        for number, tp in partitions.items():
            at = start.get(number, 0)
            consumer.seek(tp, at)
            while at < ends[tp]:
                for record in (await consumer.getmany(tp, timeout_ms=1000)).get(tp, ()):
                    found.setdefault(number, []).append(record)
                    at = record.offset + 1
        return found
    finally:
        await consumer.stop()


async def all_records(broker: EmbeddedBroker, topic: str) -> list[ConsumerRecord]:
    """Every record of a topic, but for those that only mark up to where state was read."""
    found = (await records_of(broker, topic, {})).values()
    return [record for records in found for record in records if record.key != READ_KEY]
