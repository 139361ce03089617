"""The broker no longer has the place where a worker was: what was deleted unread is said, what is there is read."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.broker.conftest import Place
from tests.broker.harness import (
    Ledger,
    WorkerProcess,
    delete_before,
    make_articles,
    set_committed,
)


def configured(place: Place, folder: Path) -> Path:
    return place.configured(folder, partitions=1, session=20)


def logged(log: Path, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]


async def test_articles_that_were_deleted_unread_are_named_and_the_rest_is_read(
    place: Place, tmp_path: Path
) -> None:
    before, after = make_articles(30, seed=1), make_articles(60, seed=2, matching=1, first=30)
    topic, log = place.topic("articles"), tmp_path / "worker.log"
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(configured(place, tmp_path / "config"), ledger, log)
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            await place.publish(before.messages)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
            await place.publish(after.messages)
            await delete_before(place.servers, topic, 0, 70)
            await worker.start()
            await ledger.until_told({f"a{number}" for number in range(70, 90)}, 90)
            await place.until_committed()
    [lost] = logged(log, "input.lost")
    assert (lost["topic"], lost["offset"], lost["records"]) == (topic, 30, 40)
    ledger.check(before.due | {f"a{number}" for number in range(70, 90)})


@pytest.mark.parametrize("lost", ["articles", "candidates"])
async def test_a_topic_that_ends_before_what_is_committed_is_read_again_and_nothing_told_twice(
    place: Place, tmp_path: Path, lost: str
) -> None:
    """As after an unclean election: what comes next has offsets that were read before."""
    articles = make_articles(60, seed=3, matching=0.3)
    log = tmp_path / "worker.log"
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(configured(place, tmp_path / "config"), ledger, log)
        async with worker.running():
            await worker.until_logged("worker.started", 90)
            await place.publish(articles.messages[:40])
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
            await set_committed(place.servers, place.group, place.topic(lost), {0: 1000})
            await worker.start()
            await place.publish(articles.messages[40:])
            await ledger.until_told(articles.due, 90)
            await place.until_committed()
            assert worker.runs
    [found] = logged(log, "input.ends_before")
    assert (found["topic"], found["offset"], found["again_from"]) == (place.topic(lost), 1000, 0)
    ledger.check(articles.due)
    assert ledger.repeats == 0
