"""The webhook client: httpx's transport on a network that resolves, checks and connects by itself (`alerting.network`).

It follows no redirects, keeps no cookies, ignores proxies of the environment and decompresses nothing. It reads at most
`KEPT` bytes of an answer's body, and one deadline covers the whole attempt. Each endpoint has a pool of its own, so
that none can take the connections of another.

httpx's own client is not used: what it adds to its transport (redirects, cookies, sign-in by URL) a webhook must not
have, and it takes as long as the rest.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any, Final

import anyio
import httpcore
import httpx

from alerting.endpoint import Endpoint
from alerting.network import CONNECTED, GuardedBackend, Resolve, SystemResolver, Unresolvable
from alerting.tls import AnswerTooLong
from alerting.verdict import Failure
from streams.errors import AddressRefused

KEPT: Final = 20_000
"""Bytes of an answer's body that are read; if there are more, the connection is closed."""

BODY_PATIENCE: Final = 5.0
"""Seconds that the body of an answer may take once its status is known. The status decides; the body only explains."""

IDLE: Final = 30.0
"""Seconds after which an unused connection is not used again. It is closed when the next is asked for, or soon after
if none is: receivers hang up without our noticing, and each connection keeps a descriptor.
"""

_HEADERS: Final = {"accept": "*/*", "accept-encoding": "identity", "connection": "keep-alive"}


@dataclass(frozen=True, slots=True)
class Result:
    """What one call came to: a status, or the failure in its place. `body` is the answer's beginning."""

    latency_ms: float
    status: int | None = None
    failure: Failure | None = None
    retry_after: str | None = None
    body: bytes = b""


@dataclass(slots=True)
class _Pool:
    """The connections of one endpoint. A retired pool is closed when its last call has ended."""

    shape: tuple[object, ...]
    transport: httpx.AsyncHTTPTransport
    used_at: float
    url: httpx.URL | None = None
    calls: int = 0
    retired: bool = False

    def keeps_what_nobody_uses(self) -> bool:
        """Whether more connections are in use than there are calls.

        If a call is cut off just when a connection is made for it or assigned to it, httpcore keeps that connection for
        ever. Once all that may be open are lost like this, every later call would wait in vain.
        """
        pool: Any = self.transport._pool
        used = [one for one in pool.connections if not (one.is_idle() or one.is_closed())]
        return len(used) > self.calls


