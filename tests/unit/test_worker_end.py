"""How a worker stops: within its grace, whatever the brokers do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError

from streams.errors import BrokerError
from streams.lingering import refused
from streams.worker import Worker
from streams.worker import leave as leave_for_good
from tests.configurations import SMALL, load

pytestmark = pytest.mark.usefixtures("desk_environ")


class Left(BaseException):
    """Stands for the end of the process."""


def leave(where: str, error: BaseException) -> NoReturn:
    raise Left(where) from error


async def test_a_worker_does_not_wait_for_brokers_that_acknowledge_nothing_longer_than_its_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faust waits for what is under way, and when it is cancelled goes on to wait. The producers run until then: agents
    that write must not fail for want of them, and that be what the log names.
    """
    monkeypatch.setattr("streams.worker.LEAVE_WITHIN", 0)
    monkeypatch.setattr("streams.worker.leave", leave)
    worker = Worker(load(tmp_path, SMALL))
    acknowledged = asyncio.Event()
    ended: list[str] = []

    async def stop_app() -> None:
        while not acknowledged.is_set():
            try:
                await acknowledged.wait()
            except asyncio.CancelledError:
                continue
        ended.append("app")

    async def stop_outputs() -> None:
        ended.append("outputs")

    monkeypatch.setattr(worker.app, "stop", stop_app)
    monkeypatch.setattr(worker.service.outputs, "stop", stop_outputs)
    with pytest.raises(Left, match="stop") as left:
        await worker._shut_down()
    assert isinstance(left.value.__cause__, BrokerError)
    assert ended == []
    acknowledged.set()
    await worker._shut_down()
    assert ended == ["app", "app", "outputs"]


async def test_an_error_in_what_runs_in_the_background_ends_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread can be started, say, changed files were never looked at again, and nothing said so."""
    left: asyncio.Future[tuple[str, BaseException]] = asyncio.get_running_loop().create_future()
    monkeypatch.setattr("streams.worker.leave", lambda *what: left.set_result(what))
    worker = Worker(load(tmp_path, SMALL))
    error = RuntimeError("can't start new thread")

    async def fail() -> bool:
        raise error

    monkeypatch.setattr(worker.reloading, "reload", fail)
    worker.reloading.ask()
    monkeypatch.setattr(worker, "_start", asyncio.Event().wait)
    monkeypatch.setattr(worker, "_start_health", nothing)
    monkeypatch.setattr(worker, "_shut_down", nothing)
    running = asyncio.ensure_future(worker.run())
    assert await asyncio.wait_for(left, 60) == ("reload", error)
    worker.stop()
    await running


def end(code: int) -> NoReturn:
    raise Left(str(code))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (GroupAuthorizationFailedError("tocsin"), "Read on the group"),
        (refused("tocsin.pending", TopicAuthorizationFailedError("tocsin.pending")), "Write on all topics"),
        (refused("tocsin.pending", RuntimeError("another")), None),
    ],
)
def test_who_may_not_do_something_is_told_what_to_allow(
    error: Exception, says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os._exit", end)
    with structlog.testing.capture_logs() as logged, pytest.raises(Left):
        leave_for_good("kafka", error)
    [line] = logged
    assert line["event"] == "worker.failed"
    assert ("hint" in line) == (says is not None)
    assert says is None or says in line["hint"]


async def nothing() -> None:
    pass
