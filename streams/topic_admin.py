"""Creates Tocsin's topics, verifies their settings, and alters those that differ."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from agents.reading.decode import MAX_BYTES
from streams.connection import broker_errors, client_options
from streams.errors import BrokerError
from streams.outputs import MAX_OUTPUT_BYTES
from streams.settings import Settings
from streams.topics import ALL, ARTICLES, CANDIDATES, NOTIFICATIONS, PENDING, REJECTED, STORIES, Topic

FOLLOWS: Final = {STORIES: CANDIDATES, PENDING: NOTIFICATIONS}
"""A state topic has exactly as many partitions as the topic whose state it holds."""

MESSAGE_SIZE: Final = {
    ARTICLES: MAX_BYTES + 64 * 1024,  # the longest article, its key and Kafka's overhead
    REJECTED: MAX_OUTPUT_BYTES + 64 * 1024,  # the longest record that is ever written, and Kafka's overhead
}
"""Bytes of `max.message.bytes` that these topics need."""

USUAL_MESSAGE_SIZE: Final = 1024 * 1024
"""Bytes of it that all other topics need. Brokers apply it to whole batches, which have half of this or more; a worker
whose batches are refused would end whenever there is much to write.
"""

STATE_SEGMENT: Final = 50 * 1024 * 1024
"""Bytes after which a state topic begins a new segment, so that the old one can be compacted."""

MIN_INSYNC: Final = "min.insync.replicas"
MESSAGE_BYTES: Final = "max.message.bytes"

MISSING: Final = (
    "does not exist; run `tocsin topics --create`, or have its ACL let this user see it (Describe)"
)

ALTER: Final = "; `tocsin topics --alter` sets it"

ASK_EVERY: Final = 0.2
"""Seconds between two looks whether the topics just created exist."""


@dataclass(frozen=True, slots=True)
class TopicReport:
    """One topic: how many partitions it has (0: it does not exist), and what is wrong with it.

    With `faults` the worker cannot work, or loses what it must keep; `differences` only deviate from the settings.
    `fixes` are the topic settings that would correct them (never a shorter retention), `altered` those that were set.
    """

    name: str
    partitions: int
    faults: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    created: bool = False
    fixes: Mapping[str, str] = field(default_factory=dict)
    altered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is on the brokers; `configs` only as far as they could be read."""

    partitions: int
    replicas: int
    configs: Mapping[str, str] = field(default_factory=dict)

    def with_configs(self, configs: Mapping[str, str]) -> TopicState:
        """The same with other settings."""
        return replace(self, configs={**self.configs, **configs})


def topic_configs(topic: Topic, settings: Settings) -> dict[str, str]:
    """The settings that a topic is created with."""
    configs: dict[str, str] = {"cleanup.policy": topic.cleanup}
    if (in_sync := in_sync_at_least(settings)) is not None:
        configs[MIN_INSYNC] = str(in_sync)
    if topic.cleanup == "delete":
        configs["retention.ms"] = str(int(settings.topics.retention.total_seconds() * 1000))
    else:
        # Only closed segments are compacted. With Kafka's 1 GiB, a starting worker would read a gigabyte of history.
        configs["segment.bytes"] = str(STATE_SEGMENT)
        configs["min.cleanable.dirty.ratio"] = "0.1"
    configs[MESSAGE_BYTES] = str(_message_size(topic))
    return configs


def _message_size(topic: Topic) -> int:
    return MESSAGE_SIZE.get(topic, USUAL_MESSAGE_SIZE)


def in_sync_at_least(settings: Settings) -> int | None:
    """`min.insync.replicas` of the topics; None: the brokers' default."""
    if settings.topics.min_insync_replicas is not None:
        return settings.topics.min_insync_replicas
    # Kafka's default is 1: an alert that only the leader has would be acknowledged, and lost with that broker.
    return 2 if settings.topics.replication_factor > 2 else None


async def ensure_topics(settings: Settings, *, create: bool) -> list[TopicReport]:
    """Verify the topics, after creating missing ones if asked. Raises BrokerError naming every fault."""
    reports = await inspect_topics(settings, create=create)
    faults = [f"{report.name}: {fault}" for report in reports for fault in report.faults]
    if faults:
        raise BrokerError("\n".join(faults))
    return reports


async def inspect_topics(settings: Settings, *, create: bool, alter: bool = False) -> list[TopicReport]:
    """Inspect the topics, after creating missing ones and altering settings if asked. Raises BrokerError."""
    admin = AIOKafkaAdminClient(**client_options(settings.broker))
    try:
        with broker_errors(settings.broker.servers):
            await admin.start()
            return await _inspected(admin, settings, create=create, alter=alter)
    finally:
        await admin.close()


