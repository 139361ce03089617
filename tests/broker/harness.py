"""Real processes on a real broker: a worker that can be killed, a receiver that keeps a ledger, articles with a seed.

The ledger says for every webhook id which bodies came under it, and for every article under which ids it was told; so
a missing alert, an alert under two ids and an id with two bodies all show.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import confluent_kafka as kafka
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from confluent_kafka.admin import ConfigResource
from standardwebhooks import Webhook

from streams.local_kafka import admin_of
from streams.parent import die_with_parent
from streams.sample import sample_configuration
from streams.settings import BrokerSettings
from streams.topic_alter import alter_topics

LONG_SESSION = 20.0
"""Seconds, where nobody is killed: a slow machine ends none by itself."""
SECRET = "whsec_dG9jc2luLXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGVzISE="


def made_up_word(rng: random.Random) -> str:
    """A word that no other text has: texts of them share nothing that could make them one story."""
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=9))


@dataclass(frozen=True)
class Articles:
    """Generated articles: the messages, and which ids must be told about."""

    messages: list[bytes]
    due: frozenset[str]
    unreadable: list[bytes]


def make_articles(
    count: int, *, seed: int, matching: float = 0.1, unreadable_every: int = 0, first: int = 0
) -> Articles:
    """Articles whose texts share too little to be one story; a share of them matches the watch `truce`."""
    rng = random.Random(seed)
    messages: list[bytes] = []
    due = set()
    unreadable = []
    for number in range(first, first + count):
        if unreadable_every and number % unreadable_every == 0:
            broken = b"\xff\xfe not json %d" % number
            messages.append(broken)
            unreadable.append(broken)
            continue
        words = [made_up_word(rng) for _ in range(120)]
        title = " ".join(words[:8])
        if rng.random() < matching:
            title = f"tocsintestword {title}"
            due.add(f"a{number}")
        article = {
            "id": f"a{number}",
            "title": title,
            "body": " ".join(words[8:]),
            "language": "en",
            "source": "test",
        }
        messages.append(json.dumps(article).encode())
    return Articles(messages, frozenset(due), unreadable)


def write_little_knowledge(folder: Path) -> None:
    """One topic in one language and one actor: a worker that is killed again and again is to start fast."""
    topic = sample_configuration() / "topics" / "ceasefire"
    (folder / "topics" / topic.name).mkdir(parents=True)
    for name in ("topic.yaml", "en.yaml"):
        shutil.copy(topic / name, folder / "topics" / topic.name)
    (folder / "actors").mkdir()
    actor = {"id": "a-body", "kind": "organisation", "name": "Body", "names": {"en": ["Body of the Test"]}}
    (folder / "actors" / "test.yaml").write_text(json.dumps({"actors": [actor]}))


def write_configuration(
    folder: Path,
    *,
    servers: str,
    prefix: str,
    group: str,
    partitions: int = 4,
    session: float = 3,
    all_topics: bool = False,
    topics: dict[str, Any] | None = None,
    request_timeout: float = 20,
    drain_grace: float = 60,
    instance_id: str | None = None,
    **endpoint: Any,
) -> Path:
    """A configuration with one watch and one endpoint, whose URL and secret come from the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    if not all_topics:
        write_little_knowledge(folder)
    (folder / "tocsin.yaml").write_text(
        json.dumps(
            {
                "broker": {
                    "servers": servers.split(","),
                    "session_timeout": session,
                    "request_timeout": request_timeout,
                },
                "topics": {"prefix": prefix, "partitions": partitions, **(topics or {})},
                "service": {
                    "group": group,
                    "health_port": 0,
                    "drain_grace": drain_grace,
                    "instance_id": instance_id,
                },
            }
        )
    )
    (folder / "watches.yaml").write_text(
        json.dumps(
            {
                "watches": [
                    {
                        "id": "truce",
                        "title": "Test",
                        "query": "tocsintestword",
                        "notify": ["desk"],
                        "severity": "high",
                    }
                ]
            }
        )
    )
    desk = {
        "id": "desk",
        "url": "env:TEST_DESK_URL",
        "secrets": ["env:TEST_DESK_SECRET"],
        "allow_private": True,
        "allow_http": True,
        "schedule": [0.2, 0.5, 1, 2, 5, 5, 5, 5, 5],
        "slow_wait": 0.3,
        "breaker": {"of_at_least": 1000},
    } | endpoint
    (folder / "endpoints.yaml").write_text(json.dumps({"endpoints": [desk]}))
    return folder


