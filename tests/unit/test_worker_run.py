"""How a worker's process is set up before its loop runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streams.worker import SWITCH_EVERY, Worker, run_worker
from tests.configurations import SMALL, load

pytestmark = pytest.mark.usefixtures("desk_environ")


def test_a_thread_that_computes_gives_way_to_alerts_ten_times_as_soon_as_python_lets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sys.getswitchinterval()
    while_it_runs: list[float] = []

    async def run(_: Worker) -> None:
        while_it_runs.append(sys.getswitchinterval())

    monkeypatch.setattr(Worker, "run", run)
    monkeypatch.setattr("streams.worker.raise_limit_on_open_files", lambda: None)
    try:
        run_worker(load(tmp_path, SMALL))
    finally:
        sys.setswitchinterval(before)
    assert while_it_runs == [pytest.approx(SWITCH_EVERY)]
    assert SWITCH_EVERY <= 0.0005
