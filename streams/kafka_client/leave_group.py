"""Closing a consumer while it is still joining its group.

A broker answers JoinGroup when all members have joined, which may take a minute. aiokafka's `stop` waits for that
answer, and sends LeaveGroup only once it has been a full member, so the broker would go on counting a member that is
gone.

Relies on private parts of aiokafka's group coordinator.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import ConnectionGroup


async def stop_joining(consumer: Any) -> None:
    """Cancel a join that is under way, so that the consumer can be stopped and leaves its group at once."""
    coordinator = consumer._coordinator
    if coordinator is None or not coordinator._performed_join_prepare:
        return
    joining = coordinator._coordination_task
    joining.cancel()
    await asyncio.wait({joining})
    # Brokers answer in order: on this connection LeaveGroup would wait for the answer to JoinGroup.
    connection = consumer._client._conns.get((coordinator.coordinator_id, ConnectionGroup.COORDINATION))
    if connection is not None:
        connection.close()
    if coordinator.member_id:
        coordinator.generation = max(coordinator.generation, 1)
