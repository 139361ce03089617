"""Does a run: publishes the articles in parts, does what the schedule says, waits for the rest, checks the books."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.parent import die_with_parent
from streams.topics import (
    ALERTS,
    ARTICLES,
    CANDIDATES,
    DELIVERIES,
    NOTIFICATIONS,
    PENDING,
    REJECTED,
    STORIES,
    UNDELIVERED,
)
from streams.wire import Attempt, from_bytes
from tests.broker.harness import alter_topic, read_all, uncommitted
from tests.chaos.inputs import Inputs, Message, make_inputs
from tests.chaos.ledger import TAKEN, Arrival
from tests.chaos.schedule import KINDS, Fault, Kind, draw_schedule
from tests.chaos.service import SESSION, Worker, environment, write_configuration
from tests.chaos.verdict import Event, Facts, Verdict, judge

MOMENT = (0.5, 4.9)
"""Seconds, at least and at most, that a worker or a broker is stopped for a moment."""

PAUSES = 5
FREEZES = 2

NO_PROGRESS = 30.0
"""Seconds that a fault waits for webhooks before it comes anyway."""

STALLED = 90.0
"""Seconds without any arrival after which a run that is not complete is given up."""


@dataclass(frozen=True)
class Settings:
    """What a run is made of."""

    articles: int
    kills: int
    seed: int
    badly: float = 0.15
    kinds: tuple[Kind, ...] = KINDS
    brokers: int = 1


@dataclass(frozen=True)
class Outcome:
    """A run and what came of it. `left` are exit codes of workers that ended by themselves, with their times."""

    settings: Settings
    verdict: Verdict
    events: list[Event]
    left: list[tuple[float, int]]
    seconds: float


class Books:
    """The ledger's file, read on as it grows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self.arrivals: list[Arrival] = []
        self.taken: set[tuple[str, str]] = set()

    def look(self) -> int:
        """Read what is new; returns how many arrivals there are."""
        with self._file.open("rb") as opened:
            opened.seek(self._read)
            for line in opened:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                arrival = Arrival(**json.loads(line))
                self.arrivals.append(arrival)
                if arrival.answer == TAKEN:
                    self.taken.add((arrival.endpoint, arrival.webhook_id))
        return len(self.arrivals)


class Brokers(Protocol):
    """What a run is on: a broker, or several, that can be killed and started again, or sent signals."""

    @property
    def servers(self) -> str: ...

    def kill(self) -> None: ...

    def start(self) -> None: ...

    def send(self, number: signal.Signals) -> None: ...


