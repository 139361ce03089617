"""What the agents of one worker share: the configuration in force, reader, outputs, metrics, clock, and how to fail.

No exception may leave an agent's loop, because Faust acknowledges the event all the same. `Service.loop` ends the
worker instead, at once and without a commit, so that the input is read again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar

import faust
import structlog
from aiokafka import ConsumerRecord

from agents.reading.reader import Reader
from streams.batch import Batch
from streams.configuration import Configuration
from streams.metrics import Metrics
from streams.outputs import Outputs, settle
from streams.reading import build_reader
from streams.record_time import as_written
from streams.topics import Topic

log = structlog.get_logger("tocsin")


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
        return cls(configuration, build_reader(configuration))


class _Named(Protocol):
    @property
    def id(self) -> str: ...


N = TypeVar("N", bound=_Named)


class Members(Generic[N]):
    """The watches or endpoints that are in force, by id, after `adapted` has been applied to all of them together."""

    def __init__(
        self,
        in_force: Callable[[], tuple[N, ...]],
        adapted: Callable[[tuple[N, ...]], tuple[N, ...]] = lambda every: every,
    ) -> None:
        self._in_force = in_force
        self._adapted = adapted
        self._all: tuple[N, ...] = ()
        self._by_id: dict[str, N] = {}

    def get(self, name: str) -> N | None:
        """The watch or endpoint with this id, if it is in force now."""
        in_force = self._in_force()
        if in_force is not self._all:
            self._all, self._by_id = in_force, {one.id: one for one in self._adapted(in_force)}
        return self._by_id.get(name)


Handle = Callable[[Batch], Awaitable[Awaitable[None]]]
"""Works on a batch, and returns what is still to be awaited before it is done: mostly acknowledgements."""

KNOWN_WITHIN: Final = timedelta(minutes=2)
"""For how long a record may belong to a watch or an endpoint that is not in force here.

Another worker may have written it under a newer configuration; new files reach all workers within a minute or so.
"""

PUT_BACK_AFTER: Final = 1.0
"""Seconds until such a record is written again at the end of its topic."""

LOG_WAITS_EVERY: Final = 15.0
"""Seconds between two looks at unfinished batches; one that has waited for less is not logged."""

NOT_ACKNOWLEDGED: Final = (
    "Check that the brokers are up and that every topic has as many replicas in sync as min.insync.replicas"
)
"""What to do when nothing that was written is acknowledged."""

SLOW: Final = (
    "batches are done, but more slowly than they come: give the worker more CPU, or start another elsewhere"
)

MAX_UNFINISHED = 256
"""Batches of one agent that may wait for acknowledgements."""

MAX_UNFINISHED_RECORDS = 2_000
"""Records of such batches. They are held in memory, as a whole backlog would be while brokers acknowledge nothing."""

MAX_UNFINISHED_BYTES = 64 * 1024 * 1024
"""Bytes of the values of such batches."""


class Fail(Protocol):
    """How a worker ends when an agent cannot go on."""

    def __call__(self, where: str, error: BaseException) -> NoReturn:
        """End the process at once, without a commit."""
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
    inputs: dict[str, Topic] = field(default_factory=dict)
    """By agent: the topic that it reads."""
    heartbeats: dict[str, float] = field(default_factory=dict)
    """By agent: when (by the loop's clock) it last made progress."""
    unfinished: dict[str, deque[float]] = field(default_factory=dict)
    """By agent: when (by the loop's clock) each of its unfinished batches was begun."""

    def topic_name(self, topic: Topic) -> str:
        """The full name of a topic."""
        return topic.full_name(self.in_force.configuration.settings.topics.prefix)

    def beat(self, name: str) -> None:
        """Take note that an agent has made progress."""
        self.heartbeats[name] = asyncio.get_running_loop().time()

    def may_be_known_soon(self, written_at: datetime) -> bool:
        """Whether the unknown watch or endpoint of a record may be in a configuration that other workers already have.

        `written_at` is when the record was written, not the time of its article, which may have been read late.
        """
        return self.now() - written_at < KNOWN_WITHIN

    async def put_back(self, topic: Topic, records: Sequence[ConsumerRecord], read_at: float) -> None:
        """Write records, if any, to the end of their topic again, a moment after `read_at` (by the loop's clock).

        Raises OutputRefused.
        """
        if records:
            # Counted from `read_at`, not from now: batches end in order, so the waits would add up.
            await asyncio.sleep(max(0.0, read_at + PUT_BACK_AFTER - asyncio.get_running_loop().time()))
            sent = [
                await self.outputs.send(topic, record.value, key=record.key, headers=as_written(record))
                for record in records
            ]
            await settle(sent)

    async def log_waits(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> NoReturn:
        """Log which agents have had an unfinished batch for long. Never returns: cancel it.

        While brokers refuse for a reason that may pass, such as too few replicas in sync, the producers retry for ever
        and in silence. Where batches are done all the same, CPU is short.
        """
        clock = asyncio.get_running_loop().time
        oldest: dict[str, float] = {}
        while True:
            await sleep(LOG_WAITS_EVERY)
            for name, begun in self.unfinished.items():
                if not begun:
                    oldest.pop(name, None)
                    continue
                if (waits := clock() - begun[0]) >= LOG_WAITS_EVERY:
                    moves = oldest.get(name, begun[0]) != begun[0]
                    hint = SLOW if moves else NOT_ACKNOWLEDGED
                    log.warning("agent.waits", agent=name, seconds=round(waits), hint=hint)
                oldest[name] = begun[0]

    def make_agent(self, app: faust.App, name: str, topic: Topic, handle: Handle) -> None:
        """Make the Faust agent `name`, which hands each batch of a topic to `handle` (`loop`)."""

        async def read(stream: Any) -> None:
            await self.loop(name, stream, handle)

        self.inputs[name] = topic
        source = app.topic(self.topic_name(topic), value_type=bytes, value_serializer="raw")
        app.agent(source, name=name, concurrency=1)(read)

    async def loop(self, name: str, stream: Any, handle: Handle) -> None:
        """Hand each batch of a stream to `handle`, and mark it as handled when what that returns is done.

        The next batch is begun while earlier ones wait for acknowledgements; batches end in order.
        """
        clock = asyncio.get_running_loop().time
        self.beat(name)
        begun = self.unfinished[name] = deque()
        unfinished: deque[asyncio.Task[None]] = deque()
        held = held_bytes = 0

        async def finish(event: Any, rest: Awaitable[None], former: asyncio.Task[None] | None) -> None:
            nonlocal held, held_bytes
            if former is not None:
                await former
            try:
                await rest
            except Exception as error:  # noqa: BLE001 - whatever it is, the batch must not be committed
                self.fail(name, error)
            event.value.handled = True
            event.ack()
            held -= len(event.value)
            held_bytes -= event.value.size
            begun.popleft()
            self.beat(name)

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
                len(unfinished) > MAX_UNFINISHED
                or held > MAX_UNFINISHED_RECORDS
                or held_bytes > MAX_UNFINISHED_BYTES
            ):
                await unfinished.popleft()
            self.beat(name)
        if unfinished:
            await unfinished[-1]
