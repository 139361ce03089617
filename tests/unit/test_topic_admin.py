"""What is said of a topic that is other than the settings say, and what is set in it where somebody asks for that."""

from __future__ import annotations

from typing import Any

import pytest

from streams.settings import Settings, TopicSettings, settings_faults
from streams.topic_admin import TopicReport, TopicState, topic_configs, verify
from streams.topics import ALERTS, ALL, ARTICLES, STORIES, Topic


def report(topic: Topic, *, replicas: int = 1, in_sync: int | None = None, **configs: Any) -> TopicReport:
    """Of a topic with some settings; `__` in their names are dots."""
    spelled = {key.replace("__", "."): str(value) for key, value in configs.items()}
    settings = Settings(topics=TopicSettings(replication_factor=replicas, min_insync_replicas=in_sync))
    return verify(topic, {f"tocsin.{topic.name}": TopicState(8, replicas, spelled)}, settings)


@pytest.mark.parametrize(
    ("topic", "configs", "fixes"),
    [
        (ARTICLES, {"max__message__bytes": 1048588}, {"max.message.bytes": "1114112"}),
        (ARTICLES, {"max__message__bytes": 9999999}, {}),
        (ALERTS, {"max__message__bytes": 1048588}, {}),
        (STORIES, {"max__message__bytes": 524288}, {"max.message.bytes": "1048576"}),
        (ALERTS, {"retention__ms": 86_400_000}, {"retention.ms": "1209600000"}),
        (ALERTS, {"cleanup__policy": "compact,delete"}, {"cleanup.policy": "delete"}),
        (ALERTS, {"cleanup__policy": "delete", "retention__ms": 1_209_600_000}, {}),
        (STORIES, {"retention__ms": 1, "cleanup__policy": "compact"}, {}),
        (
            STORIES,
            {"cleanup__policy": "delete"},
            {"cleanup.policy": "compact", "segment.bytes": "52428800", "min.cleanable.dirty.ratio": "0.1"},
        ),
        (ARTICLES, {}, {}),
    ],
)
def test_what_differs_can_be_set(topic: Topic, configs: dict[str, Any], fixes: dict[str, str]) -> None:
    found = report(topic, **configs)
    assert found.fixes == fixes
    assert bool(found.faults or found.differences) == bool(fixes)


@pytest.mark.parametrize(
    ("replicas", "in_sync", "found", "set_to"),
    [
        (3, None, 1, "2"),  # Kafka's default: an alert that one broker has is acknowledged, and lost with it
        (3, None, 2, None),
        (3, None, 3, None),  # stricter than need be is somebody's wish
        (3, 1, 1, None),
        (4, 3, 2, "3"),
        (2, None, 1, None),
        (1, None, 1, None),
    ],
)
def test_what_one_broker_alone_may_acknowledge_differs_where_there_are_three_replicas(
    replicas: int, in_sync: int | None, found: int, set_to: str | None
) -> None:
    said = report(ALERTS, replicas=replicas, in_sync=in_sync, min__insync__replicas=found)
    assert said.fixes == ({"min.insync.replicas": set_to} if set_to is not None else {})
    assert not said.faults
    assert bool(said.differences) == (set_to is not None)


def test_more_replicas_in_sync_than_there_are_are_spoken_of() -> None:
    (said,) = report(ALERTS, replicas=1, min__insync__replicas=2).differences
    assert said == "min.insync.replicas is 2, more than its replicas (1): it cannot be met"
    found = Settings(topics=TopicSettings(replication_factor=2, min_insync_replicas=3))
    assert [key for key, _ in settings_faults(found)] == [("topics", "min_insync_replicas")]


@pytest.mark.parametrize(("replicas", "in_sync", "made_with"), [(3, None, "2"), (3, 1, "1"), (1, None, None)])
def test_topics_are_made_so_that_no_broker_alone_has_what_is_acknowledged(
    replicas: int, in_sync: int | None, made_with: str | None
) -> None:
    settings = Settings(topics=TopicSettings(replication_factor=replicas, min_insync_replicas=in_sync))
    for topic in ALL:
        assert topic_configs(topic, settings).get("min.insync.replicas") == made_with


@pytest.mark.parametrize(
    ("topic", "policy"), [(STORIES, "delete"), (STORIES, "compact,delete"), (ALERTS, "compact")]
)
def test_a_worker_that_may_not_start_says_what_to_do_about_the_topic(topic: Topic, policy: str) -> None:
    (fault,) = report(topic, cleanup__policy=policy).faults
    assert fault.endswith("; `tocsin topics --alter` sets it")


def test_who_added_partitions_to_one_of_two_topics_that_belong_together_learns_how_to_go_on() -> None:
    existing = {"tocsin.candidates": TopicState(8, 1), "tocsin.stories": TopicState(4, 1)}
    assert verify(STORIES, existing, Settings()).faults == (
        "has 4 partitions, but tocsin.candidates has 8: they must be equal. Stop all workers, then give the lesser as "
        "many: `kafka-topics.sh --alter --partitions`",
    )


@pytest.mark.parametrize("retention", [-1, 8_640_000_000])
def test_a_longer_retention_differs_and_is_left(retention: int) -> None:
    found = report(ALERTS, retention__ms=retention)
    assert found.fixes == {}
    assert found.differences == (
        f"retention.ms is {retention}, topics.retention says 1209600000, which is shorter: "
        "`kafka-configs.sh --alter` shortens it; or raise topics.retention",
    )
