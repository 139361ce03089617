"""What the agents of one worker share: configuration in force, reader, outputs, figures, clock, and how to fail.

An agent's loop never lets an exception pass: Faust would acknowledge the event all the same. `Service.loop` ends the
worker instead, at once and without a commit, so that the input is read again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar

import structlog
from aiokafka import ConsumerRecord

from agents.reading.reader import Reader
from streams.batches import Batch
from streams.configuration import Configuration
from streams.metrics import Metrics
from streams.outputs import Outputs, settle
from streams.reading import build_reader
from streams.record_time import as_written
from streams.topics import Topic

log = structlog.get_logger("tocsin")

T = TypeVar("T")


def utc_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class InForce:
    """A configuration and the reader built from it, swapped together."""

    configuration: Configuration
    reader: Reader

    @classmethod
    def build(cls, configuration: Configuration) -> InForce:
        """Build the reader of a configuration; takes seconds for large watchlists."""
        reader = build_reader(configuration)
        return cls(configuration, reader)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_Named)


class Members(Generic[N]):
    """The watches or the endpoints that `in_force` gives, by id."""

    def __init__(self, in_force: Callable[[], tuple[N, ...]]) -> None:
        self._in_force = in_force
        self._all: tuple[N, ...] = ()
        self._by_id: dict[str, N] = {}

    def get(self, name: str) -> N | None:
        """The one of an id, if it is in force now."""
        in_force = self._in_force()
        if in_force is not self._all:
            self._all, self._by_id = in_force, {one.id: one for one in in_force}
        return self._by_id.get(name)


Handle = Callable[[Batch], Awaitable[Awaitable[None]]]
"""Works on a batch, and returns what remains to be awaited until it is done: acknowledgements, for the most part."""

KNOWN_WITHIN: Final = timedelta(minutes=2)
"""How long ago something may have been written that belongs to a watch or an endpoint not in force here.

