"""What is said of a topic that is other than the settings say, and what is set in it where somebody asks for that."""

from __future__ import annotations

from typing import Any

import pytest

from streams.settings import Settings
from streams.topic_admin import TopicReport, TopicState, verify
from streams.topics import ALERTS, ARTICLES, STORIES, Topic

SETTINGS = Settings()


def report(topic: Topic, **configs: Any) -> TopicReport:
    """Of a topic with some settings; `__` in their names are dots."""
    spelled = {key.replace("__", "."): str(value) for key, value in configs.items()}
    return verify(topic, {f"tocsin.{topic.name}": TopicState(8, 1, spelled)}, SETTINGS)


@pytest.mark.parametrize(
    ("topic", "configs", "mending"),
    [
        (ARTICLES, {"max__message__bytes": 1048588}, {"max.message.bytes": "1114112"}),
        (ARTICLES, {"max__message__bytes": 9999999}, {}),
        (ALERTS, {"max__message__bytes": 100}, {}),
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
def test_what_differs_can_be_set(topic: Topic, configs: dict[str, Any], mending: dict[str, str]) -> None:
    found = report(topic, **configs)
    assert found.mending == mending
    assert bool(found.faults or found.differences) == bool(mending)


@pytest.mark.parametrize("retention", [-1, 8_640_000_000])
def test_a_longer_retention_differs_and_is_left(retention: int) -> None:
    found = report(ALERTS, retention__ms=retention)
    assert found.mending == {}
    assert found.differences == (
        f"retention.ms is {retention}, topics.retention says 1209600000: longer, which is left as it is",
    )
