"""The webhook client against receivers that hang, drip, lie and never end, on loopback."""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpcore
import pytest
from pydantic import SecretStr

from alerting import network
from alerting.client import KEPT, Result, WebhookClient, _authorities
from alerting.endpoint import Endpoint
from alerting.network import HANGS_FROM, LINES_LIMIT, SystemResolver
from alerting.threads import ThreadsLeftBehind
from tests import builders
from tests.edge.servers import (
    NO_CONTENT,
    Answer,
    Certificate,
    Served,
    answering,
    certificate,
    forever,
    listening,
    serving,
)

SHORT = timedelta(seconds=0.5)


@pytest.fixture
async def client() -> AsyncIterator[WebhookClient]:
    client = WebhookClient()
    yield client
    await client.close()


async def post(client: WebhookClient, answer: Answer, **changes: Any) -> Result:
    async with serving(answer) as served:
        return await client.post(builders.endpoint(**({"url": served.url()} | changes)), b"{}", {})


async def ask(client: WebhookClient, endpoint: Endpoint) -> Result:
    return await client.post(endpoint, b"{}", {})


@asynccontextmanager
async def under_tls(
    folder: Path, answer: Answer, *, host: str = "hooks.example", tickets: int = 2
) -> AsyncIterator[tuple[WebhookClient, Endpoint, Served]]:
    """A receiver under TLS by this name, and a client that knows it and trusts its certificate."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    made = certificate(folder, host.removesuffix("."))
    client = WebhookClient(resolve=resolve, ca_file=str(made.file))
    context = made.server()
    context.num_tickets = tickets
    async with serving(answer, tls=context) as served:
        yield client, builders.endpoint(url=served.url(host, "https"), concurrency=4), served
        await client.close()


@pytest.mark.parametrize("status", [200, 204, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503, 599])
async def test_the_status_is_what_the_receiver_said(client: WebhookClient, status: int) -> None:
    result = await post(client, answering(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % status))
    assert (result.status, result.failure) == (status, None)


async def test_a_receiver_that_never_answers_is_a_time_out_at_the_deadline(client: WebhookClient) -> None:
    result = await post(client, forever, timeout=SHORT)
    assert (result.status, result.failure) == (None, "timeout")
    assert result.latency_ms >= 500


async def test_headers_that_drip_are_cut_off_by_the_total_deadline(client: WebhookClient) -> None:
    """Each read is quick, so a time-out by read would never fire."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx-drip: ")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    result = await post(client, drip, timeout=SHORT)
    assert result.failure == "timeout"


async def test_a_body_that_drips_does_not_undo_the_status(
    client: WebhookClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n.")
        await forever(reader, writer)

    monkeypatch.setattr("alerting.client.BODY_PATIENCE", 0.2)
    result = await post(client, drip)
    assert (result.status, result.failure, result.body) == (202, None, b".")


async def test_of_ten_gigabytes_only_the_beginning_is_read(client: WebhookClient) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 500 No\r\ncontent-length: 10737418240\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with serving(flood) as served:
        result = await ask(client, builders.endpoint(url=served.url()))
        async with asyncio.timeout(60):
            await served.hung_up.wait()
    assert (result.status, len(result.body)) == (500, KEPT)
    assert sent < 64 * 2**20  # what the socket buffers hold, not gigabytes


async def test_endless_chunks_end(client: WebhookClient) -> None:
    async def chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\nx\r\n" * 1000)
            await writer.drain()

    result = await post(client, chunks)
    assert result.status == 500
    assert 0 < len(result.body) < LINES_LIMIT


async def test_a_body_of_many_lines_is_read_until_there_are_enough(client: WebhookClient) -> None:
    page = b"<p>\n" * 2_000
    answer = b"HTTP/1.1 500 No\r\ncontent-length: %d\r\n\r\n" % len(page) + page
    result = await post(client, answering(answer))
    assert (result.status, result.failure) == (500, None)
    assert page.startswith(result.body)
    assert len(result.body) >= LINES_LIMIT


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n" + b"a:\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 204 No Content\r\n" + b"a:\r\n" * 2_000 + b"\r\n",
        b"HTTP/1.1 103 Hints\r\n\r\n" * 4_000 + NO_CONTENT,
        b"HTTP/1.1 103 Hints\r\n\r\n" * 1_000 + NO_CONTENT,
    ],
    ids=["headers", "fewer headers", "interim answers", "fewer interim answers"],
)
async def test_of_an_answer_that_is_nearly_all_headers_no_more_is_read_than_of_any(
    client: WebhookClient, answer: bytes
) -> None:
    """They end, but take long to read; the loop stands still meanwhile."""
    result = await post(client, answering(answer))
    assert (result.status, result.failure) == (None, "too-long")


