"""Whoever connects to brokers does so with a mended aiokafka."""

from __future__ import annotations

from itertools import chain

import pytest
from aiokafka import errors
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator

from streams.connection import client_options
from streams.kafka_client import (
    bounded_batches,
    committed_offsets,
    damaged_batches,
    fetcher_close,
    metadata,
    silent_brokers,
    static_members,
)
from streams.settings import BrokerSettings


def test_asking_how_to_connect_mends_all_that_is_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = list(chain.from_iterable(methods.items() for methods in silent_brokers.REPLACED.values()))
    for replaced, methods in silent_brokers.REPLACED.items():
        for name in methods:
            monkeypatch.setattr(replaced, name, None)
    monkeypatch.setattr(GroupCoordinator, "_send_req", None)
    monkeypatch.setattr(GroupCoordinator, "reset_generation", None)
    monkeypatch.delitem(errors.kafka_errors, static_members.InstanceIdTakenError.errno, raising=False)
    monkeypatch.setattr(fetcher.Fetcher, "_proc_offset_request", None)
    monkeypatch.setattr(fetcher.Fetcher, "close", None)
    monkeypatch.setattr(fetcher, "PartitionRecords", None)
    monkeypatch.setattr(fetcher, "MemoryRecords", None)
    for parser in bounded_batches.PARSERS:
        for name in bounded_batches.UNPACK:
            monkeypatch.setattr(parser, name, None)
    client_options(BrokerSettings())
    assert [
        (name, getattr(replaced, name))
        for replaced, methods in silent_brokers.REPLACED.items()
        for name in methods
    ] == parts
    assert GroupCoordinator._send_req is committed_offsets.ASK
    assert GroupCoordinator.reset_generation is static_members.RESET
    assert errors.for_code(static_members.InstanceIdTakenError.errno) is static_members.InstanceIdTakenError
    assert fetcher.Fetcher._proc_offset_request is metadata.LIST_OFFSETS
    for parser in bounded_batches.PARSERS:
        assert {name: getattr(parser, name) for name in bounded_batches.UNPACK} == bounded_batches.UNPACK
    assert fetcher.Fetcher.close is fetcher_close.CLOSE
    assert fetcher.PartitionRecords is damaged_batches.SoundRecords
