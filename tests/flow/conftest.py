"""The embedded broker, one for all flow tests; each test has topics of its own by a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from streams.embedded import EmbeddedBroker

_numbers = count(1)


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def prefix() -> str:
    return f"t{next(_numbers)}."


@pytest.fixture(autouse=True)
def _no_broker_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody need wait for it to learn who leads."""
    monkeypatch.setattr("streams.offset_reset.CONFIRM_AFTER", 0)
