"""Faust's consumer thread, without a thread: aiokafka's consumer runs on the worker's own loop.

A thread of its own would share the interpreter lock with the agents, and every fetch would cross between two loops.

Replaces private parts of `faust.transport.drivers.aiokafka` (0.15) and of aiokafka's fetcher (0.14);
`tests/unit/test_faust_internals.py` fails when an upgrade changes what is relied on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult, OffsetResetStrategy
from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.utils.futures import maybe_async

from streams.batch import MAX_BATCH_RECORDS
from streams.errors import BrokerError
from streams.kafka_client.fetch_pacing import PacedFetcher
from streams.kafka_client.leave_group import stop_joining
from streams.offset_reset import OffsetReset, find_confirmed_reset

log = structlog.get_logger("tocsin.batches")

FETCH_MAX_WAIT_MS = 100
"""How long a broker may hold an empty fetch. Faust's fixed 1.5 s is too long: Kafka answers as soon as there is a
record, the embedded broker does not.
"""

MAX_WAIT_FOR_ROOM = 0.01
"""Seconds that partitions whose batch is full may hold up the next fetch, or go without another look."""

MAX_UNANSWERED_CHECKS = 300
"""Calls of `ConsumerThread.check` in a row without an answer of any broker, after which the worker ends. Counted, not
timed: while this process was suspended no broker was silent.
"""

DAMAGED_REST = 1.0
"""Seconds until a damaged batch is fetched again: another replica may lead by then."""

LOG_DAMAGED_EVERY = 60.0
"""Seconds in which a damaged batch is logged once."""

DAMAGED = (
    "the leader's disk has damaged this batch; all other partitions are read. Have another replica lead this one, or "
    "delete its records up to behind the batch"
)

NO_ANSWER = (
    "no known broker has answered for a long time; the log above says why. A new start connects to broker.servers "
    "afresh, with the password and certificate that are configured then"
)


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # faust is untyped for us
    """Owns aiokafka's consumer: starts and stops it, fetches, and watches over it."""

    wait_for_shutdown = False
    _pacing: PacedFetcher | None = None
    _answered_at = 0.0
    _unanswered = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By partition: which damaged batch was logged last, and when.
        self._damaged: dict[TopicPartition, tuple[int, float]] = {}

    async def start(self) -> None:
        """Start on the running loop."""
        self._thread_started.set()
        await self._default_start()
        await self.on_thread_started()

    async def stop(self) -> None:
        """Stop the consumer and all that was started with it."""
        if self._stopped.is_set() or not self._thread_started.is_set():
            return
        self._stopped.set()
        await self.on_thread_stop()
        await self._default_stop_children()
        await self._default_stop_futures()
        await self._default_stop_exit_stacks()

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call directly: there is no thread."""
        return await maybe_async(fun(*args, **kwargs))

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        # What a producer with transactions took back was never published. Faust asks for this only where it has such a
        # producer itself.
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        """Connect, and set when the fetcher fetches."""
        await super().on_start()
        fetcher = self._consumer._fetcher
        # How long the next fetch waits until the records of the last one are taken. Without a wait it would leave out
        # the partitions just fetched; with a long one, partitions without room would hold up all others.
        fetcher._prefetch_backoff = MAX_WAIT_FOR_ROOM
        self._pacing = PacedFetcher(fetcher, self._take_fetched)

    async def on_thread_stop(self) -> None:
        """Leave the group, even one that is still forming, and disconnect."""
        if self._consumer is not None:
            await stop_joining(self._consumer)
        await super().on_thread_stop()

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Seek all partitions to their committed offset, or to their beginning where there is none.

        Faust leaves the latter where they are, so records that were fetched and dropped while partitions changed hands
        would never be read. And it asks for one partition after the other; nothing is read meanwhile.
        """
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        found = await consumer._coordinator.fetch_committed_offsets(assigned)
        committed = {tp: found[tp].offset if tp in found else None for tp in assigned}
        for tp, offset in committed.items():
            if offset:
                consumer.seek(tp, offset)
        fresh = [tp for tp, offset in committed.items() if not offset]
        if fresh:
            await consumer.seek_to_beginning(*fresh)
        return committed

    # Health.

    def check(self) -> None:
        """Raise an error that ended aiokafka's work in the background, if there is one.

        aiokafka keeps such errors until somebody asks, and Faust does not. A worker that may not join its group, or was
        evicted (another has its `instance_id`), would sit idle for ever.
        """
        consumer = self._consumer
        if consumer is None or consumer._closed or consumer._fetcher is None:
            return  # not started yet, or stopped
        consumer._coordinator.check_errors()
        for task in (consumer._fetcher.error_future, consumer._client._sync_task):
            if task.done():
                raise BrokerError("the Kafka client has stopped working; the error is in the log above")
        # aiokafka keeps asking the brokers it knows, with the credentials of its start. By now all of them may have
        # other addresses, or require another password or certificate.
        answered_at = consumer._client.cluster._last_successful_refresh_ms
        self._unanswered = self._unanswered + 1 if answered_at == self._answered_at else 0
        self._answered_at = answered_at
        if self._unanswered > MAX_UNANSWERED_CHECKS:
            raise BrokerError(NO_ANSWER)

    def last_answers(self, since: float) -> dict[str, float]:
        """When (in Unix seconds) a fetch of each topic was last answered, `since` at the earliest.

        Leaves out a topic that is not being fetched because records of each of its partitions still wait here.
        """
        consumer = self._ensure_consumer()
        partitions: frozenset[TopicPartition] = consumer.assignment()
        answers = {tp.topic: since for tp in partitions if tp not in consumer._fetcher._records}
        for tp in partitions:
            answered = consumer.last_poll_timestamp(tp)
            if answered is not None and tp.topic in answers:
                answers[tp.topic] = max(answers[tp.topic], answered / 1000)
        return answers

    # Fetching.

    async def fetched(self, partitions: set[TP], patience: float) -> dict[Any, list[ConsumerRecord]]:
        """Records of some partitions as soon as there are any, or none after `patience` seconds."""
        consumer = self._ensure_consumer()
        self._set_damaged_aside()
        try:
            found: dict[Any, list[ConsumerRecord]] = await self._fetch_records(
                consumer, partitions, timeout=patience, max_records=MAX_BATCH_RECORDS
            )
        except NoOffsetForPartitionError as error:
            # The error may be left over from an earlier assignment.
            ours = [tp for tp in error.args if consumer._subscription.is_assigned(tp)]
            if ours:
                consumer._fetcher.request_offset_reset(ours, OffsetResetStrategy.EARLIEST)
            return {}
        except OffsetOutOfRangeError as error:
            await self._reset_offsets(error.args[0] | self._out_of_range(partitions))
            return {}
        # Partitions take turns, or one with a backlog would have the others wait for all that was fetched of it.
        waiting = consumer._fetcher._records
        for tp in found:
            if tp in waiting:
                waiting.move_to_end(tp)
        return found

    async def _take_fetched(self) -> None:
        # Errors, and what comes while partitions change hands, are left to `fetched`.
        fetcher = self._ensure_consumer()._fetcher
        if fetcher._closed or fetcher._subscriptions.reassignment_in_progress:
            return
        self._set_damaged_aside()
        if all(isinstance(fetched, FetchResult) for fetched in fetcher._records.values()):
            await self.consumer.take_fetched()

    def _set_damaged_aside(self) -> None:
        """Leave alone for a while each partition whose next batch is damaged: to take it would end the worker."""
        fetcher = self._ensure_consumer()._fetcher
        for tp, fetched in [*fetcher._records.items()]:
            records = fetched._partition_records if isinstance(fetched, FetchResult) else None
            if records is None or not records.begin_damaged():
                continue
            del fetcher._records[tp]
            loop = asyncio.get_running_loop()
            state = self._state_of(tp)
            if state is None:
                continue
            state.pause()
            loop.call_later(DAMAGED_REST, state.resume)
            offset, now = state.position, loop.time()
            logged_offset, logged_at = self._damaged.get(tp, (-1, 0.0))
            if offset != logged_offset or now - logged_at >= LOG_DAMAGED_EVERY:
                self._damaged[tp] = offset, now
                log.error(
                    "input.damaged", topic=tp.topic, partition=tp.partition, offset=offset, hint=DAMAGED
                )

    def pause_fetching(self) -> None:
        """Send no fetch for a moment."""
        if self._pacing is not None:
            self._pacing.pause()

    def position(self, tp: TP) -> int | None:
        """The offset that is fetched next of a partition; None where it is not assigned, or not known yet."""
        state = self._state_of(tp)
        return None if state is None else state.position

    def pass_over(self, tp: TP, offset: int) -> None:
        """Do not fetch a record, where it is the next of its partition."""
        state = self._state_of(tp)
        if state is not None and state.position == offset:
            state.consumed_to(offset + 1)

    def _state_of(self, tp: TP) -> Any:
        """What aiokafka knows of a partition; None where it is not assigned, or its position not known yet."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None or tp not in assignment.tps:
            return None
        state = assignment.state_value(tp)
        return state if state.has_valid_position else None

    # Offsets that the broker does not have.

    def _out_of_range(self, partitions: set[TP]) -> dict[TopicPartition, int]:
        """Take all errors "offset out of range" that wait in the fetcher: the position of each such partition."""
        waiting = self._ensure_consumer()._fetcher._records
        found: dict[TopicPartition, int] = {}
        for tp in partitions & waiting.keys():
            error = waiting[tp]._error if isinstance(waiting[tp], FetchError) else None
            if isinstance(error, OffsetOutOfRangeError):
                found |= error.args[0]
                del waiting[tp]
        return found

    async def _reset_offsets(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read on from offsets that the brokers have. Where that fails, the next fetch leads here again.

        For all partitions at once: confirming takes seconds, then the group rebalances, and nothing is read meanwhile.
        """
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        found = await asyncio.gather(*(self._find_reset(tp, position) for tp, position in positions.items()))
        if not assignment.active:
            return  # another worker's by now, or ours again from the committed offset
        resets = {
            tp: reset
            for (tp, position), reset in zip(positions.items(), found, strict=True)
            if reset is not None and reset.offset != position  # or the broker has caught up
        }
        try:
            if rewound := {tp: reset.offset for tp, reset in resets.items() if reset.rewound}:
                # First of all, or the next owner of a partition would begin at the missing offset again.
                await consumer.commit(rewound)
        except (KafkaError, IllegalStateError) as error:
            log.warning("input.place_not_found", partitions=_names(resets), error=repr(error))
            return
        for tp, reset in resets.items() if assignment.active else ():
            with suppress(IllegalStateError):  # no longer assigned
                consumer.seek(tp, reset.offset)
                self.consumer.reset_offset(TP(tp.topic, tp.partition), positions[tp], reset)

    async def _find_reset(self, tp: TopicPartition, position: int) -> OffsetReset | None:
        try:
            return await find_confirmed_reset(self._ensure_consumer(), tp, position, datetime.now(UTC))
        except (KafkaError, IllegalStateError) as error:
            log.warning("input.place_not_found", partitions=_names([tp]), error=repr(error))
            return None


def _names(partitions: Iterable[TopicPartition]) -> list[str]:
    return [f"{tp.topic}-{tp.partition}" for tp in partitions]
