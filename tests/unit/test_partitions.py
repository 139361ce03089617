"""What an agent holds of its partitions: loaded once, and never as of before they changed hands."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from streams.partitions import Partitions


class Shelf:
    """State that the test changes; each load waits until the test lets it go on."""

    def __init__(self) -> None:
        self.state = "old"
        self.loads: Counter[int] = Counter()
        self.made: list[tuple[int, str]] = []
        self.begun: asyncio.Queue[int] = asyncio.Queue()
        self.go_on = asyncio.Event()
        self.partitions = Partitions(self.load, self.make)

    async def load(self, number: int) -> str:
        self.loads[number] += 1
        state = self.state
        self.begun.put_nowait(number)
        await self.go_on.wait()
        return state

    def make(self, number: int, loaded: str) -> str:
        self.made.append((number, loaded))
        return f"{number} {loaded}"


async def test_a_partition_is_loaded_once_however_many_ask() -> None:
    shelf = Shelf()
    asking = asyncio.gather(*(shelf.partitions.get(3) for _ in range(5)))
    await shelf.begun.get()
    shelf.go_on.set()
    assert await asking == ["3 old"] * 5
    assert await shelf.partitions.get(3) == "3 old"
    assert shelf.loads == {3: 1}


async def test_several_are_loaded_side_by_side() -> None:
    shelf = Shelf()
    asking = asyncio.ensure_future(shelf.partitions.get_all([0, 1, 2]))
    assert {await shelf.begun.get() for _ in range(3)} == {0, 1, 2}
    shelf.go_on.set()
    assert await asking == ["0 old", "1 old", "2 old"]
    assert shelf.partitions.held() == ["0 old", "1 old", "2 old"]


async def test_what_was_being_loaded_when_partitions_were_given_up_is_loaded_again() -> None:
    shelf = Shelf()
    asking = asyncio.ensure_future(shelf.partitions.get(0))
    await shelf.begun.get()
    assert shelf.partitions.give_up() == []
    shelf.state = "new"
    shelf.go_on.set()
    assert await asking == "0 new"
    assert shelf.made == [(0, "new")]


async def test_what_is_given_up_is_handed_back_and_loaded_anew() -> None:
    shelf = Shelf()
    shelf.go_on.set()
    await shelf.partitions.get(0)
    shelf.state = "new"
    assert shelf.partitions.give_up() == ["0 old"]
    assert shelf.partitions.held() == []
    assert await shelf.partitions.get(0) == "0 new"


async def test_a_load_that_is_cancelled_or_fails_holds_up_nobody() -> None:
    shelf = Shelf()
    first = asyncio.ensure_future(shelf.partitions.get(0))
    await shelf.begun.get()
    second = asyncio.ensure_future(shelf.partitions.get(0))
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    shelf.go_on.set()
    assert await second == "0 old"

    async def refuse(number: int) -> str:
        raise OSError("no broker")

    with pytest.raises(OSError, match="no broker"):
        await Partitions(refuse, shelf.make).get(1)


async def test_what_is_opened_ahead_is_held_when_it_is_asked_for_and_something_is_done_with_each() -> None:
    shelf = Shelf()
    shelf.go_on.set()
    done: list[str] = []

    async def then(held: str) -> None:
        done.append(held)

    failed: list[Exception] = []
    shelf.partitions.open_ahead([1, 2], failed.append, then)
    assert shelf.partitions._opening is not None
    await shelf.partitions._opening
    assert (done, failed) == (["1 old", "2 old"], [])
    assert await shelf.partitions.get(2) == "2 old"
    assert shelf.loads == {1: 1, 2: 1}


async def test_an_error_while_opening_ahead_is_told() -> None:
    async def refuse(number: int) -> str:
        raise OSError("no broker")

    failed: list[Exception] = []
    partitions = Partitions(refuse, Shelf().make)
    partitions.open_ahead([1], failed.append)
    assert partitions._opening is not None
    await partitions._opening
    assert [str(error) for error in failed] == ["no broker"]


async def test_opening_ahead_ends_when_partitions_are_given_up() -> None:
    shelf = Shelf()
    failed: list[Exception] = []
    shelf.partitions.open_ahead([1], failed.append)
    opening = shelf.partitions._opening
    assert opening is not None
    await shelf.begun.get()
    shelf.partitions.give_up()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert (shelf.made, failed) == ([], [])
