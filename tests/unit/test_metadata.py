"""How often a client asks for metadata, and when at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError, NotLeaderForPartitionError, TopicAuthorizationFailedError

from streams.kafka_client.metadata import MIN_INTERVAL, refreshing, throttled


@pytest.mark.parametrize(
    ("error", "renewed"), [(NotLeaderForPartitionError, True), (TopicAuthorizationFailedError, False)]
)
async def test_metadata_are_renewed_where_who_was_asked_for_offsets_no_longer_leads(
    error: type[KafkaError], renewed: bool
) -> None:
    forced = []

    async def ask(_fetcher: object, *_: object) -> None:
        raise error

    fetcher = SimpleNamespace(_client=SimpleNamespace(force_metadata_update=lambda: forced.append(True)))
    with pytest.raises(error):
        await refreshing(ask)(fetcher, 1, {})
    assert bool(forced) is renewed


class Client:
    """Whoever asks."""


async def test_metadata_of_the_same_topics_are_not_asked_for_without_a_rest() -> None:
    now, asked = 0.0, []

    async def update(_client: Any, _cluster: Any, topics: Any) -> bool:
        nonlocal now
        asked.append((now, topics))
        now += MIN_INTERVAL / 4
        return True

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    throttled_update = throttled(update, clock=lambda: now, sleep=sleep)
    client = Client()
    for topics in ({"a"}, {"a", "b"}, {"a", "b"}):
        assert await throttled_update(client, None, topics)
    await throttled_update(Client(), None, {"a", "b"})
    assert [topics for _, topics in asked] == [{"a"}, {"a", "b"}, {"a", "b"}, {"a", "b"}]
    assert [at for at, _ in asked] == pytest.approx(
        [0.0, MIN_INTERVAL / 4, MIN_INTERVAL * 5 / 4, MIN_INTERVAL * 6 / 4]
    )
