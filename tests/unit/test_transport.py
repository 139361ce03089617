"""Batches: what joins which, what is offered, and how far is committed."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, defaultdict, deque
from types import SimpleNamespace
from typing import Any, NoReturn
from unittest.mock import MagicMock

import pytest
from aiokafka import ConsumerRecord
from aiokafka.consumer.fetcher import Fetcher, FetchError, FetchResult
from aiokafka.consumer.subscription_state import SubscriptionState, TopicPartitionState
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    IllegalStateError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from faust.transport import consumer as base
from faust.types import TP

from streams.batch import MAX_BATCH_RECORDS, Batch
from streams.consumer_thread import MAX_WAIT_FOR_ROOM, ConsumerThread
from streams.errors import BrokerError
from streams.offset_reset import OffsetReset
from streams.transport import BatchConsumer

PLACE = TP("articles", 0)


OTHER = TP("articles", 1)


def record(offset: int, place: TP = PLACE) -> ConsumerRecord:
    return ConsumerRecord(*place, offset, 1000 * offset, 0, None, b"{}", None, 0, 2, ())


class Message:
    """As much of Faust's message as the commit looks at."""

    def __init__(self, *offsets: int) -> None:
        self.acked = False
        self.value = Batch(record(offset) for offset in offsets)


class App:
    """As much of Faust's app as handing over looks at."""

    consumer_generation_id = 1


class Thread:
    """A consumer's thread without a broker, and which records it was told not to fetch."""

    def __init__(self) -> None:
        self.passed_over: list[int] = []
        self.positions: dict[TP, int] = {}

    def position(self, tp: TP) -> int | None:
        return self.positions.get(tp)

    def pass_over(self, tp: TP, offset: int) -> None:
        assert tp == PLACE
        self.passed_over.append(offset)


class Taken:
    """A consumer without a broker, and what it handed over."""

    def __init__(self, *messages: Message, together: bool = False) -> None:
        self.batches: list[Batch] = []
        made: Any = BatchConsumer.__new__(BatchConsumer)
        made._inflight = defaultdict(deque)
        made._inflight[PLACE].extend(messages)
        made._last = {}
        made._committed_offset = defaultdict(lambda: None)
        made.transport = SimpleNamespace(merged_topics=frozenset({PLACE.topic} if together else ()))
        made._read_offset = defaultdict(lambda: None)
        made._active_partitions = {PLACE, OTHER}
        made._handing = set()
        made._handled_to = {}
        made.app = App()
        made.flow_active = True
        made.callback = self._take
        made._thread = self.thread = Thread()
        made._stopped, made._crashed = asyncio.Event(), asyncio.Event()
        made.highwater = lambda _: None
        self.consumer: BatchConsumer = made

    async def _take(self, message: Any) -> None:
        self.batches.append(message.value)

    async def admit(self, *offsets: int, place: TP = PLACE) -> None:
        self.consumer._admit(place, [record(offset, place) for offset in offsets])
        await asyncio.gather(*self.consumer._handing)

    async def offer(self, offset: int) -> None:
        self.consumer.offer(record(offset))
        await asyncio.gather(*self.consumer._handing)

    @property
    def offsets(self) -> list[list[int]]:
        return [[record.offset for record in batch] for batch in self.batches]


def test_what_is_acknowledged_without_being_handled_is_never_committed() -> None:
    passed_over = Message(8, 9)
    passed_over.acked = True  # Faust does so with a batch that a rebalance overtook
    assert Taken(passed_over).consumer._new_offset(PLACE) is None


def test_the_commit_stops_before_the_first_batch_that_is_not_handled() -> None:
    messages = [Message(8, 9), Message(19), Message(28, 29)]
    consumer = Taken(*messages).consumer
    messages[2].value.handled = True
    assert consumer._new_offset(PLACE) is None
    messages[0].value.handled = True
    assert consumer._new_offset(PLACE) == 10
    assert consumer._new_offset(PLACE) == 10
    messages[1].value.handled = True
    assert consumer._new_offset(PLACE) == 30


def test_the_ends_of_transactions_and_what_they_took_back_are_committed_once_nothing_is_under_way() -> None:
    taken = Taken(Message(8, 9))
    consumer, thread = taken.consumer, taken.thread
    thread.positions = {PLACE: 12, OTHER: 7}
    assert consumer._new_offset(PLACE) is None
    assert consumer._filter_committable_offsets(consumer._filter_tps_with_pending_acks()) == {OTHER: 7}
    consumer._inflight[PLACE][0].value.handled = True
    assert consumer._new_offset(PLACE) == 12


