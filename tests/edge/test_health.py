"""The health port answers a probe, whatever else is connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from streams import health
from streams.health import Health, HealthServer


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HealthServer]:
    monkeypatch.setattr(health, "LOOK_EVERY", 0.01)
    server = HealthServer(
        "127.0.0.1",
        0,
        live=lambda: Health(True, "alive"),
        ready=lambda: Health(False, "stopping"),
        metrics=lambda: b"figures",
    )
    await server.start()
    yield server
    await server.stop()


async def ask(server: HealthServer, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{server.port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def ended(reader: asyncio.StreamReader) -> bool:
    """Wait until a connection is cut off."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


async def test_a_probe_is_answered_while_others_hold_more_connections_than_are_kept(
    server: HealthServer,
) -> None:
    silent = [
        await asyncio.open_connection("127.0.0.1", server.port) for _ in range(health.MOST_CONNECTIONS + 10)
    ]
    assert await ask(server, "/live") == (200, "alive\n")
    assert await ask(server, "/ready") == (503, "stopping\n")
    assert await ask(server, "/metrics") == (200, "figures")
    for reader, _ in silent[:10]:
        assert await ended(reader)
    assert not silent[-1][0].at_eof()
    for _, writer in silent:
        writer.close()


async def test_who_never_ends_a_request_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, server: HealthServer
) -> None:
    monkeypatch.setattr(health, "LONGEST_CONNECTION", 0.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /live HTTP/1.1\r\nx: ")
    assert await ended(reader)
    writer.close()
