"""A Faust transport that hands an agent one event per batch of records, and commits what is proven done.

Faust's own consumer makes several tasks for every message and can commit past an unacknowledged one. Here an event's
value is a `Batch` of aiokafka `ConsumerRecord`s of one partition, or of all partitions of a topic whose agent keeps no
state, and only the contiguous prefix of each partition's handled batches is ever committed. An agent uses it so:

    async for event in stream.noack().events():
        for record in event.value.take(): ...
        ... write all outputs, wait until the broker has acknowledged every one ...
        event.value.handled = True
        event.ack()

An acknowledgement alone commits nothing: Faust acknowledges by itself what it passes over during a rebalance.

What arrives while an agent is busy joins the batch that waits for it, so that nothing waits in the fetcher: a fetch
that is under way leaves out each partition of which records still lie there, and holds up whatever comes next in it.
A record that this worker wrote itself need not be fetched at all: `BatchConsumer.offer`.

Replaces private parts of `faust.transport.drivers.aiokafka`, `faust.transport.consumer` (0.15) and of aiokafka's
fetcher (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade changes what is relied on.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult, OffsetResetStrategy
from aiokafka.errors import IllegalStateError, KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage, ack_lock
from mode.utils.futures import maybe_async, notify

from streams.errors import BrokerError
from streams.kafka_client.leaving import stop_joining
from streams.kafka_client.resting import RestingFetcher
from streams.places import Place, find_place_surely

log = structlog.get_logger("tocsin.batches")

MAX_BATCH_RECORDS = 500
"""Records that are taken from the fetcher at a time, and with which a batch that waits is full: bounds how long one
topic's batch keeps another's waiting, and what is held of a backlog. It may hold thrice as many where two were asking
for more while it had room.
"""

MAX_BATCH_BYTES = 16 * 1024 * 1024
"""Bytes of values with which a batch that waits is full as well: 500 of the longest articles are half a gigabyte."""

FETCH_MAX_WAIT_MS = 100
"""How long a broker may hold an empty fetch: Kafka answers once there is a record, the embedded broker does not."""

DEAF_AFTER = 300
"""Questions whether the client works (`BatchConsumer.check`) that may pass without an answer of any broker. Counted,
not timed: when this process stood still, no broker was silent.
"""

DEAF = (
    "no broker that this worker knows has answered for long; why is in the log above. Whoever starts next asks those "
    "of broker.servers, with the password and certificate of then"
)

LOOK_AGAIN = 0.01
"""Seconds until partitions that had no room for more are looked at again, and that they may hold up a fetch."""


class Batch(list[ConsumerRecord]):
    """Records of one partition, or of several of a topic that is read together, those of each in order.

    It grows until an agent takes it. `handled` is set by the agent when all that the records caused is acknowledged,
    `came` says when (by the loop's clock) the first of them was handed on.
    """

    taken = False
    handled = False
    came = 0.0

    def __init__(self, records: Iterable[ConsumerRecord] = ()) -> None:
        super().__init__()
        self.size = 0
        self.add(records)

    def add(self, records: Iterable[ConsumerRecord]) -> None:
        """Have more records join it. `size` counts the bytes of the values."""
        at = len(self)
        self.extend(records)
        self.size += sum(len(record.value or b"") for record in self[at:])

    def take(self) -> Batch:
        """Begin to work on it: from now on it stays as it is."""
        self.taken = True
        return self

    @property
    def full(self) -> bool:
        """Whether it holds as much as an agent should take at a time."""
        return len(self) >= MAX_BATCH_RECORDS or self.size >= MAX_BATCH_BYTES

    def end(self, partition: int) -> int:
        """The offset behind the last of its records of a partition, of which it holds one."""
        return int(next(record.offset for record in reversed(self) if record.partition == partition) + 1)


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread without its thread: aiokafka's consumer runs on the worker's own loop.

    A thread of its own shares the interpreter lock with the agents and makes every fetch cross between two loops; on
    one loop the same work takes less time. Its fixed wait of 1.5 s for an empty fetch is shortened as well.
    """

    wait_for_shutdown = False
    _resting: RestingFetcher | None = None
    _answered_at = 0.0
    _unanswered = 0

    async def start(self) -> None:
        """Start on the loop that runs already."""
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
        """Call at once: there is no thread to hand it to."""
        return await maybe_async(fun(*args, **kwargs))

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_MAX_WAIT_MS
        return consumer

    async def on_start(self) -> None:
        """Connect, and set how long the fetcher waits, and for what."""
        await super().on_start()
        fetcher = self._consumer._fetcher
        # How long the next fetch waits for what the last one brought to be taken. Without that it would go out at
        # once, and without the partitions just fetched; for long, those without room would hold up all others.
        fetcher._prefetch_backoff = LOOK_AGAIN
        self._resting = RestingFetcher(fetcher, self._take_fetched)

    async def on_thread_stop(self) -> None:
        """Leave the group, though it has not formed yet, and disconnect."""
        if self._consumer is not None:
            await stop_joining(self._consumer)
        await super().on_thread_stop()

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        """Seek all partitions to what is committed, those of which nothing is to their beginning.

        aiokafka leaves the latter where they are: what was fetched of them while partitions changed hands, and so
        thrown away, would never be read. And it asks for one after the other; nothing is read meanwhile.
        """
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        places = await consumer._coordinator.fetch_committed_offsets(assigned)
        committed = {tp: places[tp].offset if tp in places else None for tp in assigned}
        for tp, offset in committed.items():
            if offset:
                consumer.seek(tp, offset)
        fresh = [tp for tp, offset in committed.items() if not offset]
        if fresh:
            await consumer.seek_to_beginning(*fresh)
        return committed

    def check(self) -> None:
        """Raise what aiokafka met in the background and could tell nobody: it waits to be asked, and does nothing more.

        Faust does not ask. A worker that may not join its group, or was turned out of it (another has its
        `instance_id`), would stand there for ever, and nothing would come to it.
        """
        consumer = self._consumer
        # It has not started, or has ended.
        if consumer is None or consumer._closed or consumer._fetcher is None:
            return
        consumer._coordinator.check_errors()
        for task in (consumer._fetcher.error_future, consumer._client._sync_task):
            if task.done():
                raise BrokerError("the Kafka client no longer works; what ended it is in the log above")
        # aiokafka asks the brokers that it came to know, as who it was at its start, for ever; by then all of them may
        # have other addresses, or want another password or certificate.
        answered_at = consumer._client.cluster._last_successful_refresh_ms
        self._unanswered = self._unanswered + 1 if answered_at == self._answered_at else 0
        self._answered_at = answered_at
        if self._unanswered > DEAF_AFTER:
            raise BrokerError(DEAF)

    def heard_at(self, since: float) -> dict[str, float]:
        """When (in Unix seconds) a fetch of each topic was last answered, `since` at the earliest.

        Nothing of a topic that is not asked for, as something of each of its partitions lies here still.
        """
        consumer = self._ensure_consumer()
        partitions: frozenset[TopicPartition] = consumer.assignment()
        heard_at = {tp.topic: since for tp in partitions if tp not in consumer._fetcher._records}
        for tp in partitions:
            answered = consumer.last_poll_timestamp(tp)
            if answered is not None and tp.topic in heard_at:
                heard_at[tp.topic] = max(heard_at[tp.topic], answered / 1000)
        return heard_at

    # What is fetched.

    async def fetched(self, partitions: set[TP], patience: float) -> dict[Any, list[ConsumerRecord]]:
        """Records of some partitions, as soon as there are any, or none after `patience` seconds."""
        consumer = self._ensure_consumer()
        try:
            found: dict[Any, list[ConsumerRecord]] = await self._fetch_records(
                consumer, partitions, timeout=patience, max_records=MAX_BATCH_RECORDS
            )
        except NoOffsetForPartitionError as error:
            # What was met of a former assignment lies there still when the next one is made.
            ours = [tp for tp in error.args if consumer._subscription.is_assigned(tp)]
            if ours:
                consumer._fetcher.request_offset_reset(ours, OffsetResetStrategy.EARLIEST)
            return {}
        except OffsetOutOfRangeError as error:
            await self._read_on(error.args[0] | self._out_of_range(partitions))
            return {}
        lying = consumer._fetcher._records
        for place in found:
            if place in lying:
                lying.move_to_end(place)  # or others would wait for all that a fetch brought of it
        return found

    async def _take_fetched(self) -> None:
        # What is an error, or comes while partitions change hands, is left for who waits for it.
        fetcher = self._ensure_consumer()._fetcher
        if fetcher._closed or fetcher._subscriptions.reassignment_in_progress:
            return
        if all(isinstance(fetched, FetchResult) for fetched in fetcher._records.values()):
            await self.consumer.take_fetched()

    def _out_of_range(self, partitions: set[TP]) -> dict[TopicPartition, int]:
        """Where partitions were to be read that have no such place, as a fetch says of all of a topic at once."""
        lying = self._ensure_consumer()._fetcher._records
        found: dict[TopicPartition, int] = {}
        for tp in partitions & lying.keys():
            error = lying[tp]._error if isinstance(lying[tp], FetchError) else None
            if isinstance(error, OffsetOutOfRangeError):
                found |= error.args[0]
                del lying[tp]
        return found

    async def _read_on(self, positions: Mapping[TopicPartition, int]) -> None:
        """Read on where the brokers have something. Where that fails, the next fetch asks again.

        Of all partitions at once: to be sure takes seconds, and after it the group forms anew; nothing is read so long.
        """
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        looked_for = await asyncio.gather(*(self._place(tp, position) for tp, position in positions.items()))
        if not assignment.active:
            return  # they are another's by now, or ours from what is committed
        places = {
            tp: place
            for (tp, position), place in zip(positions.items(), looked_for, strict=True)
            if place is not None and place.offset != position  # or the broker has caught up
        }
        try:
            if anew := {tp: place.offset for tp, place in places.items() if place.anew}:
                # First, or the next owner of a partition would begin at the same place.
                await consumer.commit(anew)
        except (KafkaError, IllegalStateError) as error:
            log.warning("input.place_not_found", partitions=_named(places), error=repr(error))
            return
        for tp, place in places.items() if assignment.active else ():
            with suppress(IllegalStateError):  # it was of a former assignment
                consumer.seek(tp, place.offset)
                self.consumer.read_on(TP(tp.topic, tp.partition), positions[tp], place)

    async def _place(self, tp: TopicPartition, position: int) -> Place | None:
        try:
            return await find_place_surely(self._ensure_consumer(), tp, position, datetime.now(UTC))
        except (KafkaError, IllegalStateError) as error:
            log.warning("input.place_not_found", partitions=_named([tp]), error=repr(error))
            return None

    def rest(self) -> None:
        """Begin no fetch for a moment."""
        if self._resting is not None:
            self._resting.rest()

    def pass_over(self, tp: TP, offset: int) -> None:
        """Do not fetch a record that is the next to be fetched of its partition."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        state = assignment.state_value(tp) if assignment is not None else None
        if state is not None and state.has_valid_position and state.position == offset:
            state.consumed_to(offset + 1)


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # faust is untyped for us
    """Faust's consumer, with batches for events and commits of the contiguous acknowledged prefix only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._inflight: defaultdict[TP, deque[ConsumerMessage]] = defaultdict(deque)
        # By partition, or by topic where its partitions are read together: what may still grow, unless it was taken.
        self._last: dict[TP | str, ConsumerMessage] = {}
        self._handing: set[asyncio.Task[None]] = set()
        self._handled_to: dict[TP, int] = {}
        self.lost: Counter[str] = Counter()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: a partition whose next batch is full is not asked for more."""

    # What was fetched, or is offered, is handed on in batches.

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await asyncio.sleep(0)
                records = await self._next_records()
                if self.should_stop:
                    continue
                if self.flow_active:
                    self._admit_fetched(records)
                else:
                    self._leave(records)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    def _leave(self, records: Mapping[Any, list[ConsumerRecord]]) -> None:
        """Have records fetched again that came while partitions change hands.

        At once, not by asking what is committed, as Faust does: until that is known the flow may go on, and what comes
        behind these would be handed on, and committed, before them.
        """
        for partition, fetched in records.items():
            with suppress(IllegalStateError):  # it is no longer ours
                self._thread.seek(partition, fetched[0].offset)

    async def _next_records(self) -> dict[Any, list[ConsumerRecord]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        roomy = {tp for tp in active if self._has_room(tp)}
        if not roomy:
            await asyncio.sleep(LOOK_AGAIN)
            return {}
        patience = 1.0 if len(roomy) == len(active) else LOOK_AGAIN
        fetched: dict[Any, list[ConsumerRecord]] = await self._thread.fetched(roomy, patience)
        return fetched

    async def take_fetched(self) -> None:
        """Hand on what a fetch has just brought, some steps of the loop before `_drain_messages` would."""
        if self.flow_active and not self.should_stop:
            roomy = {tp for tp in self._get_active_partitions() if self._has_room(tp)}
            if roomy:
                self._admit_fetched(await self._thread.fetched(roomy, 0.0))

    def expect(self) -> None:
        """Be told that this worker writes a record that it will offer: a fetch begun now would end with it."""
        self._thread.rest()

    def offer(self, record: ConsumerRecord) -> None:
        """Take a record that the broker has acknowledged to this worker, where it is the next of one of its partitions.

        What is not taken here is fetched as any other; what is, by a fetch that was under way, is left out.
        """
        tp = TP(record.topic, record.partition)
        # Without a place to read from, or while partitions change hands, nothing can be the next. Such a place may be
        # known still of a partition that was given up while it was asked for.
        ours = self.flow_active and tp in self._active_partitions
        if ours and self._read_offset.get(tp) == record.offset and self._has_room(tp):
            self._admit(tp, [record])
            self._thread.pass_over(tp, record.offset)

    def _has_room(self, tp: TP) -> bool:
        last = self._last.get(self._lane(tp))
        return last is None or last.value.taken or not last.value.full

    def _lane(self, tp: TP) -> TP | str:
        return tp.topic if tp.topic in self.transport.together else tp

    def _admit_fetched(self, records: Mapping[Any, list[ConsumerRecord]]) -> None:
        for partition, fetched in records.items():
            tp = TP(partition.topic, partition.partition)
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            read = self._read_offset[tp]
            new = [record for record in fetched if read is None or record.offset >= read]
            if new:
                self._admit(tp, new)

    def _admit(self, tp: TP, records: list[ConsumerRecord]) -> None:
        """Hand records on: in the batch that waits for the agent already, or in one of their own."""
        self._read_offset[tp] = records[-1].offset + 1
        generation = self.app.consumer_generation_id
        waiting, lane = self._inflight[tp], self._lane(tp)
        last = self._last.get(lane)
        if last and last.generation_id == generation and not last.value.taken:
            # However full it is: these were asked for while it had room. In a batch of their own they would make room.
            last.value.add(records)
            if not waiting or waiting[-1] is not last:
                waiting.append(last)
            return
        batch = Batch(records)
        batch.came = asyncio.get_running_loop().time()
        message = _to_message(tp, batch, generation)
        self._last[lane] = message
        waiting.append(message)
        # A task, as `offer` is called where nothing can be awaited; tasks begin in the order in which they are made,
        # and the queue behind has room for all that can be under way.
        handing = asyncio.ensure_future(self.callback(message))
        self._handing.add(handing)
        handing.add_done_callback(self._handing.discard)

    # What is done is committed.

    def ack(self, message: ConsumerMessage) -> bool:
        """Mark a batch as done."""
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            lane = self._lane(TP(message.topic, message.partition))
            if self._last.get(lane) is message:
                del self._last[lane]
            self._n_acked += 1
            notify(self._waiting_for_ack)
            return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        # Faust's own list is empty while a rebalance waits for what is under way: that is to be committed too.
        return (tp for tp in self._inflight if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        waiting = self._inflight.get(tp)
        while waiting and waiting[0].value.handled:
            self._handled_to[tp] = waiting.popleft().value.end(tp.partition)
        return self._handled_to.get(tp)

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done, after a commit that is under way: what was done since that began is not in it."""
        while await self.maybe_wait_for_commit_to_finish():
            pass
        return bool(await super().commit(topics, start_new_transaction))

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        former = {tp: self._committed_offset[tp] for tp in offsets}
        committed = bool(await super()._commit_offsets(offsets, start_new_transaction))
        if not committed:
            # Faust takes them for committed all the same, and would commit what is past them only.
            for tp, offset in offsets.items():
                if self._committed_offset[tp] == offset:
                    self._committed_offset[tp] = former[tp]
        return committed

    # Partitions that go, or are read on from another place.

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit before the partitions go, then forget what was under way in them."""
        await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._forget(tp)

    def _forget(self, tp: TP) -> None:
        """Commit nothing of what was handed on of a partition."""
        self._inflight.pop(tp, None)
        self._handled_to.pop(tp, None)
        self._committed_offset.pop(tp, None)
        self._last.pop(self._lane(tp), None)

    def rejoin(self) -> None:
        """Ask to join the group again: our place in it may be lost."""
        self._thread._ensure_consumer()._coordinator.request_rejoin()

    def read_on(self, tp: TP, position: int, place: Place) -> None:
        """Take note that a partition is read on from another place than where it was, and say what that means."""
        self._read_offset[tp] = place.offset
        where: dict[str, Any] = {"topic": tp.topic, "partition": tp.partition, "offset": position}
        if place.lost:
            self.lost[tp.topic] += place.lost
            log.error("input.lost", **where, records=place.lost, why="deleted before they were read")
        if place.anew:
            # Nothing of before may be committed, and agents hold state as of offsets that count anew.
            self._forget(tp)
            self._committed_offset[tp] = place.offset
            log.error(
                "input.ends_before",
                **where,
                again_from=place.offset,
                why="made anew, or a broker lost its end",
            )
            self.rejoin()

    # How it stands.

    def check(self) -> None:
        """Raise what ended the work of the Kafka client, if anything did."""
        self._thread.check()

    def heard_at(self, since: float) -> dict[str, float]:
        """When (in Unix seconds) a fetch of each topic that is asked for was last answered, `since` at the earliest."""
        return dict(self._thread.heard_at(since))

    def oldest_unhandled(self, topic: str | None = None) -> float | None:
        """When (by the loop's clock) the first came of what is not done, of all topics or of one.

        Not when it was written: of a backlog, or of records that have the times of their articles, all are old.
        """
        times = [
            message.value.came
            for tp, waiting in self._inflight.items()
            for message in waiting
            if topic in (None, tp.topic) and not message.value.handled
        ]
        return min(times, default=None)

    def lags(self) -> Iterator[tuple[TP, int]]:
        """Records of each assigned partition that are not committed."""
        for tp in self.assignment():
            end = self.highwater(tp)
            done = self._committed_offset[tp]
            if end is not None and done is not None:
                yield tp, max(0, end - done)


def _named(partitions: Iterable[TopicPartition]) -> list[str]:
    return [f"{tp.topic}-{tp.partition}" for tp in partitions]


def _to_message(tp: TP, batch: Batch, generation: int) -> ConsumerMessage:
    # The message stands for its whole batch, with the offset and the time of the first record.
    first = batch[0]
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        first.offset,
        first.timestamp / 1000,
        first.timestamp_type,
        None,
        None,
        batch,
        None,
        0,
        0,
        tp,
        generation_id=generation,
    )


class BatchTransport(driver.Transport):  # type: ignore[misc]
    """Faust's aiokafka transport with the batch consumer.

    `together` are the topics of which a batch holds records of all partitions: those whose agent keeps no state.
    """

    Consumer = BatchConsumer
    together: frozenset[str] = frozenset()