@dataclass
class Ledger:
    """A loopback receiver that records every webhook. `answer` decides the status of each, `hold` when it comes."""

    answer: Callable[[int], int] = lambda number: 204
    hold: Callable[[], Awaitable[None]] | None = None
    bodies: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    ids_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    order: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    calls: int = 0
    url: str = ""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Ledger]:
        application = web.Application()
        application.router.add_post("/hook", self._receive)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.calls += 1
        status = self.answer(self.calls)
        if status >= 300:
            return web.Response(status=status)
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except Exception as error:
            self.faults.append(f"signature: {error}")
        webhook_id = request.headers["webhook-id"]
        data = json.loads(body)["data"]
        if webhook_id not in self.bodies:
            self.order.append(data["article_id"])
        self.bodies[webhook_id].append(body)
        self.ids_of[data["article_id"]].add(webhook_id)
        self._changed.set()
        if self.hold is not None:
            await self.hold()
        return web.Response(status=status)

    @property
    def told(self) -> set[str]:
        """The articles that were told."""
        return set(self.ids_of)

    @property
    def repeats(self) -> int:
        return sum(len(bodies) - 1 for bodies in self.bodies.values())

    async def until_told(self, due: Iterable[str], timeout: float) -> None:
        """Wait until every due article was told."""
        wanted = set(due)
        try:
            async with asyncio.timeout(timeout):
                while not wanted <= self.told:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            missing = sorted(wanted - self.told)
            raise AssertionError(
                f"{len(missing)} of {len(wanted)} alerts missing, such as {missing[:5]}"
            ) from None

    async def until_ids(self, count: int, timeout: float) -> None:
        """Wait until so many different webhooks were taken."""
        async with asyncio.timeout(timeout):
            while len(self.bodies) < count:
                self._changed.clear()
                await self._changed.wait()

    def check(self, due: Iterable[str]) -> None:
        """Nothing missing, nothing told under two ids, no id with two bodies, every signature good."""
        assert not self.faults, self.faults[:3]
        assert set(due) == self.told, (sorted(set(due) - self.told)[:5], sorted(self.told - set(due))[:5])
        twice = {article: ids for article, ids in self.ids_of.items() if len(ids) > 1}
        assert not twice, f"told under two ids: {dict(list(twice.items())[:3])}"
        changed = [webhook_id for webhook_id, bodies in self.bodies.items() if len(set(bodies)) > 1]
        assert not changed, f"one id with two bodies: {changed[:3]}"


async def spawn_worker(environment: dict[str, str], log: Path) -> asyncio.subprocess.Process:
    """A worker in a process of its own, which ends with this one; its log is added to a file."""
    with log.open("ab") as file:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "streams.cli",
            "worker",
            "--json-logs",
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=die_with_parent,
        )


class WorkerProcess:
    """A `tocsin worker` as a process of its own."""

    def __init__(self, folder: Path, ledger: Ledger, log: Path) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "TEST_DESK_URL": ledger.url,
            "TEST_DESK_SECRET": SECRET,
            "TOCSIN_CONFIG": str(folder),
        }
        self._log = log
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await spawn_worker(self._environment, self._log)

    async def command(self, *arguments: str, code: int | None = 0) -> str:
        """Call `tocsin` on the same configuration; returns what it prints. `code`: how it is to end, None: anyhow."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "streams.cli",
            *arguments,
            env=self._environment | {"COLUMNS": "400"},  # no line is broken in two
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await asyncio.wait_for(process.communicate(), 60)
        assert code is None or process.returncode == code, (out, error)
        return out.decode()

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def events(self) -> list[str]:
        """What the worker has logged, event by event."""
        events = []
        for line in self._log.read_text().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                events.append(json.loads(line)["event"])
        return events

    async def until_logged(self, event: str, timeout: float, times: int = 1) -> None:
        """Wait until the worker has logged an event."""

        async def logged() -> bool:
            return self.events().count(event) >= times

        await eventually(logged, timeout, f"{event} in the worker's log")

    async def until_ended(self, timeout: float) -> int:
        """Wait until it ends by itself; returns the exit code."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), timeout)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def end(self, number: signal.Signals, timeout: float = 90) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), timeout)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[WorkerProcess]:
        await self.start()
        try:
            yield self
        finally:
            if self.process is not None and self.process.returncode is None:
                await self.end(signal.SIGKILL)


