"""The loop around an agent: a batch counts as handled only when all it caused is acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
from aiokafka import ConsumerRecord
from structlog.testing import capture_logs

from streams.batch import Batch
from streams.breathing import breathe
from streams.errors import OutputRefused
from streams.service import (
    MAX_UNFINISHED,
    MAX_UNFINISHED_BYTES,
    MAX_UNFINISHED_RECORDS,
    NOT_ACKNOWLEDGED,
    SLOW,
    Service,
)
from streams.topics import CANDIDATES


class Event:
    """As much of Faust's event as the loop uses."""

    def __init__(self) -> None:
        self.value = Batch()
        self.acked = False

    def ack(self) -> None:
        self.acked = True


class Stream:
    """A stream that holds some events."""

    def __init__(self, *events: Event) -> None:
        self._events = events

    def noack(self) -> Stream:
        return self

    async def events(self) -> AsyncIterator[Event]:
        for event in self._events:
            yield event


class Left(BaseException):
    """Stands for the end of the process."""


def leave(where: str, error: BaseException) -> NoReturn:
    raise Left(where) from error


def service() -> Service:
    made: Any = Service.__new__(Service)
    made.fail = leave
    made.heartbeats = {}
    made.unfinished = {}
    return made  # type: ignore[no-any-return]


async def test_a_batch_is_handled_and_acknowledged_once_what_it_caused_is_acknowledged() -> None:
    event = Event()
    seen = []

    async def rest(batch: Batch) -> None:
        seen.append((batch.taken, batch.handled, event.acked))

    async def handle(batch: Batch) -> Awaitable[None]:
        return rest(batch)

    await service().loop("test", Stream(event), handle)
    assert seen == [(True, False, False)]
    assert event.value.handled
    assert event.acked


async def test_an_error_ends_the_process_and_leaves_its_batch_and_the_next_unhandled() -> None:
    events = [Event(), Event()]

    async def handle(batch: Batch) -> Awaitable[None]:
        raise ValueError("no")

    with pytest.raises(Left, match="test"):
        await service().loop("test", Stream(*events), handle)
    assert not any(event.value.handled or event.acked for event in events)


async def test_the_next_batch_is_begun_while_acknowledgements_are_awaited_and_batches_end_in_order() -> None:
    events = [Event(), Event()]
    gates = {id(event.value): asyncio.Event() for event in events}
    begun: list[Batch] = []
    both = asyncio.Event()

    async def rest(batch: Batch) -> None:
        await gates[id(batch)].wait()

    async def handle(batch: Batch) -> Awaitable[None]:
        begun.append(batch)
        if len(begun) == 2:
            both.set()
        return rest(batch)

    running = asyncio.ensure_future(service().loop("test", Stream(*events), handle))
    await both.wait()
    gates[id(events[1].value)].set()
    await asyncio.sleep(0)
    assert not any(event.acked for event in events)
    gates[id(events[0].value)].set()
    await running
    assert all(event.value.handled and event.acked for event in events)


async def test_an_output_that_fails_leaves_its_batch_and_the_next_unhandled() -> None:
    events = [Event(), Event()]

    async def handle(batch: Batch) -> Awaitable[None]:
        rest: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if batch is events[0].value:
            rest.set_exception(ValueError("no"))
        else:
            rest.set_result(None)
        return rest

    with pytest.raises(Left, match="test"):
        await service().loop("test", Stream(*events), handle)
    assert not any(event.value.handled or event.acked for event in events)


async def test_an_agent_that_waits_for_long_is_named_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.service.LOG_WAITS_EVERY", 0)
    made, acknowledged, looks = service(), asyncio.Event(), 0

    async def rest() -> None:
        await acknowledged.wait()

    async def handle(batch: Batch) -> Awaitable[None]:
        return rest()

    async def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            acknowledged.set()
            await running
        if looks == 5:
            raise asyncio.CancelledError

    running = asyncio.ensure_future(made.loop("test", Stream(Event(), Event()), handle))
    await asyncio.sleep(0)
    with capture_logs() as said, pytest.raises(asyncio.CancelledError):
        await made.log_waits(sleep)
    assert [(line["event"], line["agent"]) for line in said] == [("agent.waits", "test")] * 2


