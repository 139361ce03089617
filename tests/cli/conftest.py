"""Calling the command line as a user does, in this process or in one of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams import configuration
from streams.cli import app
from streams.cli.records import whole_topic
from streams.config_files import yamlfile
from streams.config_files.yamlfile import Document
from streams.embedded import EmbeddedBroker
from streams.outputs import Outputs, settle
from streams.rejection import PREFIX
from streams.sample import SAMPLE_ENVIRONMENT
from streams.topics import ALL, REJECTED, Topic
from streams.wire import Wire
from tests import sample
from tests.builders import MOMENT
from tests.cli.small import small_folder

_numbers = count(1)

Call = Callable[..., Result]


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no configuration; a fixture that names one comes later."""
    monkeypatch.delenv("TOCSIN_CONFIG", raising=False)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, unconfigured: None, own_logs: None) -> Call:
    """Run `tocsin` with arguments, and `stdin` where it reads that."""
    monkeypatch.setenv("COLUMNS", "120")
    runner = CliRunner()

    def run(*arguments: object, stdin: bytes | str | None = None) -> Result:
        return runner.invoke(app, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unconfigured: None) -> Path:
    """A folder that is quick to build, which the environment names; its secrets are the sample's."""
    (tmp_path / "small").mkdir()
    folder = small_folder(tmp_path / "small")
    for name, value in SAMPLE_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TOCSIN_CONFIG", str(folder))
    return folder


@pytest.fixture
def read_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """`tocsin explain` reads with the sample as this process has it: other tests show that it loads it by itself."""
    monkeypatch.setattr("streams.cli.explain.load_configuration", lambda *_, **__: sample.configuration())
    monkeypatch.setattr("streams.cli.explain.build_reader", lambda *_, **__: sample.reader())


@pytest.fixture
def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the configuration's files, as often as each is read."""
    read: list[str] = []

    def load(path: Path, name: str) -> Document:
        read.append(name)
        return yamlfile.load(path, name)

    monkeypatch.setattr(configuration, "load", load)
    return read


def error_lines(result: Result) -> list[str]:
    """What a failed call says on stderr, line by line."""
    return result.stderr.splitlines()


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C ends the processes of a test, also where tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Kafka:
    """Topics of one test on the embedded broker, which the environment names as the brokers."""

    def __init__(self, broker: EmbeddedBroker, prefix: str) -> None:
        self.options = {"bootstrap_servers": [broker.servers]}
        self.prefix = prefix

    def send(self, *values: tuple[Topic, bytes | Wire], key: str = "k", **told: bytes) -> None:
        """Write values to topics: a Wire value with its CloudEvents headers, bytes with reasons where rejected.

        `told` are further headers of a rejection, such as `topic`.
        """
        asyncio.run(self._send(values, key, [(PREFIX + name, value) for name, value in told.items()]))

    async def _send(
        self, values: Sequence[tuple[Topic, bytes | Wire]], key: str, told: Sequence[tuple[str, bytes]]
    ) -> None:
        outputs = Outputs(self.options, self.prefix)
        await outputs.start()
        for number, (topic, value) in enumerate(values):
            if isinstance(value, Wire):
                sent = await outputs.publish(topic, value, key=key, event_id=f"e{number}", time=MOMENT)
            else:
                reason = [
                    (PREFIX + "reason", b"not-json"),
                    (PREFIX + "message", b"no JSON"),
                    ("own", b"1"),
                    *told,
                ]
                headers = reason if topic is REJECTED else ()
                sent = await outputs.send(topic, value, key=key.encode(), headers=headers)
            await settle([sent])
        await outputs.stop()

    def values(self, topic: Topic) -> list[bytes]:
        """All that a topic holds."""

        async def read() -> list[bytes]:
            return [record.value async for record in whole_topic(self.options, self.prefix, topic)]

        return asyncio.run(read())


@pytest.fixture
def kafka(embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Kafka:
    prefix = f"c{next(_numbers)}."
    embedded.create(topic.full_name(prefix) for topic in ALL)
    monkeypatch.setenv("TOCSIN_BROKER__SERVERS", embedded.servers)
    monkeypatch.setenv("TOCSIN_TOPICS__PREFIX", prefix)
    return Kafka(embedded, prefix)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The environment names a broker that refuses every connection."""
    with socket.socket() as taken:  # bound but not listening
        taken.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("TOCSIN_BROKER__SERVERS", server)
        yield server