async def _inspected(
    admin: AIOKafkaAdminClient, settings: Settings, *, create: bool, alter: bool
) -> list[TopicReport]:
    existing = await _states(admin, settings)
    created: set[str] = set()
    missing = [topic for topic in ALL if _name(topic, settings) not in existing]
    if create and missing:
        created = await _create(admin, missing, existing, settings)
        existing = await _states_with(admin, created, settings)
    altered = await _alter(existing, settings) if alter else {}
    # Brokers learn of changed settings one after the other, so they are not asked again.
    existing = {name: state.with_configs(altered.get(name, {})) for name, state in existing.items()}
    return [
        replace(verify(topic, existing, settings, created), altered=altered.get(_name(topic, settings), {}))
        for topic in ALL
    ]


def _name(topic: Topic, settings: Settings) -> str:
    return topic.full_name(settings.topics.prefix)


def verify(
    topic: Topic,
    existing: Mapping[str, TopicState],
    settings: Settings,
    created: frozenset[str] | set[str] = frozenset(),
) -> TopicReport:
    """Compare a topic with what it should be."""
    name = _name(topic, settings)
    state = existing.get(name)
    if state is None:
        return TopicReport(name, 0, (MISSING,))
    return TopicReport(
        name,
        state.partitions,
        tuple(_faults(topic, state, existing, settings)),
        tuple(_differences(topic, state, settings)),
        name in created,
        _fixes(topic, state, settings),
    )


def _fixes(topic: Topic, state: TopicState, settings: Settings) -> dict[str, str]:
    """The settings to alter so that a topic is as it should be; never a shorter retention."""
    given, wanted = state.configs, topic_configs(topic, settings)
    fixes: dict[str, str] = {}
    policy = given.get("cleanup.policy", topic.cleanup)
    if policy != topic.cleanup:
        apart = ("retention.ms", MIN_INSYNC, MESSAGE_BYTES)
        fixes |= {key: value for key, value in wanted.items() if key not in apart}
    retention = int(given.get("retention.ms", -1))
    if "retention.ms" in wanted and 0 <= retention < int(wanted["retention.ms"]):
        fixes["retention.ms"] = wanted["retention.ms"]
    if MIN_INSYNC in wanted and int(given.get(MIN_INSYNC, wanted[MIN_INSYNC])) < int(wanted[MIN_INSYNC]) <= (
        state.replicas
    ):
        fixes[MIN_INSYNC] = wanted[MIN_INSYNC]
    if int(given.get(MESSAGE_BYTES, _message_size(topic))) < _message_size(topic):
        fixes[MESSAGE_BYTES] = wanted[MESSAGE_BYTES]
    return fixes


def _faults(
    topic: Topic, state: TopicState, existing: Mapping[str, TopicState], settings: Settings
) -> list[str]:
    faults = []
    followed = FOLLOWS.get(topic)
    if followed is not None:
        other = existing.get(_name(followed, settings))
        if other is not None and other.partitions != state.partitions:
            faults.append(
                f"has {state.partitions} partitions, but {_name(followed, settings)} has "
                f"{other.partitions}: they must be equal. Stop all workers, then give the lesser as many: "
                "`kafka-topics.sh --alter --partitions`"
            )
    policy = state.configs.get("cleanup.policy")
    if policy is not None and topic.cleanup == "compact" and policy != "compact":
        faults.append(f"cleanup.policy is {policy}, must be compact, or state is lost with time{ALTER}")
    if policy is not None and topic.cleanup == "delete" and "compact" in policy:
        faults.append(
            f"cleanup.policy is {policy}, must be delete: keys repeat, and would be compacted away{ALTER}"
        )
    return faults


def _differences(topic: Topic, state: TopicState, settings: Settings) -> list[str]:
    differences = []
    if topic not in FOLLOWS and state.partitions != settings.topics.partitions:
        differences.append(
            f"has {state.partitions} partitions, topics.partitions says {settings.topics.partitions}; that is for "
            "topics yet to be made: set it to what there is"
        )
    if state.replicas < settings.topics.replication_factor:
        differences.append(
            f"has {state.replicas} replicas, topics.replication_factor says "
            f"{settings.topics.replication_factor}"
        )
    wanted = topic_configs(topic, settings)
    retention = state.configs.get("retention.ms")
    if retention is not None and retention != wanted.get("retention.ms", retention):
        longer = int(retention) < 0 or int(retention) > int(wanted["retention.ms"])
        leave = (
            ", which is shorter: `kafka-configs.sh --alter` shortens it; or raise topics.retention"
            if longer
            else ""
        )
        differences.append(
            f"retention.ms is {retention}, topics.retention says {wanted['retention.ms']}{leave}"
        )
    differences += _in_sync_differences(state, wanted.get(MIN_INSYNC))
    size = state.configs.get(MESSAGE_BYTES)
    if size is not None and int(size) < _message_size(topic):
        differences.append(f"{MESSAGE_BYTES} is {size}, should be {_message_size(topic)} or more")
    return differences