async def test_an_agent_that_is_late_but_gets_on_is_short_of_cpu_and_not_of_brokers() -> None:
    made = service()
    begun = made.unfinished["test"] = deque()
    now = asyncio.get_running_loop().time()
    looks = iter([(-100.0, -90.0), (-90.0, -80.0), (-90.0, -80.0)])

    async def sleep(_: float) -> None:
        begun.clear()
        begun.extend(now + at for at in next(looks, ()))
        if not begun:
            raise asyncio.CancelledError

    with capture_logs() as said, pytest.raises(asyncio.CancelledError):
        await made.log_waits(sleep)
    assert [line["hint"] for line in said] == [NOT_ACKNOWLEDGED, SLOW, NOT_ACKNOWLEDGED]


@pytest.mark.parametrize(
    ("records", "size", "batches"),
    [(0, 0, MAX_UNFINISHED), (MAX_UNFINISHED_RECORDS // 4, 0, 4), (1, MAX_UNFINISHED_BYTES // 4, 4)],
)
async def test_no_more_than_so_many_batches_records_and_bytes_are_unfinished(
    records: int, size: int, batches: int
) -> None:
    events = [Event() for _ in range(MAX_UNFINISHED + 5)]
    for event in events:
        event.value.extend([cast("ConsumerRecord", None)] * records)
        event.value.size = size
    most = 0
    unfinished = 0

    async def rest() -> None:
        nonlocal unfinished
        await asyncio.sleep(0)
        unfinished -= 1

    async def handle(batch: Batch) -> Awaitable[None]:
        nonlocal most, unfinished
        unfinished += 1
        most = max(most, unfinished)
        return rest()

    await service().loop("test", Stream(*events), handle)
    assert unfinished == 0
    assert most == batches + 1


@pytest.mark.parametrize(
    ("records", "size"), [(MAX_UNFINISHED_RECORDS // 2, 0), (1, MAX_UNFINISHED_BYTES // 2)]
)
async def test_what_is_done_takes_no_room_of_what_comes(records: int, size: int) -> None:
    events = [Event() for _ in range(8)]
    for event in events:
        event.value.extend([cast("ConsumerRecord", None)] * records)
        event.value.size = size
    acknowledged, last_begun = asyncio.Event(), asyncio.Event()

    async def rest(batch: Batch) -> None:
        if batch is events[-2].value:
            await acknowledged.wait()

    async def handle(batch: Batch) -> Awaitable[None]:
        await asyncio.sleep(0)  # what went before is done meanwhile
        if batch is events[-1].value:
            last_begun.set()
        return rest(batch)

    running = asyncio.ensure_future(service().loop("test", Stream(*events), handle))
    async with asyncio.timeout(30):
        await last_begun.wait()
    acknowledged.set()
    await running


async def test_what_is_put_back_is_done_once_it_is_written() -> None:
    async def refuse(*_: object, **__: object) -> Any:
        refused = asyncio.get_running_loop().create_future()
        refused.set_exception(OutputRefused("the record is too large"))
        return refused

    made: Any = service()
    made.outputs = SimpleNamespace(send=refuse)
    record = ConsumerRecord("candidates", 0, 7, 1000, 0, b"key", b"value", None, 3, 5, ())
    long_ago = asyncio.get_running_loop().time() - 3600
    with pytest.raises(OutputRefused):
        await made.put_back(CANDIDATES, [record], long_ago)


async def test_a_long_batch_gives_way_for_several_steps_of_the_loop_at_a_time() -> None:
    steps = 0

    async def alert() -> None:
        nonlocal steps
        while True:
            await asyncio.sleep(0)
            steps += 1

    other = asyncio.ensure_future(alert())
    seen = []
    async for item in breathe(range(10), every=-1):
        seen.append((item, steps))
    other.cancel()
    assert [item for item, _ in seen] == [*range(10)]
    assert all(later - former >= 3 for (_, former), (_, later) in pairwise(seen))


async def test_a_short_batch_gives_way_to_nobody() -> None:
    told = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(told.set_result, None)
    assert [item async for item in breathe("ab", every=3600)] == ["a", "b"]
    assert not told.done()
