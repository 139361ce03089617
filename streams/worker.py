"""The service: one process that runs the agents on the configured brokers until it is told to stop.

Start: wait for a broker, create or verify the topics, start the producers, then Faust. Stop (SIGTERM, SIGINT): take no
new work, finish what is under way within the grace period or leave it to the next owner, commit offsets. Failure: exit
at once with a non-zero code and without a commit, so that nothing unhandled counts as done; a supervisor restarts it.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from agents import delivery, intake, policy
from agents.reading import language
from streams.app import build_app, longest_pause
from streams.configuration import Configuration, load_configuration
from streams.connection import client_options, wait_for_broker
from streams.errors import BrokerError
from streams.health import HealthServer
from streams.memory import freeze_objects
from streams.open_files import raise_limit_on_open_files
from streams.outputs import Outputs
from streams.pauses import Pauses
from streams.reload import LiveConfiguration
from streams.service import NOT_ACKNOWLEDGED, InForce, Service
from streams.topic_admin import ensure_topics
from streams.topics import CANDIDATES, NOTIFICATIONS
from streams.transport import BatchConsumer
from streams.worker_health import WorkerHealth

log = structlog.get_logger("tocsin.worker")

FAILED = 70
"""Exit code of a worker that could not go on."""

FLUSH_WITHIN = 5.0
"""Seconds that a rebalance waits until what was written is acknowledged."""

LEAVE_WITHIN = 4.0
"""Seconds of the grace period that are reserved for writing, committing and leaving the group."""

NOT_DRAINED = (
    "work under way was not finished within service.drain_grace; the next worker reads it again. "
    + NOT_ACKNOWLEDGED
)

NOT_ALLOWED = (
    "an ACL forbids it: allow Read on the group, and Describe, Read and Write on all topics of Tocsin"
)

STOOD_STILL = (
    "this process was suspended or starved of CPU; nothing is attempted before it has rejoined its group"
)

CHECK_EVERY = 1.0
"""Seconds between two checks of the Kafka client and of the agents."""

MAX_FAILED_CHECKS = 30
"""Failed liveness checks in a row after which the worker ends by itself, since not every supervisor asks `/live`. More
than one, because agents need a moment to move again when the whole process was suspended.
"""

SWITCH_EVERY: Final = 0.0005
"""Seconds that the loop waits, at most, for a thread that computes: a new configuration, a long article, state.

An alert takes some fifteen steps and gives up the interpreter's lock in each. With Python's five milliseconds, all
alerts of a reload came up to a second late.
"""

Load = Callable[[Path], Configuration]


def _hint(error: BaseException | None) -> dict[str, str]:
    """What to do about an error that Kafka's client words, as far as that is known."""
    while error is not None:
        if isinstance(error, (TopicAuthorizationFailedError, GroupAuthorizationFailedError)):
            return {"hint": NOT_ALLOWED}
        error = error.__cause__
    return {}


def leave(where: str, error: BaseException) -> NoReturn:
    """Log the error and end the process now, without a commit."""
    try:
        log.critical(
            "worker.failed",
            where=where,
            error=type(error).__name__,
            message=str(error),
            **_hint(error),
            exc_info=error,
        )
        sys.stderr.flush()
    finally:
        # Even if logging fails: callers rely on not coming back from here.
        os._exit(FAILED)


