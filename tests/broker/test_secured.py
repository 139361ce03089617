"""A Kafka that asks who is there: SASL over TLS, and TLS with a certificate of the client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.conn import AIOKafkaConnection

from streams.connection import client_options
from streams.kafka_client.lost_connections import REPLACED, patch_connections
from streams.settings import BrokerSettings
from tests.broker.harness import Ledger, WorkerProcess, make_articles, publish, write_configuration
from tests.broker.secured import PASSWORD, SecuredKafka


def settings(kafka: SecuredKafka, how: str) -> dict[str, Any]:
    """The section `broker` for one way of saying who we are."""
    if how == "certificate":
        return {
            "servers": [f"127.0.0.1:{kafka.mutual}"],
            "security_protocol": "SSL",
            "ca_file": str(kafka.ca_file),
            "cert_file": str(kafka.client_file),
        }
    return {
        "servers": [f"127.0.0.1:{kafka.sasl}"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": how,
        "sasl_username": "tocsin",
        "sasl_password": "env:TEST_KAFKA_PASSWORD",
        "ca_file": str(kafka.ca_file),
    }


def write(folder: Path, kafka: SecuredKafka, how: str, **changes: Any) -> tuple[Path, str]:
    """A configuration for it, and the prefix of its topics."""
    name = uuid.uuid4().hex[:8]
    prefix = f"t{name}."
    write_configuration(folder, servers=kafka.servers, prefix=prefix, group=f"g{name}")
    path = folder / "tocsin.yaml"
    given = json.loads(path.read_text())
    given["broker"] |= settings(kafka, how) | changes
    path.write_text(json.dumps(given))
    return folder, prefix


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM-SHA-512", "certificate"])
async def test_a_worker_makes_its_topics_reads_and_alerts(
    kafka: SecuredKafka, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KAFKA_PASSWORD", PASSWORD)
    folder, prefix = write(tmp_path / "config", kafka, how)
    articles = make_articles(20, seed=4, matching=0.5)
    log = tmp_path / "worker.log"
    async with Ledger().serving() as ledger:
        async with WorkerProcess(folder, ledger, log).running() as worker:
            await worker.until_logged("worker.started", timeout=90)
            await publish(kafka.servers, prefix + "articles", articles.messages)
            await ledger.until_told(articles.due, timeout=90)
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
    assert PASSWORD not in log.read_text()


async def test_a_client_is_closed_at_once_though_the_broker_holds_back_an_answer(
    kafka: SecuredKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in REPLACED:  # put back after the test
        monkeypatch.setattr(AIOKafkaConnection, name, getattr(AIOKafkaConnection, name))
    patch_connections()
    folder, prefix = write(tmp_path / "config", kafka, "certificate")
    code, _, err = await _tocsin(["topics", "--create"], folder)
    assert code == 0, err

    async def open_and_close() -> None:
        options = client_options(BrokerSettings(**settings(kafka, "certificate")))
        consumer = AIOKafkaConsumer(**options, enable_auto_commit=False, fetch_max_wait_ms=60_000)
        await consumer.start()
        consumer.assign([TopicPartition(prefix + "articles", 0)])
        await consumer.seek_to_end()
        assert await consumer.getmany(timeout_ms=200) == {}  # a fetch is under way, with nothing to answer it
        await asyncio.wait_for(consumer.stop(), 20)

    def on_uvloop() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(open_and_close())

    await asyncio.to_thread(on_uvloop)


async def test_every_command_that_asks_the_brokers_says_who_it_is(
    kafka: SecuredKafka, tmp_path: Path
) -> None:
    folder, _ = write(tmp_path / "config", kafka, "SCRAM-SHA-256")
    (tmp_path / "a.jsonl").write_text('{"title": "Truce"}')
    for command in (
        ["topics", "--create"],
        ["publish", str(tmp_path / "a.jsonl")],
        ["tail", "articles", "--no-follow"],
        ["backtest"],
        ["endpoint", "status"],
    ):
        code, out, err = await _tocsin(command, folder)
        assert code == 0, (command, out, err)
        assert PASSWORD not in out + err


@pytest.mark.parametrize(
    ("how", "changes", "why"),
    [
        ("SCRAM-SHA-512", {"sasl_username": "somebody"}, "SaslAuthenticationFailed: "),
        ("PLAIN", {"ca_file": None}, "its certificate is not accepted: "),
        ("certificate", {"cert_file": None}, "it closed the connection, "),
        ("PLAIN", {"security_protocol": "SASL_PLAINTEXT", "ca_file": None}, "it closed the connection, "),
    ],
    ids=["unknown user", "unknown authority", "no certificate", "no TLS"],
)
async def test_who_is_not_let_in_is_told_why_without_a_secret(
    kafka: SecuredKafka, how: str, changes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    folder, _ = write(tmp_path / "config", kafka, how, **changes)
    code, out, err = await _tocsin(["topics"], folder, TOCSIN_BROKER__REQUEST_TIMEOUT="5s")
    assert code == 1, err
    assert err.splitlines()[-1].startswith("tocsin: no broker answers at 127.0.0.1:"), err
    assert why in err
    assert "Traceback" not in err
    assert PASSWORD not in err + out


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM-SHA-512", "certificate"])
async def test_topics_are_altered_by_somebody_whom_the_brokers_know(
    kafka: SecuredKafka, how: str, tmp_path: Path
) -> None:
    folder, _ = write(tmp_path / "config", kafka, how)
    code, out, err = await _tocsin(["topics", "--create"], folder)
    assert code == 0, err
    code, out, err = await _tocsin(["topics", "--alter"], folder, TOCSIN_TOPICS__RETENTION="20d")
    assert code == 0, (out, err)
    assert out.count("altered: retention.ms=1728000000") == 8


async def _tocsin(arguments: list[str], folder: Path, **environment: str) -> tuple[int | None, str, str]:
    """A command on a configuration: its exit code, what it prints, and what it says on stderr."""
    environ = {
        **os.environ,
        "TEST_KAFKA_PASSWORD": PASSWORD,
        "TOCSIN_CONFIG": str(folder),
        **environment,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streams.cli", *arguments, env=environ, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()
