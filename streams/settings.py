"""How this installation runs: brokers, topics, timings. One frozen value, from `tocsin.yaml` and the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import Field, SecretStr

from streams.config_values import Duration, Part, spelled

_KAFKA_NAME: Final = "at most 200 letters, digits, dots, dashes and underscores"
KafkaName = Annotated[str, spelled(r"[A-Za-z0-9._-]{1,200}", _KAFKA_NAME)]


class BrokerSettings(Part):
    """Where Kafka is and how to speak to it. Files are relative to the configuration's folder."""

    servers: Annotated[tuple[str, ...], Field(min_length=1)] = ("localhost:9092",)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    client_id: KafkaName = "tocsin"
    session_timeout: Duration = timedelta(seconds=10)
    request_timeout: Duration = timedelta(seconds=40)

    @property
    def mechanism(self) -> str:
        """The SASL mechanism, where the protocol uses SASL."""
        return self.sasl_mechanism or "PLAIN"

    @property
    def password(self) -> str | None:
        """The SASL password as clients need it."""
        return self.sasl_password.get_secret_value() if self.sasl_password else None


class TopicSettings(Part):
    """How the topics are named and created.

    `min_insync_replicas`: how many replicas must have a record before it counts as written. None: two where there are
    three or more, otherwise as the brokers have it.
    """

    prefix: Annotated[str, spelled(r"[A-Za-z0-9._-]{0,200}", _KAFKA_NAME)] = "tocsin."
    partitions: Annotated[int, Field(ge=1, le=1000)] = 8
    replication_factor: Annotated[int, Field(ge=1, le=10)] = 1
    min_insync_replicas: Annotated[int | None, Field(ge=1, le=10)] = None
    retention: Duration = timedelta(days=14)


class ServiceSettings(Part):
    """How the worker behaves and where it answers. `broker_patience`: how long to wait for a broker at the start
    (none: for ever). `classify_all`: a reading of every article, not only of those with a topic or a hit.
    `classifier`: the name of an installed classifier that takes the place of the taxonomy's. `webhook_ca_file`: the
    authorities of internal receivers, beside the public ones; relative to the configuration's folder.
    """

    group: KafkaName = "tocsin"
    instance_id: KafkaName | None = None
    health_host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65535)] = 9464
    drain_grace: Duration = timedelta(seconds=20)
    classify_all: bool = False
    classifier: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    broker_patience: Duration | None = None
    webhook_ca_file: str | None = None


class Settings(Part):
    """The whole of `tocsin.yaml`."""

    broker: BrokerSettings = BrokerSettings()
    topics: TopicSettings = TopicSettings()
    service: ServiceSettings = ServiceSettings()


SECTIONS: Final[Mapping[str, type[Part]]] = {
    "broker": BrokerSettings,
    "topics": TopicSettings,
    "service": ServiceSettings,
}

CERTIFICATE_FILES: Final = (
    ("broker", "ca_file"),
    ("broker", "cert_file"),
    ("broker", "key_file"),
    ("service", "webhook_ca_file"),
)
"""Sections and keys that name files of certificates."""

_SERVER: Final = re.compile(r"(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+):(\d{1,5})")


def variables() -> dict[str, tuple[str, str]]:
    """The environment variables that override settings, and the section and key that each stands for."""
    return {
        f"TOCSIN_{section}__{key}".upper(): (section, key)
        for section, model in SECTIONS.items()
        for key in model.model_fields
    }


def from_variable(section: str, key: str, text: str) -> Any:
    """The value of an environment variable as it would stand in `tocsin.yaml`: a list is parted at commas."""
    if get_origin(SECTIONS[section].model_fields[key].annotation) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def differing(one: Settings, other: Settings) -> list[str]:
    """The keys whose values differ, as `broker.servers`."""
    return [
        f"{section}.{key}"
        for section, model in SECTIONS.items()
        for key in model.model_fields
        if getattr(getattr(one, section), key) != getattr(getattr(other, section), key)
    ]


def server_fault(server: str) -> str | None:
    """What is wrong with the address of a broker, if anything is."""
    found = _SERVER.fullmatch(server)
    name = repr(server.rpartition("@")[2])  # whoever writes a user's name writes his password too
    if found is not None:
        return None if 0 < int(found[1]) < 65536 else f"the port of {name} must be from 1 to 65535"
    if _SERVER.fullmatch(f"{server}:9092"):
        return f"{name} has no port: write host:port, such as {server}:9092"
    if "://" in server or "@" in server:
        return f"{name} must be host:port alone, without a scheme or a user"
    return f"{name} is no host:port, such as kafka-1.example:9092"


def settings_faults(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong although each value is valid by itself: pairs of key path and message."""
    broker = settings.broker
    for index, server in enumerate(broker.servers):
        if (fault := server_fault(server)) is not None:
            yield ("broker", "servers", index), fault
    yield from _sasl_faults(broker)
    yield from _tls_faults(broker)
    if broker.session_timeout < timedelta(seconds=3):
        yield ("broker", "session_timeout"), "must be at least 3s, or every pause ends the session"
    if broker.request_timeout < timedelta(seconds=1):
        yield ("broker", "request_timeout"), "must be at least 1s"
    replicas = settings.topics.replication_factor
    if (in_sync := settings.topics.min_insync_replicas) is not None and in_sync > replicas:
        yield (
            ("topics", "min_insync_replicas"),
            f"is more than topics.replication_factor ({replicas}): nothing could be written; one less than it is usual",
        )
    if settings.topics.retention < timedelta(minutes=1):
        yield ("topics", "retention"), "must be at least 1m, or articles vanish unread"
    if settings.topics.prefix in (".", ".."):
        yield ("topics", "prefix"), "must be more than dots"


def _sasl_faults(broker: BrokerSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    given = [
        key
        for key in ("sasl_mechanism", "sasl_username", "sasl_password")
        if getattr(broker, key) is not None
    ]
    if broker.security_protocol.startswith("SASL"):
        for key in ("sasl_username", "sasl_password"):
            if key not in given:
                yield ("broker", key), f"is missing; security_protocol {broker.security_protocol} needs it"
    else:
        for key in given:
            yield (
                ("broker", key),
                f"has no effect with security_protocol {broker.security_protocol}; "
                "set it to SASL_SSL or SASL_PLAINTEXT",
            )


def _tls_faults(broker: BrokerSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    if broker.security_protocol.endswith("SSL"):
        if broker.key_file is not None and broker.cert_file is None:
            yield ("broker", "cert_file"), "is missing; key_file is the key of that certificate"
        return
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(broker, key) is not None:
            yield (
                ("broker", key),
                f"has no effect with security_protocol {broker.security_protocol}; set it to SSL or SASL_SSL",
            )
