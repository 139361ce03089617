"""Applies the patches to aiokafka that every process needs; each has a module of its own."""

from __future__ import annotations

from streams.kafka_client.bounded_batches import patch_decompression
from streams.kafka_client.committed_offsets import patch_committed_offsets
from streams.kafka_client.damaged_batches import patch_damaged_batches
from streams.kafka_client.fetcher_close import patch_fetcher_close
from streams.kafka_client.header_names import patch_header_names
from streams.kafka_client.metadata import patch_metadata
from streams.kafka_client.silent_brokers import patch_clients
from streams.kafka_client.static_members import patch_static_members


def patch_aiokafka() -> None:
    """Patch aiokafka's classes in this process. May be called again."""
    patch_clients()
    patch_decompression()
    patch_header_names()
    patch_damaged_batches()
    patch_committed_offsets()
    patch_metadata()
    patch_static_members()
    patch_fetcher_close()