@pytest.mark.parametrize("ending", ["partitions change hands", "it stops"])
def test_what_is_dropped_at_the_end_is_not_committed_though_the_position_is_past_it(ending: str) -> None:
    taken = Taken(Message(8, 9))
    taken.consumer._inflight[PLACE][0].value.handled = True
    taken.thread.positions = {PLACE: 12}
    if ending == "it stops":
        taken.consumer._stopped.set()
    else:
        taken.consumer.flow_active = False
    assert taken.consumer._new_offset(PLACE) == 10


async def test_what_could_not_be_committed_is_committed_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last batch of a partition too, behind which nothing comes that would be committed instead."""
    message = Message(8, 9)
    consumer: Any = Taken(message).consumer
    asked: list[dict[TP, int]] = []

    async def commit_offsets(self: Any, offsets: dict[TP, int], start_new_transaction: bool = True) -> bool:
        asked.append(offsets)
        self._committed_offset.update(offsets)  # whatever comes of it, as Faust does
        return len(asked) > 1

    monkeypatch.setattr(base.Consumer, "_commit_offsets", commit_offsets)
    message.value.handled = True
    for done in (False, True):
        offsets = consumer._filter_committable_offsets({PLACE})
        assert await consumer._commit_offsets(offsets) is done
    assert asked == [{PLACE: 10}, {PLACE: 10}]
    assert consumer._filter_committable_offsets({PLACE}) == {}


async def test_a_commit_that_fails_while_its_partition_is_found_to_end_before_it_leaves_the_new_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the former one restored, nothing that is read again would be committed."""
    consumer: Any = Taken().consumer
    consumer._committed_offset[PLACE] = 8

    async def commit_offsets(self: Any, offsets: dict[TP, int], start_new_transaction: bool = True) -> bool:
        self._committed_offset.update(offsets)
        consumer.reset_offset(PLACE, 12, OffsetReset(2, rewound=True))
        return False

    monkeypatch.setattr(base.Consumer, "_commit_offsets", commit_offsets)
    consumer.rejoin = lambda: None
    assert not await consumer._commit_offsets({PLACE: 10})
    assert consumer._committed_offset[PLACE] == 2


async def test_what_is_read_again_since_its_partition_ends_before_it_is_not_committed_before_it_is_done() -> (
    None
):
    taken = Taken()
    consumer: Any = taken.consumer
    consumer.lost = Counter()
    rejoined: list[int] = []
    consumer.rejoin = lambda: rejoined.append(1)
    await taken.admit(8, 9)
    taken.batches[0].take().handled = True
    assert consumer._new_offset(PLACE) == 10
    await taken.admit(10)
    consumer.reset_offset(PLACE, 11, OffsetReset(2, rewound=True))
    assert rejoined == [1]
    assert consumer._read_offset[PLACE] == 2
    await taken.admit(2, 3)
    assert taken.offsets == [[8, 9], [10], [2, 3]]
    taken.batches[1].take().handled = True
    assert consumer._new_offset(PLACE) is None
    taken.batches[2].take().handled = True
    assert consumer._filter_committable_offsets({PLACE}) == {PLACE: 4}
    assert not consumer.lost


async def test_records_that_were_deleted_before_they_were_read_are_counted_and_what_came_before_is_committed() -> (
    None
):
    taken = Taken()
    consumer: Any = taken.consumer
    consumer.lost = Counter()
    await taken.admit(8, 9)
    consumer.reset_offset(PLACE, 10, OffsetReset(40, lost=30))
    assert consumer.lost == {PLACE.topic: 30}
    assert consumer._read_offset[PLACE] == 40
    assert consumer._new_offset(PLACE) is None
    taken.batches[0].take().handled = True
    assert consumer._new_offset(PLACE) == 10


def with_commits(monkeypatch: pytest.MonkeyPatch, consumer: Any) -> list[dict[TP, int]]:
    """Have a consumer commit, each time in a few steps of the loop; returns what it commits."""
    committed: list[dict[TP, int]] = []
    consumer._commit_fut, consumer.loop, consumer.diag = None, None, MagicMock()
    consumer.app = MagicMock(client_only=False)

    async def commit_offsets(self: Any, offsets: dict[TP, int], start_new_transaction: bool = True) -> bool:
        await asyncio.sleep(0)
        committed.append(offsets)
        self._committed_offset.update(offsets)
        return True

    async def handle_attached(*_: object) -> None:
        pass

    monkeypatch.setattr(base.Consumer, "_commit_offsets", commit_offsets)
    consumer._handle_attached = handle_attached
    return committed


