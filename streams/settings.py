"""How this installation runs: brokers, topics, timings. One frozen value, from `tocsin.yaml` and the environment."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from alerting.watch import Part


class BrokerSettings(Part):
    """Where Kafka is and how to speak to it."""

    servers: tuple[str, ...] = ("localhost:9092",)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    client_id: str = "tocsin"
    session_timeout: timedelta = timedelta(seconds=10)
    request_timeout: timedelta = timedelta(seconds=40)


class TopicSettings(Part):
    """How the topics are named and created."""

    prefix: str = "tocsin."
    partitions: Annotated[int, Field(ge=1, le=1000)] = 8
    replication_factor: Annotated[int, Field(ge=1, le=10)] = 1
    retention: timedelta = timedelta(days=14)


class ServiceSettings(Part):
    """How the worker behaves and where it answers."""

    group: str = "tocsin"
    instance_id: str | None = None
    health_host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65535)] = 9464
    drain_grace: timedelta = timedelta(seconds=20)
    classify_all: bool = False
    broker_patience: timedelta | None = None


class Settings(Part):
    """The whole of `tocsin.yaml`."""

    broker: BrokerSettings = BrokerSettings()
    topics: TopicSettings = TopicSettings()
    service: ServiceSettings = ServiceSettings()
