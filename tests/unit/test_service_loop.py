"""The loop around an agent: a batch counts as handled only when its handler returned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NoReturn

import pytest

from streams.batches import Batch
from streams.service import Service


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
    return made  # type: ignore[no-any-return]


async def test_a_batch_is_handled_and_acknowledged_once_its_handler_returned() -> None:
    event = Event()
    seen = []

    async def handle(batch: Batch) -> None:
        seen.append(batch.handled)

    await service().loop("test", Stream(event), handle)
    assert seen == [False]
    assert event.value.handled
    assert event.acked


async def test_an_error_ends_the_process_and_leaves_its_batch_and_the_next_unhandled() -> None:
    events = [Event(), Event()]

    async def handle(batch: Batch) -> None:
        raise ValueError("no")

    with pytest.raises(Left, match="test"):
        await service().loop("test", Stream(*events), handle)
    assert not any(event.value.handled or event.acked for event in events)
