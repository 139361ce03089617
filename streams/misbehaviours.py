"""Ways in which `streams.receiver` can misbehave, to test that delivery copes with them.

Each is called with the request and answers in place of a status. Those that never end are cancelled when the sender
hangs up.
"""

# ruff: noqa: ARG001 - all have the same signature

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from streams.receiver import Misbehaviour

MUCH: Final = b"\0" * 65536


async def hang(request: web.Request) -> web.StreamResponse:
    """Accept the request and never answer."""
    await asyncio.sleep(3600)
    return web.Response(status=204)


async def drip(request: web.Request) -> web.StreamResponse:
    """Answer 503, then one byte every ten seconds."""
    response = await _begin(request, 503)
    while True:
        await response.write(b".")
        await asyncio.sleep(10)


async def flood(request: web.Request) -> web.StreamResponse:
    """Answer 503 and ten gigabytes."""
    response = await _begin(request, 503)
    for _ in range(10 * 2**30 // len(MUCH)):
        await response.write(MUCH)
    return response


async def bomb(request: web.Request) -> web.StreamResponse:
    """Answer 503 and a hundred megabytes in a hundred kilobytes of gzip."""
    packed = gzip.compress(bytes(100 * 2**20))
    return web.Response(status=503, body=packed, headers={"content-encoding": "gzip"})


async def reset(request: web.Request) -> web.StreamResponse:
    """Read the whole request, then break the connection: the sender cannot know whether it arrived."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=204)


async def redirect(request: web.Request) -> web.StreamResponse:
    """Redirect to the cloud's metadata service."""
    return web.Response(status=307, headers={"location": "http://169.254.169.254/latest/meta-data/"})


async def busy(request: web.Request) -> web.StreamResponse:
    """Answer 429 with Retry-After."""
    return web.Response(status=429, headers={"retry-after": "2"})


async def gone(request: web.Request) -> web.StreamResponse:
    """Answer 410: no more webhooks."""
    return web.Response(status=410)


async def _begin(request: web.Request, status: int) -> web.StreamResponse:
    response = web.StreamResponse(status=status)
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


MISBEHAVIOURS: Final[Mapping[str, Misbehaviour]] = {
    misbehaviour.__name__: misbehaviour
    for misbehaviour in (hang, drip, flood, bomb, reset, redirect, busy, gone)
}
"""All of them by name."""