async def publish(servers: str, topic: str, messages: Iterable[bytes]) -> None:
    """Write messages; article ids as keys where there is one."""
    longest = 8 * 1024 * 1024
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=5, max_request_size=longest)
    await producer.start()
    try:
        futures = []
        for message in messages:
            try:
                key = json.loads(message)["id"].encode()
            except ValueError:
                key = None
            futures.append(await producer.send(topic, message, key=key))
        await asyncio.gather(*futures)
    finally:
        await producer.stop()


async def topic_config(servers: str, topic: str, name: str) -> str:
    """A setting of a topic, as the broker has it."""
    admin = admin_of(servers)
    [found] = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]).values()
    return str((await asyncio.to_thread(found.result, 20))[name].value)


async def alter_topic(servers: str, topic: str, **configs: object) -> None:
    """Change settings of a topic; dots of their names are written as `__`."""
    changes = {name.replace("__", "."): str(value) for name, value in configs.items()}
    await asyncio.to_thread(alter_topics, BrokerSettings(servers=(servers,)), {topic: changes})


async def delete_before(servers: str, topic: str, partition: int, offset: int) -> None:
    """Delete the beginning of a partition, as its retention would."""
    admin = admin_of(servers)
    place = kafka.TopicPartition(topic, partition, offset)
    for future in admin.delete_records([place]).values():
        await asyncio.to_thread(future.result, 20)


async def set_committed(servers: str, group: str, topic: str, offsets: dict[int, int]) -> None:
    """Set what a group without members has committed of a topic, by partition."""
    admin = admin_of(servers)
    places = [kafka.TopicPartition(topic, partition, offset) for partition, offset in offsets.items()]
    wanted = [kafka.ConsumerGroupTopicPartitions(group, places)]
    for future in admin.alter_consumer_group_offsets(wanted).values():
        await asyncio.to_thread(future.result, 20)


async def group_of(servers: str, group: str) -> kafka.admin.ConsumerGroupDescription:
    """In what state a group is, and who is in it."""
    admin = admin_of(servers)
    [found] = admin.describe_consumer_groups([group]).values()
    return await asyncio.to_thread(found.result, 20)


async def read_all(servers: str, topic: str) -> list[ConsumerRecord]:
    """Everything that a topic holds now."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        records: list[ConsumerRecord] = []
        for tp, end in ends.items():
            while await consumer.position(tp) < end:
                for fetched in (await consumer.getmany(tp, timeout_ms=1000)).values():
                    records += fetched
        return records
    finally:
        await consumer.stop()


async def uncommitted(servers: str, group: str, topics: Iterable[str]) -> dict[str, int]:
    """How many records of each topic the group has not committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=servers, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        committed = await admin.list_consumer_group_offsets(group)
        missing: dict[str, int] = defaultdict(int)
        for tp, end in (await consumer.end_offsets(consumer.assignment())).items():
            done = committed.get(TopicPartition(tp.topic, tp.partition))
            missing[tp.topic] += end - (done.offset if done is not None and done.offset >= 0 else 0)
        return dict(missing)
    finally:
        await consumer.stop()
        await admin.close()


async def eventually(check: Callable[[], Awaitable[bool]], timeout: float, what: str) -> None:
    """Ask until it is so."""
    loop = asyncio.get_running_loop()
    until = loop.time() + timeout
    while not await check():
        if loop.time() > until:
            raise AssertionError(f"not within {timeout} s: {what}")
        await asyncio.sleep(0.2)


async def until_committed(servers: str, group: str, prefix: str, timeout: float = 60) -> None:
    """Wait until the group has committed every input."""
    topics = [prefix + name for name in ("articles", "candidates", "notifications")]
    missing: dict[str, int] = {}

    async def committed() -> bool:
        missing.update(await uncommitted(servers, group, topics))
        return not any(missing.values())

    try:
        await eventually(committed, timeout, f"all inputs of {group} committed")
    except AssertionError as error:
        raise AssertionError(f"{error}: {missing}") from None