Another worker may have made it under a newer configuration; the files come to all of them within a minute or so.
"""

PUT_BACK_AFTER: Final = 1.0
"""Seconds until such a thing is put back behind all that waits."""

SAY_EVERY: Final = 15.0
"""Seconds between two looks at what waits; what has waited for less is not spoken of."""

WAITS_HINT: Final = (
    "are the brokers there, with as many replicas in sync as min.insync.replicas of each topic asks?"
)

SLOW_HINT: Final = (
    "batches get done, but later than they come: give the worker more CPU, or start another one elsewhere"
)

MOST_UNFINISHED = 256
"""Batches of one agent whose acknowledgements, or what they put back, may be outstanding."""

MOST_RECORDS = 2_000
"""Records of such batches: they are held in memory, and while brokers acknowledge nothing a backlog would be."""

MOST_BYTES = 64 * 1024 * 1024
"""Bytes of the values of such batches."""


class Fail(Protocol):
    """How a worker ends when an agent cannot go on."""

    def __call__(self, where: str, error: BaseException) -> NoReturn:
        """Leave at once, without a commit."""
        ...


@dataclass(slots=True)
class Service:
    """The shared parts of one worker."""

    in_force: InForce
    outputs: Outputs
    client_options: dict[str, Any]
    fail: Fail
    metrics: Metrics = field(default_factory=Metrics)
    now: Callable[[], datetime] = utc_now
    heartbeats: dict[str, float] = field(default_factory=dict)
    unfinished: dict[str, deque[float]] = field(default_factory=dict)
    """When (by the loop's clock) the batches that each agent works on were begun."""

    def topic_name(self, topic: Topic) -> str:
        """The full name of a topic."""
        return topic.full_name(self.in_force.configuration.settings.topics.prefix)

    def may_be_known_soon(self, written_at: datetime) -> bool:
        """Whether what is unknown here may belong to a configuration that has come to others first.

        Not the article's time counts: others may have read one from hours ago just now.
        """
        return self.now() - written_at < KNOWN_WITHIN

    async def put_back(self, topic: Topic, records: Sequence[ConsumerRecord], read_at: float) -> None:
        """Put records, if any, behind those that wait, a moment after `read_at` (by the loop's clock).

        Raises OutputRefused.
        """
        if records:
            # Not a moment from now: batches end in their order, and what each waits for itself would add up.
            await asyncio.sleep(max(0.0, read_at + PUT_BACK_AFTER - asyncio.get_running_loop().time()))
            sent = [
                await self.outputs.send(topic, record.value, key=record.key, headers=as_written(record))
                for record in records
            ]
            await settle(sent)

    async def say_who_waits(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Log now and then which agent has not been done with a batch for long. Never returns: cancel it.

        While a broker refuses to acknowledge for a reason that may pass, such as replicas that are not in sync, the
        producers try again, for ever and in silence. Where batches are done all the same, it is the CPU that is short.
        """
        clock = asyncio.get_running_loop().time
        oldest: dict[str, float] = {}
        while True:
            await sleep(SAY_EVERY)
            for name, begun in self.unfinished.items():
                if not begun:
                    oldest.pop(name, None)
                    continue
                if (waits := clock() - begun[0]) >= SAY_EVERY:
                    moves = oldest.get(name, begun[0]) != begun[0]
                    hint = SLOW_HINT if moves else WAITS_HINT
                    log.warning("agent.waits", agent=name, seconds=round(waits), hint=hint)
                oldest[name] = begun[0]

    async def loop(self, name: str, stream: Any, handle: Handle) -> None:
        """Hand each batch of a stream to `handle`; acknowledge it when all it caused is acknowledged by the broker.

        The next batch is begun while acknowledgements of former ones are awaited; batches end in their order.
        """
        clock = asyncio.get_running_loop().time
        self.heartbeats[name] = clock()
        begun = self.unfinished[name] = deque()
        unfinished: deque[asyncio.Task[None]] = deque()
        held = held_bytes = 0

        async def finish(event: Any, rest: Awaitable[None], former: asyncio.Task[None] | None) -> None:
            nonlocal held, held_bytes
            if former is not None:
                await former
            try:
                await rest
            except Exception as error:  # noqa: BLE001 - whatever it is, its batch must not be committed
                self.fail(name, error)
            event.value.handled = True
            event.ack()
            held -= len(event.value)
            held_bytes -= event.value.size
            begun.popleft()
            self.heartbeats[name] = clock()

        async for event in stream.noack().events():
            begun.append(clock())
            try:
                rest = await handle(event.value.take())
            except Exception as error:  # noqa: BLE001 - as above
                self.fail(name, error)
            while unfinished and unfinished[0].done():
                unfinished.popleft()
            former = unfinished[-1] if unfinished else None
            unfinished.append(asyncio.ensure_future(finish(event, rest, former)))
            held += len(event.value)
            held_bytes += event.value.size
            while unfinished and (
                len(unfinished) > MOST_UNFINISHED or held > MOST_RECORDS or held_bytes > MOST_BYTES
            ):
                await unfinished.popleft()
            self.heartbeats[name] = clock()
        if unfinished:
            await unfinished[-1]


async def breathe(items: Sequence[T], every: float = 0.001) -> AsyncIterator[T]:
    """Iterate over a batch or a part of it, letting other tasks run about every `every` seconds."""
    clock = asyncio.get_running_loop().time
    until = clock() + every
    for item in items:
        yield item
        if clock() > until:
            # An alert takes some fifteen steps of the loop from its candidate to its webhook. One step at a time, it
            # would wait for as many pauses of a long batch.
            await step_aside(16)
            until = clock() + every


async def step_aside(steps: int = 1) -> None:
    """Let others go on for some steps of the loop: in the first one leaves what was handed to a producer just now."""
    for _ in range(steps):
        await asyncio.sleep(0)
