"""Leaving a group that has not formed yet: a broker answers who joins when all members have come, a minute later maybe.

aiokafka's consumer waits for that answer when it is closed, and takes its leave only of a group of which it has been a
member; the broker would count one in that never comes. Uses private parts of it (0.14);
`tests/unit/test_faust_internals.py` fails when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import ConnectionGroup


async def stop_joining(consumer: Any) -> None:
    """Have a consumer that is about to be closed no longer wait for its group, and take its leave when it is closed."""
    coordinator = consumer._coordinator
    if coordinator is None or not coordinator._performed_join_prepare:
        return
    joining = coordinator._coordination_task
    joining.cancel()
    await asyncio.wait({joining})
    # On this connection nothing is answered before the question that nobody waits for any more.
    connection = consumer._client._conns.get((coordinator.coordinator_id, ConnectionGroup.COORDINATION))
    if connection is not None:
        connection.close()
    if coordinator.member_id:
        coordinator.generation = max(coordinator.generation, 1)
