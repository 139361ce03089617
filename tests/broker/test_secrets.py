"""A real worker with a canary in its endpoint's URL: neither that nor the signing secret is ever said."""

from __future__ import annotations

import asyncio
import json
import signal
import urllib.request
from pathlib import Path

from streams.topics import ALL
from tests.broker.conftest import Place
from tests.broker.harness import (
    SECRET,
    Ledger,
    WorkerProcess,
    make_articles,
)

CANARY = "canary0secret7"


async def test_no_secret_is_in_the_log_the_figures_or_any_topic(place: Place, tmp_path: Path) -> None:
    articles = make_articles(200, seed=5, matching=0.1)
    folder = place.configured(tmp_path / "config")
    log = tmp_path / "worker.log"
    async with Ledger(answer=lambda number: 500 if number <= 5 else 204).serving() as ledger:
        ledger.url += f"?key={CANARY}"
        async with WorkerProcess(folder, ledger, log).running() as worker:
            await place.publish(articles.messages)
            await ledger.until_ids(len(articles.due) // 2, timeout=120)
            await place.until_committed()
            figures = await asyncio.to_thread(scrape, log)
            assert await worker.end(signal.SIGTERM) == 0
        assert not ledger.faults
    said = log.read_text()
    assert said.count('"outcome": "retry"') >= 5
    assert "tocsin_attempts_total" in figures
    written = []
    for topic in ALL:
        for record in await place.read(topic.name):
            written.append(repr((record.key, record.value, record.headers)))
    assert len(written) > 200
    for text in (said, figures, *written):
        for secret in (CANARY, SECRET.removeprefix("whsec_")):
            assert secret not in text


def scrape(log: Path) -> str:
    """The metrics of the worker that writes this log."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    [health] = [line["health"] for line in lines if line.get("event") == "worker.started"]
    with urllib.request.urlopen(f"{health}/metrics") as answer:
        return str(answer.read().decode())