def _build_frozen(configuration: Configuration) -> InForce:
    built = InForce.build(configuration)
    freeze_objects()
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
            build=_build_frozen,
            swap=self._put_in_force,
            refused=self._count_refused,
        )
        self._put_in_force(self.service.in_force)
        self.app = build_app(self.settings)
        intake.register(self.app, self.service)
        self.policy = policy.register(self.app, self.service)
        self.delivery = delivery.register(self.app, self.service)
        self._pauses = Pauses(longest_pause(self.settings), self._on_pause)
        self.delivery.before_attempt = self._pauses.look
        self.app.on_partitions_revoked.connect(self._on_revoked)
        self.app.on_partitions_assigned.connect(self._on_assigned)
        self._background: list[asyncio.Task[object]] = []
        self._had_partitions = False
        self.health = WorkerHealth(self.service, self.policy, self.delivery, lambda: self.consumer)
        self._health_server = HealthServer(
            self.settings.service.health_host,
            self.settings.service.health_port,
            live=self.health.live,
            ready=self.health.ready,
            metrics=self.health.exposition,
        )

    @property
    def consumer(self) -> BatchConsumer:
        """Faust's consumer of this worker."""
        consumer: BatchConsumer = self.app.consumer
        return consumer

    # Start and stop.

    async def run(self) -> None:
        """Run until `stop` is called or a signal comes. Raises BrokerError or OSError when it cannot start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self.stop)
        await self._start_health()
        self._run_in_background("reload", self.reloading.run())
        try:
            if not await self._unless_stopped(self._start()):
                return
            log.info(
                "worker.started",
                group=self.settings.service.group,
                health=f"http://{self._health_server.host}:{self._health_server.port}",
            )
            self._run_in_background("pauses", self._pauses.watch())
            self._run_in_background("waits", self.service.log_waits())
            await self._until_stopped()
        finally:
            for task in self._background:
                task.cancel()
            await self._shut_down()

    def _run_in_background(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        """Run something until the worker stops. An error in it ends the worker: nobody would miss it otherwise."""

        def ended(task: asyncio.Task[object]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                leave(name, error)

        task = asyncio.ensure_future(work)
        task.add_done_callback(ended)
        self._background.append(task)

    async def _start_health(self) -> None:
        try:
            await self._health_server.start()
        except OSError as error:
            what = (
                f"cannot be listened on ({error.strerror}): see service.health_host and service.health_port"
            )
            if error.errno == errno.EADDRINUSE:
                what = "is taken: set service.health_port to a free port, or 0"
            server = self._health_server
            raise OSError(f"{server.host}:{server.port} {what}") from error

    async def _start(self) -> None:
        """Start everything that reads and writes. Returns when partitions are assigned."""
        await wait_for_broker(self.settings.broker, self.settings.service.broker_patience)
        await ensure_topics(self.configuration.settings, create=self._create_topics)
        await self.service.outputs.start()
        await asyncio.to_thread(language.prepare)
        await asyncio.to_thread(self.delivery.prepare)
        self.app.finalize()
        self.service.outputs.sending = self.consumer.pause_fetching
        self.service.outputs.acknowledged = self.consumer.offer
        self._run_in_background("check", self._check())  # before the start, which waits for partitions
        self.health.joining = True
        await self.app.start()
        freeze_objects()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run something until it is done or the worker is told to stop. Returns whether it is done."""
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
        crashed = asyncio.ensure_future(self.app.wait_until_stopped())
        try:
            await asyncio.wait({stopping, crashed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (stopping, crashed):
                task.cancel()
        if not self._stop.is_set():
            reason = self.app.crash_reason or BrokerError("Faust stopped without being told to")
            leave("faust", reason)

    def stop(self) -> None:
        """Tell the worker to stop."""
        if not self._stop.is_set():
            log.info("worker.stopping")
        self._stop.set()
        self.health.stopping = True

    async def _shut_down(self) -> None:
        # Delivery attempts end first: once Faust has left the group, another worker makes them.
        clock = asyncio.get_running_loop().time
        grace = self.settings.service.drain_grace.total_seconds()
        if not self._had_partitions:  # nothing can be under way
            grace = min(LEAVE_WITHIN, grace)
        until = clock() + grace
        await self.delivery.stop(grace - min(LEAVE_WITHIN, grace / 2))
        for end in (self.app.stop, self.service.outputs.stop):
            ending: asyncio.Task[None] = asyncio.ensure_future(end())
            await asyncio.wait({ending}, timeout=max(LEAVE_WITHIN / 2, until - clock()))
            if not ending.done():
                # Cancelling does not help: Faust would go on waiting for acknowledgements. Nor is the next thing
                # stopped: an agent that is still at work would fail for want of its producer, and that be the reason.
                leave("stop", BrokerError(NOT_DRAINED))
            ending.result()
        await self._health_server.stop()
        log.info("worker.stopped")

    # Rebalances, pauses, checks and new configurations.

    async def _on_assigned(self, _: Any, assigned: Any = (), **__: Any) -> None:
        numbers: defaultdict[str, set[int]] = defaultdict(set)
        for tp in assigned:
            numbers[tp.topic].add(tp.partition)
        self.policy.assign(numbers[self.service.topic_name(CANDIDATES)])
        await self.delivery.assign(numbers[self.service.topic_name(NOTIFICATIONS)])
        self.health.assigned(len(assigned))
        self._had_partitions = self._had_partitions or bool(assigned)
        log.info("worker.partitions_assigned", count=len(assigned))

    async def _on_revoked(self, _: Any, revoked: Any = (), **__: Any) -> None:
        # The next owner reads the partitions' state: nothing of ours may be under way after this.
        self.health.revoked()
        await self.delivery.release()
        self.policy.release()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.service.outputs.flush(), FLUSH_WITHIN)
        log.info("worker.partitions_revoked", count=len(revoked))

    def _on_pause(self, seconds: float) -> None:
        log.warning("worker.stood_still", seconds=round(seconds, 1), hint=STOOD_STILL)
        self.delivery.hold()
        try:
            self.consumer.rejoin()
        except Exception as error:  # noqa: BLE001 - without a rebalance delivery would be on hold for ever
            leave("worker", error)

    async def _check(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> NoReturn:
        failed = 0
        while True:
            await sleep(CHECK_EVERY)
            try:
                self.consumer.check()
            except Exception as error:  # noqa: BLE001 - whatever it is, no more records would come
                leave("kafka", error)
            self.health.log_contact()
            health = self.health.live()
            failed = 0 if health.ok else failed + 1
            if failed > MAX_FAILED_CHECKS:
                leave("live", BrokerError(f"{health.reason}. {NOT_ACKNOWLEDGED}"))

    def _put_in_force(self, in_force: InForce) -> None:
        delivery.warn_of_few_files(in_force.configuration.endpoints)
        self.service.in_force = in_force
        self.service.metrics.configuration_loaded_at.set(self.service.now().timestamp())
        self.service.metrics.configuration_outdated.set(0)

    def _count_refused(self) -> None:
        self.service.metrics.configuration_refused.inc()
        self.service.metrics.configuration_outdated.set(1)


def run_worker(
    configuration: Configuration, *, create_topics: bool = True, load: Load = load_configuration
) -> None:
    """Run a worker in this process until it stops, on uvloop where available. `load` reads a changed folder."""

    async def main() -> None:
        await Worker(configuration, create_topics=create_topics, load=load).run()

    raise_limit_on_open_files()
    sys.setswitchinterval(SWITCH_EVERY)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