@dataclass
class Run:
    """One run under way."""

    settings: Settings
    kafka: Brokers
    prefix: str
    group: str
    folder: Path
    say: Callable[[str], None]

    async def go(self) -> Outcome:
        """Do it all."""
        began = time.monotonic()
        inputs = make_inputs(self.settings.articles, self.settings.seed)
        schedule = draw_schedule(self.settings.kills, self.settings.seed, self.settings.kinds)
        self._rng = random.Random(self.settings.seed)
        self.say(
            f"seed {self.settings.seed}: {len(inputs.messages)} messages, {len(inputs.poison)} unreadable, "
            f"{inputs.owed} webhooks owed, {len(schedule)} faults"
        )
        book = self.folder / "ledger.jsonl"
        book.touch()
        self.books = Books(book)
        self.events: list[Event] = []
        self.codes: list[int] = []
        config = write_configuration(
            self.folder / "config",
            servers=self.kafka.servers,
            prefix=self.prefix,
            group=self.group,
            replicas=self.settings.brokers,
        )
        async with self._ledger(book) as port:
            self.workers = [
                Worker(name, config, environment(config, port), self.folder / f"worker-{name}.log")
                for name in ("a", "b")
            ]
            try:
                await self.workers[0].start()
                await self._through(inputs, schedule)
                await self._until_told(inputs)
                facts = await self._facts()
                code = await self.workers[0].end(signal.SIGTERM)
            finally:
                for worker in self.workers:
                    if worker.process is not None and worker.process.returncode is None:
                        await worker.end(signal.SIGKILL)
        self.books.look()
        verdict = judge(inputs, self.books.arrivals, self.events, facts)
        verdict.broken += [
            f"a worker ended with {code} on SIGTERM"
            for code in (*self.codes, code)
            if code not in (0, -signal.SIGTERM)  # the latter before it had begun
        ]
        left = sorted(pair for worker in self.workers for pair in worker.left)
        return Outcome(self.settings, verdict, self.events, left, time.monotonic() - began)

    @asynccontextmanager
    async def _ledger(self, book: Path) -> AsyncIterator[int]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.ledger",
            str(book),
            str(self.settings.seed),
            str(self.settings.badly),
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        assert process.stdout is not None
        try:
            yield int(await process.stdout.readline())
        finally:
            process.kill()
            await process.wait()

    async def _through(self, inputs: Inputs, schedule: list[Fault]) -> None:
        parts = list(_parted(inputs.messages, len(schedule) + 1))
        await self._publish(parts[0])
        # Compaction comes often, so that state is read back from what it leaves.
        for topic in (STORIES, PENDING):
            await alter_topic(
                self.kafka.servers,
                topic.full_name(self.prefix),
                segment__ms=2000,
                min__cleanable__dirty__ratio=0.01,
            )
        for number, (fault, part) in enumerate(zip(schedule, parts[1:], strict=True), 1):
            publishing = asyncio.ensure_future(self._publish(part))
            before = len(self.books.taken)
            await self._until(partial(self._have_taken, before + fault.after), NO_PROGRESS)
            await asyncio.sleep(fault.delay)
            at = time.time()
            await getattr(self, f"_{fault.kind}")()
            self.events.append(Event(fault.kind, at, time.time()))
            await publishing
            self.books.look()
            self.say(
                f"{number}/{len(schedule)} {fault.kind}: {len(self.books.taken)} of {inputs.owed} webhooks taken, "
                f"{len(self.books.arrivals)} arrivals"
            )

    async def _kill(self) -> None:
        worker = self.workers[0]
        worker.send(signal.SIGKILL)
        await worker.until_ended(60)

    async def _term(self) -> None:
        worker = self.workers[0]
        worker.send(signal.SIGTERM)
        self.codes.append(await worker.until_ended(40))

    async def _stop(self) -> None:
        """Stop the worker beyond its session while another takes over, then let it go on."""
        first, second = self.workers
        await second.start()
        first.send(signal.SIGSTOP)
        await asyncio.sleep(SESSION + 2)
        before = len(self.books.taken)
        await self._until(lambda: len(self.books.taken) > before, 5)
        first.send(signal.SIGCONT)
        await asyncio.sleep(1)
        await second.end(signal.SIGTERM)

    async def _broker(self) -> None:
        self.kafka.kill()
        await asyncio.sleep(2)
        self.kafka.start()

    async def _storm(self) -> None:
        """A second worker joins and leaves, three times."""
        second = self.workers[1]
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
            await second.start()
            await asyncio.sleep(5)
            await second.end(number)

    async def _pause(self) -> None:
        """Stop one of two workers for a moment, less than its session or more, while the second joins and after."""
        await self.workers[1].start()
        for _ in range(PAUSES):
            worker = self._rng.choice(self.workers)
            worker.send(signal.SIGSTOP)
            await asyncio.sleep(self._rng.uniform(*MOMENT))
            worker.send(signal.SIGCONT)
            await asyncio.sleep(self._rng.uniform(0, 1.5))
        self.codes.append(await self.workers[1].end(signal.SIGTERM))

    async def _freeze(self) -> None:
        """Stop a broker for a moment, too short for anybody to take its connections for lost, now and again."""
        for _ in range(FREEZES):
            self.kafka.send(signal.SIGSTOP)
            await asyncio.sleep(self._rng.uniform(*MOMENT))
            self.kafka.send(signal.SIGCONT)
            await asyncio.sleep(self._rng.uniform(0, 1.5))

    def _have_taken(self, count: int) -> bool:
        return len(self.books.taken) >= count

    async def _until(self, check: Callable[[], bool], timeout: float) -> None:
        until = time.monotonic() + timeout
        self.books.look()
        while not check() and time.monotonic() < until:
            await asyncio.sleep(0.02)
            self.books.look()

    async def _until_told(self, inputs: Inputs) -> None:
        self.say("all published; waiting until all is told")
        last, since = -1, time.monotonic()
        while len(self.books.taken) < inputs.owed and time.monotonic() - since < STALLED:
            if (now := self.books.look()) != last:
                last, since = now, time.monotonic()
            await asyncio.sleep(0.1)

    async def _publish(self, messages: list[Message]) -> None:
        """Write messages, in order, whatever befalls the broker."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka.servers,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=120_000,
        )
        while True:
            try:
                await producer.start()
                break
            except KafkaError:
                await asyncio.sleep(0.5)
        try:
            futures = [
                await producer.send(ARTICLES.full_name(self.prefix), message.value, key=message.key)
                for message in messages
            ]
            await asyncio.gather(*futures)
        finally:
            await producer.stop()

    async def _facts(self) -> Facts:
        await self._until_committed()
        servers = self.kafka.servers
        notified: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for record in await read_all(servers, NOTIFICATIONS.full_name(self.prefix)):
            value = json.loads(record.value)
            notified[value["endpoint"]][value["alert"]["webhook_id"]] = None
        bodies: defaultdict[str, set[bytes]] = defaultdict(set)
        for record in await read_all(servers, ALERTS.full_name(self.prefix)):
            bodies[json.loads(record.value)["webhook_id"]].add(record.value)
        attempts: defaultdict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for record in await read_all(servers, DELIVERIES.full_name(self.prefix)):
            attempt = from_bytes(Attempt, record.value)
            attempts[attempt.endpoint, attempt.webhook_id].append(attempt)
        state = [
            record
            for topic in (STORIES, PENDING)
            for record in await read_all(servers, topic.full_name(self.prefix))
        ]
        last: dict[tuple[str, int], int] = {}
        for record in state:
            last[record.topic, record.partition] = max(
                last.get((record.topic, record.partition), 0), record.offset + 1
            )
        return Facts(
            state_written=sum(last.values()),
            state_left=len(state),
            attempts=attempts,
            notified={endpoint: list(ids) for endpoint, ids in notified.items()},
            bodies={webhook_id: len(values) for webhook_id, values in bodies.items()},
            rejected=[record.value for record in await read_all(servers, REJECTED.full_name(self.prefix))],
            undelivered=len(await read_all(servers, UNDELIVERED.full_name(self.prefix))),
            uncommitted=self.uncommitted,
        )

    async def _until_committed(self, within: float = 60) -> None:
        topics = [topic.full_name(self.prefix) for topic in (ARTICLES, CANDIDATES, NOTIFICATIONS)]
        until = time.monotonic() + within
        while True:
            self.uncommitted = await uncommitted(self.kafka.servers, self.group, topics)
            if not any(self.uncommitted.values()) or time.monotonic() > until:
                return
            await asyncio.sleep(0.3)


def _parted(messages: list[Message], count: int) -> Iterator[list[Message]]:
    for number in range(count):
        yield messages[number * len(messages) // count : (number + 1) * len(messages) // count]
