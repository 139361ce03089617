"""The probe asks the health server of the worker on this machine."""

from __future__ import annotations

import asyncio
import socket

import pytest

from streams.health import Health, HealthServer
from streams.probe import ask, main


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as listening:
            listening.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
async def test_it_says_what_the_worker_says_wherever_that_listens(host: str) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("no IPv6 here")
    server = HealthServer(
        host,
        0,
        live=lambda: Health(True, "alive"),
        ready=lambda: Health(False, "no partitions assigned yet"),
        metrics=lambda: b"",
    )
    await server.start()
    try:
        assert await asyncio.to_thread(ask, "live", server.port) == (True, "alive")
        assert await asyncio.to_thread(ask, "ready", server.port) == (False, "no partitions assigned yet")
        environ = {"TOCSIN_SERVICE__HEALTH_PORT": str(server.port)}
        assert await asyncio.to_thread(main, ["live"], environ) == 0
        assert await asyncio.to_thread(main, ["ready"], environ) == 1
    finally:
        await server.stop()


def test_nobody_there_is_a_no_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:  # bound but not listening: nobody else answers there either
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert main(["live"], {"TOCSIN_SERVICE__HEALTH_PORT": str(port)}) == 1
    assert capsys.readouterr().out == f"no answer on port {port}: ConnectionRefusedError\n"


@pytest.mark.parametrize("arguments", [[], ["metrics"], ["live", "ready"]])
def test_a_wrong_call_says_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments, {}) == 2
    assert "live|ready" in capsys.readouterr().err
