"""What libraries say while a command asks the brokers: nothing, for the command says it in one line."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator

import pytest

from streams.logs import quiet_clients


async def leave_an_error_behind() -> None:
    """As a connection that was refused does whose error nobody asked for."""
    asyncio.get_running_loop().create_future().set_exception(OSError("refused"))
    gc.collect()


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Both libraries as loud as can be, and after the test as before."""
    loggers = [logging.getLogger(name) for name in ("aiokafka", "asyncio")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


def test_an_error_that_nobody_asked_for_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(leave_an_error_behind())
    assert "never retrieved" in caplog.text
    caplog.clear()
    quiet_clients()
    asyncio.run(leave_an_error_behind())
    assert caplog.text == ""
