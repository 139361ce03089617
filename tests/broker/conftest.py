"""One real Kafka for all broker tests; each test has topics and a group of its own.

Where Java or the jars are missing the tests are skipped, and say why; with CI=true that is a failure.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from streams.local_kafka import LocalKafka, why_not


@dataclass(frozen=True)
class Place:
    """Where a test works: the broker, a prefix of topic names and a group that no other test uses."""

    kafka: LocalKafka
    prefix: str
    group: str

    @property
    def servers(self) -> str:
        return self.kafka.servers


def require_kafka() -> None:
    """Skip where there is no Kafka to be had; with CI=true, fail."""
    reason = why_not()
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Kafka: {reason}")
        pytest.skip(f"no Kafka: {reason}")


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    require_kafka()
    with LocalKafka() as broker:
        yield broker


@pytest.fixture
def place(kafka: LocalKafka) -> Place:
    name = uuid.uuid4().hex[:8]
    return Place(kafka, f"t{name}.", f"g{name}")