async def test_what_is_finished_while_partitions_are_given_up_is_committed_before_they_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was not would be read again by whoever owns them next."""
    first, under_way, left = Message(7), Message(8, 9), Message(10)
    consumer: Any = Taken(first, under_way, left).consumer
    committed = with_commits(monkeypatch, consumer)
    consumer._active_partitions, consumer._paused_partitions = {PLACE}, set()
    for name in ("_gap", "_acked", "_acked_index"):
        setattr(consumer, name, {PLACE: []})  # as Faust keeps it, until it is told of the rebalance

    async def wait_empty(_: set[TP]) -> None:
        under_way.value.handled = True
        await consumer.commit()

    consumer._on_partitions_revoked = wait_empty
    first.value.handled = True
    await consumer.on_partitions_revoked({PLACE})
    assert committed == [{PLACE: 8}, {PLACE: 10}]
    left.value.handled = True
    await consumer.commit()
    assert committed == [{PLACE: 8}, {PLACE: 10}]
    assert not consumer._committed_offset


async def test_what_is_done_while_another_commit_is_under_way_is_committed_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    messages = [Message(8, 9), Message(19)]
    consumer: Any = Taken(*messages).consumer
    committed = with_commits(monkeypatch, consumer)
    messages[0].value.handled = True
    other = asyncio.ensure_future(consumer.commit())
    await asyncio.sleep(0)
    messages[1].value.handled = True
    await consumer.commit()
    await other
    assert committed == [{PLACE: 10}, {PLACE: 20}]


async def test_the_oldest_unhandled_record_is_the_first_that_came_however_old_it_was_when_it_did() -> None:
    taken = Taken()
    assert taken.consumer.oldest_unhandled() is None
    began = asyncio.get_running_loop().time()
    await taken.admit(9)
    first = taken.batches[0].take()
    await taken.admit(3, place=OTHER)
    first.arrived_at, taken.batches[1].arrived_at = first.arrived_at - 20, first.arrived_at - 10
    assert taken.consumer.oldest_unhandled() == first.arrived_at >= began - 20
    first.handled = True
    assert taken.consumer.oldest_unhandled() == taken.batches[1].arrived_at
    assert taken.consumer.oldest_unhandled(PLACE.topic) == taken.batches[1].arrived_at
    assert taken.consumer.oldest_unhandled("candidates") is None


async def test_what_comes_before_a_batch_is_taken_joins_it() -> None:
    taken = Taken()
    await taken.admit(0, 1)
    await taken.admit(2)
    assert taken.offsets == [[0, 1, 2]]


async def test_what_comes_after_a_batch_was_taken_makes_another_and_the_commit_covers_both() -> None:
    taken = Taken()
    await taken.admit(0)
    first = taken.batches[0].take()
    await taken.admit(1)
    await taken.admit(2)
    assert taken.offsets == [[0], [1, 2]]
    first.handled = True
    assert taken.consumer._new_offset(PLACE) == 1
    taken.batches[1].take().handled = True
    assert taken.consumer._new_offset(PLACE) == 3


async def test_nothing_joins_a_batch_of_a_former_assignment() -> None:
    taken = Taken()
    await taken.admit(0)
    taken.consumer.app.consumer_generation_id = 2
    await taken.admit(1)
    assert taken.offsets == [[0], [1]]


async def test_a_partition_has_room_until_the_batch_that_waits_is_full() -> None:
    taken = Taken()
    assert taken.consumer._has_room(PLACE)
    await taken.admit(*range(MAX_BATCH_RECORDS - 1))
    assert taken.consumer._has_room(PLACE)
    await taken.admit(MAX_BATCH_RECORDS - 1)
    assert not taken.consumer._has_room(PLACE)
    taken.batches[0].take()
    assert taken.consumer._has_room(PLACE)


async def test_a_batch_of_few_long_records_is_full_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a backlog of the longest articles a worker held 500 twice, more than a gigabyte."""
    monkeypatch.setattr("streams.batch.MAX_BATCH_BYTES", 3 * len(b"{}"))
    taken = Taken()
    await taken.admit(0)
    await taken.admit(1)
    assert taken.consumer._has_room(PLACE)
    await taken.admit(2)
    assert not taken.consumer._has_room(PLACE)


async def test_what_was_asked_for_before_a_batch_was_full_makes_no_room_for_more() -> None:
    """Two ask at a time: the task that fetches, and the one that waits for what it leaves. While the agent was busy a
    worker read its whole backlog into memory, 300 records in each second batch.
    """
    taken = Taken()
    await taken.admit(*range(MAX_BATCH_RECORDS))
    await taken.admit(*range(MAX_BATCH_RECORDS, MAX_BATCH_RECORDS + 300))
    assert [len(batch) for batch in taken.batches] == [MAX_BATCH_RECORDS + 300]
    assert not taken.consumer._has_room(PLACE)
    taken.batches[0].take()
    assert taken.consumer._has_room(PLACE)


