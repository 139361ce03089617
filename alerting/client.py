"""The webhook client: httpx behind a network backend that resolves, checks and connects by itself.

The address that is checked is the address that is connected: names are resolved here, every address they have is
checked, and the socket goes to one of those, so a DNS answer that changes has no gap to slip through; a pooled
connection stays where it was checked. Redirects are not followed, proxies of the environment are ignored, nothing is
decompressed, and of an answer's body at most `KEPT` bytes are read. Each endpoint has a pool of its own.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import httpcore
import httpx
from httpcore._backends.auto import AutoBackend

from alerting.addresses import check_address
from alerting.endpoint import Endpoint
from alerting.verdict import Failure
from streams.errors import AddressRefused, DeliveryError

KEPT: Final = 20_000
"""Bytes of an answer's body that are read; the connection is closed on more."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name. Raises OSError."""


class Unresolvable(DeliveryError):
    """The endpoint's host has no address."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one call came to: a status, or the failure in its place."""

    latency_ms: float
    status: int | None = None
    failure: Failure | None = None
    retry_after: str | None = None
    body: bytes = b""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that have been checked."""

    def __init__(self, *, allow_private: bool, resolve: Resolve) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = AutoBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check every address, connect to the first that answers."""
        try:
            addresses = await self._resolve(host, port)
        except OSError:
            addresses = []
        if not addresses:
            raise Unresolvable("the host has no address")
        if not self._allow_private:
            for address in addresses:
                check_address(address)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: an endpoint is a network address."""
        raise AddressRefused("a webhook is not sent to a socket file")

    async def sleep(self, seconds: float) -> None:
        """Wait, as the pool asks between its attempts to connect."""
        await self._network.sleep(seconds)


class WebhookClient:
    """Calls endpoints. `close` when done."""

    def __init__(self, *, resolve: Resolve = resolve, ssl_context: ssl.SSLContext | None = None) -> None:
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._clients: dict[str, tuple[Endpoint, httpx.AsyncClient]] = {}

    async def post(self, endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> Result:
        """POST to an endpoint within its deadline. Never raises for what the receiver does."""
        client = await self._client(endpoint)
        began = perf_counter()
        status: int | None = None
        failure: Failure | None = None
        retry_after: str | None = None
        kept = b""
        try:
            async with asyncio.timeout(endpoint.timeout.total_seconds()):
                request = client.build_request("POST", endpoint.url.get_secret_value(), content=body, headers=headers)
                response = await client.send(request, stream=True)
                try:
                    status = response.status_code
                    retry_after = response.headers.get("retry-after")
                    kept = await _read_some(response)
                finally:
                    await response.aclose()
        except Exception as error:  # noqa: BLE001 - a closed set of outcomes, whatever the receiver or network did
            # An answer whose status is known counts, even if its body did not end well.
            failure = None if status is not None and not isinstance(error, TimeoutError) else classify(error)
        latency = (perf_counter() - began) * 1000
        return Result(latency, status if failure is None else None, failure, retry_after, kept)

    async def _client(self, endpoint: Endpoint) -> httpx.AsyncClient:
        known = self._clients.get(endpoint.id)
        if known is not None:
            if known[0] == endpoint:
                return known[1]
            await known[1].aclose()
        client = self._make(endpoint)
        self._clients[endpoint.id] = (endpoint, client)
        return client

    def _make(self, endpoint: Endpoint) -> httpx.AsyncClient:
        context = self._ssl_context or httpx.create_ssl_context(trust_env=False)
        proxy = endpoint.proxy.get_secret_value() if endpoint.proxy else None
        transport = httpx.AsyncHTTPTransport(verify=context, proxy=proxy, trust_env=False)
        if proxy is None:
            # httpx has no parameter for the backend of its pool; the pool itself does.
            transport._pool = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=endpoint.concurrency,
                max_keepalive_connections=endpoint.concurrency,
                keepalive_expiry=30.0,
                network_backend=GuardedBackend(allow_private=endpoint.allow_private, resolve=self._resolve),
            )
        return httpx.AsyncClient(
            transport=transport,
            timeout=endpoint.timeout.total_seconds(),
            follow_redirects=False,
            trust_env=False,
            headers={"accept-encoding": "identity", "accept": "*/*"},
        )

    async def close(self) -> None:
        """Close all connections."""
        for _, client in self._clients.values():
            await client.aclose()
        self._clients.clear()


async def _read_some(response: httpx.Response) -> bytes:
    kept = bytearray()
    async for chunk in response.aiter_raw():
        kept += chunk[: KEPT - len(kept)]
        if len(kept) >= KEPT:
            break
    return bytes(kept)


def classify(error: Exception) -> Failure:  # noqa: PLR0911 - one line a kind
    """The kind of failure that an exception of the client is."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "timeout"
    if isinstance(error, AddressRefused):
        return "address-refused"
    if isinstance(error, Unresolvable):
        return "unresolvable"
    if isinstance(error, httpx.ConnectError):
        return "tls" if _is_tls(error) else "connect"
    if isinstance(error, httpx.ProtocolError):
        # "Server disconnected" comes as a protocol error, and means a reset.
        return "reset" if "disconnected" in str(error) else "protocol"
    if isinstance(error, ssl.SSLError):
        return "tls"
    return "reset"


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