class WebhookClient:
    """Calls endpoints. `close` when done.

    `resolve` gives the addresses of a host (default: the system's resolver); `ca_file` (PEM) holds authorities to
    trust beside the public ones. `prepare` or the first call reads it, and raises OSError where that fails. Connections
    are kept for at most `most_kept` endpoints, those called last.
    """

    def __init__(
        self, *, resolve: Resolve | None = None, ca_file: str | None = None, most_kept: int = 4096
    ) -> None:
        self._most_kept = most_kept
        self._resolver = SystemResolver()
        self._resolve = resolve or self._resolver
        self._ca_file = ca_file
        self._pools: dict[str, _Pool] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Future[None]] = set()

    def prepare(self) -> None:
        """Do in advance what the first call would wait for: some tens of milliseconds, best in a thread."""
        _authorities(self._ca_file)
        anyio.run(anyio.sleep, 0)  # loads its part for asyncio

    async def post(self, endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> Result:
        """POST to an endpoint within its deadline. Raises nothing for what the receiver does."""
        pool = await self._pool(endpoint)
        pool.calls += 1
        try:
            return await _post(pool, endpoint, body, headers)
        finally:
            pool.calls -= 1
            pool.used_at = perf_counter()
            self._sweep_later()
            if pool.keeps_what_nobody_uses():
                pool.retired = True
                if self._pools.get(endpoint.id) is pool:
                    del self._pools[endpoint.id]
            if pool.retired and not pool.calls:
                await pool.transport.aclose()
            self._close_surplus()

    async def _pool(self, endpoint: Endpoint) -> _Pool:
        shape = (endpoint.url, endpoint.allow_private, endpoint.concurrency, endpoint.proxy)
        former = self._pools.get(endpoint.id)
        if former is not None and former.shape == shape:
            return former
        self._pools[endpoint.id] = pool = self._make(endpoint, shape)
        if former is not None:
            former.retired = True
            if not former.calls:
                await former.transport.aclose()
        return pool

    def _make(self, endpoint: Endpoint, shape: tuple[object, ...]) -> _Pool:
        context = _authorities(self._ca_file)
        # A proxy is the operator's own and usually in a private network; where it connects to is for it to judge.
        allow_private = endpoint.allow_private or endpoint.proxy is not None
        backend = GuardedBackend(allow_private=allow_private, resolve=self._resolve)
        transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
        # httpx has no parameter for the backend of its pool; the pool itself does.
        transport._pool = _connection_pool(endpoint, context, backend)
        return _Pool(shape, transport, perf_counter())

    def _sweep_later(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE, self._close_unused)

    def _close_unused(self) -> None:
        """Close the connections of endpoints that have not been called for a while."""
        self._sweep = None
        since = perf_counter() - IDLE
        for endpoint_id, pool in [*self._pools.items()]:
            if not pool.calls and pool.used_at <= since:
                self._close_pool(endpoint_id)
        if self._pools:
            self._sweep_later()

    def _close_surplus(self) -> None:
        surplus = len(self._pools) - self._most_kept
        if surplus > 0:
            unused = [endpoint_id for endpoint_id, pool in self._pools.items() if not pool.calls]
            for endpoint_id in sorted(unused, key=lambda one: self._pools[one].used_at)[:surplus]:
                self._close_pool(endpoint_id)

    def _close_pool(self, endpoint_id: str) -> None:
        closing = asyncio.ensure_future(self._pools.pop(endpoint_id).transport.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close all connections."""
        if self._sweep is not None:
            self._sweep.cancel()
        await asyncio.gather(*self._closing)
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.transport.aclose()
        self._resolver.close()


@cache
def _authorities(ca_file: str | None) -> ssl.SSLContext:
    """The public authorities, and those of a file. Reading them takes tens of milliseconds: once for all endpoints.

    Key exchange by DHE, which nobody uses any more, is left out: a receiver may choose numbers for it that take a
    second to compute.
    """
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    offered = [cipher["name"] for cipher in context.get_ciphers() if not cipher["name"].startswith("DHE-")]
    context.set_ciphers(":".join(offered))
    return context


def _connection_pool(
    endpoint: Endpoint, context: ssl.SSLContext, backend: GuardedBackend
) -> httpcore.AsyncConnectionPool:
    options: Any = {
        "ssl_context": context,
        "max_connections": endpoint.concurrency,
        "max_keepalive_connections": endpoint.concurrency,
        "keepalive_expiry": IDLE,
        "network_backend": backend,
    }
    if endpoint.proxy is None:
        return httpcore.AsyncConnectionPool(**options)
    proxy = httpx.Proxy(endpoint.proxy.get_secret_value())
    url = httpcore.URL(scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/")
    if proxy.url.scheme == "https":
        options["proxy_ssl_context"] = context
    return httpcore.AsyncHTTPProxy(proxy_url=url, proxy_auth=proxy.raw_auth, **options)


async def _answer(pool: _Pool, request: httpx.Request) -> httpx.Response:
    """The answer to a request; sent again if a connection broke that had been kept from an earlier call.

    A receiver hangs up on idle connections, and may do so while the request is on its way. That says nothing about the
    receiver, and the alert need not wait for its schedule. The loop ends: each such connection is gone afterwards, and
    if one breaks that was made for this call, that is raised.
    """
    while True:
        CONNECTED.set(False)
        try:
            response = await pool.transport.handle_async_request(request)
            _show_what_is_read_ahead(response)
            return response
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            if classify(error) != "reset" or CONNECTED.get():
                raise


def _show_what_is_read_ahead(response: httpx.Response) -> None:
    # Neither httpx nor httpcore looks at it or tells of it; only the parser has it.
    stream: Any = response.stream
    parser = stream._httpcore_stream._stream._connection._h11_state
    response.extensions["network_stream"].ahead = lambda: parser.trailing_data[0]


async def _post(pool: _Pool, endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> Result:
    began = perf_counter()
    status: int | None = None
    failure: Failure | None = None
    retry_after: str | None = None
    kept = bytearray()
    try:
        # One deadline for all of it; httpx's own, for each read and write, could only come later.
        async with asyncio.timeout(endpoint.timeout.total_seconds()):
            if pool.url is None:
                pool.url = httpx.URL(endpoint.url.get_secret_value())
            # What httpx would send by itself, except for a name that IDNA 2008 does not know (an emoji's).
            host = {"host": pool.url.netloc.decode("ascii")}
            request = httpx.Request("POST", pool.url, headers={**host, **_HEADERS, **headers}, content=body)
            response = await _answer(pool, request)
            try:
                status = response.status_code
                retry_after = response.headers.get("retry-after")
                async with asyncio.timeout(BODY_PATIENCE):
                    await _read_some(response, kept)
            finally:
                await response.aclose()
    except Exception as error:  # noqa: BLE001 - a closed set of outcomes, whatever the network did
        # Once there is a status, it counts: a body that drips, breaks or never ends changes nothing.
        failure = classify(error) if status is None else None
    return Result((perf_counter() - began) * 1000, status, failure, retry_after, bytes(kept))


async def _read_some(response: httpx.Response, kept: bytearray) -> None:
    async for chunk in response.aiter_raw():  # raw: a compressed answer stays as small as it came
        kept += chunk[: KEPT - len(kept)]
        if len(kept) >= KEPT:
            return


def classify(error: BaseException) -> Failure:
    """What kind of failure an exception of the client is, by the first of its causes that says."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "timeout"
    for cause in _causes(error):
        for kind, failure in _BY_CAUSE:
            if isinstance(cause, kind):
                return failure
    if isinstance(error, httpx.RemoteProtocolError):
        # "Server disconnected without sending a response" comes as a protocol error, and means a reset.
        return "reset" if "disconnected" in str(error) else "protocol"
    return _BY_KIND.get(type(error), "reset")


_BY_CAUSE: Final[tuple[tuple[type[BaseException], Failure], ...]] = (
    (AddressRefused, "address-refused"),
    (Unresolvable, "unresolvable"),
    (AnswerTooLong, "too-long"),
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "tls"),
)

_BY_KIND: Final[dict[type[BaseException], Failure]] = {
    httpx.ConnectError: "connect",
    httpx.ProxyError: "proxy",
    httpx.LocalProtocolError: "render",
    httpx.InvalidURL: "render",
    httpx.UnsupportedProtocol: "render",
}


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