async def test_partitions_that_are_not_read_together_have_batches_of_their_own() -> None:
    taken = Taken()
    await taken.admit(0)
    await taken.admit(7, place=OTHER)
    assert taken.offsets == [[0], [7]]


async def test_partitions_that_are_read_together_share_a_batch_and_each_is_committed_up_to_its_own_end() -> (
    None
):
    taken = Taken(together=True)
    await taken.admit(0, 1)
    await taken.admit(7, place=OTHER)
    await taken.admit(2)
    first = taken.batches[0].take()
    await taken.admit(8, 9, place=OTHER)
    assert taken.offsets == [[0, 1, 7, 2], [8, 9]]
    assert set(taken.consumer._filter_tps_with_pending_acks()) == {PLACE, OTHER}
    taken.batches[1].take().handled = True
    assert taken.consumer._new_offset(PLACE) is taken.consumer._new_offset(OTHER) is None
    first.handled = True
    assert taken.consumer._new_offset(PLACE) == 3
    assert taken.consumer._new_offset(OTHER) == 10


async def test_of_a_shared_batch_nothing_is_done_before_the_batch_behind_it_that_other_partitions_began() -> (
    None
):
    taken = Taken(together=True)
    await taken.admit(0)
    first = taken.batches[0].take()
    await taken.admit(7, place=OTHER)
    await taken.admit(1)
    taken.thread.positions = {PLACE: 2, OTHER: 8}
    assert taken.offsets == [[0], [7, 1]]
    first.handled = True
    assert taken.consumer._new_offset(PLACE) == 1


async def test_a_full_batch_leaves_no_room_for_any_partition_that_shares_it() -> None:
    taken = Taken(together=True)
    await taken.admit(*range(MAX_BATCH_RECORDS))
    assert not taken.consumer._has_room(OTHER)
    taken.batches[0].take()
    assert taken.consumer._has_room(OTHER)


async def test_of_a_shared_batch_nothing_is_committed_for_a_partition_that_was_given_up() -> None:
    taken = Taken(together=True)
    await taken.admit(0)
    await taken.admit(7, place=OTHER)
    taken.consumer._forget(PLACE)
    await taken.admit(8, place=OTHER)
    assert taken.offsets == [[0, 7], [8]]
    for batch in taken.batches:
        batch.take().handled = True
    assert taken.consumer._new_offset(PLACE) is None
    assert taken.consumer._new_offset(OTHER) == 9


async def test_what_is_done_is_not_kept_until_something_else_comes() -> None:
    taken = Taken()
    await taken.admit(0)
    consumer: Any = taken.consumer
    message = consumer._inflight[PLACE][0]
    consumer._unacked_messages = {message}
    told = consumer._waiting_for_ack = asyncio.get_running_loop().create_future()
    message.value.take().handled = True
    assert consumer.ack(message)
    assert consumer._new_offset(PLACE) == 1
    assert not consumer._inflight[PLACE]
    assert not consumer._last
    assert not consumer._handing
    assert not consumer._unacked_messages
    assert told.done(), "whoever waits for it goes on at once"
    assert not consumer.ack(message), "it is done but once"


async def test_what_is_done_leaves_room_in_the_batch_behind_it() -> None:
    taken = Taken()
    await taken.admit(0)
    consumer: Any = taken.consumer
    consumer._unacked_messages, consumer._waiting_for_ack = set(), None
    message = consumer._inflight[PLACE][0]
    message.value.take().handled = True
    await taken.admit(1)
    consumer.ack(message)
    await taken.admit(2)
    assert taken.offsets == [[0], [1, 2]]


async def test_the_next_record_of_a_partition_is_taken_as_offered() -> None:
    taken = Taken()
    await taken.admit(6)
    taken.batches[0].take()
    await taken.offer(7)
    assert taken.offsets == [[6], [7]]
    assert taken.consumer._read_offset[PLACE] == 8
    assert taken.thread.passed_over == [7]


@pytest.mark.parametrize("offset", [5, 6, 8])
async def test_what_was_read_or_has_something_before_it_is_left_to_the_fetch(offset: int) -> None:
    taken = Taken()
    await taken.admit(6)
    await taken.offer(offset)
    assert taken.offsets == [[6]]
    assert taken.consumer._read_offset[PLACE] == 7
    assert taken.thread.passed_over == []


