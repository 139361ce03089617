"""One real Kafka for all broker tests of a process; each test has topics and a group of its own.

`make test` has four processes, and hands each of them one file after another, these first: so there are four brokers,
beside what a file has of its own. A test may end and start the broker: in its process nobody else uses it meanwhile.

Where Java or the jars are missing the tests are skipped, and say why; with CI=true that is a failure.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from streams.local_kafka import why_not
from tests.broker.harness import publish, read_all, until_committed, write_configuration
from tests.broker.secured import SecuredKafka


@dataclass(frozen=True)
class Place:
    """Where a test works: the broker, a prefix of topic names and a group that no other test uses."""

    kafka: SecuredKafka
    prefix: str
    group: str

    @property
    def servers(self) -> str:
        return self.kafka.servers

    def topic(self, name: str) -> str:
        """The full name of a topic."""
        return self.prefix + name

    def configured(self, folder: Path, **settings: Any) -> Path:
        """A configuration for this place; `settings` are those of `write_configuration`."""
        return write_configuration(
            folder, servers=self.servers, prefix=self.prefix, group=self.group, **settings
        )

    async def publish(self, articles: Iterable[bytes]) -> None:
        """Write articles."""
        await publish(self.servers, self.topic("articles"), articles)

    async def read(self, name: str) -> list[ConsumerRecord]:
        """Everything that a topic holds now."""
        return await read_all(self.servers, self.topic(name))

    async def until_committed(self) -> None:
        """Wait until the group has committed every input."""
        await until_committed(self.servers, self.group, self.prefix)


def require_kafka() -> None:
    """Skip where there is no Kafka to be had; with CI=true, fail."""
    reason = why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Kafka: {reason}")
        pytest.skip(f"no Kafka: {reason}")


@pytest.fixture(scope="session")
def kafka() -> Iterator[SecuredKafka]:
    require_kafka()
    with SecuredKafka() as broker:
        yield broker


@pytest.fixture
def place(kafka: SecuredKafka) -> Place:
    name = uuid.uuid4().hex[:8]
    return Place(kafka, f"t{name}.", f"g{name}")
