"""A real Kafka broker on this machine, for tests and for trying out: one node in KRaft mode, in a temporary folder.

The jars come from Maven Central (`make kafka-jars`), and the broker needs Java 17. It listens on loopback, on a free
port that it keeps across kills and restarts, and ends with the process that started it.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from base64 import urlsafe_b64encode
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.errors import BrokerError
from streams.parent import die_with_parent

JARS: Final = Path(__file__).resolve().parent.parent / "deploy" / "kafka-local" / "target" / "jars"
READY_WITHIN: Final = 180.0
"""Seconds that a broker may take until it answers."""
ENDS_WITHIN: Final = 30.0
"""Seconds that a broker may take to shut down before it is killed."""

_PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=4194304
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""


def why_not() -> str | None:
    """Why Kafka cannot be started on this machine; None if it can."""
    if shutil.which("java") is None:
        return "no java on the PATH; install a Java 17 runtime"
    if not any(JARS.glob("kafka_*.jar")):
        return "the broker's jars are not here; run `make kafka-jars`"
    return None


class KafkaProcess:
    """The process of one Kafka node. Can be killed and started again on the same port and data.

    It ends with the thread that started it.
    """

    def __init__(self, folder: Path, heap: str, *, short_lived: bool = False) -> None:
        """`folder` holds `server.properties` and gets the log. The other arguments are those of `java`."""
        self._folder = folder
        self._java = java(heap, short_lived=short_lived)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def properties(self) -> Path:
        """The configuration file of the node."""
        return self._folder / "server.properties"

    @property
    def runs(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process."""
        with (self._folder / "kafka.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self.properties)],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - a broker must not outlive a killed test
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Shut it down cleanly."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log_tail(self) -> str:
        """The end of its log."""
        log = self._folder / "kafka.log"
        return log.read_text(errors="replace")[-1000:] if log.exists() else "(no log)"


class Startable(ABC):
    """A context manager that starts something, and on leaving removes it with its data."""

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it answers. Raises BrokerError."""

    @abstractmethod
    def close(self) -> None:
        """Stop it and remove all data."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LocalKafka(Startable):
    """One broker. Starts with `start` or `with`; can be killed and started again on the same port and data.

    A `short_lived` one starts faster and runs slower.
    """

    def __init__(self, *, short_lived: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-kafka-"))
        self._ports = HeldPorts(2)
        self._port, controller = self._ports.numbers
        self._process = KafkaProcess(self._folder, "-Xmx512m", short_lived=short_lived)
        self._properties = self._process.properties
        self._properties.write_text(
            _PROPERTIES.format(port=self._port, controller=controller, folder=self._folder)
        )
        self._formatted = False

    @property
    def servers(self) -> str:
        """Host and port, for clients."""
        return f"127.0.0.1:{self._port}"

    @property
    def runs(self) -> bool:
        """Whether the broker's process is running."""
        return self._process.runs

    def start(self) -> None:
        """Start and wait until the broker answers. Raises BrokerError. The broker ends with the calling thread."""
        reason = why_not()
        if reason is not None:
            raise BrokerError(reason)
        if not self._formatted:
            self._format()
        self._process.start()
        self._wait_until_ready()

    def send(self, number: signal.Signals) -> None:
        """Send the broker's process a signal."""
        self._process.send(number)

    def kill(self) -> None:
        """Kill the broker, as a power cut would."""
        self._process.kill()

    def stop(self) -> None:
        """Shut the broker down cleanly."""
        self._process.stop()

    def close(self) -> None:
        """Stop the broker and remove all data."""
        self.kill()
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _format(self, *options: str) -> None:
        run_tool(
            "kafka.tools.StorageTool", "format", "-t", random_id(), "-c", str(self._properties), *options
        )
        self._formatted = True

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + READY_WITHIN
        admin = admin_of(self.servers)
        while time.monotonic() < until:
            if not self.runs:
                raise BrokerError(f"the broker ended at its start: {self.log_tail()}")
            try:
                admin.list_topics(timeout=1)
            except KafkaException:
                continue
            return
        raise BrokerError(f"the broker was not ready within {READY_WITHIN:.0f} s: {self.log_tail()}")

    def log_tail(self) -> str:
        """The end of the broker's log."""
        return self._process.log_tail()


def java(heap: str, *, short_lived: bool = False) -> list[str]:
    """The start of a command line that runs one of Kafka's classes; `heap` such as `-Xmx512m`.

    A `short_lived` process does not optimise its code: within a minute or two that costs more than it gains.
    """
    compiles = ["-XX:TieredStopAtLevel=1"] if short_lived else []
    return ["java", heap, "-XX:+UseSerialGC", *compiles, "-cp", f"{JARS}/*"]


def run_tool(*arguments: str) -> str:
    """Run one of Kafka's tools and return what it prints. Raises BrokerError."""
    done = subprocess.run(
        [*java("-Xmx128m", short_lived=True), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BrokerError(f"{arguments[0]} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def random_id() -> str:
    """A random id for a cluster or a directory, like Kafka's `random-uuid`, without starting a JVM."""
    without_dash_in_front = b"\0" + secrets.token_bytes(15)
    return urlsafe_b64encode(without_dash_in_front).decode().rstrip("=")


def admin_of(servers: str) -> AdminClient:
    """An admin client that logs nothing."""
    return AdminClient({"bootstrap.servers": servers, "log_level": 0, "reconnect.backoff.max.ms": 200})


class HeldPorts:
    """Free loopback ports, held until `close`: a broker can listen at them, and nobody else finds them free.

    They are outside the range that outgoing connections use.
    """

    def __init__(self, count: int) -> None:
        self._sockets: list[socket.socket] = []
        for port in range(20_000 + secrets.randbelow(10_000), 32_000):
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
                continue
            # Bound but not listening: a broker, whose Java sets SO_REUSEADDR, can bind the port too; others cannot.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sockets.append(candidate)
            if len(self._sockets) == count:
                break

    @property
    def numbers(self) -> list[int]:
        """The ports."""
        return [held.getsockname()[1] for held in self._sockets]

    def close(self) -> None:
        """Release the ports."""
        for held in self._sockets:
            held.close()


def main() -> None:
    """Run a broker until Ctrl-C."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with LocalKafka() as kafka:
        print(
            f"Kafka at {kafka.servers}; TOCSIN_BROKER__SERVERS={kafka.servers} points Tocsin at it; Ctrl-C ends it"
        )
        ended.wait()


if __name__ == "__main__":
    try:
        main()
    except BrokerError as error:
        sys.exit(f"kafka: {error}")