def _in_sync_differences(state: TopicState, wanted: str | None) -> list[str]:
    if (found := state.configs.get(MIN_INSYNC)) is None:
        return []
    if int(found) > state.replicas:
        return [f"{MIN_INSYNC} is {found}, more than its replicas ({state.replicas}): it cannot be met"]
    if wanted is not None and int(found) < int(wanted):
        return [
            f"{MIN_INSYNC} is {found}, should be {wanted}: what fewer brokers have acknowledged is lost with them"
        ]
    return []


async def _states(admin: AIOKafkaAdminClient, settings: Settings) -> dict[str, TopicState]:
    listed = set(await admin.list_topics())
    names = [name for topic in ALL if (name := _name(topic, settings)) in listed]
    if not names:
        return {}
    described: list[dict[str, Any]] = await admin.describe_topics(names)
    configs = await _configs(admin, names)
    return {
        topic["topic"]: TopicState(
            len(topic["partitions"]),
            min((len(partition["replicas"]) for partition in topic["partitions"]), default=0),
            configs.get(topic["topic"], {}),
        )
        for topic in described
        if topic["error_code"] == 0 and topic["partitions"]
    }


async def _states_with(
    admin: AIOKafkaAdminClient, created: set[str], settings: Settings
) -> dict[str, TopicState]:
    """The topics once all brokers know those just created, which the answer to `create` does not wait for."""
    clock = asyncio.get_running_loop().time
    until = clock() + settings.broker.request_timeout.total_seconds()
    while True:
        existing = await _states(admin, settings)
        if created <= existing.keys() or clock() > until:
            return existing
        await asyncio.sleep(ASK_EVERY)


async def _alter(existing: Mapping[str, TopicState], settings: Settings) -> dict[str, Mapping[str, str]]:
    """Alter what can be altered; returns it by topic."""
    reports = [verify(topic, existing, settings) for topic in ALL]
    changes = {report.name: report.fixes for report in reports if report.fixes}
    if changes:
        from streams.topic_alter import alter_topics  # noqa: PLC0415 - another client, for this alone

        await asyncio.to_thread(alter_topics, settings.broker, changes)
    return changes


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The settings of topics, except those that the broker cannot or will not tell."""
    wanted: dict[str, Any] = {
        "cleanup.policy": None,
        "retention.ms": None,
        MESSAGE_BYTES: None,
        MIN_INSYNC: None,
    }
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, dict(wanted)) for name in names]
    try:
        responses = await admin.describe_configs(resources)
    except KafkaError:
        return {}  # the embedded broker knows no settings, and a cluster may not let us see them
    return {
        name: {entry[0]: entry[1] for entry in entries if entry[1] is not None}
        for response in responses
        for code, _, _, name, entries in response.resources
        if code == 0
    }


async def _create(
    admin: AIOKafkaAdminClient, topics: list[Topic], existing: Mapping[str, TopicState], settings: Settings
) -> set[str]:
    new = [
        NewTopic(
            _name(topic, settings),
            _partition_count(topic, existing, settings),
            settings.topics.replication_factor,
            topic_configs=topic_configs(topic, settings),
        )
        for topic in topics
    ]
    cluster = await admin.describe_cluster()
    if cluster["controller_id"] not in {broker["node_id"] for broker in cluster["brokers"]}:
        # aiokafka fails without one. The embedded broker never has one; `tocsin up` creates the topics there.
        raise BrokerError(
            "topics cannot be created: the cluster has no controller at the moment; try again later"
        )
    response = await admin.create_topics(new)
    created = set()
    refused = []
    for name, code, *message in response.topic_errors:
        error = for_code(code)
        if code == 0:
            created.add(name)
        elif error is not TopicAlreadyExistsError:
            why = f"{error.__name__} {' '.join(map(str, message))}".rstrip()
            if error is InvalidReplicationFactorError:
                why += "; set topics.replication_factor to as many brokers as there are, or start more"
            refused.append(f"{name}: not created: {why}")
    if refused:
        raise BrokerError("\n".join(refused))
    return created


def _partition_count(topic: Topic, existing: Mapping[str, TopicState], settings: Settings) -> int:
    """How many partitions to create a topic with: a state topic gets as many as the topic that it follows."""
    followed = FOLLOWS.get(topic)
    state = existing.get(_name(followed, settings)) if followed is not None else None
    return state.partitions if state is not None else settings.topics.partitions
