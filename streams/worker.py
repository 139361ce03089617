"""The service: one process that runs the agents on the brokers of the configuration until it is told to stop.

Start: wait for a broker, make or verify the topics, start the producer, then Faust. Stop (SIGTERM, SIGINT): no new
work, what is under way is finished or left to its owner within the grace period, offsets are committed. Failure: leave
at once with a non-zero code and without a commit, so that nothing unhandled counts as done; a supervisor starts anew.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import structlog
from aiokafka import ConsumerRecord

from agents import delivery, intake, policy
from agents.reading import language
from streams.app import build_app, longest_pause
from streams.batches import BatchConsumer
from streams.configuration import Configuration, load_configuration
from streams.connection import client_options, wait_for_broker
from streams.contact import Contact
from streams.errors import BrokerError
from streams.health import Health, HealthServer
from streams.open_files import raise_limit_on_open_files
from streams.outputs import Outputs
from streams.pauses import Pauses
from streams.reload import LiveConfiguration
from streams.service import WAITS_HINT, InForce, Service
from streams.topic_admin import ensure_topics
from streams.topics import ARTICLES, CANDIDATES, NOTIFICATIONS

log = structlog.get_logger("tocsin.worker")

FAILED = 70
"""Exit code of a worker that left because an agent could not go on."""

STUCK_AFTER = timedelta(minutes=3)
"""A batch that has waited here for longer, while its agent's heart stood still, means that the worker is not alive."""

READ_BY = {intake.NAME: ARTICLES, policy.NAME: CANDIDATES, delivery.NAME: NOTIFICATIONS}
"""What each agent reads."""

FLUSH_WITHIN = 5.0
"""Seconds that a rebalance waits for the acknowledgement of what was written."""

LEAVE_WITHIN = 4.0
"""Seconds of the grace period that are kept for writing, committing and leaving the group."""

NOT_DONE = (
    "what is under way was not done within service.drain_grace, and is read again by whoever starts next. Are the "
    "brokers there, with as many replicas in sync as min.insync.replicas of each topic asks?"
)

CUT_OFF_AFTER = timedelta(seconds=30)
"""For so long no broker may answer what a worker fetches of a topic before it is not ready: nothing is read of it then.
Longer than one of three brokers that is gone keeps it waiting.
"""

CHECK_EVERY = 1.0
"""Seconds between two looks at the Kafka client, whether it has met an error in the background, and at the agents."""

ENDS_AFTER = 30
"""Looks at agents that do not move, one after the other, until the worker ends: not every supervisor asks `/live`, and
when the whole process stood still it takes a moment until they move.
"""

Started = Callable[["Worker"], Awaitable[None]]
Load = Callable[[Path], Configuration]


def leave(where: str, error: BaseException) -> NoReturn:
    """End the process now, without a commit."""
    try:
        log.critical(
            "worker.failed", where=where, error=type(error).__name__, message=str(error), exc_info=error
        )
        sys.stderr.flush()
    finally:
        # Whatever became of the log: who calls this relies on it that nothing comes after.
        os._exit(FAILED)


