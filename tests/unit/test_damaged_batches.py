"""A batch that a broker's disk has damaged: what lies before it is read, and its partition alone waits."""

from __future__ import annotations

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, Fetcher, FetchResult
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import CorruptRecordException
from structlog.testing import capture_logs

from streams import consumer_thread
from streams.consumer_thread import ConsumerThread
from streams.kafka_client.damaged_batches import SoundRecords
from streams.kafka_client.header_names import KeptRecords
from tests.raw_headers import GZIP, NONE, Record, answer

GOOD: Record = (b"good", [])
BAD: Record = (b"to be damaged", [])
PLACE, OTHER = TopicPartition("articles", 0), TopicPartition("articles", 1)


def damaged(*batches: list[Record]) -> bytes:
    """Batches in a row, of which those with `BAD` have a bit that is not as it was written."""
    return answer(*((records, NONE) for records in batches)).replace(b"to be damaged", b"to be damageD")


def fetched(raw: bytes, at: int = 0, place: TopicPartition = PLACE) -> SoundRecords:
    return SoundRecords(place, KeptRecords(raw), [], at, None, None, True, READ_COMMITTED)


def test_what_lies_before_a_damaged_batch_is_read_and_the_next_fetch_begins_with_it() -> None:
    records = fetched(damaged([GOOD, GOOD], [GOOD, BAD], [GOOD]))
    assert not records.begin_damaged()
    assert [record.offset for record in records] == [0, 1]
    assert records.next_fetch_offset == 2


@pytest.mark.parametrize("at", [0, 1])
def test_a_damaged_batch_can_be_told_before_it_is_read_and_is_not_read(at: int) -> None:
    records = fetched(damaged([GOOD, BAD], [GOOD]), at)
    assert records.begin_damaged()
    with pytest.raises(CorruptRecordException):
        next(records)
    assert records.next_fetch_offset == at


def test_sound_batches_and_none_at_all_are_not_taken_for_damaged() -> None:
    assert not fetched(b"").begin_damaged()
    records = fetched(answer(([GOOD] * 3, GZIP), ([GOOD], NONE)))
    assert not records.begin_damaged()
    assert [record.offset for record in records] == [0, 1, 2, 3]
    assert not records.begin_damaged()


async def test_a_partition_with_a_damaged_batch_waits_alone_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer_thread, "DAMAGED_REST", 0.0)
    subscription = SubscriptionState()
    subscription.subscribe({PLACE.topic})
    subscription.assign_from_subscribed({PLACE, OTHER})
    assignment = subscription.subscription.assignment
    fetcher: Any = Fetcher.__new__(Fetcher)
    fetcher._subscriptions, fetcher._closed, fetcher._wait_consume_future = subscription, False, None
    thread: Any = ConsumerThread.__new__(ConsumerThread)
    thread._consumer = SimpleNamespace(_fetcher=fetcher, _closed=False, _subscription=subscription)
    thread.consumer = SimpleNamespace(flow_active=True)
    thread._damaged = {}
    for tp in (PLACE, OTHER):
        assignment.state_value(tp).reset_to(0)
    bad = assignment.state_value(PLACE)

    def fetch() -> None:
        found = {PLACE: fetched(damaged([BAD], [GOOD])), OTHER: fetched(damaged([GOOD]), place=OTHER)}
        fetcher._records = OrderedDict(
            (tp, FetchResult(tp, assignment=assignment, partition_records=records, backoff=0))
            for tp, records in found.items()
        )

    with capture_logs() as logs:
        fetch()
        assert [*await thread.fetched({PLACE, OTHER}, 0.0)] == [OTHER]
        assert (bad.paused, bad.position) == (True, 0)
        await bad.resume_fut
        fetch()
        assert await thread.fetched({PLACE, OTHER}, 0.0) == {}, "of the other nothing new"
        await bad.resume_fut
    [log] = [log for log in logs if log["event"] == "input.damaged"]
    assert (log["topic"], log["partition"], log["offset"]) == ("articles", 0, 0)
