"""No webhook reaches an address that it must not: the sinks on this machine take no connection."""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import pytest

from alerting.client import Result, WebhookClient
from alerting.endpoint import Endpoint
from alerting.network import MOST_ADDRESSES
from tests import builders
from tests.edge.servers import NO_CONTENT, answering, serving

SPELLINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "127.0.0.2", "127.255.255.254",
    "localhost", "localhost.", "１２７.0.0.1", "127。0。0。1",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "ok@127.0.0.1",
)  # fmt: skip


def refusing(url: str, **changes: Any) -> Endpoint:
    return builders.endpoint(**({"url": url, "allow_private": False} | changes))


async def post(endpoint: Endpoint, answers: dict[str, list[list[str]]] | None = None) -> list[Result]:
    """Post once for each answer of the resolver (once, where the system's is asked)."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        assert answers is not None
        return answers[host][min(len(asked), len(answers[host])) - 1]

    client = WebhookClient(resolve=resolve if answers else None)
    times = max((len(found) for found in answers.values()), default=1) if answers else 1
    results = [await client.post(endpoint, b"{}", {}) for _ in range(times)]
    await client.close()
    return results


async def test_no_spelling_of_loopback_is_connected() -> None:
    async with AsyncExitStack() as stack:
        sinks = [await stack.enter_async_context(serving(answering(NO_CONTENT)))]
        for host in ("127.0.0.2", "::1"):
            if host != "::1" or socket.has_ipv6:
                try:
                    sinks.append(await stack.enter_async_context(serving(answering(NO_CONTENT), host=host)))
                except OSError:
                    continue  # this machine has no such address, so nothing could reach it
        for sink in sinks:
            for host in SPELLINGS:
                [result] = await post(refusing(sink.url(host)))
                assert result.status is None, host
                assert result.failure in ("address-refused", "unresolvable", "render", "reset", "connect"), (
                    host
                )
        assert [sink.accepted for sink in sinks] == [0] * len(sinks)


async def test_every_address_of_this_machine_is_guarded() -> None:
    """Its own address in the network is private, or it is not in the table and not ours to refuse."""
    own = {
        str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    }
    for address in own:
        host = f"[{address}]" if ":" in address else address
        try:
            async with serving(answering(NO_CONTENT), host=address) as sink:
                [result] = await post(refusing(sink.url(host)))
                assert (result.failure, sink.accepted) == ("address-refused", 0)
        except OSError:
            continue


async def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    async with serving(answering(NO_CONTENT)) as sink:
        for addresses in (["93.184.215.14", "127.0.0.1"], ["127.0.0.1", "93.184.215.14"]):
            [result] = await post(refusing(sink.url("hooks.example")), {"hooks.example": [addresses]})
            assert result.failure == "address-refused"
        assert sink.accepted == 0


async def test_a_name_that_turns_private_after_it_was_checked_is_refused() -> None:
    """There is one look-up a connection: what it says is checked, and nothing else is connected."""
    questions: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        questions.append(host)
        return ["127.0.0.1"] if len(questions) > 1 else ["127.0.0.2"]

    # In this order: connections of others have ports of 127.0.0.1, so one that is free at 127.0.0.2 may be taken there.
    async with (
        serving(answering(NO_CONTENT), host="127.0.0.1") as other,
        serving(answering(NO_CONTENT), host="127.0.0.2", port=other.port) as checked,
    ):
        client = WebhookClient(resolve=rebinding)
        result = await client.post(builders.endpoint(url=checked.url("hooks.example")), b"{}", {})
        await client.close()
        assert (result.status, checked.accepted, other.accepted) == (204, 1, 0)
        assert questions == ["hooks.example"]


async def test_a_pooled_connection_stays_where_it_was_checked_and_a_new_one_is_checked_anew() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    questions = 0

    async def resolve(host: str, port: int) -> list[str]:
        nonlocal questions
        questions += 1
        return answers[min(questions, 2) - 1]

    client = WebhookClient(resolve=resolve)
    async with serving(answering(NO_CONTENT, keep_open=True)) as sink:
        endpoint = builders.endpoint(url=sink.url("hooks.example"))
        results = [await client.post(endpoint, b"{}", {}) for _ in range(3)]
        assert [result.status for result in results] == [204] * 3
        assert (questions, sink.accepted) == (1, 1)
    # The receiver has gone, and the name now leads to the cloud's metadata.
    result = await client.post(endpoint, b"{}", {})
    await client.close()
    assert result.failure == "address-refused"


@pytest.fixture
async def allowed() -> AsyncIterator[WebhookClient]:
    client = WebhookClient()
    yield client
    await client.close()


async def test_an_endpoint_that_allows_private_addresses_reaches_loopback(allowed: WebhookClient) -> None:
    async with serving(answering(NO_CONTENT)) as sink:
        for host in ("127.0.0.1", "localhost"):
            assert (await allowed.post(builders.endpoint(url=sink.url(host)), b"{}", {})).status == 204


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "168.63.129.16", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"]
)
async def test_metadata_is_refused_even_to_an_endpoint_that_allows_private_addresses(address: str) -> None:
    endpoint = builders.endpoint(url="http://hooks.example/")
    [result] = await post(endpoint, {"hooks.example": [[address]]})
    assert result.failure == "address-refused"


async def test_a_name_without_an_address_is_unresolvable() -> None:
    [result] = await post(builders.endpoint(url="http://hooks.example/"), {"hooks.example": [[]]})
    assert result.failure == "unresolvable"


async def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    async with serving(answering(NO_CONTENT), host="127.0.0.1") as sink:
        endpoint = builders.endpoint(url=sink.url("hooks.example"))
        [result] = await post(endpoint, {"hooks.example": [["127.0.0.3", "127.0.0.1"]]})
        assert (result.status, sink.accepted) == (204, 1)


@pytest.fixture
def deaf() -> Iterator[Callable[[str, int], None]]:
    """Makes addresses at which whoever connects waits for ever."""
    with ExitStack() as stack:

        def make(host: str, port: int) -> None:
            listening = stack.enter_context(socket.socket())
            listening.bind((host, port))
            listening.listen(0)
            for _ in range(2):  # what the system would accept by itself
                caller = stack.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex((host, port))

        yield make


@pytest.mark.skipif(
    sys.platform != "linux", reason="other systems have no 127.0.0.3, or accept more by themselves"
)
async def test_an_address_to_which_no_way_leads_keeps_nobody_from_the_next(
    deaf: Callable[[str, int], None],
) -> None:
    async with serving(answering(NO_CONTENT), host="127.0.0.1") as sink:
        for host in ("127.0.0.3", "127.0.0.4"):
            deaf(host, sink.port)
        endpoint = builders.endpoint(url=sink.url("hooks.example"), timeout=60)
        [result] = await post(endpoint, {"hooks.example": [["127.0.0.3", "127.0.0.4", "127.0.0.1"]]})
        assert (result.status, sink.accepted) == (204, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no 127.1.0.1")
async def test_of_thousands_of_addresses_of_one_name_few_are_tried() -> None:
    """Each would be checked while the others wait, and those that lead nowhere would take a connection each."""
    many = [f"127.1.{number // 250}.{1 + number % 250}" for number in range(4000)]
    async with serving(answering(NO_CONTENT), host=many[MOST_ADDRESSES]) as sink:
        endpoint = builders.endpoint(url=sink.url("hooks.example"))
        results = await post(endpoint, {"hooks.example": [many, many[1:]]})
        assert [result.failure or result.status for result in results] == ["connect", 204]


async def test_where_no_address_answers_there_is_no_connection() -> None:
    async with serving(answering(NO_CONTENT), host="127.0.0.1") as sink:
        endpoint = builders.endpoint(url=sink.url("hooks.example"))
        [result] = await post(endpoint, {"hooks.example": [["127.0.0.3", "127.0.0.4"]]})
        assert result.failure == "connect"