async def test_nothing_is_taken_as_offered_while_partitions_change_hands_or_where_nothing_was_read() -> None:
    taken = Taken()
    await taken.offer(0)
    await taken.admit(6)
    taken.consumer.flow_active = False
    await taken.offer(7)
    assert taken.offsets == [[6]]


async def test_nothing_is_taken_as_offered_of_a_partition_that_was_given_up_while_its_place_was_asked_for() -> (
    None
):
    taken = Taken()
    await taken.admit(6)
    taken.consumer._active_partitions.discard(PLACE)
    await taken.offer(7)
    assert taken.offsets == [[6]]


async def test_what_was_taken_as_offered_is_left_out_of_a_fetch_that_brings_it_too() -> None:
    taken = Taken()
    await taken.admit(6)
    taken.batches[0].take()
    await taken.offer(7)
    taken.batches[1].take()
    consumer: Any = taken.consumer
    consumer._admit_fetched({PLACE: [record(7)]})
    consumer._admit_fetched({PLACE: [record(7), record(8), record(9)]})
    await asyncio.gather(*consumer._handing)
    assert taken.offsets == [[6], [7], [8, 9]]


async def test_a_full_partition_takes_nothing_as_offered() -> None:
    taken = Taken()
    await taken.admit(*range(MAX_BATCH_RECORDS))
    await taken.offer(MAX_BATCH_RECORDS)
    assert len(taken.batches[0]) == MAX_BATCH_RECORDS


class Log(Thread):
    """A thread that fetches a partition from where it stands, two records at a time. Another is no longer ours."""

    at = 0

    def seek(self, tp: TP, offset: int) -> None:
        if tp != PLACE:
            raise IllegalStateError(f"No current assignment for partition {tp}")
        self.at = offset

    async def fetched(self, partitions: set[TP], patience: float) -> dict[Any, list[ConsumerRecord]]:
        self.at += 2
        return {PLACE: [record(self.at - 2), record(self.at - 1)]}


async def test_what_comes_while_partitions_change_hands_is_fetched_again_before_anything_behind_it() -> None:
    """What came behind it would be the place that policy and delivery have reached, and it be passed over."""
    taken = Taken()
    consumer: Any = taken.consumer
    log = consumer._thread = Log()
    known, ended = asyncio.Event(), asyncio.Event()

    async def perform_seek() -> None:
        await known.wait()  # what is committed; Faust seeks to that
        log.at = 0

    async def next_records() -> dict[Any, list[ConsumerRecord]]:
        if consumer.flow_active:
            await ended.wait()
            return {}
        return {OTHER: [record(7, OTHER)], **await log.fetched({PLACE, OTHER}, 1.0)}

    consumer.perform_seek, consumer._next_records = perform_seek, next_records
    consumer._get_active_partitions = lambda: {PLACE}
    consumer.flow_active = False
    draining = asyncio.ensure_future(consumer._drain_messages(SimpleNamespace(_stopped=ended)))
    for _ in range(9):
        await asyncio.sleep(0)
    consumer.flow_active = True
    await consumer.take_fetched()
    for event in (known, ended):
        event.set()
    await draining
    await asyncio.gather(*consumer._handing)
    assert taken.offsets == [[0, 1]]


@pytest.mark.parametrize("stops", [True, False])
async def test_what_is_fetched_is_handed_on_unless_the_worker_stops(stops: bool) -> None:
    """Commits ignore what comes then: as the worker stops, they go no further than what was handed on."""
    taken = Taken()
    consumer: Any = taken.consumer
    ended = asyncio.Event()

    async def next_records() -> dict[TP, list[ConsumerRecord]]:
        ended.set()
        if stops:
            consumer._stopped.set()
        return {PLACE: [record(0), record(1)]}

    consumer._next_records = next_records
    await consumer._drain_messages(SimpleNamespace(_stopped=ended))
    await asyncio.gather(*consumer._handing)
    assert taken.offsets == ([] if stops else [[0, 1]])


async def test_only_partitions_with_room_are_asked_and_briefly_where_another_waits_for_room() -> None:
    taken = Taken()
    consumer: Any = taken.consumer
    asked: list[tuple[set[TP], float]] = []

    async def fetched(partitions: set[TP], patience: float) -> dict[TP, list[ConsumerRecord]]:
        asked.append((partitions, patience))
        return {OTHER: [record(7, OTHER)]}

    consumer._thread.fetched = fetched
    assert await consumer._next_records()
    await taken.admit(*range(MAX_BATCH_RECORDS))
    assert await consumer._next_records()
    await taken.admit(*range(MAX_BATCH_RECORDS), place=OTHER)
    assert not await consumer._next_records()
    assert asked == [({PLACE, OTHER}, 1.0), ({OTHER}, MAX_WAIT_FOR_ROOM)]


