"""A cluster of real Kafka brokers on this machine, in KRaft mode: one controller and three brokers, each a process.

The controller stays when brokers are killed, so that two of three may be away and leaders are still elected. Topics
have three replicas, of which two must be in sync (`min.insync.replicas`), as in production.
"""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from confluent_kafka import ElectionType, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.errors import BrokerError
from streams.local_kafka import HeldPorts, KafkaProcess, Startable, admin_of, random_id, run_tool, why_not

BROKERS: Final = (1, 2, 3)
CONTROLLER: Final = 0

OFFSETS: Final = "__consumer_offsets"
"""The topic in which Kafka keeps what groups have committed; who leads a partition of it coordinates its groups."""

OFFSETS_PARTITIONS: Final = 4

READY_WITHIN: Final = 180.0

_PROPERTIES: Final = """\
process.roles={roles}
node.id={node}
controller.quorum.voters=0@127.0.0.1:{controller}
listeners={listener}
{advertised}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={folder}/data
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions={offsets}
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
auto.create.topics.enable=false
auto.leader.rebalance.enable=false
log.cleaner.dedupe.buffer.size=4194304
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
num.network.threads=2
num.io.threads=4
num.replica.fetchers=1
"""


class Node(KafkaProcess):
    """One process of the cluster. It can be frozen too."""

    def __init__(self, number: int, folder: Path, port: int, controller: int) -> None:
        of_controller = number == CONTROLLER
        super().__init__(folder, "-Xmx192m" if of_controller else "-Xmx320m", short_lived=True)
        self.number = number
        self.port = port
        self.data = folder / "data"
        self._frozen = False
        listener = ("CONTROLLER" if of_controller else "PLAINTEXT") + f"://127.0.0.1:{port}"
        folder.mkdir()
        self.properties.write_text(
            _PROPERTIES.format(
                roles="controller" if of_controller else "broker",
                node=number,
                controller=controller,
                listener=listener,
                advertised="" if of_controller else f"advertised.listeners={listener}",
                folder=folder,
                offsets=OFFSETS_PARTITIONS,
            )
        )

    @property
    def answers(self) -> bool:
        """Whether it runs and is not frozen."""
        return self.runs and not self._frozen

    def start(self) -> None:
        """Begin to start."""
        self._frozen = False
        super().start()

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP freezes it, SIGCONT lets it go on."""
        super().send(number)
        if self.runs:
            self._frozen = number == signal.SIGSTOP


class LocalCluster(Startable):
    """The cluster. Starts with `with`; `nodes` are its brokers by number."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tocsin-cluster-"))
        self._ports = HeldPorts(1 + len(BROKERS))
        controller, *ports = self._ports.numbers
        self._controller = Node(CONTROLLER, self._folder / "controller", controller, controller)
        self.nodes: Mapping[int, Node] = {
            number: Node(number, self._folder / f"broker-{number}", port, controller)
            for number, port in zip(BROKERS, ports, strict=True)
        }

    @property
    def servers(self) -> str:
        """Host and port of each broker, for clients."""
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes.values())

    def start(self) -> None:
        """Start all and wait until every broker is there. Raises BrokerError."""
        reason = why_not()
        if reason is not None:
            raise BrokerError(reason)
        self._format()
        self._controller.start()
        for node in self.nodes.values():
            node.start()
        self.until_there()

    def close(self) -> None:
        """End all, and remove all data."""
        for node in (*self.nodes.values(), self._controller):
            node.kill()
        self._ports.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _format(self) -> None:
        # By the tool for one; what it writes for the others is the same but for their names.
        cluster = random_id()
        run_tool("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._controller.properties))
        for node in self.nodes.values():
            shutil.copytree(self._controller.data, node.data)
            (node.data / "meta.properties").write_text(
                f"version=1\nnode.id={node.number}\ncluster.id={cluster}\ndirectory.id={random_id()}\n"
            )

    def answering(self) -> list[str]:
        """Host and port of each broker that is there and not frozen."""
        return [f"127.0.0.1:{node.port}" for node in self.nodes.values() if node.answers]

    def admin(self) -> AdminClient:
        """A client that asks the brokers that answer."""
        return admin_of(",".join(self.answering()))

    def until_there(self, numbers: Iterable[int] = BROKERS) -> None:
        """Wait until these brokers run, and are known to the cluster."""
        wanted = set(numbers)
        for node in self.nodes.values():
            if node.number in wanted and not node.runs:
                raise BrokerError(f"broker {node.number} ended: {node.log_tail()}")

        def there(_: AdminClient) -> bool:
            # Each is asked itself: the others do not know yet of one that was killed just now.
            return all(
                wanted <= set(admin_of(f"127.0.0.1:{node.port}").list_topics(timeout=2).brokers)
                for node in self.nodes.values()
                if node.number in wanted
            )

        self._until(there, "brokers are there")

    def until_gone(self, number: int) -> None:
        """Wait until the others know that a broker is gone."""
        self._until(lambda admin: number not in admin.list_topics(timeout=2).brokers, f"{number} is gone")

    def until_in_sync(self, prefix: str = "") -> None:
        """Wait until every partition of topics (and of the groups' offsets) has a leader and all replicas in sync."""

        def in_sync(admin: AdminClient) -> bool:
            topics = admin.list_topics(timeout=2).topics.values()
            return all(
                partition.leader >= 0 and len(partition.isrs) == len(partition.replicas)
                for topic in topics
                if topic.topic.startswith(prefix) or topic.topic == OFFSETS
                for partition in topic.partitions.values()
            )

        self._until(in_sync, "all replicas in sync")

    def _until(self, check: Callable[[AdminClient], bool], what: str) -> None:
        until = time.monotonic() + READY_WITHIN
        admin = self.admin()
        while time.monotonic() < until:
            try:
                if check(admin):
                    return
            except KafkaException:
                continue
            time.sleep(0.1)
        tails = "\n".join(f"{node.number}: {node.log_tail()[-300:]}" for node in self.nodes.values())
        raise BrokerError(f"not within {READY_WITHIN:.0f} s: {what}\n{tails}")

    def leader(self, topic: str, partition: int = 0) -> int:
        """The number of the broker that leads a partition (-1: none does)."""
        found = self.admin().list_topics(topic, timeout=10).topics[topic].partitions[partition]
        return int(found.leader)

    def coordinator(self, group: str) -> int:
        """The number of the broker that coordinates a group."""
        return self.leader(OFFSETS, offsets_partition(group))

    def elect_preferred(self) -> None:
        """Have the first replica of every partition lead it, as far as it is in sync."""
        admin = self.admin()
        partitions = [
            TopicPartition(topic.topic, number)
            for topic in admin.list_topics(timeout=10).topics.values()
            for number in topic.partitions
        ]
        admin.elect_leaders(ElectionType.PREFERRED, partitions).result(20)


class OneOfThree:
    """The cluster as a broker that is killed and started: one of the brokers each time, which is killed or frozen."""

    def __init__(self, cluster: LocalCluster, seed: int) -> None:
        self._cluster = cluster
        self._rng = random.Random(seed)
        self._befallen: Node | None = None
        self._freezes = False

    @property
    def servers(self) -> str:
        return self._cluster.servers

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP to one of them, any other to the same."""
        if number == signal.SIGSTOP:
            self._befallen = self._rng.choice([*self._cluster.nodes.values()])
        assert self._befallen is not None
        self._befallen.send(number)

    def kill(self) -> None:
        """Kill one, or freeze it until the others know that it is gone."""
        self._befallen = self._rng.choice([*self._cluster.nodes.values()])
        self._freezes = self._rng.random() < 0.5
        if self._freezes:
            self._befallen.send(signal.SIGSTOP)
            self._cluster.until_gone(self._befallen.number)
        else:
            self._befallen.kill()

    def start(self) -> None:
        """Let it go on, or start it, and wait until all replicas are in sync; then the first ones lead again."""
        assert self._befallen is not None
        if self._freezes:
            self._befallen.send(signal.SIGCONT)
        else:
            self._befallen.start()
        self._cluster.until_there()
        self._cluster.until_in_sync()
        self._cluster.elect_preferred()


def offsets_partition(group: str) -> int:
    """The partition of `OFFSETS` that keeps what a group has committed: by Java's hash of its name."""
    number = 0
    for letter in group:
        number = (31 * number + ord(letter)) & 0xFFFFFFFF
    return (number & 0x7FFFFFFF) % OFFSETS_PARTITIONS
