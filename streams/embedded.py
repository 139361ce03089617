"""The embedded broker: librdkafka's mock cluster, for trying out and for tests only.

It forgets everything when it stops, keeps about 5 MB a partition, and creates topics with 4 partitions when a client
first asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

from confluent_kafka import KafkaException, Producer

from streams.errors import BrokerError

PARTITIONS = 4


class EmbeddedBroker:
    """A Kafka broker inside this process, while in its `with` block. Raises BrokerError if there is no loopback."""

    def __init__(self) -> None:
        # The cluster lives as long as this client, which sends nothing.
        self._owner: Producer | None = None
        self.servers = ""

    def __enter__(self) -> EmbeddedBroker:
        owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
        self._owner = owner
        try:
            broker = next(iter(owner.list_topics(timeout=10).brokers.values()))
        except KafkaException as error:
            raise BrokerError(
                f"the embedded broker cannot be reached on 127.0.0.1 ({error.args[0].name()}):"
                " is the loopback interface up, and may this process listen there?"
            ) from error
        self.servers = f"{broker.host}:{broker.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._owner = None

    def create(self, topics: Iterable[str]) -> None:
        """Create topics, by asking for them."""
        if self._owner is None:
            raise RuntimeError("the embedded broker is not running")
        for topic in topics:
            self._owner.list_topics(topic, timeout=10)
