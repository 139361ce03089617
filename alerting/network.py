"""Where the webhook client meets the network: names are resolved, checked and connected here, and answers bounded.

The address that was checked is the one that is connected, so a DNS answer that changes in between has no effect; a
pooled connection stays at its address. At most `ANSWER_LIMIT` bytes and about `LINES_LIMIT` lines of an answer are
read, headers included, and what arrives before a request is sent is no answer.
"""

# ruff: noqa: ASYNC109, ARG002 - the signatures are those of httpcore's network backend

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import ContextVar
from itertools import zip_longest
from typing import Any, Final

import httpcore
from httpcore._utils import is_socket_readable

from alerting.addresses import check_address
from alerting.threads import ThreadsLeftBehind
from alerting.tls import AnswerTooLong, TlsStream
from streams.errors import AddressRefused, DeliveryError

ANSWER_LIMIT: Final = 40 * 1024
"""Bytes of one answer with its headers, interim answers (1xx) and the framing of its body."""

LINES_LIMIT: Final = 250
"""Line breaks of one answer. Each header, interim answer or chunk of one byte takes as long as kilobytes of a body, and
an answer of nothing else as long as a hundred others.
"""

LINES_AT_ONCE: Final = 32
"""Line breaks of one read, at most."""

READ_AT_ONCE: Final = 8 * 1024
"""Bytes of one read; between two reads the other endpoints have their turn."""

SEND_AT_ONCE: Final = 64 * 1024
"""A request is sent once so many bytes of it are written, though nobody waits for its answer yet."""

TRY_NEXT_AFTER: Final = 0.25
"""Seconds that one address of a host is given to answer before the next is tried as well."""

TRIED_AT_ONCE: Final = 3
"""Addresses of one host that are tried at the same time. Each takes a descriptor, and only a quarter of all descriptors
is for calls.
"""

ADDRESS_PATIENCE: Final = 3.0
"""Seconds that an address has to answer if others wait to be tried. A lost packet is sent again after one second."""

MOST_ADDRESSES: Final = 16
"""Addresses of one host that are considered. An answer has room for thousands, and each would be checked and tried."""

RESOLVER_THREADS: Final = 128
"""Names that are looked up at the same time, and as many more of those whose last look-up hung."""

HANGS_FROM: Final = 1.0
"""A name whose look-up took so many seconds is one that hangs."""

CONNECTED: Final = ContextVar("CONNECTED", default=False)
"""Whether a call had to make a connection: set it to False before the call. Each task has its own."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name. Raises OSError."""

Connect = Callable[[str], Awaitable[httpcore.AsyncNetworkStream]]


class Unresolvable(DeliveryError):
    """The endpoint's host has no address."""


