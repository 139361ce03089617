"""A static member that is turned out of its group asks for its place with the id that it had, once."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.protocol.group import JoinGroupRequest

from streams.kafka_client.static_members import RESET


@pytest.mark.parametrize(
    ("instance_id", "kept"), [("one", "one-4711"), (None, JoinGroupRequest.UNKNOWN_MEMBER_ID)]
)
async def test_who_is_turned_out_keeps_its_id_for_one_question(instance_id: str | None, kept: str) -> None:
    coordinator: Any = GroupCoordinator.__new__(GroupCoordinator)
    coordinator._group_instance_id, coordinator.request_rejoin = instance_id, lambda: None
    coordinator.member_id, coordinator.generation = "one-4711", 7
    RESET(coordinator)
    assert (coordinator.member_id, coordinator.generation) == (kept, -1)
    RESET(coordinator)
    assert coordinator.member_id == JoinGroupRequest.UNKNOWN_MEMBER_ID
