"""All that is mended of aiokafka in a process that connects to brokers: each part stands in a module of its own."""

from __future__ import annotations

from streams.kafka_client.bounded_batches import bound_batches
from streams.kafka_client.committed import read_what_is_committed
from streams.kafka_client.header_names import mend_header_names
from streams.kafka_client.metadata import ask_who_leads
from streams.kafka_client.silent_brokers import mend_clients
from streams.kafka_client.static_members import tell_static_members


def mend_aiokafka() -> None:
    """Mend all clients of aiokafka in this process, from now on. Doing it again changes nothing."""
    mend_clients()
    bound_batches()
    mend_header_names()
    read_what_is_committed()
    ask_who_leads()
    tell_static_members()
