"""A cluster of three brokers, as production has it: brokers are killed, freeze and come back, and leaders move."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.consumer.group_coordinator import GroupCoordinator

from streams.kafka_client.committed_offsets import patch_committed_offsets
from tests.broker.cluster import BROKERS, LocalCluster
from tests.broker.conftest import require_kafka
from tests.broker.harness import (
    Articles,
    Ledger,
    WorkerProcess,
    make_articles,
    publish,
    until_committed,
    write_configuration,
)

REQUEST_TIMEOUT = 120.0
"""Seconds: nothing that takes less relies on it."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    require_kafka()
    with LocalCluster() as started:
        yield started


async def test_where_the_coordinator_has_moved_what_was_committed_is_asked_for_again(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GroupCoordinator, "_send_req", GroupCoordinator._send_req)  # put back after the test
    patch_committed_offsets()
    servers, topic, group = cluster.servers, f"t{uuid.uuid4().hex[:8]}", "committing"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 3)])
    await admin.close()
    await publish(servers, topic, [b"first", b"second", b"third"])
    tp = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([tp])
        await consumer.commit({tp: 2})
        coordinator = consumer._coordinator
        coordinator.coordinator_id = next(
            number for number in BROKERS if number != coordinator.coordinator_id
        )
        assert await consumer.committed(tp) == 2, "another broker knows of nothing, which is no answer"
    finally:
        await consumer.stop()


async def test_a_worker_bears_a_broker_that_freezes_leaders_that_move_and_one_that_is_killed(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    name = uuid.uuid4().hex[:8]
    prefix, group, servers = f"t{name}.", f"g{name}", cluster.servers
    folder = write_configuration(
        tmp_path / "config",
        servers=servers,
        prefix=prefix,
        group=group,
        session=20,
        request_timeout=REQUEST_TIMEOUT,
        topics={"replication_factor": 3},
    )
    parts = [make_articles(100, seed=11 + part, matching=0.3, first=100 * part) for part in range(4)]
    due: set[str] = set()
    async with Ledger().serving() as ledger:
        worker = WorkerProcess(folder, ledger, tmp_path / "worker.log")

        async def all_told_of(part: Articles, within: float) -> None:
            await publish(there(cluster), prefix + "articles", part.messages)
            due.update(part.due)
            await ledger.until_told(due, within)

        async with worker.running():
            await worker.until_logged("worker.started", 90)
            await all_told_of(parts[0], 80)

            frozen = cluster.nodes[cluster.coordinator(group)]
            frozen.send(signal.SIGSTOP)
            await asyncio.to_thread(cluster.until_gone, frozen.number)
            await all_told_of(parts[1], 80)
            frozen.kill()
            frozen.start()
            await asyncio.to_thread(cluster.until_there)
            await asyncio.to_thread(cluster.until_in_sync, prefix)

            await asyncio.to_thread(cluster.elect_preferred)
            await all_told_of(parts[2], 80)

            cluster.nodes[cluster.leader(prefix + "notifications")].kill()
            await all_told_of(parts[3], 80)
            await until_committed(there(cluster), group, prefix)
            assert worker.runs, "it is to bear all this without a restart"
            assert "broker.silent" in worker.events()
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(due)


def there(cluster: LocalCluster) -> str:
    """The brokers that answer, for a producer of the test."""
    return ",".join(cluster.answering())