async def test_nothing_is_fetched_while_partitions_change_hands() -> None:
    consumer: Any = Taken().consumer
    consumer.flow_active = False

    async def change_hands(event: asyncio.Event) -> None:
        assert event is consumer.can_resume_flow
        consumer.flow_active = True

    async def fetched(*_: object) -> dict[TP, list[ConsumerRecord]]:
        assert consumer.flow_active
        return {}

    consumer.can_resume_flow, consumer.wait, consumer._thread.fetched = asyncio.Event(), change_hands, fetched
    assert await consumer._next_records() == {}
    assert consumer.flow_active


@pytest.mark.parametrize("stops", [True, False])
async def test_fetching_that_is_cancelled_as_the_worker_stops_has_not_crashed(stops: bool) -> None:
    consumer: Any = Taken().consumer
    consumer.app = SimpleNamespace(should_stop=stops)
    consumer._next_records = asyncio.Event().wait
    draining = asyncio.ensure_future(consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event())))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    draining.cancel()
    await asyncio.wait([draining])
    assert draining.cancelled() is not stops


async def test_what_a_fetch_brought_is_handed_on_in_the_step_in_which_it_came() -> None:
    taken = Taken()
    consumer: Any = taken.consumer
    consumer._get_active_partitions = lambda: {PLACE}
    asked: list[tuple[set[TP], float]] = []

    async def fetched(partitions: set[TP], patience: float) -> dict[Any, list[ConsumerRecord]]:
        asked.append((partitions, patience))
        return {PLACE: [record(0), record(1)]}

    consumer._thread.fetched = fetched
    await consumer.take_fetched()
    await asyncio.gather(*consumer._handing)
    assert taken.offsets == [[0, 1]]
    assert asked == [({PLACE}, 0.0)]
    consumer._admit(PLACE, [record(2 + number) for number in range(MAX_BATCH_RECORDS)])
    await consumer.take_fetched()  # no room
    taken.batches[0].take()
    consumer.flow_active = False
    await consumer.take_fetched()
    consumer.flow_active = True
    consumer._stopped.set()
    await consumer.take_fetched()
    assert len(asked) == 1


@pytest.mark.parametrize(
    "hindrance", [None, "an error lies there", "partitions change hands", "it is being closed"]
)
async def test_what_is_no_plain_fetch_is_left_for_who_waits_for_it(hindrance: str | None) -> None:
    whole: Any = FetchResult.__new__(FetchResult)
    whole._partition_records = SimpleNamespace(begin_damaged=lambda: False)
    lying = {PLACE: whole} | (
        {TP("articles", 1): FetchError(error=Exception(), backoff=0)}
        if hindrance == "an error lies there"
        else {}
    )
    fetcher = SimpleNamespace(
        _closed=hindrance == "it is being closed",
        _subscriptions=SimpleNamespace(reassignment_in_progress=hindrance == "partitions change hands"),
        _records=lying,
    )
    taken = 0

    async def take_fetched() -> None:
        nonlocal taken
        taken += 1

    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(_fetcher=fetcher)
    thread.consumer = SimpleNamespace(take_fetched=take_fetched)
    await thread._take_fetched()
    assert taken == (hindrance is None)


@pytest.mark.parametrize("ours", [True, False])
async def test_a_partition_without_a_place_is_read_from_its_beginning_unless_it_is_anothers_by_now(
    ours: bool,
) -> None:
    """Who waited for the new assignment meets the error before the fetcher has cleared what was of the former one."""
    subscription = SubscriptionState()
    subscription.subscribe({PLACE.topic})
    subscription.assign_from_subscribed({PLACE, OTHER})
    fetcher: Any = Fetcher.__new__(Fetcher)
    fetcher._subscriptions, fetcher._closed, fetcher._wait_consume_future = subscription, False, None
    error = FetchError(error=NoOffsetForPartitionError(PLACE), backoff=0)
    fetcher._records = OrderedDict({PLACE: error})
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(_fetcher=fetcher, _closed=False, _subscription=subscription)
    thread.consumer = SimpleNamespace(flow_active=True)
    subscription.begin_reassignment()
    fetching = asyncio.ensure_future(thread.fetched({PLACE, OTHER}, 0.0))
    await asyncio.sleep(0)
    subscription.assign_from_subscribed({PLACE, OTHER} if ours else {OTHER})
    assert await fetching == {}
    states = {tp: subscription.subscription.assignment.state_value(tp) for tp in (PLACE, OTHER)}
    assert [tp for tp, state in states.items() if state and state.awaiting_reset] == [PLACE] * ours


