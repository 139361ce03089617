"""How often a client asks for metadata."""

from __future__ import annotations

from typing import Any

import pytest

from streams.kafka_client.metadata import REST, rested


class Client:
    """Whoever asks."""


async def test_metadata_of_the_same_topics_are_not_asked_for_without_a_rest() -> None:
    now, asked = 0.0, []

    async def update(_client: Any, _cluster: Any, topics: Any) -> bool:
        nonlocal now
        asked.append((now, topics))
        now += REST / 4
        return True

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    update_with_rests = rested(update, clock=lambda: now, sleep=sleep)
    client = Client()
    for topics in ({"a"}, {"a", "b"}, {"a", "b"}):
        assert await update_with_rests(client, None, topics)
    await update_with_rests(Client(), None, {"a", "b"})
    assert [topics for _, topics in asked] == [{"a"}, {"a", "b"}, {"a", "b"}, {"a", "b"}]
    assert [at for at, _ in asked] == pytest.approx([0.0, REST / 4, REST * 5 / 4, REST * 6 / 4])
