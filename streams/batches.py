"""A Faust transport that hands an agent one event per fetched batch of one partition, and commits what is proven done.

Faust's own consumer makes several tasks for every message and can commit past an unacknowledged one. Here an event's
value is the tuple of aiokafka `ConsumerRecord`s that one fetch brought for one partition, and only the contiguous
prefix of acknowledged batches is ever committed. An agent uses it so:

    async for event in stream.noack().events():
        for record in event.value: ...
        ... write all outputs, wait until the broker has acknowledged every one ...
        event.value.handled = True
        event.ack()

An acknowledgement alone commits nothing: Faust acknowledges by itself what it passes over during a rebalance.

Replaces private parts of `faust.transport.drivers.aiokafka` and `faust.transport.consumer` (0.15);
`tests/unit/test_faust_internals.py` fails when an upgrade changes what is relied on.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

from aiokafka import ConsumerRecord
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage, ack_lock
from mode.utils.futures import maybe_async, notify


class Batch(tuple[ConsumerRecord, ...]):
    """Records of one partition, in order. `handled` is set by the agent when all they caused is acknowledged."""

    handled = False


MAX_BATCH_RECORDS = 500
"""Records an event carries at most: bounds how long one topic's batch keeps another's waiting."""


FETCH_MAX_WAIT_MS = 100
"""How long a broker may hold an empty fetch: Kafka answers once there is a record, the embedded broker does not."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust's consumer thread without its thread: aiokafka's consumer runs on the worker's own loop.

    A thread of its own shares the interpreter lock with the agents and makes every fetch cross between two loops; on
    one loop the same work takes less time. Its fixed wait of 1.5 s for an empty fetch is shortened as well.
    """

    wait_for_shutdown = False

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


class BatchConsumer(driver.Consumer):  # type: ignore[misc]  # faust is untyped for us
    """Faust's consumer, with batches for events and commits of the contiguous acknowledged prefix only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._inflight: defaultdict[TP, deque[ConsumerMessage]] = defaultdict(deque)
        self.committing = True
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    def on_buffer_full(self, tp: TP) -> None:
        """Do nothing: waiting for room in the agent's queue is the back-pressure."""

    def ack(self, message: ConsumerMessage) -> bool:
        """Mark a batch as done."""
        with ack_lock:
            if message.acked:
                return False
            message.acked = True
            self._unacked_messages.discard(message)
            self._acked[message.tp]  # makes the partition known to the commit handler
            self._n_acked += 1
            notify(self._waiting_for_ack)
            return True

    def _new_offset(self, tp: TP) -> int | None:
        waiting = self._inflight.get(tp)
        offset = None
        while waiting and waiting[0].value.handled:
            offset = waiting.popleft().offset + 1
        return offset

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done, unless the worker is leaving because something failed."""
        if not self.committing:
            return False
        return bool(await super().commit(topics, start_new_transaction))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit before the partitions go, then forget what was under way in them."""
        await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._inflight.pop(tp, None)

    def rejoin(self) -> None:
        """Ask to join the group again: our place in it may be lost."""
        self._thread._ensure_consumer()._coordinator.request_rejoin()

    def oldest_unhandled(self) -> float | None:
        """Kafka's time (seconds since 1970) of the oldest record that was fetched and is not done."""
        times = [m.timestamp for waiting in self._inflight.values() for m in waiting if not m.value.handled]
        return min(times, default=None)

    def lags(self) -> Iterator[tuple[TP, int]]:
        """Records of each assigned partition that are not committed."""
        for tp in self.assignment():
            end = self.highwater(tp)
            done = self._committed_offset[tp]
            if end is not None and done is not None:
                yield tp, max(0, end - done)

    def _to_batch_message(self, tp: TP, records: Batch, generation: int) -> ConsumerMessage:
        # The message stands for its whole batch: offset of the last record, time of the first.
        last = records[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            records[0].timestamp / 1000,
            last.timestamp_type,
            None,
            None,
            records,
            None,
            0,
            0,
            tp,
            generation_id=generation,
        )

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await asyncio.sleep(0)
                records, _ = await self._wait_next_records(1.0)
                generation = self.app.consumer_generation_id
                if not records or self.should_stop:
                    continue
                if not self.flow_active:
                    await self.perform_seek()
                    continue
                for partition, fetched in records.items():
                    if self.app.consumer_generation_id != generation or not self.flow_active:
                        break
                    await self._hand_over(TP(partition.topic, partition.partition), fetched, generation)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _hand_over(self, tp: TP, fetched: list[ConsumerRecord], generation: int) -> None:
        read = self._read_offset[tp]
        if read is not None:
            fetched = [record for record in fetched if record.offset >= read]
        if not fetched:
            return
        self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        message = self._to_batch_message(tp, Batch(fetched), generation)
        self._inflight[tp].append(message)
        await self.wait_first(self.callback(message), self.suspend_flow.wait())
        self._read_offset[tp] = message.offset + 1


class BatchTransport(driver.Transport):  # type: ignore[misc]
    """Faust's aiokafka transport with the batch consumer."""

    Consumer = BatchConsumer
