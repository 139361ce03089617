"""TLS on the connection of a webhook, over a stream of httpcore's.

It differs from anyio's in three ways. A handshake is computed in a thread, since the receiver chooses how costly it
is. What arrives is bounded before it is deciphered, since some of it (tickets, updates of keys) never shows as an
answer. `holds_some` tells whether something has arrived that nobody has read yet.
"""

# ruff: noqa: ASYNC109 - the signatures are those of httpcore's network backend

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final, TypeVar

import httpcore

from streams.errors import DeliveryError

CIPHERED_LIMIT: Final = 128 * 1024
"""Bytes of a handshake, or of one answer with all that TLS adds to it. A chain of certificates takes some thousands."""

DECIPHERED_AT_ONCE: Final = 8 * 1024
"""Bytes that are read and deciphered before the other endpoints have their turn."""

T = TypeVar("T")


class AnswerTooLong(DeliveryError):
    """The receiver's answer exceeds a limit."""


class TlsStream(httpcore.AsyncNetworkStream):
    """A connection under TLS; the certificate must be that of the host's name. Its handshake comes first."""

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, context: ssl.SSLContext, hostname: str | None
    ) -> None:
        self._stream = stream
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._read = 0

    async def shake_hands(self, threads: Executor, timeout: float | None = None) -> None:
        """Agree on keys, in a thread. Raises ssl.SSLError, httpcore's ConnectError, AnswerTooLong."""
        try:
            await self._finish(self._tls.do_handshake, timeout, threads)
        except (httpcore.ReadError, httpcore.WriteError) as error:
            raise httpcore.ConnectError(str(error)) from error

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes; none where the other side has hung up. Raises AnswerTooLong."""
        if self.holds_some():
            await asyncio.sleep(0)  # nothing is waited for, and the other endpoints would get no turn
        try:
            return await self._finish(partial(self._tls.read, max_bytes), timeout)
        except ssl.SSLEOFError:
            return b""
        except ssl.SSLError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the bytes."""
        self._read = 0
        try:
            await self._finish(partial(self._tls.write, buffer), timeout)
        except ssl.SSLError as error:
            raise httpcore.WriteError(str(error)) from error

    async def _finish(
        self, call: Callable[[], T], timeout: float | None, threads: Executor | None = None
    ) -> T:
        """The result of a call, once what it wants is received and sent."""
        while True:
            try:
                if threads is None:
                    result = call()
                else:
                    result = await asyncio.get_running_loop().run_in_executor(threads, call)
            except ssl.SSLWantReadError:
                await self._send(timeout)
                await self._receive(timeout)
            else:
                await self._send(timeout)
                return result

    async def _send(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            await self._stream.write(self._outgoing.read(), timeout)

    async def _receive(self, timeout: float | None) -> None:
        if self._read >= CIPHERED_LIMIT:
            raise AnswerTooLong("the answer does not end")
        data = await self._stream.read(DECIPHERED_AT_ONCE, timeout)
        self._read += len(data)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def holds_some(self) -> bool:
        """Whether something has arrived that nobody has read yet."""
        return bool(self._incoming.pending or self._tls.pending())

    async def aclose(self) -> None:
        """Close the connection, without a closing alert of TLS."""
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        return self._tls if info == "ssl_object" else self._stream.get_extra_info(info)