@pytest.mark.parametrize(
    "endless",
    [b"x-header: value\r\n" * 100, b"\r\nHTTP/1.1 100 Continue\r\n" * 100, b"x" * 4096],
    ids=["headers", "interim answers", "one header"],
)
async def test_an_answer_whose_headers_never_end_is_given_up_long_before_the_deadline(
    client: WebhookClient, endless: bytes
) -> None:
    async def endlessly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n")
        while True:
            writer.write(endless)
            await writer.drain()

    result = await post(client, endlessly)
    assert result.status is None
    assert result.failure in ("too-long", "protocol")


async def test_a_header_that_never_ends_is_given_up_long_before_the_deadline(client: WebhookClient) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            writer.write(b"y" * 1000)
            await writer.drain()

    assert (await post(client, answer, timeout=timedelta(minutes=5))).failure == "too-long"


@pytest.mark.parametrize("line", [b"", b"x: y\r\n" * 20], ids=["bytes", "lines"])
async def test_each_answer_of_a_connection_is_bounded_by_itself(tmp_path: Path, line: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\n" + line + b"content-length: 9000\r\n\r\n" + b"x" * 9000
    async with under_tls(tmp_path, answering(whole, keep_open=True)) as (client, endpoint, served):
        results = [await ask(client, endpoint) for _ in range(20)]
    assert [(result.status, len(result.body)) for result in results] == [(200, 9000)] * 20
    assert served.accepted == 1


async def test_a_gzip_bomb_stays_as_small_as_it_came(client: WebhookClient) -> None:
    packed = gzip.compress(bytes(10 * 2**20))
    head = b"HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed)
    result = await post(client, answering(head + packed))
    assert result.body == packed[:KEPT]


async def test_a_redirect_is_not_followed(client: WebhookClient) -> None:
    async with serving(answering(NO_CONTENT)) as target:
        moved = f"HTTP/1.1 307 Moved\r\nlocation: {target.url()}\r\ncontent-length: 0\r\n\r\n".encode()
        result = await post(client, answering(moved))
        assert (result.status, target.accepted) == (307, 0)


async def test_a_reset_after_the_body_is_an_ambiguous_failure(client: WebhookClient) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    assert (await post(client, reset)).failure == "reset"


async def test_hanging_up_without_an_answer_is_a_reset(client: WebhookClient) -> None:
    assert (await post(client, answering(b""))).failure == "reset"


async def test_what_is_not_http_is_a_failure_of_its_own(client: WebhookClient) -> None:
    assert (await post(client, answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"))).failure == "protocol"


@pytest.mark.parametrize(
    ("answer", "status", "failure"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 200, None),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nabc\r\n", 200, None),
        (b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n1;" + b"x" * 150_000, 500, None),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", None, "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd", None, "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\nabc", None, "protocol"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5_000 + b"\r\n\r\nabc", None, "protocol"),
        (b"HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n", None, "protocol"),
        (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", None, "protocol"),
        (b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n", None, "protocol"),
        (b"HTTP/1.1 200 OK\r\n: a\r\ncontent-length: 0\r\n\r\n", None, "protocol"),
        (b"\x15\x03\x01\x00\x02\x02\x28", None, "protocol"),
    ],
)
async def test_an_answer_that_breaks_the_rules_ends_in_its_status_or_as_a_failure(
    client: WebhookClient, answer: bytes, status: int | None, failure: str | None
) -> None:
    async with serving(answering(answer, keep_open=True)) as served:
        endpoint = builders.endpoint(url=served.url())
        for connections in (1, 2):
            result = await ask(client, endpoint)
            assert (result.status, result.failure) == (status, failure)
            assert served.accepted == connections, "a connection on which this came is not used again"


async def test_wherever_an_answer_breaks_off_its_status_counts_once_its_headers_are_whole(
    client: WebhookClient,
) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
    whole = answer.index(b"hello")
    for end in range(len(answer)):
        result = await post(client, answering(answer[:end]))
        assert (result.status, result.failure) == ((None, "reset") if end < whole else (200, None))


@pytest.mark.parametrize(
    "more",
    [
        b"<html>",
        b"<html>\n" * 100,
        b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 410 Gone\r\n\r\n",
    ],
    ids=["a body after 204", "a long body after 204", "an answer that nobody asked for", "another"],
)
async def test_what_came_before_it_was_asked_for_answers_nothing(client: WebhookClient, more: bytes) -> None:
    """Some receivers send a body with 204. The next webhook on the connection would be told what it says."""
    async with serving(answering(NO_CONTENT + more, keep_open=True)) as served:
        endpoint = builders.endpoint(url=served.url(), concurrency=1)
        results = await asyncio.gather(*(ask(client, endpoint) for _ in range(3)))
        assert [result.status for result in results] == [204, 204, 204]
        assert served.accepted == 3


async def test_nor_does_what_came_under_tls_in_a_record_of_its_own(tmp_path: Path) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for record in (NO_CONTENT, b"<html>"):
            writer.write(record)

    answer.keep_open = True  # type: ignore[attr-defined]
    async with under_tls(tmp_path, answer) as (client, endpoint, served):
        assert [(await ask(client, endpoint)).status for _ in range(3)] == [204, 204, 204]
        assert served.accepted == 3


async def test_nobody_listening_is_no_connection(client: WebhookClient) -> None:
    with socket.socket() as taken:  # bound but not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert (await ask(client, builders.endpoint(url=url))).failure == "connect"


async def test_retry_after_is_handed_on(client: WebhookClient) -> None:
    result = await post(
        client, answering(b"HTTP/1.1 429 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n")
    )
    assert result.retry_after == "7"


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answering(NO_CONTENT)) as proxy, serving(answering(NO_CONTENT)) as target:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        client = WebhookClient()
        result = await ask(client, builders.endpoint(url=target.url()))
        await client.close()
        assert (result.status, proxy.accepted, target.accepted) == (204, 0, 1)


async def test_a_proxy_that_the_endpoint_names_is_used(client: WebhookClient) -> None:
    async with serving(answering(NO_CONTENT)) as proxy:
        endpoint = builders.endpoint(
            url="http://hooks.example/x",
            proxy=f"http://127.0.0.1:{proxy.port}",
            allow_private=False,  # of the receiver; a proxy is usually within
        )
        result = await ask(client, endpoint)
        assert (result.status, proxy.accepted) == (204, 1)
        assert proxy.requests[0].startswith(b"POST http://hooks.example/x HTTP/1.1\r\n")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_is_told_the_user_and_password_of_its_url(client: WebhookClient, scheme: str) -> None:
    async with serving(answering(b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n")) as proxy:
        url = f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}"
        await ask(client, builders.endpoint(url=f"{scheme}://hooks.example/x", proxy=url))
        given = base64.b64encode(b"us@er:pa:ss")
        assert b"\r\nproxy-authorization: basic " + given.lower() in proxy.requests[0].lower()
        assert given in proxy.requests[0]
        assert b"us%40er" not in proxy.requests[0]


@pytest.mark.parametrize("answer", [b"407 No", b"403 No", b"502 No"])
async def test_a_proxy_that_makes_no_tunnel_is_told_from_a_receiver_that_is_away(
    client: WebhookClient, answer: bytes
) -> None:
    async with serving(answering(b"HTTP/1.1 " + answer + b"\r\ncontent-length: 0\r\n\r\n")) as proxy:
        endpoint = builders.endpoint(url="https://hooks.example/x", proxy=f"http://127.0.0.1:{proxy.port}")
        assert (await ask(client, endpoint)).failure == "proxy"


async def test_head_and_body_of_a_request_leave_together_whatever_its_size(client: WebhookClient) -> None:
    class Stream(httpcore.AsyncMockStream):
        async def write(self, buffer: bytes, timeout: float | None = None) -> None:
            written.append(bytes(buffer))

    for size, parts in ((10, 1), (network.SEND_AT_ONCE - 1, 1), (network.SEND_AT_ONCE, 2)):
        written: list[bytes] = []
        stream = network.BoundedStream(Stream([b"answer"]), ThreadsLeftBehind(1, "test"))
        await stream.write(b"head")
        await stream.write(b"x" * size)
        await stream.write(b"")
        assert await stream.read(10) == b"answer"
        assert b"".join(written) == b"head" + b"x" * size
        assert len(written) <= parts


async def test_of_many_lines_few_are_read_at_once_and_none_is_lost() -> None:
    came = b"".join(b"%d\n" % n for n in range(100)) + b"the end"
    stream = network.BoundedStream(httpcore.AsyncMockStream([came, b"more"]), ThreadsLeftBehind(1, "test"))
    parts: list[bytes] = []
    while sum(len(part) for part in parts) < len(came):
        parts.append(await stream.read(65536))
        assert parts[-1].count(b"\n") <= network.LINES_AT_ONCE
    assert b"".join(parts) == came
    assert await stream.read(65536) == b"more"


async def test_an_answer_given_before_the_whole_request_was_read_counts(client: WebhookClient) -> None:
    """The receiver answers by the head alone, and resets: what it said stands."""

    ended = asyncio.Event()

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.write_eof()
        with suppress(OSError):
            while await reader.read(65536):
                pass
        ended.set()

    async with listening(early) as port:
        endpoint = builders.endpoint(url=f"http://127.0.0.1:{port}/")
        result = await client.post(endpoint, b"x" * 5_000_000, {})
        await ended.wait()
    assert result.status == 413


async def test_connections_are_reused_and_nothing_compressed_is_asked_for(client: WebhookClient) -> None:
    async with serving(answering(NO_CONTENT, keep_open=True)) as served:
        endpoint = builders.endpoint(url=served.url())
        for _ in range(5):
            assert (await ask(client, endpoint)).status == 204
        assert served.accepted == 1
        assert b"accept-encoding: identity\r\n" in served.requests[0].lower()


@pytest.mark.parametrize("last_word", [b"", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"])
async def test_an_idle_connection_that_the_receiver_hung_up_is_not_used_again(
    client: WebhookClient, last_word: bytes
) -> None:
    """Some say 408 where no request came for a while; it answers nothing."""
    answered, closed = asyncio.Event(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(NO_CONTENT)
        await answered.wait()
        answered.clear()
        writer.write(last_word)
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with serving(answer) as served:
        endpoint = builders.endpoint(url=served.url())
        for calls in (1, 2, 3):
            assert (await ask(client, endpoint)).status == 204
            answered.set()
            await closed.wait()
            closed.clear()
            assert served.accepted == calls


async def test_an_answer_that_ends_where_the_receiver_hangs_up_ends_its_connection(tmp_path: Path) -> None:
    """Under TLS a word says so, and some receivers wait for one in return before they close what is below."""
    async with under_tls(tmp_path, answering(b"HTTP/1.1 200 OK\r\n\r\nok")) as (client, endpoint, served):
        results = [await ask(client, endpoint) for _ in range(3)]
        assert [(result.status, result.body) for result in results] == [(200, b"ok")] * 3
        assert served.accepted == 3


@asynccontextmanager
async def hanging_up(on: Callable[[int], bool]) -> AsyncIterator[Served]:
    """A receiver that keeps its connections, but hangs up in place of an answer on some requests, by their number."""

    taking = answering(NO_CONTENT, keep_open=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if on(len(served.requests)):
            raise ConnectionResetError
        await taking(reader, writer)

    answer.keep_open = True  # type: ignore[attr-defined]
    async with serving(answer) as served:
        yield served


async def test_a_connection_that_breaks_as_it_is_used_again_costs_no_attempt(client: WebhookClient) -> None:
    """The receiver hung up while the request was on its way; to this end that looks as if it had read it."""

    async with hanging_up(lambda number: number == 2) as served:
        endpoint = builders.endpoint(url=served.url())
        for _ in range(2):
            assert (await ask(client, endpoint)).status == 204
        assert (served.accepted, len(served.requests)) == (2, 3)
        assert served.requests[1] == served.requests[2], "it is the same call, under the same id"


async def test_nor_does_it_while_another_call_makes_a_connection(client: WebhookClient) -> None:
    """A burst after a pause: some calls find a connection that lay there, the others make theirs."""
    other_came = asyncio.Event()
    taking = answering(NO_CONTENT, keep_open=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(served.requests)
        if number == 2:
            await other_came.wait()
            raise ConnectionResetError
        if number == 3:
            other_came.set()
        await taking(reader, writer)

    answer.keep_open = True  # type: ignore[attr-defined]
    async with serving(answer) as served:
        endpoint = builders.endpoint(url=served.url())
        assert (await ask(client, endpoint)).status == 204
        both = await asyncio.gather(ask(client, endpoint), ask(client, endpoint))
        assert [result.status for result in both] == [204, 204]


async def test_a_connection_that_breaks_when_it_is_new_is_told(client: WebhookClient) -> None:
    async with hanging_up(lambda number: number > 1) as served:
        endpoint = builders.endpoint(url=served.url())
        assert (await ask(client, endpoint)).status == 204
        assert (await ask(client, endpoint)).failure == "reset"
        assert (served.accepted, len(served.requests)) == (2, 3)


async def test_a_client_made_ready_in_a_thread_calls_as_any_other(client: WebhookClient) -> None:
    await asyncio.to_thread(client.prepare)
    assert (await post(client, answering(NO_CONTENT))).status == 204


async def test_a_cookie_is_not_kept(client: WebhookClient) -> None:
    cookie = b"HTTP/1.1 200 OK\r\nset-cookie: who=canary; Path=/\r\ncontent-length: 0\r\n\r\n"
    async with serving(answering(cookie, keep_open=True)) as served:
        endpoint = builders.endpoint(url=served.url())
        for _ in range(2):
            assert (await ask(client, endpoint)).status == 200
        assert not any(b"canary;" in request or b"cookie" in request.lower() for request in served.requests)


async def test_a_new_url_holds_from_the_next_call_on(client: WebhookClient) -> None:
    async with serving(answering(NO_CONTENT)) as former, serving(answering(NO_CONTENT)) as new:
        endpoint = builders.endpoint(url=former.url())
        assert (await ask(client, endpoint)).status == 204
        assert (await ask(client, endpoint.model_copy(update={"url": SecretStr(new.url())}))).status == 204
        assert (former.accepted, new.accepted) == (1, 1)


async def test_what_else_changes_of_an_endpoint_holds_from_the_next_call_on_too(
    client: WebhookClient,
) -> None:
    async with (
        serving(answering(NO_CONTENT, keep_open=True)) as served,
        serving(answering(NO_CONTENT)) as proxy,
    ):
        endpoint = builders.endpoint(url=served.url(), concurrency=1)
        assert (await ask(client, endpoint)).status == 204
        via = endpoint.model_copy(update={"proxy": SecretStr(f"http://127.0.0.1:{proxy.port}")})
        assert (await ask(client, via)).status == 204
        assert (served.accepted, proxy.accepted) == (1, 1)
        assert (await ask(client, endpoint)).status == 204
        closed = endpoint.model_copy(update={"allow_private": False})
        assert (await ask(client, closed)).failure == "address-refused", "its connection is there still"
        assert (await ask(client, endpoint)).status == 204


async def test_connections_of_a_url_that_is_called_no_more_are_closed(client: WebhookClient) -> None:
    async with (
        serving(answering(NO_CONTENT, keep_open=True)) as former,
        serving(answering(NO_CONTENT)) as new,
    ):
        endpoint = builders.endpoint(url=former.url())
        assert (await ask(client, endpoint)).status == 204
        assert (await ask(client, endpoint.model_copy(update={"url": SecretStr(new.url())}))).status == 204
        async with asyncio.timeout(60):
            await former.hung_up.wait()


async def test_connections_that_nobody_uses_are_closed_and_no_call_under_way_with_them(
    client: WebhookClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receivers hang up, and we hear of it with the next call: of many endpoints that is many descriptors."""
    monkeypatch.setattr("alerting.client.IDLE", 0.05)
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(NO_CONTENT)

    async with (
        serving(answering(NO_CONTENT, keep_open=True)) as idle,
        serving(answer) as busy,
        asyncio.timeout(60),
    ):
        under_way = asyncio.ensure_future(ask(client, builders.endpoint(id="busy", url=busy.url())))
        desk = builders.endpoint(id="idle", url=idle.url())
        assert (await ask(client, desk)).status == 204
        await idle.hung_up.wait()
        go_on.set()
        assert (await under_way).status == 204
        idle.hung_up.clear()
        assert (await ask(client, desk)).status == 204
        assert idle.accepted == 2
        await idle.hung_up.wait()


async def test_an_endpoint_that_hangs_takes_no_connection_from_another(client: WebhookClient) -> None:
    async with serving(forever) as hanging, serving(answering(NO_CONTENT, keep_open=True)) as well:
        slow = builders.endpoint(id="slow", url=hanging.url(), timeout=timedelta(minutes=5))
        stuck = [asyncio.ensure_future(ask(client, slow)) for _ in range(20)]
        results = [await ask(client, builders.endpoint(id="well", url=well.url())) for _ in range(50)]
        assert [result.status for result in results] == [204] * 50
        assert not any(task.done() for task in stuck)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


async def test_a_call_that_is_cut_off_gives_its_connection_back(client: WebhookClient) -> None:
    async with serving(forever) as served:
        endpoint = builders.endpoint(url=served.url(), concurrency=1, timeout=SHORT)
        assert [(await ask(client, endpoint)).failure for _ in range(3)] == ["timeout"] * 3
        assert served.accepted == 3


@pytest.mark.parametrize("answer", [NO_CONTENT, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"])
@pytest.mark.parametrize("steps", range(12))
async def test_whenever_a_call_is_cut_off_its_connection_takes_no_other_calls_place(
    client: WebhookClient, monkeypatch: pytest.MonkeyPatch, steps: int, answer: bytes
) -> None:
    """So many steps of the loop after it was connected, as the deadline does. httpcore keeps some connections then."""
    first = network._first

    async def cut_off() -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        under_way.cancel()

    async def connect(*arguments: Any) -> Any:
        connected = await first(*arguments)
        cutting.append(asyncio.ensure_future(cut_off()))
        return connected

    cutting: list[asyncio.Task[None]] = []
    async with serving(answering(answer, keep_open=True)) as served:
        endpoint = builders.endpoint(url=served.url(), concurrency=1)
        monkeypatch.setattr(network, "_first", connect)
        under_way = asyncio.ensure_future(ask(client, endpoint))
        with suppress(asyncio.CancelledError):
            await under_way
        await asyncio.gather(*cutting)
        monkeypatch.setattr(network, "_first", first)
        assert [(await ask(client, endpoint)).failure for _ in range(2)] == [None, None]


async def test_a_change_of_the_endpoint_does_not_break_calls_under_way(client: WebhookClient) -> None:
    asked: asyncio.Queue[None] = asyncio.Queue()
    may_answer = asyncio.Semaphore(0)

    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait(None)
        await may_answer.acquire()
        writer.write(NO_CONTENT)
        await writer.drain()

    later.keep_open = True  # type: ignore[attr-defined]
    async with serving(later) as served:
        endpoint = builders.endpoint(url=served.url())
        calls = {asyncio.ensure_future(ask(client, endpoint)) for _ in range(2)}
        await asked.get()
        await asked.get()
        calls.add(asyncio.ensure_future(ask(client, endpoint.model_copy(update={"concurrency": 3}))))
        await asked.get()
        while calls:  # one after the other: the first that ends must not end the others
            may_answer.release()
            done, calls = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            assert [call.result().status for call in done] == [204]
        async with asyncio.timeout(60):
            await served.hung_up.wait()  # what was changed keeps no connection


@pytest.mark.parametrize("fault", ["self-signed", "wrong name", "expired", "none"])
async def test_the_certificate_must_be_valid_for_the_host_name(tmp_path: Path, fault: str) -> None:
    """The address that is connected is loopback; the certificate is that of the name."""
    name = "other.example" if fault == "wrong name" else "hooks.example"
    made = certificate(tmp_path, name, expired=fault == "expired")

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    client = WebhookClient(resolve=resolve, ca_file=None if fault == "self-signed" else str(made.file))
    async with serving(answering(NO_CONTENT), tls=made.server()) as served:
        result = await ask(client, builders.endpoint(url=served.url("hooks.example", "https")))
    await client.close()
    assert (result.status, result.failure) == ((204, None) if fault == "none" else (None, "certificate"))


async def test_a_receiver_without_tls_is_told_from_one_with_a_wrong_certificate(
    client: WebhookClient,
) -> None:
    async def in_the_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 This is no TLS\r\n\r\n")

    async with listening(in_the_clear) as port:
        result = await ask(client, builders.endpoint(url=f"https://127.0.0.1:{port}/"))
    assert result.failure == "tls"


def test_an_authority_of_ones_own_stands_beside_the_public_ones(tmp_path: Path) -> None:
    made = certificate(tmp_path, "hooks.example")
    trusted = _authorities(str(made.file)).cert_store_stats()["x509"]
    assert trusted == _authorities(None).cert_store_stats()["x509"] + 1 > 50


def test_no_authority_of_the_environment_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "hooks.example").file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    trusted = _authorities.__wrapped__(None).get_ca_certs()
    assert len(trusted) > 50
    assert "tocsin test" not in str(trusted)


async def test_connections_under_tls_are_reused(tmp_path: Path) -> None:
    async with under_tls(tmp_path, answering(NO_CONTENT, keep_open=True)) as (client, endpoint, served):
        assert [(await ask(client, endpoint)).status for _ in range(3)] == [204, 204, 204]
        assert served.accepted == 1


async def test_a_handshake_is_reckoned_in_a_thread_and_in_one_at_a_time_for_an_endpoint(
    tmp_path: Path,
) -> None:
    """A receiver may choose a key exchange that takes half a second."""
    at_once = most = 0
    threads: set[str] = set()

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            threads.add(threading.current_thread().name)
            try:
                super().do_handshake()
            finally:
                at_once -= 1

    async with under_tls(tmp_path, answering(NO_CONTENT)) as (client, endpoint, served):
        _authorities(client._ca_file).sslobject_class = Watched
        results = await asyncio.gather(*(ask(client, endpoint) for _ in range(4)))
        assert [result.status for result in results] == [204] * 4
        assert served.accepted == 4
    assert (threads, most) == ({"tocsin-tls"}, 1)


def test_no_receiver_can_choose_numbers_for_a_key_exchange() -> None:
    ciphers = _authorities(None).get_ciphers()
    assert ciphers
    assert not [cipher["name"] for cipher in ciphers if cipher["kea"] == "kx-dhe"]
    assert [cipher["name"] for cipher in ciphers if cipher["kea"] == "kx-ecdhe"]


async def test_what_comes_under_tls_and_is_no_answer_is_bounded_too(tmp_path: Path) -> None:
    async with under_tls(tmp_path, answering(NO_CONTENT), tickets=2000) as (client, endpoint, _):
        assert (await ask(client, endpoint)).failure == "too-long"


@pytest.mark.parametrize("cut", [0, 10, len(NO_CONTENT)])
async def test_a_connection_under_tls_that_ends_without_a_word_is_one_that_broke(
    tmp_path: Path, cut: int
) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(NO_CONTENT[:cut])
        await writer.drain()
        writer.get_extra_info("socket").shutdown(socket.SHUT_WR)  # no close_notify
        writer.transport.abort()

    async with under_tls(tmp_path, answer) as (client, endpoint, _):
        result = await ask(client, endpoint)
    assert (result.status, result.failure) == ((204, None) if cut == len(NO_CONTENT) else (None, "reset"))


@pytest.mark.parametrize("host", ["xn--i-7iq.example", "hooks.example."], ids=["with an emoji", "with a dot"])
async def test_a_name_of_an_unusual_form_is_called_as_any_other(tmp_path: Path, host: str) -> None:
    async with under_tls(tmp_path, answering(NO_CONTENT), host=host) as (client, endpoint, served):
        assert (await ask(client, endpoint)).status == 204
        assert f"\r\nhost: {host}:{served.port}\r\n".encode() in served.requests[0].lower()


async def test_a_proxy_under_tls_is_trusted_as_receivers_are(tmp_path: Path) -> None:
    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, downstream = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            await asyncio.gather(pump(reader, downstream), pump(upstream, writer))
        finally:
            downstream.close()
            with suppress(OSError):
                await downstream.wait_closed()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    async with (
        under_tls(tmp_path, answering(NO_CONTENT)) as (client, endpoint, served),
        serving(tunnel, tls=Certificate(tmp_path / "hooks.example.pem").server()) as proxy,
    ):
        url = SecretStr(proxy.url("hooks.example", "https"))
        result = await ask(client, endpoint.model_copy(update={"proxy": url}))
        assert (result.status, result.failure) == (204, None)
        assert (proxy.accepted, served.accepted) == (1, 1)


async def test_a_look_up_that_hangs_ends_at_the_deadline() -> None:
    asked: list[str] = []

    async def hang(host: str, port: int) -> list[str]:
        asked.append(host)
        await asyncio.Event().wait()
        return []

    client = WebhookClient(resolve=hang)
    endpoint = builders.endpoint(url="http://hooks.example/", timeout=timedelta(seconds=0.1))
    assert [(await ask(client, endpoint)).failure for _ in range(2)] == ["timeout"] * 2
    assert asked == ["hooks.example"] * 2
    await client.close()


async def test_a_name_that_hangs_takes_one_thread_however_often_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = threading.Event()
    asked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        if host == "hangs.example":
            go_on.wait(60)
        return ["127.0.0.1"]

    monkeypatch.setattr(network, "_look_up", look_up)
    async with serving(answering(NO_CONTENT, keep_open=True)) as served:
        client = WebhookClient()
        hanging = builders.endpoint(id="a", url="http://hangs.example/", timeout=timedelta(seconds=0.05))
        assert [(await ask(client, hanging)).failure for _ in range(5)] == ["timeout"] * 5
        assert (await ask(client, builders.endpoint(id="b", url=served.url("well.example")))).status == 204
        go_on.set()
        await client.close()
    assert asked == ["hangs.example", "well.example"]


async def test_names_that_hung_keep_no_other_from_being_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    gone = [f"{n}.gone.example" for n in range(4)]

    def look_up(host: str, port: int) -> list[str]:
        if host in gone:
            go_on.wait(60)
        return ["127.0.0.1"]

    monkeypatch.setattr(network, "_look_up", look_up)
    monkeypatch.setattr(network, "RESOLVER_THREADS", 2)
    resolve = SystemResolver(itertools.count(step=HANGS_FROM).__next__)  # every look-up takes so long
    go_on.set()
    await asyncio.gather(*(resolve(host, 443) for host in gone))
    go_on.clear()
    again = [asyncio.ensure_future(resolve(host, 443)) for host in gone]
    await asyncio.sleep(0)  # they are asked first
    async with asyncio.timeout(60):
        assert await resolve("well.example", 443) == ["127.0.0.1"]
    assert not any(one.done() for one in again)
    go_on.set()
    await asyncio.gather(*again)
    resolve.close()


async def test_a_name_that_is_looked_up_promptly_again_waits_for_none_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, now = threading.Event(), [0.0]
    takes = {"gone.example": HANGS_FROM, "back.example": HANGS_FROM}

    def look_up(host: str, port: int) -> list[str]:
        now[0] += takes[host]
        if host == "gone.example":
            go_on.wait(60)
        return ["127.0.0.1"]

    monkeypatch.setattr(network, "_look_up", look_up)
    monkeypatch.setattr(network, "RESOLVER_THREADS", 1)
    resolve = SystemResolver(lambda: now[0])
    go_on.set()
    for host in ("gone.example", "back.example"):
        await resolve(host, 443)
    takes["back.example"] = 0
    await resolve("back.example", 443)
    go_on.clear()
    hanging = asyncio.ensure_future(resolve("gone.example", 443))
    await asyncio.sleep(0)  # it is asked first
    async with asyncio.timeout(60):
        assert await resolve("back.example", 443) == ["127.0.0.1"]
    assert not hanging.done()
    go_on.set()
    await hanging
    resolve.close()


async def test_a_tls_handshake_that_stalls_ends_at_the_deadline(client: WebhookClient) -> None:
    accepted = asyncio.Event()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()

    async with listening(stall) as port:
        result = await ask(client, builders.endpoint(url=f"https://127.0.0.1:{port}/", timeout=SHORT))
        await accepted.wait()
    assert result.failure == "timeout"


async def test_of_more_endpoints_than_may_be_no_connections_are_kept_of_those_called_longest_ago() -> None:
    client = WebhookClient(most_kept=2)
    async with serving(answering(NO_CONTENT, keep_open=True)) as served:
        for name in ("first", "second", "third"):
            await ask(client, builders.endpoint(id=name, url=served.url()))
        assert [*client._pools] == ["second", "third"]
        await client.close()


async def test_where_there_are_more_than_may_be_none_is_closed_that_a_call_is_under_way_on() -> None:
    client = WebhookClient(most_kept=1)
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(NO_CONTENT)

    async with serving(later) as busy, serving(answering(NO_CONTENT, keep_open=True)) as other:
        under_way = asyncio.ensure_future(ask(client, builders.endpoint(id="busy", url=busy.url())))
        await asked.wait()
        for name in ("second", "third"):
            assert (await ask(client, builders.endpoint(id=name, url=other.url()))).status == 204
        go_on.set()
        assert (await under_way).status == 204
        await client.close()
