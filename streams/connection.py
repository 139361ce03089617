"""Options to connect to the configured brokers, for aiokafka and for Faust, and waiting until one answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import faust
import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.errors import BrokerError, UsageError
from streams.kafka_client.patches import patch_aiokafka
from streams.kafka_client.refusals import why_not
from streams.settings import BrokerSettings, Settings, server_fault
from streams.tls import ssl_context

log = structlog.get_logger("tocsin.broker")

RETRY_AFTER: Final = (1.0, 2.0, 5.0)
"""Seconds between attempts to reach a broker; the last is repeated."""


def client_options(broker: BrokerSettings) -> dict[str, Any]:
    """Keyword arguments of aiokafka's clients. Raises OSError where a file of certificates cannot be read.

    Also patches aiokafka in this process, since whoever needs the options is about to connect.
    """
    patch_aiokafka()
    options: dict[str, Any] = {
        "bootstrap_servers": list(broker.servers),
        "client_id": broker.client_id,
        "security_protocol": broker.security_protocol,
    }
    if broker.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": broker.mechanism,
            "sasl_plain_username": broker.sasl_username,
            "sasl_plain_password": broker.password,
        }
    if broker.security_protocol.endswith("SSL"):
        options["ssl_context"] = ssl_context(broker)
    return options


def at_brokers(settings: Settings, brokers: str | None) -> Settings:
    """The settings with the servers that an option `--brokers` names (None: unchanged). Raises UsageError."""
    if brokers is None:
        return settings
    servers = tuple(server.strip() for server in brokers.split(",") if server.strip())
    if not servers:
        raise UsageError("--brokers names no broker: give host:port, with commas between several")
    faults = [f"--brokers: {fault}" for server in servers if (fault := server_fault(server)) is not None]
    if faults:
        raise UsageError("\n".join(faults))
    return settings.model_copy(update={"broker": settings.broker.model_copy(update={"servers": servers})})


def faust_options(broker: BrokerSettings) -> dict[str, Any]:
    """Keyword arguments of the Faust app."""
    options: dict[str, Any] = {"broker": [f"kafka://{server}" for server in broker.servers]}
    if broker.security_protocol == "SSL":
        options["broker_credentials"] = faust.SSLCredentials(context=ssl_context(broker))
    elif broker.security_protocol.startswith("SASL"):
        options["broker_credentials"] = faust.SASLCredentials(
            username=broker.sasl_username,
            password=broker.password,
            mechanism=broker.mechanism,
            ssl_context=ssl_context(broker) if broker.security_protocol == "SASL_SSL" else None,
        )
    return options


def _reason(servers: Iterable[str], error: Exception) -> str:
    """Why a client could not connect, in words if they are known."""
    return why_not(servers) or type(error).__name__


def no_answer(servers: Iterable[str], error: Exception) -> BrokerError:
    """The error where a client could not connect."""
    servers = list(servers)
    return BrokerError(
        f"no broker answers at {', '.join(servers)} ({_reason(servers, error)}): check that Kafka is running, and "
        "broker.servers, broker.security_protocol, credentials and certificates"
    )


@contextmanager
def broker_errors(servers: Iterable[str]) -> Iterator[None]:
    """Turns errors of Kafka's client into a BrokerError that says what to do."""
    try:
        yield
    except (KafkaConnectionError, OSError) as error:
        raise no_answer(servers, error) from error
    except KafkaError as error:
        raise BrokerError(
            f"{', '.join(servers)}: a request failed: {error}; check that the brokers are up and allow it to this user"
        ) from error


def no_topic(name: str) -> BrokerError:
    """The error where a topic does not exist."""
    return BrokerError(
        f"the brokers have no topic {name}: create it by `tocsin topics --create`, or check topics.prefix"
    )


async def wait_for_broker(broker: BrokerSettings, patience: timedelta | None = None) -> None:
    """Return when a broker answers. Raises BrokerError when none did within `patience` (None: never)."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience.total_seconds() if patience is not None else None
    tries = 0
    while True:
        admin = AIOKafkaAdminClient(**client_options(broker), request_timeout_ms=5000)
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            wait = RETRY_AFTER[min(tries, len(RETRY_AFTER) - 1)]
            tries += 1
            if until is not None and loop.time() + wait > until:
                raise no_answer(broker.servers, error) from error
            log.warning(
                "broker.away",
                servers=", ".join(broker.servers),
                error=_reason(broker.servers, error),
                again_in_seconds=wait,
            )
            await asyncio.sleep(wait)
        else:
            if tries:
                log.info("broker.back", servers=", ".join(broker.servers))
            return
        finally:
            await admin.close()
