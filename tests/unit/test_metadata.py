"""How often a client asks for metadata, and when at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError, NotLeaderForPartitionError, TopicAuthorizationFailedError

from streams.kafka_client.metadata import REST, rested, told_who_leads


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
        await told_who_leads(ask)(fetcher, 1, {})
    assert bool(forced) is renewed


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