def _set_aside() -> None:
    """Take what lives as long as the configuration out of the collector's rounds.

    A full round over the reader's objects makes the worker stand still for a fifth of a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _build_and_set_aside(configuration: Configuration) -> InForce:
    built = InForce.build(configuration)
    _set_aside()
    return built


class Worker:
    """One worker. `run` starts it and returns when it has stopped."""

    def __init__(
        self, configuration: Configuration, *, create_topics: bool = True, load: Load = load_configuration
    ) -> None:
        self.configuration = configuration
        self.settings = configuration.settings
        self._create_topics = create_topics
        self._stop = asyncio.Event()
        options = client_options(self.settings.broker)
        request_timeout_ms = int(self.settings.broker.request_timeout.total_seconds() * 1000)
        self.service = Service(
            in_force=InForce.build(configuration),
            outputs=Outputs(options, self.settings.topics.prefix, request_timeout_ms),
            client_options=options,
            fail=leave,
        )
        self.reloading = LiveConfiguration(
            configuration,
            load=lambda: load(configuration.folder),
            build=_build_and_set_aside,
            swap=self._put_in_force,
            refused=self._count_refused,
        )
        self._put_in_force(self.service.in_force)
        self.service.outputs.sending = self._expect
        self.service.outputs.acknowledged = self._offer
        self.app = build_app(self.settings)
        intake.register(self.app, self.service)
        self.policy = policy.register(self.app, self.service)
        self.delivery = delivery.register(self.app, self.service)
        self._pauses = Pauses(longest_pause(self.settings), self._on_pause)
        self.delivery.before_attempt = self._pauses.look
        self.app.on_partitions_revoked.connect(self._on_revoked)
        self.app.on_partitions_assigned.connect(self._on_assigned)
        self._assigned = False
        self._assigned_at = self.service.now()
        self._had_partitions = False
        self._contact = Contact()
        self.health = HealthServer(
            self.settings.service.health_host,
            self.settings.service.health_port,
            live=self.live,
            ready=self.ready,
            metrics=self.exposition,
        )

    @property
    def consumer(self) -> BatchConsumer:
        """Faust's consumer of this worker."""
        consumer: BatchConsumer = self.app.consumer
        return consumer

    # From start to end.

    async def run(self, started: Started | None = None) -> None:
        """Run until `stop` is called or a signal comes. Raises BrokerError or OSError when it cannot start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self.stop)
        await self._start_health()
        beside = [asyncio.ensure_future(self.reloading.run())]
        try:
            if not await self._unless_stopped(self._start(beside)):
                return
            log.info(
                "worker.started",
                group=self.settings.service.group,
                health=f"http://{self.health.host}:{self.health.port}",
            )
            if started is not None:
                await started(self)
            await self._until_stopped()
        finally:
            for task in beside:
                task.cancel()
            await self._shut_down()

    async def _start_health(self) -> None:
        try:
            await self.health.start()
        except OSError as error:
            what = (
                f"cannot be listened on ({error.strerror}): see service.health_host and service.health_port"
            )
            if error.errno == errno.EADDRINUSE:
                what = "is taken: set service.health_port to a free port, or 0"
            raise OSError(f"{self.health.host}:{self.health.port} {what}") from error

    async def _start(self, beside: list[asyncio.Task[None]]) -> None:
        """Start all that reads and writes; what is to run beside it is added. Ends when partitions are assigned."""
        await wait_for_broker(self.settings.broker, self.settings.service.broker_patience)
        await ensure_topics(self.configuration.settings, create=self._create_topics)
        await self.service.outputs.start()
        await asyncio.to_thread(language.prepare)
        await asyncio.to_thread(self.delivery.prepare)
        self.app.finalize()
        beside.append(asyncio.ensure_future(self._check()))  # its start waits for partitions
        await self.app.start()
        _set_aside()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do some work to its end, or until the order to stop comes. Returns whether it is done."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                return False
            working.result()
            return True
        finally:
            for task in (working, stopping):
                task.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _until_stopped(self) -> None:
        stopping = asyncio.ensure_future(self._stop.wait())
        fallen = asyncio.ensure_future(self.app.wait_until_stopped())
        watching = asyncio.ensure_future(self._pauses.watch())
        saying = asyncio.ensure_future(self.service.say_who_waits())
        try:
            await asyncio.wait({stopping, fallen}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopping, fallen, watching, saying):
                task.cancel()
        if not self._stop.is_set():
            reason = self.app.crash_reason or BrokerError("Faust stopped by itself")
            leave("faust", reason)

    def stop(self) -> None:
        """Begin to stop."""
        if not self._stop.is_set():
            log.info("worker.stopping")
        self._stop.set()

    async def _shut_down(self) -> None:
        # Attempts under way end first: once Faust has left the group, another worker reads what is owed.
        clock = asyncio.get_running_loop().time
        grace = self.settings.service.drain_grace.total_seconds()
        if not self._had_partitions:  # then nothing is under way
            grace = min(LEAVE_WITHIN, grace)
        until = clock() + grace
        await self.delivery.stop(grace - min(LEAVE_WITHIN, grace / 2))
        late: set[asyncio.Task[None]] = set()
        for end in (self.app.stop, self.service.outputs.stop):
            ending: asyncio.Task[None] = asyncio.ensure_future(end())
            await asyncio.wait({ending}, timeout=max(LEAVE_WITHIN / 2, until - clock()))
            if ending.done():
                ending.result()
            else:
                late.add(ending)
        await self.health.stop()
        if late:
            # Cancelled, Faust would go on waiting for what the brokers do not acknowledge.
            leave("stop", BrokerError(NOT_DONE))
        log.info("worker.stopped")

    # What may happen in between.

    async def _on_assigned(self, _: Any, assigned: Any = (), **__: Any) -> None:
        numbers: defaultdict[str, set[int]] = defaultdict(set)
        for tp in assigned:
            numbers[tp.topic].add(tp.partition)
        self.policy.assign(numbers[self.service.topic_name(CANDIDATES)])
        await self.delivery.assign(numbers[self.service.topic_name(NOTIFICATIONS)])
        self.service.metrics.lag.clear()  # what is another worker's now would stand there as it last was
        self._assigned = bool(assigned)
        self._assigned_at = self.service.now()
        self._had_partitions = self._had_partitions or self._assigned
        log.info("worker.partitions_assigned", count=len(assigned))

    async def _on_revoked(self, _: Any, revoked: Any = (), **__: Any) -> None:
        # Whoever gets the partitions next reads their state: nothing of ours may be under way after this.
        self._assigned = False
        await self.delivery.release()
        self.policy.release()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.service.outputs.flush(), FLUSH_WITHIN)
        log.info("worker.partitions_revoked", count=len(revoked))

    def _on_pause(self, seconds: float) -> None:
        log.warning("worker.stood_still", seconds=round(seconds, 1))
        self.delivery.hold()
        try:
            self.consumer.rejoin()
        except Exception as error:  # noqa: BLE001 - held back and never let go would be worse than a restart
            leave("worker", error)

    async def _check(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> NoReturn:
        stuck = 0
        while True:
            await sleep(CHECK_EVERY)
            try:
                self.consumer.check()
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing would come any more
                leave("kafka", error)
            if self._assigned:
                self._contact.look(self.service.now().timestamp(), self._heard_at())
            health = self.live()
            stuck = 0 if health.ok else stuck + 1
            if stuck > ENDS_AFTER:
                leave("live", BrokerError(f"{health.reason}: {WAITS_HINT}"))

    def _expect(self) -> None:
        self.consumer.expect()

    def _offer(self, record: ConsumerRecord) -> None:
        self.consumer.offer(record)

    def _put_in_force(self, in_force: InForce) -> None:
        self.service.in_force = in_force
        self.service.metrics.configuration_loaded_at.set(self.service.now().timestamp())
        self.service.metrics.configuration_outdated.set(0)

    def _count_refused(self) -> None:
        self.service.metrics.configuration_refused.inc()
        self.service.metrics.configuration_outdated.set(1)

    # How it stands.

    def live(self) -> Health:
        """Whether the agents move."""
        for name, beat in self.service.heartbeats.items():
            # Of its own topic: an agent to which nothing comes does not move while another reads a backlog.
            waits = self._waits(self.service.topic_name(READ_BY[name]))
            still = min(waits, asyncio.get_running_loop().time() - beat)
            if still > STUCK_AFTER.total_seconds():
                return Health(
                    False, f"{name} has not moved for {still:.0f} s while a record waits for {waits:.0f} s"
                )
        return Health(True, "alive")

    def ready(self) -> Health:
        """Whether partitions are assigned to this worker, and brokers answer."""
        if self._stop.is_set():
            return Health(False, "stopping")
        if not self._assigned:
            return Health(False, "no partitions assigned yet")
        now = self.service.now().timestamp()
        for topic, heard_at in sorted(self._heard_at().items()):
            if now - heard_at > CUT_OFF_AFTER.total_seconds():
                return Health(
                    False, f"no broker has answered for {now - heard_at:.0f} s what is new in {topic}"
                )
        return Health(True, "ready")

    def _heard_at(self) -> dict[str, float]:
        return self.consumer.heard_at(self._assigned_at.timestamp())

    def exposition(self) -> bytes:
        """The metrics now."""
        metrics = self.service.metrics
        self.policy.observe()
        self.delivery.observe()
        metrics.ready.set(self.ready().ok)
        metrics.oldest_unhandled.set(self._waits())
        if self._assigned:
            for topic, count in self.consumer.lost.items():
                metrics.lost.labels(topic).set(count)
            for tp, lag in self.consumer.lags():
                metrics.lag.labels(tp.topic, str(tp.partition)).set(lag)
        return metrics.exposition()

    def _waits(self, topic: str | None = None) -> float:
        """Seconds that the oldest record has waited here that is not done, of all topics or of one."""
        if not self._assigned:
            return 0.0
        came = self.consumer.oldest_unhandled(topic)
        return asyncio.get_running_loop().time() - came if came is not None else 0.0


def run_worker(
    configuration: Configuration,
    *,
    create_topics: bool = True,
    load: Load = load_configuration,
    started: Started | None = None,
) -> None:
    """Run a worker in this process until it stops, on uvloop where there is one. `load` reads a changed folder."""

    async def main() -> None:
        await Worker(configuration, create_topics=create_topics, load=load).run(started)

    raise_limit_on_open_files()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