class SystemResolver:
    """The system's resolver, in threads of its own. A name that hangs takes one thread, however often it is asked for.

    A zone whose servers are gone may have more names than there are threads. So names that hung last time have threads
    of their own, until they are answered promptly again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = ThreadsLeftBehind(RESOLVER_THREADS, "tocsin-dns")
        self._of_hanging = ThreadsLeftBehind(RESOLVER_THREADS, "tocsin-dns-hanging")
        self._hanging: set[str] = set()
        self._asked: dict[tuple[str, int], asyncio.Future[list[str]]] = {}
        self._clock = clock

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of a host, each once. Raises OSError."""
        question = (host, port)
        answer = self._asked.get(question)
        if answer is None:
            threads = self._of_hanging if host in self._hanging else self._threads
            answer = asyncio.get_running_loop().run_in_executor(threads, self._look_up, host, port)
            self._asked[question] = answer
            answer.add_done_callback(lambda done: self._forget(question, done))
        return await asyncio.shield(answer)

    def _look_up(self, host: str, port: int) -> list[str]:
        began = self._clock()
        try:
            return _look_up(host, port)
        finally:
            if self._clock() - began >= HANGS_FROM:
                self._hanging.add(host)
            else:
                self._hanging.discard(host)

    def _forget(self, question: tuple[str, int], done: asyncio.Future[list[str]]) -> None:
        self._asked.pop(question, None)
        if not done.cancelled():
            done.exception()  # whoever asked may be gone

    def close(self) -> None:
        """Look up nothing more; what hangs is left behind."""
        self._threads.forget_waiting()
        self._of_hanging.forget_waiting()


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that have been checked."""

    def __init__(self, *, allow_private: bool, resolve: Resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()
        # One: what the receivers of others choose must not wait for what this one does.
        self._handshakes = ThreadsLeftBehind(1, "tocsin-tls")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check every address, connect to the first that answers."""

        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)

        stream = await _first(await self._addresses(host, port), connect)
        CONNECTED.set(True)
        return BoundedStream(stream, self._handshakes)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):  # a name that IDNA cannot encode raises UnicodeError
            raise Unresolvable("the host has no address") from None
        addresses = addresses[:MOST_ADDRESSES]
        for address in addresses:
            # One refused address refuses the name: which of them is connected must not be a matter of chance.
            check_address(address, allow_private=self._allow_private)
        return addresses

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: an endpoint is a network address."""
        raise AddressRefused("a webhook is not sent to a socket file")

    async def sleep(self, seconds: float) -> None:
        """Wait, as the pool asks between its attempts to connect."""
        await self._network.sleep(seconds)


async def _first(addresses: Sequence[str], connect: Connect) -> httpcore.AsyncNetworkStream:
    """A connection to the first address that answers.

    As in RFC 8305, the next is tried as well when those before it have not answered for a moment, IPv6 and IPv4 in
    turns. Otherwise an address that cannot be reached, as IPv6 in many a network, would take up all of every attempt.
    """
    if len(addresses) == 1:
        return await connect(addresses[0])
    rest = deque(_in_turns(addresses))
    patience = ADDRESS_PATIENCE if len(rest) > TRIED_AT_ONCE else None

    async def try_one(address: str) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(patience):
            return await connect(address)

    trying: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
    failed: BaseException | None = None
    made: list[httpcore.AsyncNetworkStream] = []
    try:
        while not made and (rest or trying):
            if rest and len(trying) < TRIED_AT_ONCE:
                trying.add(asyncio.ensure_future(try_one(rest.popleft())))
            more = rest and len(trying) < TRIED_AT_ONCE
            done, trying = await asyncio.wait(
                trying, timeout=TRY_NEXT_AFTER if more else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                failed = task.exception() or failed
                if task.exception() is None:
                    made.append(task.result())
    finally:
        for task in trying:
            task.cancel()
        late = await asyncio.gather(*trying, return_exceptions=True)
        for stream in (*made[1:], *late):
            if isinstance(stream, httpcore.AsyncNetworkStream):
                await stream.aclose()
    if made:
        return made[0]
    raise failed or Unresolvable("the host has no address")


def _in_turns(addresses: Sequence[str]) -> Iterator[str]:
    """Addresses of IPv6 and IPv4 in turns, beginning with the first."""
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    pairs = zip_longest(six, four) if addresses[:1] == six[:1] else zip_longest(four, six)
    return (address for pair in pairs for address in pair if address is not None)


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection that limits each answer to `ANSWER_LIMIT` and `LINES_LIMIT`; writing a request begins a new count.
    Head and body of a request are sent together, when its answer is waited for.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream, handshakes: Executor) -> None:
        self._stream = stream
        self._handshakes = handshakes
        self._socket: Any = None
        self._read = 0
        self._lines = 0
        self._held = b""
        self._hung_up = False
        self._unsent = bytearray()
        self.ahead: Callable[[], bytes] = bytes
        """What has been read ahead and belongs to no answer so far."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes. Raises AnswerTooLong."""
        if self._unsent:
            # A receiver may answer and hang up before it has read all: the answer tells more than the broken pipe.
            with suppress(httpcore.WriteError):
                await self._send(timeout)
        if self._read >= ANSWER_LIMIT or self._lines >= LINES_LIMIT:
            raise AnswerTooLong("the answer does not end")
        if self._held:
            await asyncio.sleep(0)  # nothing is waited for, and the other endpoints would get no turn
            data, self._held = self._held, b""
        else:
            data = await self._stream.read(min(max_bytes, READ_AT_ONCE), timeout)
            self._read += len(data)
            self._hung_up = not data
        if data.count(b"\n") > LINES_AT_ONCE:
            self._held = data.split(b"\n", LINES_AT_ONCE)[-1]
            data = data[: -len(self._held)]
        self._lines += data.count(b"\n")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the bytes."""
        self._read = self._lines = 0
        self._unsent += buffer
        if len(self._unsent) >= SEND_AT_ONCE:
            await self._send(timeout)

    async def _send(self, timeout: float | None) -> None:
        unsent, self._unsent = bytes(self._unsent), bytearray()
        await self._stream.write(unsent, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS; the certificate must be that of the host's name."""
        # A name that ends with a dot is the same without; no certificate has it.
        name = server_hostname.removesuffix(".") if server_hostname else None
        try:
            tls = TlsStream(self._stream, ssl_context, name)
            await tls.shake_hands(self._handshakes, timeout)
        except BaseException:
            # Cut off by the deadline, the handshake would leave its connection open.
            await self._stream.aclose()
            raise
        return BoundedStream(tls, self._handshakes)

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        if info == "is_readable":
            # The pool asks several times for every call, to see whether the other side hung up while the connection
            # was idle. A connection with more than the answer on it (a body after 204) counts as such too: the rest
            # would be taken for the next answer. Under TLS the other side may hang up and leave the socket open.
            if self._socket is None:
                self._socket = self._stream.get_extra_info("socket")
            under_tls = isinstance(self._stream, TlsStream) and self._stream.holds_some()
            ended = self._hung_up or under_tls or bool(self._held or self.ahead())
            return ended or is_socket_readable(self._socket)
        return self._stream.get_extra_info(info)
