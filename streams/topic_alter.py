"""Alters single settings of existing topics; all others stay as they are.

Uses librdkafka's admin client, because aiokafka's has only the request that resets every setting it does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from streams.errors import BrokerError
from streams.settings import BrokerSettings


def alter_topics(broker: BrokerSettings, changes: Mapping[str, Mapping[str, str]]) -> None:
    """Change settings, by the name of each topic. Blocks. Raises BrokerError naming every topic that was refused."""
    admin = AdminClient(_options(broker))
    resources = [
        ConfigResource(
            ConfigResource.Type.TOPIC,
            name,
            incremental_configs=[
                ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
                for key, value in settings.items()
            ],
        )
        for name, settings in changes.items()
    ]
    patience = broker.request_timeout.total_seconds()
    refused = []
    for resource, future in admin.incremental_alter_configs(resources, request_timeout=patience).items():
        try:
            future.result()
        except KafkaException as error:
            refused.append(f"{resource.name}: not altered: {error.args[0].str()}")
    if refused:
        raise BrokerError("\n".join(refused))


def _options(broker: BrokerSettings) -> dict[str, Any]:
    options = {
        "bootstrap.servers": ",".join(broker.servers),
        "client.id": broker.client_id,
        "security.protocol": broker.security_protocol,
        "log_level": 0,
        "ssl.ca.location": broker.ca_file,
        "ssl.certificate.location": broker.cert_file,
        "ssl.key.location": broker.key_file or broker.cert_file,
    }
    if broker.security_protocol.startswith("SASL"):
        options |= {
            "sasl.mechanism": broker.mechanism,
            "sasl.username": broker.sasl_username,
            "sasl.password": broker.password,
        }
    return {key: value for key, value in options.items() if value is not None}
