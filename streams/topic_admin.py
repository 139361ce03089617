"""Creates Tocsin's topics, or verifies that they are as they must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, UnsupportedVersionError, for_code

from streams.connection import client_options
from streams.errors import BrokerError
from streams.settings import Settings
from streams.topics import ALL, CANDIDATES, NOTIFICATIONS, PENDING, REJECTED, STORIES, Topic

FOLLOWS: Final = {STORIES: CANDIDATES, PENDING: NOTIFICATIONS}
"""State topics have exactly as many partitions as the topic that they hold the state of."""

ROOM_FOR_REJECTED: Final = 2 * 1024 * 1024 + 64 * 1024
"""`rejected` must take any article that the brokers took, with its reasons in headers."""


@dataclass(frozen=True, slots=True)
class TopicReport:
    """One topic: how many partitions it has (0: it does not exist), and what is wrong with it."""

    name: str
    partitions: int
    faults: tuple[str, ...] = ()
    created: bool = False


def topic_configs(topic: Topic, settings: Settings) -> dict[str, str]:
    """The broker-side settings of a topic."""
    configs = {"cleanup.policy": topic.cleanup}
    if topic.cleanup == "delete":
        configs["retention.ms"] = str(int(settings.topics.retention.total_seconds() * 1000))
    if topic is REJECTED:
        configs["max.message.bytes"] = str(ROOM_FOR_REJECTED)
    return configs


async def ensure_topics(settings: Settings, *, create: bool) -> list[TopicReport]:
    """Create what is missing (where asked) and verify the rest. Raises BrokerError naming every fault."""
    reports = await inspect_topics(settings, create=create)
    faults = [f"{report.name}: {fault}" for report in reports for fault in report.faults]
    if faults:
        raise BrokerError("\n".join(faults))
    return reports


async def inspect_topics(settings: Settings, *, create: bool) -> list[TopicReport]:
    """How the topics are, after creating what is missing where asked."""
    admin = AIOKafkaAdminClient(**client_options(settings.broker))
    await admin.start()
    try:
        existing = await _partitions(admin, settings)
        created: set[str] = set()
        if create:
            missing = [topic for topic in ALL if not existing.get(settings.topics.prefix + topic.name)]
            if missing:
                created = await _create(admin, missing, settings)
                existing = await _partitions(admin, settings)
        return [_report(topic, existing, created, settings) for topic in ALL]
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, settings: Settings) -> dict[str, int]:
    names = [settings.topics.prefix + topic.name for topic in ALL]
    listed = set(await admin.list_topics())
    known = [name for name in names if name in listed]
    described: list[dict[str, Any]] = await admin.describe_topics(known) if known else []
    return {topic["topic"]: len(topic["partitions"]) for topic in described if topic["error_code"] == 0}


async def _create(admin: AIOKafkaAdminClient, topics: list[Topic], settings: Settings) -> set[str]:
    new = [
        NewTopic(
            settings.topics.prefix + topic.name,
            settings.topics.partitions,
            settings.topics.replication_factor,
            topic_configs=topic_configs(topic, settings),
        )
        for topic in topics
    ]
    try:
        response = await admin.create_topics(new)
    except UnsupportedVersionError:
        return set()  # the embedded broker makes its topics when they are asked for
    created = set()
    for name, code, *message in response.topic_errors:
        error = for_code(code)
        if code == 0:
            created.add(name)
        elif error is not TopicAlreadyExistsError:
            raise BrokerError(
                f"{name}: the broker did not create it: {error.__name__} {' '.join(map(str, message))}"
            )
    return created


def _report(topic: Topic, existing: Mapping[str, int], created: set[str], settings: Settings) -> TopicReport:
    name = settings.topics.prefix + topic.name
    partitions = existing.get(name, 0)
    faults = []
    if not partitions:
        faults.append("does not exist; run `tocsin topics --create`")
    followed = FOLLOWS.get(topic)
    if followed is not None and partitions:
        wanted = existing.get(settings.topics.prefix + followed.name, 0)
        if wanted and partitions != wanted:
            faults.append(
                f"has {partitions} partitions, but {settings.topics.prefix}{followed.name} has {wanted}: they must be equal"
            )
    return TopicReport(name, partitions, tuple(faults), name in created)
