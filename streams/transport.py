"""A Faust transport that hands an agent one event per batch of records, and commits only what is done.

Faust's own consumer makes several tasks for every message, and can commit past an unacknowledged one. Here the value of
an event is a `Batch`, and only the contiguous prefix of each partition's handled batches is ever committed. An agent
uses it like this (see `Service.loop`):

    async for event in stream.noack().events():
        for record in event.value.take(): ...
        ... write all outputs, wait until the broker has acknowledged every one ...
        event.value.handled = True
        event.ack()

`ack` alone commits nothing: Faust itself acknowledges events that it drops during a rebalance.

Records that arrive while an agent is busy join the batch that waits for it, so that none wait in aiokafka's fetcher: a
fetch leaves out every partition that still has records there, and delays what comes next in it. A record that this
worker wrote itself need not be fetched at all, see `BatchConsumer.offer`.

Replaces private parts of `faust.transport.drivers.aiokafka` and `faust.transport.consumer` (0.15);
`tests/unit/test_faust_internals.py` fails when an upgrade changes what is relied on.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage, ack_lock
from mode.utils.futures import notify

from streams.batch import Batch
from streams.consumer_thread import MAX_WAIT_FOR_ROOM, ConsumerThread
from streams.offset_reset import OffsetReset

log = structlog.get_logger("tocsin.batches")

ENDS_BEFORE = "the topic was deleted and created again, or a broker lost the end of this partition"
"""Why a partition can end before an offset that was read."""


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # faust is untyped for us
    """Faust's consumer, with a batch as the value of an event and commits of the contiguous handled prefix only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._inflight: defaultdict[TP, deque[ConsumerMessage]] = defaultdict(deque)
        # By lane, see `_lane`: the newest batch, which may still grow unless it was taken.
        self._last: dict[TP | str, ConsumerMessage] = {}
        self._handing: set[asyncio.Task[None]] = set()
        self._handled_to: dict[TP, int] = {}
        self.lost: Counter[str] = Counter()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: a partition whose next batch is full is not fetched from."""

    # Records are handed on in batches.

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
                    self._seek_back(records)
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            # Faust would log as a crash that this is cancelled, where the group is rearranged as the worker stops.
            if not self.app.should_stop:
                raise

    def _seek_back(self, records: Mapping[Any, list[ConsumerRecord]]) -> None:
        """Seek back to records that came while partitions change hands, so that they are fetched again.

        Faust seeks to the committed offset instead. Before that is known the flow may resume, and later records would
        be handed on, and committed, ahead of these.
        """
        for partition, fetched in records.items():
            with suppress(IllegalStateError):  # no longer assigned
                self._thread.seek(partition, fetched[0].offset)

    async def _next_records(self) -> dict[Any, list[ConsumerRecord]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        active = self._get_active_partitions()
        roomy = {tp for tp in active if self._has_room(tp)}
        if not roomy:
            await asyncio.sleep(MAX_WAIT_FOR_ROOM)
            return {}
        patience = 1.0 if len(roomy) == len(active) else MAX_WAIT_FOR_ROOM
        fetched: dict[Any, list[ConsumerRecord]] = await self._thread.fetched(roomy, patience)
        return fetched

    async def take_fetched(self) -> None:
        """Hand on what was just fetched, some loop steps earlier than `_drain_messages` would."""
        if self.flow_active and not self.should_stop:
            roomy = {tp for tp in self._get_active_partitions() if self._has_room(tp)}
            if roomy:
                self._admit_fetched(await self._thread.fetched(roomy, 0.0))

    def pause_fetching(self) -> None:
        """Send no fetch for a moment: this worker is writing a record that it will `offer`."""
        self._thread.pause_fetching()

    def offer(self, record: ConsumerRecord) -> None:
        """Hand on a record that this worker wrote, once acknowledged, if it is the next of an assigned partition.

        Otherwise it is fetched like any other. If a fetch under way returns it as well, that copy is dropped.
        """
        tp = TP(record.topic, record.partition)
        # `_read_offset` may still have a position of a partition that is no longer assigned.
        ours = self.flow_active and tp in self._active_partitions
        if ours and self._read_offset.get(tp) == record.offset and self._has_room(tp):
            self._admit(tp, [record])
            self._thread.pass_over(tp, record.offset)

    def _has_room(self, tp: TP) -> bool:
        last = self._last.get(self._lane(tp))
        return last is None or last.value.taken or not last.value.full

    def _lane(self, tp: TP) -> TP | str:
        """What batches are formed by: the partition, or the topic where its partitions are merged."""
        return tp.topic if tp.topic in self.transport.merged_topics else tp

    def _admit_fetched(self, records: Mapping[Any, list[ConsumerRecord]]) -> None:
        for partition, fetched in records.items():
            tp = TP(partition.topic, partition.partition)
            read = self._read_offset[tp]
            new = [record for record in fetched if read is None or record.offset >= read]
            if new:
                self._admit(tp, new)

    def _admit(self, tp: TP, records: list[ConsumerRecord]) -> None:
        """Hand records on, in the batch that already waits for the agent or in a new one."""
        self._read_offset[tp] = records[-1].offset + 1
        generation = self.app.consumer_generation_id
        waiting, lane = self._inflight[tp], self._lane(tp)
        last = self._last.get(lane)
        if last and last.generation_id == generation and not last.value.taken:
            # Even if it is full by now: it had room when these were requested. A new batch would count as room for
            # still more.
            last.value.add(records)
            if not waiting or waiting[-1] is not last:
                waiting.append(last)
            return
        batch = Batch(records)
        batch.arrived_at = asyncio.get_running_loop().time()
        message = _to_message(tp, batch, generation)
        self._last[lane] = message
        waiting.append(message)
        # A task, because `offer` is not async. Tasks start in the order of their creation, and the queue behind
        # `callback` never blocks (`stream_buffer_maxsize`), so the order is kept.
        handing = asyncio.ensure_future(self.callback(message))
        self._handing.add(handing)
        handing.add_done_callback(self._handing.discard)

    # Handled batches are committed.

    def ack(self, message: ConsumerMessage) -> bool:
        """Mark the event of a batch as done. That commits nothing: `handled` decides."""
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            lane = self._lane(TP(message.topic, message.partition))
            if self._last.get(lane) is message:
                del self._last[lane]
            notify(self._waiting_for_ack)
            return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> set[TP]:  # noqa: ARG002 - nobody asks for some
        # Faust's own list is empty while a rebalance waits for batches under way, but those must be committed too.
        places: set[TP] = self._inflight.keys() | self._active_partitions
        return places

    def _new_offset(self, tp: TP) -> int | None:
        waiting = self._inflight.get(tp)
        while waiting and waiting[0].value.handled:
            self._handled_to[tp] = waiting.popleft().value.end(tp.partition)
        return self._done_to(tp)

    def _done_to(self, tp: TP) -> int | None:
        """Up to where a partition is done, with what is never handed on: the ends of transactions, and aborted records.

        Records are handed on in the step in which the position moves past them, so that where none is under way all
        before it is done. But those that come while partitions change hands, or at the end, are dropped.
        """
        handled = self._handled_to.get(tp)
        if self._inflight.get(tp) or not self.flow_active or self.should_stop:
            return handled
        return max(handled or 0, self._thread.position(tp) or 0) or None

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit handled batches. Waits for a commit under way first: it lacks what was handled since it began."""
        while await self.maybe_wait_for_commit_to_finish():
            pass
        return bool(await super().commit(topics, start_new_transaction))

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        former = {tp: self._committed_offset[tp] for tp in offsets}
        committed = bool(await super()._commit_offsets(offsets, start_new_transaction))
        if not committed:
            # Faust has recorded them as committed all the same, and would not try them again.
            for tp, offset in offsets.items():
                if self._committed_offset[tp] == offset:
                    self._committed_offset[tp] = former[tp]
        return committed

    # Partitions that are revoked, or whose offset is reset.

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit first, then forget the batches under way in these partitions."""
        await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._forget(tp)

    def _forget(self, tp: TP) -> None:
        """Never commit the batches under way in a partition."""
        self._inflight.pop(tp, None)
        self._handled_to.pop(tp, None)
        self._committed_offset.pop(tp, None)
        self._last.pop(self._lane(tp), None)

    def rejoin(self) -> None:
        """Join the group again, since this member may have been removed from it."""
        self._thread._ensure_consumer()._coordinator.request_rejoin()

    def reset_offset(self, tp: TP, position: int, reset: OffsetReset) -> None:
        """A partition is read on from another offset than `position`: log what that means, and adjust to it."""
        self._read_offset[tp] = reset.offset
        where: dict[str, Any] = {"topic": tp.topic, "partition": tp.partition, "offset": position}
        if reset.lost:
            self.lost[tp.topic] += reset.lost
            log.error("input.lost", **where, records=reset.lost, why="deleted before they were read")
        if reset.rewound:
            # Batches under way must not be committed, and the state that agents hold is as of the old offsets:
            # after rejoining the group they load it again.
            self._forget(tp)
            self._committed_offset[tp] = reset.offset
            log.error("input.ends_before", **where, again_from=reset.offset, why=ENDS_BEFORE)
            self.rejoin()

    # Health and metrics.

    def check(self) -> None:
        """Raise an error that ended the Kafka client's work, if there is one."""
        self._thread.check()

    def last_answers(self, since: float) -> dict[str, float]:
        """When (in Unix seconds) a fetch of each topic was last answered, `since` at the earliest."""
        return dict(self._thread.last_answers(since))

    def oldest_unhandled(self, topic: str | None = None) -> float | None:
        """When (by the loop's clock) the oldest batch that is not handled arrived, of all topics or of one.

        Not when it was written: in a backlog, or where records have the times of their articles, all are old.
        """
        times = [
            message.value.arrived_at
            for tp, waiting in self._inflight.items()
            for message in waiting
            if topic in (None, tp.topic) and not message.value.handled
        ]
        return min(times, default=None)

    def lags(self) -> Iterator[tuple[TP, int]]:
        """How many records of each assigned partition are not committed."""
        for tp in self.assignment():
            end = self.highwater(tp)
            done = self._committed_offset[tp]
            if end is not None and done is not None:
                yield tp, max(0, end - done)


def _to_message(tp: TP, batch: Batch, generation: int) -> ConsumerMessage:
    # The message has the offset and the time of the batch's first record.
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

    A batch of one of the `merged_topics` holds records of all its partitions: those whose agent keeps no state.
    """

    Consumer = BatchConsumer
    merged_topics: frozenset[str] = frozenset()
