"""A Kafka that asks who is there: SASL over TLS, and TLS with a certificate of the client."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import uuid
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.conn import AIOKafkaConnection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streams.connection import client_options
from streams.local_kafka import LocalKafka
from streams.lost_connections import REPLACED, mend_connections
from streams.settings import BrokerSettings
from tests.broker.conftest import require_kafka
from tests.broker.harness import Ledger, WorkerProcess, make_articles, publish, write_configuration

pytestmark = pytest.mark.xdist_group("kafka")  # all in one process: a broker each would be too many

PASSWORD = "a-password-that-no-log-may-hold"  # the Kafka of this test alone knows it

LISTENERS = """\
listeners=PLAINTEXT://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_tocsin="{password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


class Authority:
    """Makes certificates in a folder: `ca.pem`, and for each name one file with key and certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the test")])
        own = self._sign(self._name, self._key, authority=True)
        (folder / "ca.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            pem + self._sign(subject, key, authority=False).public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
            )
        )
        return builder.sign(self._key, hashes.SHA256())


class SecuredKafka(LocalKafka):
    """A local Kafka with two more listeners: `sasl` and `mutual` are their ports."""

    def __init__(self) -> None:
        super().__init__()
        held = [socket.socket() for _ in range(2)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        self.sasl, self.mutual = (each.getsockname()[1] for each in held)
        for each in held:
            each.close()
        authority = Authority(self._folder)
        authority.issue("server")
        self.ca_file = self._folder / "ca.pem"
        self.client_file = authority.issue("client")
        text = self._properties.read_text()
        controller = text.split("CONTROLLER://127.0.0.1:")[1].splitlines()[0]
        kept = [line for line in text.splitlines() if not line.startswith(("listener", "advertised"))]
        added = LISTENERS.format(
            plain=self._port,
            sasl=self.sasl,
            mutual=self.mutual,
            controller=controller,
            folder=self._folder,
            password=PASSWORD,
        )
        self._properties.write_text("\n".join(kept) + "\n" + added)

    def _run(self, *arguments: str) -> str:
        if "format" in arguments:
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                arguments += ("--add-scram", f"{mechanism}=[name=tocsin,password={PASSWORD}]")
        return super()._run(*arguments)


@pytest.fixture(scope="module")
def secured() -> Iterator[SecuredKafka]:
    require_kafka()
    with SecuredKafka() as broker:
        yield broker


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
    secured: SecuredKafka, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KAFKA_PASSWORD", PASSWORD)
    folder, prefix = write(tmp_path / "config", secured, how)
    articles = make_articles(20, seed=4, matching=0.5)
    log = tmp_path / "worker.log"
    async with Ledger().serving() as ledger:
        async with WorkerProcess(folder, ledger, log).running() as worker:
            await worker.until_logged("worker.started", timeout=60)
            await publish(secured.servers, prefix + "articles", articles.messages)
            await ledger.until_told(articles.due, timeout=90)
            assert await worker.end(signal.SIGTERM) == 0
        ledger.check(articles.due)
    assert PASSWORD not in log.read_text()


async def test_a_client_is_closed_at_once_though_the_broker_holds_back_an_answer(
    secured: SecuredKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in REPLACED:  # put back after the test
        monkeypatch.setattr(AIOKafkaConnection, name, getattr(AIOKafkaConnection, name))
    mend_connections()
    folder, prefix = write(tmp_path / "config", secured, "certificate")
    code, _, err = await _tocsin(["topics", "--create"], folder)
    assert code == 0, err

    async def open_and_close() -> None:
        options = client_options(BrokerSettings(**settings(secured, "certificate")))
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
    secured: SecuredKafka, tmp_path: Path
) -> None:
    folder, _ = write(tmp_path / "config", secured, "SCRAM-SHA-256")
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
    ("how", "changes"),
    [
        ("SCRAM-SHA-512", {"sasl_username": "somebody"}),
        ("PLAIN", {"ca_file": None}),
        ("certificate", {"cert_file": None}),
    ],
    ids=["unknown user", "unknown authority", "no certificate"],
)
async def test_who_is_not_let_in_is_told_so_without_a_secret(
    secured: SecuredKafka, how: str, changes: dict[str, Any], tmp_path: Path
) -> None:
    folder, _ = write(tmp_path / "config", secured, how, **changes)
    code, out, err = await _tocsin(["topics"], folder)
    assert code == 1, err
    assert err.splitlines()[-1].startswith("tocsin: 127.0.0.1:"), err
    assert "Traceback" not in err
    assert PASSWORD not in err + out


@pytest.mark.parametrize("how", ["PLAIN", "SCRAM-SHA-512", "certificate"])
async def test_topics_are_altered_by_somebody_whom_the_brokers_know(
    secured: SecuredKafka, how: str, tmp_path: Path
) -> None:
    folder, _ = write(tmp_path / "config", secured, how)
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
        "TOCSIN_BROKER__REQUEST_TIMEOUT": "5s",
        **environment,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streams.cli", *arguments, env=environ, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()