async def test_a_partition_of_which_more_lies_there_is_taken_from_again_after_the_others() -> None:
    lying = OrderedDict.fromkeys([PLACE, OTHER])

    async def fetch_records(*_: object, **__: object) -> dict[TP, list[ConsumerRecord]]:
        return {PLACE: [record(0)], TP("articles", 2): [record(0)]}

    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(_fetcher=SimpleNamespace(_records=lying))
    thread._fetch_records = fetch_records
    await thread.fetched({PLACE, OTHER}, 0.0)
    assert [*lying] == [OTHER, PLACE]


async def test_all_partitions_are_sought_after_one_question_for_what_is_committed() -> None:
    asked: list[set[TP]] = []
    sought: list[tuple[object, ...]] = []
    fresh = TP("articles", 2)

    async def committed(partitions: set[TP]) -> dict[TP, SimpleNamespace]:
        asked.append(partitions)
        return {PLACE: SimpleNamespace(offset=7), OTHER: SimpleNamespace(offset=0)}

    async def to_beginning(*partitions: TP) -> None:
        sought.append(partitions)

    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(
        assignment=lambda: {PLACE, OTHER, fresh},
        _coordinator=SimpleNamespace(fetch_committed_offsets=committed),
        seek=lambda tp, offset: sought.append((tp, offset)),
        seek_to_beginning=to_beginning,
    )
    assert await thread.seek_to_committed() == {PLACE: 7, OTHER: 0, fresh: None}
    assert asked == [{PLACE, OTHER, fresh}]
    assert sought[0] == (PLACE, 7)
    assert set(sought[1]) == {OTHER, fresh}


@pytest.mark.parametrize(("end", "done", "lag"), [(12, 8, 4), (8, 12, 0), (None, 8, None), (12, None, None)])
def test_what_is_not_committed_yet_is_the_lag_where_both_ends_are_known(
    end: int | None, done: int | None, lag: int | None
) -> None:
    consumer: Any = Taken().consumer
    consumer.assignment, consumer.highwater = lambda: {PLACE}, lambda _: end
    consumer._committed_offset[PLACE] = done
    assert dict(consumer.lags()) == ({} if lag is None else {PLACE: lag})


def kafka_consumer(position: int | None) -> Any:
    """As much of aiokafka's consumer as says where the next fetch reads from; without a position it has no place."""
    state = TopicPartitionState(None)
    if position is not None:
        state.reset_to(position)
    assignment = SimpleNamespace(tps={PLACE}, state_value={PLACE: state}.get)
    return SimpleNamespace(_subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment)))


@pytest.mark.parametrize(("position", "then"), [(7, 8), (5, 5), (8, 8)])
async def test_only_the_record_that_would_be_fetched_next_is_passed_over(position: int, then: int) -> None:
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = kafka_consumer(position)
    thread.pass_over(PLACE, 7)
    assert thread._consumer._subscription.subscription.assignment.state_value(PLACE).position == then


async def test_where_there_is_no_place_to_read_from_nothing_is_passed_over() -> None:
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = kafka_consumer(None)
    thread.pass_over(PLACE, 7)
    assert not thread._consumer._subscription.subscription.assignment.state_value(PLACE).has_valid_position
    thread.pass_over(TP("another", 0), 7)
    thread._consumer._subscription.subscription.assignment = None
    thread.pass_over(PLACE, 7)
    thread._consumer._subscription.subscription = None
    thread.pass_over(PLACE, 7)


@pytest.mark.parametrize(
    ("found", "ours", "then"),
    [(OffsetReset(9, lost=2), True, 9), (OffsetReset(9, lost=2), False, None), (OffsetReset(7), True, None)],
)
async def test_a_place_that_was_looked_for_is_sought_where_the_partition_is_still_read_from_it(
    monkeypatch: pytest.MonkeyPatch, found: OffsetReset, ours: bool, then: int | None
) -> None:
    """One that changed hands meanwhile is read from what is committed: what lies before the place is not to be lost."""
    assignment = SimpleNamespace(active=True)
    sought: list[tuple[object, int]] = []

    async def find(*_: object) -> OffsetReset:
        assignment.active = ours
        return found

    monkeypatch.setattr("streams.consumer_thread.find_confirmed_reset", find)
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(
        _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment)),
        seek=lambda tp, offset: sought.append((tp, offset)),
    )
    thread.consumer = SimpleNamespace(reset_offset=lambda *_: sought.append(("reset", found.offset)))
    await thread._reset_offsets({PLACE: 7})
    assert sought == ([(PLACE, then), ("reset", then)] if then is not None else [])


