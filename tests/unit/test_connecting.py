"""Which addresses of a host are tried, and how many at the same time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import httpcore
import pytest

from alerting import network
from alerting.network import TRIED_AT_ONCE, Unresolvable

SIX = [f"2a00::{number}" for number in range(1, 9)]
FOUR = [f"93.184.215.{number}" for number in range(1, 9)]


class Hosts:
    """Stands for the network: who is tried, and who answers, if anybody does."""

    def __init__(self, answers: str = "") -> None:
        self._answers = answers
        self.tried: list[str] = []

    async def connect(self, address: str) -> Any:
        self.tried.append(address)
        if address != self._answers:
            await asyncio.Event().wait()
        return f"connected to {address}"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TRY_NEXT_AFTER", 0)
    monkeypatch.setattr(network, "ADDRESS_PATIENCE", 0)


async def test_of_addresses_that_do_not_answer_few_are_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "ADDRESS_PATIENCE", 3600)
    hosts = Hosts()
    connecting = asyncio.ensure_future(network._first(FOUR, hosts.connect))
    for _ in range(100):
        await asyncio.sleep(0)
    assert hosts.tried == FOUR[:TRIED_AT_ONCE]
    connecting.cancel()


async def test_one_that_answers_is_reached_however_many_before_it_do_not() -> None:
    hosts = Hosts(answers=FOUR[-1])
    connected: Any = await network._first(FOUR, hosts.connect)
    assert connected == f"connected to {FOUR[-1]}"
    assert hosts.tried == FOUR


async def test_where_none_of_many_answers_the_call_ends() -> None:
    hosts = Hosts()
    with pytest.raises(TimeoutError):
        await network._first(FOUR, hosts.connect)
    assert hosts.tried == FOUR


@pytest.mark.parametrize(
    ("addresses", "tried"),
    [
        ([*SIX[:3], *FOUR[:2]], [SIX[0], FOUR[0], SIX[1], FOUR[1], SIX[2]]),
        ([*FOUR[:1], *SIX[:4]], [FOUR[0], *SIX[:4]]),
        ([*FOUR[:2], *SIX[:2]], [FOUR[0], SIX[0], FOUR[1], SIX[1]]),
    ],
)
async def test_addresses_of_either_kind_are_tried_in_turns(addresses: list[str], tried: list[str]) -> None:
    hosts = Hosts()
    with pytest.raises(TimeoutError):
        await network._first(addresses, hosts.connect)
    assert hosts.tried == tried


class Stream(httpcore.AsyncNetworkStream):
    """A connection to an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("second", ["at the same moment", "as it is cut off"])
async def test_of_two_connections_one_is_kept_and_the_other_closed(second: str) -> None:
    made: list[Stream] = []
    both = asyncio.Barrier(2)

    async def connect(address: str) -> httpcore.AsyncNetworkStream:
        await both.wait()
        if second == "as it is cut off" and address == FOUR[1]:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        made.append(Stream(address))
        return made[-1]

    connected = await network._first(FOUR[:2], connect)
    assert len(made) == 2
    assert [one for one in made if not one.closed] == [connected]


async def test_of_few_addresses_each_has_all_the_time_there_is() -> None:
    """Where none waits to be tried, nothing is won by giving one up."""
    hosts = Hosts()
    connecting = asyncio.ensure_future(network._first(FOUR[:TRIED_AT_ONCE], hosts.connect))
    for _ in range(100):
        await asyncio.sleep(0)
    assert hosts.tried == FOUR[:TRIED_AT_ONCE]
    assert not connecting.done()
    connecting.cancel()


async def test_a_host_without_an_address_is_one_that_cannot_be_found() -> None:
    with pytest.raises(Unresolvable):
        await network._first([], Hosts().connect)
