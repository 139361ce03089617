"""Latency: from producing an article to its webhook's arrival, against a bare produce → consume → POST.

Articles leave at a fixed rate whatever becomes of them, so a delay of one shows in those behind it too. The sides are
fed in turns, over topics of their own; bare sides post the articles that are marked as hits. Beside the floor there is
a bare chain, which has the brokers acknowledge as much as a worker does before it posts: what an alert costs that is
never lost and can always be explained.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.generator import invented
from benchmarks.place import configuration, producer_of, start_process, start_worker, stop_all
from benchmarks.table import Row
from streams.topics import ARTICLES

BARE = {"floor": 0, "chain": 2}
"""The bare sides, and how many writes that a broker must acknowledge stand between article and POST."""

SPOKEN_OF = {"floor": "floor", "chain": "bare chain of two writes"}
PATIENCE = 40.0
WARM_RATE = 50


@dataclass(slots=True)
class Desk:
    """A receiver that notes when the webhook of each article arrived."""

    url: str = ""
    arrived: dict[str, float] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Desk]:
        application = web.Application()
        application.router.add_post("/hook", self._receive)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        now = time.perf_counter()
        self.arrived.setdefault(json.loads(body)["data"]["article_id"], now)
        self.changed.set()
        return web.Response(status=204)

    async def until(self, wanted: set[str], patience: float = PATIENCE) -> bool:
        """Whether all of them arrived in time."""
        try:
            async with asyncio.timeout(patience):
                while not wanted <= self.arrived.keys():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Slice:
    """What one turn gave: milliseconds of each hit, in the order of arrival, and how many never came."""

    milliseconds: tuple[float, ...]
    missing: int

    def quantile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Course:
    """Bare sides and worker, started and warm, in front of one receiver."""

    def __init__(self, folder: Path, literals: Sequence[str], desk: Desk, producer: AIOKafkaProducer) -> None:
        self._literals = literals
        self._desk = desk
        self._producer = producer
        self._prefix = configuration(folder).settings.topics.prefix
        self._partitions = configuration(folder).settings.topics.partitions
        self._sent = 0

    async def warm(self, side: str, patience: float = PATIENCE) -> None:
        """Send a side an article a second until it answers."""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline:
            ((name, message, hit),) = self._messages(1, 1.0)
            await self._send(side, message, hit=hit)
            if await self._desk.until({name}, 1.0):
                return
        raise RuntimeError(f"{side} told nothing within {patience:.0f} s")

    def _messages(self, count: int, hit_rate: float) -> list[tuple[str, bytes, bool]]:
        """New articles: the id of each, its message, and whether it is a hit."""
        first = self._sent
        self._sent += count
        made = invented(count, seed=self._sent, hit_rate=hit_rate, literals=self._literals, first=first)
        return [(json.loads(message)["id"], message, hit) for message, hit in made]

    async def _send(self, side: str, message: bytes, *, hit: bool) -> asyncio.Future[object]:
        topic = self._prefix + (side if side in BARE else ARTICLES.name)
        headers = [("hit", b"1")] if hit else []
        sent: asyncio.Future[object] = await self._producer.send(
            topic, message, headers=headers, partition=random.randrange(self._partitions)
        )
        return sent

    async def run(self, side: str, rate: int, seconds: float, hit_rate: float) -> Slice:
        """One turn of one side."""
        messages = self._messages(int(rate * seconds), hit_rate)
        left: dict[str, float] = {}
        sending = []
        began = time.perf_counter() + 0.05
        for number, (name, message, hit) in enumerate(messages):
            due = began + number / rate
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if hit:
                left[name] = time.perf_counter()
            sending.append(await self._send(side, message, hit=hit))
        await asyncio.gather(*sending)
        await self._desk.until(set(left), 20.0)
        times = [
            (self._desk.arrived[name] - at) * 1000 for name, at in left.items() if name in self._desk.arrived
        ]
        return Slice(tuple(times), len(left) - len(times))


@asynccontextmanager
async def course(
    folder: Path, literals: Sequence[str], log: Path, *, bare: Sequence[str] = ("floor",), warm: float = 10.0
) -> AsyncIterator[Course]:
    """Start all sides and keep each busy for `warm` seconds; `folder` is rewritten to point at the receiver.

    A broker just started answers slowly for some seconds, until its code is compiled.
    """
    config = configuration(folder)
    servers = list(config.settings.broker.servers)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    topics = {side: config.settings.topics.prefix + side for side in bare}
    names = [name for side in bare for name in (topics[side], *_written(topics[side], BARE[side]))]
    await admin.create_topics([NewTopic(name, config.settings.topics.partitions, 1) for name in names])
    await admin.close()
    async with Desk().serving() as desk:
        environment = json.loads((folder / "environment.json").read_text()) | {"BENCH_URL": desk.url}
        (folder / "environment.json").write_text(json.dumps(environment))
        processes = [start_worker(folder, log)]
        for side, topic in topics.items():
            arguments = [",".join(servers), topic, desk.url, str(BARE[side])]
            processes.append(
                start_process([sys.executable, "-m", "benchmarks.latency", *arguments], folder, log)
            )
        producer = producer_of(config)
        await producer.start()
        try:
            course = Course(folder, literals, desk, producer)
            for side in ("worker", *bare):
                await course.warm(side)
                await course.run(side, WARM_RATE, warm, 1.0)
            yield course
        finally:
            await producer.stop()
            await asyncio.to_thread(stop_all, processes)


def _written(topic: str, writes: int) -> list[str]:
    """The topics that a bare side writes to."""
    return [f"{topic}.{number}" for number in range(writes)]


async def run_bare(servers: str, topic: str, url: str, writes: int) -> None:
    """Consume, and POST what is marked, after so many writes, at once and with the libraries that the worker uses."""
    import httpx  # noqa: PLC0415

    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=f"{topic}-floor",
        auto_offset_reset="latest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    # Of each topic one, as in a worker: a producer has one request to a broker under way at a time.
    producers = {
        name: AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
        for name in _written(topic, writes)
    }
    for producer in producers.values():
        await producer.start()
    posting: set[asyncio.Task[object]] = set()
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=50), timeout=15) as client:

        async def post(value: bytes) -> None:
            for name, producer in producers.items():
                await producer.send_and_wait(name, value)
            article = json.loads(value)
            await client.post(url, json={"data": {"article_id": article["id"], "headline": article["title"]}})

        async for record in consumer:
            if record.headers:
                task: asyncio.Task[object] = asyncio.ensure_future(post(record.value))
                posting.add(task)
                task.add_done_callback(posting.discard)


def rows(taken: dict[str, list[Slice]], what: str) -> list[Row]:
    """Worker by each bare side, at the median and at the 99th percentile."""
    found = []
    for side, share in [(side, share) for side in taken if side in BARE for share in (0.5, 0.99)]:
        ratios = [
            w.quantile(share) / f.quantile(share) for w, f in zip(taken["worker"], taken[side], strict=True)
        ]
        mine, bare = (median(s.quantile(share) for s in taken[one]) for one in ("worker", side))
        missing = sum(s.missing for s in taken["worker"])
        note = f"{mine:.1f} ms by {bare:.1f} ms, {sum(len(s.milliseconds) for s in taken['worker'])} webhooks"
        if missing:
            note += f", {missing} MISSING"
        name = f"latency p{share * 100:.0f} / {SPOKEN_OF[side]}, {what}"
        found.append(Row(name, ratios, 2.0, at_most=True, note=note))
    return found


if __name__ == "__main__":
    import uvloop

    of_servers, of_topic, to_url, of_writes = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_bare(of_servers, of_topic, to_url, int(of_writes)))
