"""Records that linger: sent together, in order, and acknowledged each for itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from streams.errors import OutputRefused
from streams.lingering import LingeringProducer


class Producer:
    """As much of aiokafka's producer as is used, with what it was given, and when it takes more."""

    def __init__(self) -> None:
        self.sent: list[bytes | None] = []
        self.futures: list[asyncio.Future[Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.took = asyncio.Event()
        self.ended: list[str] = []

    async def send(self, topic: str, value: bytes | None, **_: Any) -> asyncio.Future[Any]:
        await self.open.wait()
        if value == b"too large":
            raise MessageSizeTooLargeError
        if value == b"no bytes":
            raise TypeError("no bytes")
        self.sent.append(value)
        self.futures.append(asyncio.get_running_loop().create_future())
        self.took.set()
        return self.futures[-1]

    async def flush(self) -> None:
        self.ended.append("flush")

    async def stop(self) -> None:
        self.ended.append("stop")


def hand_over(lingering: LingeringProducer, *values: bytes) -> list[asyncio.Future[Any]]:
    return [lingering.send("decided", value, key=None, headers=(), partition=None) for value in values]


async def test_all_that_was_handed_over_leaves_together_and_in_order() -> None:
    producer: Any = Producer()
    lingering = LingeringProducer(producer, linger=0)
    hand_over(lingering, b"1", b"2", b"3")
    assert producer.sent == []
    await lingering.flush()
    assert producer.sent == [b"1", b"2", b"3"]
    assert producer.ended == ["flush"]


async def test_it_leaves_by_itself_when_the_time_is_up() -> None:
    producer: Any = Producer()
    (acknowledged,) = hand_over(LingeringProducer(producer, linger=0), b"1")
    await producer.took.wait()
    producer.futures[0].set_result("place")
    assert await acknowledged == "place"


async def test_what_is_handed_over_while_the_producer_is_full_keeps_its_place() -> None:
    producer: Any = Producer()
    producer.open.clear()
    lingering = LingeringProducer(producer, linger=0)
    hand_over(lingering, b"1", b"2")
    flushing = asyncio.ensure_future(lingering.flush())
    await asyncio.sleep(0)
    hand_over(lingering, b"3")
    again = asyncio.ensure_future(lingering.flush())
    await asyncio.sleep(0)
    producer.open.set()
    await flushing
    await again
    assert producer.sent == [b"1", b"2", b"3"]
    hand_over(lingering, b"4")
    await lingering.stop()
    assert producer.sent == [b"1", b"2", b"3", b"4"]
    assert producer.ended == ["flush", "flush", "stop"]


@pytest.mark.parametrize("bad", [b"too large", b"no bytes"])
async def test_behind_a_record_that_is_not_taken_none_is(bad: bytes) -> None:
    producer: Any = Producer()
    lingering = LingeringProducer(producer, linger=0)
    before, *refused = hand_over(lingering, b"1", bad, b"3")
    await lingering.flush()
    refused += hand_over(lingering, b"4")
    await lingering.flush()
    for one in refused:
        with pytest.raises(OutputRefused, match="decided: "):
            await one
    producer.futures[0].set_result("place")
    assert await before == "place"
    assert producer.sent == [b"1"]


async def test_what_the_broker_refuses_or_is_cut_off_is_told() -> None:
    producer: Any = Producer()
    lingering = LingeringProducer(producer, linger=0)
    refused, cut_off, given_up = hand_over(lingering, b"1", b"2", b"3")
    await lingering.flush()
    given_up.cancel()
    producer.futures[0].set_exception(KafkaTimeoutError())
    producer.futures[1].cancel()
    producer.futures[2].set_result("place")
    with pytest.raises(KafkaTimeoutError):
        await refused
    with pytest.raises(asyncio.CancelledError):
        await cut_off


async def test_who_no_longer_waits_for_a_flush_takes_no_record_with_him() -> None:
    """A rebalance waits for a few seconds only. What lingers then is written later, and not left out of its order."""
    producer: Any = Producer()
    producer.open.clear()
    lingering = LingeringProducer(producer, linger=0)
    hand_over(lingering, b"1", b"2")
    flushing = asyncio.ensure_future(lingering.flush())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    flushing.cancel()
    await asyncio.wait({flushing})
    producer.open.set()
    await lingering.flush()
    assert producer.sent == [b"1", b"2"]


async def test_a_record_that_nobody_waits_for_any_more_holds_up_none_behind_it() -> None:
    """Whoever waited is cancelled where a worker ends."""
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, about: problems.append(about))
    producer: Any = Producer()
    lingering = LingeringProducer(producer, linger=0)
    sent, refused, behind = hand_over(lingering, b"1", b"too large", b"2")
    sent.cancel()
    refused.cancel()
    await lingering.flush()
    assert isinstance(behind.exception(), OutputRefused)
    producer.futures[0].set_result("place")
    await asyncio.sleep(0)
    assert problems == []
