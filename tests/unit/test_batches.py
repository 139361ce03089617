"""Commits: only what an agent has said to be handled, and only as far as nothing before it is open."""

from __future__ import annotations

from collections import defaultdict, deque

from faust.types import TP

from streams.batches import Batch, BatchConsumer

PLACE = TP("articles", 0)


class Message:
    """As much of Faust's message as the commit looks at."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.acked = False
        self.timestamp = float(offset)
        self.value = Batch()


def consumer(*messages: Message) -> BatchConsumer:
    made: BatchConsumer = BatchConsumer.__new__(BatchConsumer)
    made._inflight = defaultdict(deque)
    made._inflight[PLACE].extend(messages)
    return made


def test_what_is_acknowledged_without_being_handled_is_never_committed() -> None:
    passed_over = Message(9)
    passed_over.acked = True  # Faust does so with a batch that a rebalance overtook
    assert consumer(passed_over)._new_offset(PLACE) is None


def test_the_commit_stops_before_the_first_batch_that_is_not_handled() -> None:
    messages = [Message(offset) for offset in (9, 19, 29)]
    reader = consumer(*messages)
    messages[2].value.handled = True
    assert reader._new_offset(PLACE) is None
    messages[0].value.handled = True
    assert reader._new_offset(PLACE) == 10
    assert reader._new_offset(PLACE) is None
    messages[1].value.handled = True
    assert reader._new_offset(PLACE) == 30


def test_the_oldest_unhandled_record_is_the_first_of_what_is_not_handled() -> None:
    messages = [Message(9), Message(19)]
    messages[0].value.handled = True
    assert consumer(*messages).oldest_unhandled() == 19.0
    assert consumer().oldest_unhandled() is None