async def test_where_several_partitions_have_not_the_place_all_are_looked_for_at_once_and_the_group_forms_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, former = TP("articles", 2), TP("articles", 3)
    positions = {PLACE: 7, OTHER: 8, gone: 9}
    lying = OrderedDict(
        (tp, FetchError(error=OffsetOutOfRangeError({tp: position}), backoff=0))
        for tp, position in (positions | {former: 10}).items()
    )
    looking = asyncio.Barrier(len(positions))
    done: list[Any] = []

    async def fetch_records(*_: object, **__: object) -> NoReturn:
        lying.pop(PLACE).check_raise()
        raise AssertionError

    async def find(_: object, tp: TP, position: int, __: object) -> OffsetReset:
        await looking.wait()
        return OffsetReset(position - 5, rewound=True) if tp != OTHER else OffsetReset(position + 1, lost=1)

    async def commit(offsets: dict[TP, int]) -> None:
        done.append(offsets)

    def seek(tp: TP, offset: int) -> None:
        if tp == gone:
            raise IllegalStateError(tp)
        done.append((tp, offset))

    monkeypatch.setattr("streams.consumer_thread.find_confirmed_reset", find)
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._fetch_records = fetch_records
    thread._consumer = SimpleNamespace(
        _fetcher=SimpleNamespace(_records=lying),
        _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=SimpleNamespace(active=True))),
        commit=commit,
        seek=seek,
    )
    thread.consumer = SimpleNamespace(reset_offset=lambda tp, position, reset: done.append((tp, position)))
    async with asyncio.timeout(60):
        assert await thread.fetched({*positions}, 0.0) == {}
    assert done[0] == {PLACE: 2, gone: 4}
    assert sorted(done[1:3]) == [(PLACE, 2), (PLACE, 7)]
    assert sorted(done[3:]) == [(OTHER, 8), (OTHER, 9)]
    assert [*lying] == [former], "nobody asked for this one"


async def test_what_the_client_met_in_the_background_is_told_when_it_is_asked_for() -> None:
    ended: dict[str, asyncio.Future[None]] = {
        name: asyncio.get_running_loop().create_future() for name in ("fetching", "metadata")
    }
    met: list[Exception] = []

    def check_errors() -> None:
        for error in met:
            raise error

    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = None
    thread.check()
    thread._consumer = SimpleNamespace(
        _closed=False,
        _coordinator=SimpleNamespace(check_errors=check_errors),
        _fetcher=SimpleNamespace(error_future=ended["fetching"]),
        _client=SimpleNamespace(
            _sync_task=ended["metadata"], cluster=SimpleNamespace(_last_successful_refresh_ms=0.0)
        ),
    )
    thread.check()
    met.append(GroupAuthorizationFailedError("desk"))
    with pytest.raises(GroupAuthorizationFailedError):
        thread.check()
    met.clear()
    for task in ended.values():
        task.set_result(None)
        with pytest.raises(BrokerError, match="has stopped working"):
            thread.check()
        thread._consumer._fetcher.error_future = ended["metadata"]
    thread._consumer._closed = True
    thread.check()


HIT = TP("candidates", 0)


@pytest.mark.parametrize(
    ("answered", "lying", "last_answers"),
    [
        ({PLACE: 90_000, OTHER: 97_000}, (), {"articles": 97}),  # one of them is enough
        ({PLACE: 90_000, OTHER: None}, (), {"articles": 90}),
        ({PLACE: None, OTHER: None}, (), {"articles": 80}),
        ({PLACE: 70_000}, (), {"articles": 80}),  # of a former assignment
        ({PLACE: 90_000, HIT: 97_000}, (), {"articles": 90, "candidates": 97}),
        ({PLACE: 97_000, OTHER: 90_000}, (PLACE,), {"articles": 97}),
        ({PLACE: 97_000, OTHER: 90_000, HIT: 80_000}, (PLACE, OTHER), {"candidates": 80}),  # nobody is asked
    ],
)
def test_of_each_topic_that_is_asked_for_it_is_known_when_a_broker_last_answered(
    answered: dict[TP, int | None], lying: tuple[TP, ...], last_answers: dict[str, float]
) -> None:
    consumer = SimpleNamespace(
        assignment=lambda: frozenset(answered),
        last_poll_timestamp=answered.__getitem__,
        _fetcher=SimpleNamespace(_records=OrderedDict.fromkeys(lying)),
    )
    thread: Any = SimpleNamespace(_ensure_consumer=lambda: consumer)
    assert ConsumerThread.last_answers(thread, 80.0) == last_answers
