"""The whole pipeline on a real Kafka: nothing lost, nothing told twice under two ids, nothing unreadable dropped."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

from tests.broker.conftest import Place
from tests.broker.harness import (
    LONG_SESSION,
    Ledger,
    WorkerProcess,
    alter_topic,
    make_articles,
    publish,
)


async def test_two_thousand_articles_end_in_every_alert_that_is_due(place: Place, tmp_path: Path) -> None:
    articles = make_articles(2000, seed=1, matching=0.1)
    folder = place.configured(tmp_path / "config", session=LONG_SESSION, all_topics=True)
    async with Ledger().serving() as ledger:
        async with WorkerProcess(folder, ledger, tmp_path / "worker.log").running() as worker:
            await place.publish(articles.messages)
            await ledger.until_told(articles.due, timeout=90)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
        assert ledger.repeats == 0
    attempts = await place.read("deliveries")
    assert len(attempts) == len(articles.due)


async def test_a_worker_killed_again_and_again_loses_no_alert(place: Place, tmp_path: Path) -> None:
    articles = make_articles(3500, seed=2, matching=0.1)
    folder = place.configured(tmp_path / "config")
    rng = random.Random(2)
    async with Ledger(answer=lambda number: 503 if number % 7 == 0 else 204).serving() as ledger:
        async with WorkerProcess(folder, ledger, tmp_path / "worker.log").running() as worker:
            await place.publish(articles.messages[:500])
            for kill in range(3):
                # Kill in the middle of the work: as soon as some more alerts have been told.
                before = len(ledger.bodies)
                part = articles.messages[500 + kill * 1000 : 500 + (kill + 1) * 1000]
                publishing = asyncio.ensure_future(place.publish(part))
                await ledger.until_ids(before + rng.randrange(1, 20), timeout=90)
                await worker.end(signal.SIGKILL)
                await publishing
                await worker.start()
            await ledger.until_told(articles.due, timeout=120)
            await place.until_committed()
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)


async def test_what_cannot_be_read_is_rejected_byte_for_byte(place: Place, tmp_path: Path) -> None:
    articles = make_articles(500, seed=3, matching=0.2, unreadable_every=10)
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)
    async with Ledger().serving() as ledger:
        async with WorkerProcess(folder, ledger, tmp_path / "worker.log").running():
            await place.publish(articles.messages)
            await ledger.until_told(articles.due, timeout=90)
            await place.until_committed()
        ledger.check(articles.due)
    rejected = await place.read("rejected")
    assert sorted(record.value for record in rejected) == sorted(articles.unreadable)
    for record in rejected:
        headers = dict(record.headers)
        assert headers["tocsin-error-reason"] == b"not-utf8"
        assert headers["tocsin-error-topic"] == place.topic("articles").encode()
        assert headers["tocsin-error-offset"].isdigit()


async def test_an_article_of_the_greatest_length_is_read_and_a_longer_one_stops_nothing(
    place: Place, tmp_path: Path
) -> None:
    folder = place.configured(tmp_path / "config", session=LONG_SESSION)
    before, after = make_articles(20, seed=4, matching=0.5), make_articles(20, seed=5, matching=0.5)
    topic = place.topic("articles")
    longest = b'{"id":"longest","body":"' + b"x" * (1024 * 1024 - 26) + b'"}'
    async with (
        Ledger().serving() as ledger,
        WorkerProcess(folder, ledger, tmp_path / "worker.log").running() as worker,
    ):
        await worker.until_logged("worker.started", timeout=90)
        await place.publish([*before.messages, longest])
        # A cluster may be set to take more than a worker can write on.
        await alter_topic(place.servers, topic, max__message__bytes=8 * 1024 * 1024)
        await publish(place.servers, topic, [b"x" * (3 * 1024 * 1024), *after.messages])
        await ledger.until_told(before.due | after.due, timeout=90)
        await place.until_committed()
        assert worker.runs
    (rejected,) = await place.read("rejected")
    assert dict(rejected.headers)["tocsin-error-cut"] == str(3 * 1024 * 1024).encode()
