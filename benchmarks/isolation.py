"""`make bench-isolation`: what one bad endpoint of fifty costs the others, in p99 from notification to webhook.

Delivery as in the worker, on a real Kafka, at a steady rate. Two of them run side by side, each a process: in one all
fifty endpoints are well, in the other the fiftieth hangs, drips or floods; then they change places. So whatever else
the machine does falls on both at the same moment. Receivers are processes of their own. Prints one line a fault, and
exits 1 where the ratio of the p99s is above the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import random
import statistics
import sys
import time
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import NoReturn

import uvloop
from aiohttp import web
from aiokafka import ConsumerRecord

from agents.delivery import Delivery
from alerting.endpoint import Endpoint
from streams.batch import Batch
from streams.configuration import Configuration, load_configuration
from streams.local_kafka import LocalKafka, why_not
from streams.logs import configure_logs
from streams.misbehaviours import MISBEHAVIOURS
from streams.outputs import Outputs
from streams.service import InForce, Service
from streams.topic_admin import ensure_topics
from streams.wire import Alert, AlertWatch, Notification

WELL = "well"
BAD = ("hang", "drip", "flood")
PARTITIONS = 2
TICK = 0.02


@dataclass(frozen=True)
class Load:
    """How much is sent: notifications a second to each endpoint, for so many seconds a phase."""

    endpoints: int
    rate: float
    seconds: float


def receive(pipe: Connection) -> None:
    """A receiver that says, when asked, how long after its making each webhook came, by phase."""
    came: dict[str, list[float]] = defaultdict(list)

    async def well(request: web.Request) -> web.Response:
        now = time.time()
        data = json.loads(await request.read())["data"]
        came[data["article_id"]].append(now - float(data["headline"]))
        return web.Response(status=204)

    async def told(request: web.Request) -> web.Response:
        return web.json_response(came.pop(request.match_info["phase"], []))

    async def bad(request: web.Request) -> web.StreamResponse:
        with suppress(OSError):
            return await MISBEHAVIOURS[request.match_info["fault"]](request)
        return web.Response(status=500)

    async def main() -> None:
        application = web.Application()
        application.router.add_post("/well", well)
        application.router.add_post("/bad/{fault}", bad)
        application.router.add_get("/told/{phase}", told)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        while not pipe.poll():  # noqa: ASYNC110 - the parent's word that it is over
            await asyncio.sleep(0.1)

    uvloop.run(main())


class Arm:
    """One of the two that run side by side."""

    def __init__(self, servers: str, well: str, bad: str, load: Load) -> None:
        self._servers = servers
        self._well = well
        self._bad = bad
        self._load = load
        self._offsets = count()
        self._in_force = InForce.build(load_configuration(resolve_secrets=False))

    def _endpoints(self, fiftieth: str) -> tuple[Endpoint, ...]:
        last = f"{self._well}/well" if fiftieth == WELL else f"{self._bad}/bad/{fiftieth}"
        urls = [f"{self._well}/well"] * (self._load.endpoints - 1) + [last]
        return tuple(
            Endpoint(id=f"e{number}", url=url, allow_private=True, allow_http=True)
            for number, url in enumerate(urls)
        )

    def _configuration(self, fiftieth: str) -> Configuration:
        configuration = self._in_force.configuration
        settings = configuration.settings
        broker = settings.broker.model_copy(update={"servers": (self._servers,)})
        topics = settings.topics.model_copy(
            update={"prefix": f"i{uuid.uuid4().hex[:8]}.", "partitions": PARTITIONS, "replication_factor": 1}
        )
        settings = settings.model_copy(update={"broker": broker, "topics": topics})
        return replace(configuration, settings=settings, endpoints=self._endpoints(fiftieth))

    async def phase(self, name: str, fiftieth: str, pipe: Connection) -> None:
        """Send for a while, as soon as the other arm is ready too."""
        configuration = self._configuration(fiftieth)
        await ensure_topics(configuration.settings, create=True)
        options = {"bootstrap_servers": self._servers}
        outputs = Outputs(options, configuration.settings.topics.prefix)
        await outputs.start()
        service = Service(replace(self._in_force, configuration=configuration), outputs, options, fail=_fail)
        delivery = Delivery(service)
        await delivery.assign(set(range(PARTITIONS)))
        await self._send(delivery, f"warm-{name}", seconds=1.5)
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        await self._send(delivery, name, self._load.seconds)
        await self._until_told(delivery)
        await delivery.stop(grace=0)
        await outputs.stop()

    async def _send(self, delivery: Delivery, phase: str, seconds: float) -> None:
        rng = random.Random(phase)
        loop = asyncio.get_running_loop()
        queues: list[asyncio.Queue[Batch]] = [asyncio.Queue() for _ in range(PARTITIONS)]

        async def take(queue: asyncio.Queue[Batch]) -> None:
            while True:
                await (await delivery.handle(await queue.get()))
                queue.task_done()

        takers = [asyncio.ensure_future(take(queue)) for queue in queues]
        began, tick = loop.time(), 0
        while loop.time() < began + seconds:
            batches: dict[int, list[ConsumerRecord]] = defaultdict(list)
            for number in range(self._load.endpoints):
                if rng.random() < self._load.rate * TICK:
                    partition = number % PARTITIONS
                    last = number == self._load.endpoints - 1
                    value = _notification(f"e{number}", "fiftieth" if last else phase)
                    batches[partition].append(_record(partition, next(self._offsets), value))
            for partition, batch in batches.items():
                queues[partition].put_nowait(Batch(batch))
            tick += 1
            await asyncio.sleep(max(0.0, began + tick * TICK - loop.time()))
        await asyncio.gather(*(queue.join() for queue in queues))
        for taker in takers:
            taker.cancel()

    async def _until_told(self, delivery: Delivery) -> None:
        """Until nothing is owed to those who are always well, or it takes too long."""
        last = f"e{self._load.endpoints - 1}"
        for _ in range(200):
            lines = [p.lines for p in delivery._partitions.held()]
            if not any(len(line) for held in lines for name, line in held.items() if name != last):
                return
            await asyncio.sleep(0.05)


def arm(pipe: Connection, servers: str, well: str, bad: str, load: Load) -> None:
    """A process that goes through phases as it is told."""
    configure_logs(level=logging.CRITICAL)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    async def main() -> None:
        made = Arm(servers, well, bad, load)
        pipe.send("made")
        while (phase := await asyncio.to_thread(pipe.recv)) is not None:
            name, fiftieth = phase
            await made.phase(name, fiftieth, pipe)
            pipe.send("done")

    uvloop.run(main())


def _fail(where: str, error: BaseException) -> NoReturn:
    raise RuntimeError(where) from error


def _notification(endpoint: str, phase: str) -> bytes:
    now = datetime.now(UTC)
    alert = Alert(
        type="alert.opened",
        alert_id="alr_bench",
        number=1,
        webhook_id=f"msg_{uuid.uuid4().hex}",
        at=now,
        watch=AlertWatch(id="bench", title="Bench", severity="low"),
        headline=repr(time.time()),
        language="en",
        article_id=phase,
        opened_at=now,
    )
    return Notification(endpoint=endpoint, alert=alert).to_bytes()


def _record(partition: int, offset: int, value: bytes) -> ConsumerRecord:
    return ConsumerRecord("notifications", partition, offset, 0, 0, None, value, None, 0, len(value), ())


def percentile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=1000)[round(share * 1000) - 1]


def told(well: str, phase: str) -> list[float]:
    """The latencies of a phase, in seconds, of the endpoints that are always well."""
    with urllib.request.urlopen(f"{well}/told/{phase}") as answer:
        latencies: list[float] = json.load(answer)
    return latencies


def measure(arms: Sequence[Connection], well: str, rounds: int) -> dict[str, list[float]]:
    latencies: dict[str, list[float]] = defaultdict(list)
    number = 0
    for fault in [WELL, *BAD * rounds]:  # the first warms the broker
        for kinds in ((WELL, fault), (fault, WELL)):
            number += 1
            print(f"phase {number}: {' beside '.join(kinds)}", file=sys.stderr)
            for index, kind in enumerate(kinds):
                arms[index].send((f"p{number}-{index}", kind))
            for each in arms:
                each.recv()  # ready
            for each in arms:
                each.send("go")
            for each in arms:
                each.recv()  # done
            for index, kind in enumerate(kinds):
                latencies[kind if kind != WELL else f"{WELL} beside {fault}"] += told(
                    well, f"p{number}-{index}"
                )
    return latencies


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoints", type=int, default=50)
    parser.add_argument("--rate", type=float, default=1, help="notifications a second to each endpoint")
    parser.add_argument("--seconds", type=float, default=6, help="length of a phase")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=float, default=1.10, help="ratio of the p99s that is still good")
    arguments = parser.parse_args()
    reason = why_not()
    if reason is not None:
        print(f"no Kafka: {reason}", file=sys.stderr)
        return 2
    load = Load(arguments.endpoints, arguments.rate, arguments.seconds)
    with ExitStack() as stack:
        started: list[tuple[SpawnProcess, Connection]] = []
        stack.callback(_end, started)
        kafka = stack.enter_context(LocalKafka())
        well, bad = (f"http://127.0.0.1:{_start(started, receive).recv()}" for _ in range(2))
        arms = [_start(started, arm, kafka.servers, well, bad, load) for _ in range(2)]
        for each in arms:
            each.recv()  # made
        latencies = measure(arms, well, arguments.rounds)
    worst = 0.0
    for fault in BAD:
        without, beside = latencies[f"{WELL} beside {fault}"], latencies[fault]
        ratio = percentile(beside, 0.99) / percentile(without, 0.99)
        worst = max(worst, ratio)
        print(
            f"one of {arguments.endpoints} {fault + 's':7} p99 of others {percentile(beside, 0.99) * 1000:6.1f} ms, "
            f"without {percentile(without, 0.99) * 1000:6.1f} ms, ratio {ratio:.2f}; "
            f"p50 {percentile(beside, 0.5) * 1000:.1f} and {percentile(without, 0.5) * 1000:.1f} ms; "
            f"{len(beside)} and {len(without)} webhooks"
        )
    return 0 if worst <= arguments.limit else 1


def _start(
    started: list[tuple[SpawnProcess, Connection]], run: Callable[..., None], *values: object
) -> Connection:
    """Start a process; the pipe to it."""
    mine, its = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run, args=(its, *values), daemon=True)
    process.start()
    started.append((process, mine))
    return mine


def _end(started: list[tuple[SpawnProcess, Connection]]) -> None:
    for process, pipe in started:
        with suppress(OSError):
            pipe.send(None)
        process.join(5)
        process.terminate()


if __name__ == "__main__":
    sys.exit(main())
