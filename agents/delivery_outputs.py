"""What delivery writes: its state to `pending`, attempts to `deliveries`, what it gives up to `undelivered`."""

from __future__ import annotations

from datetime import datetime

from agents.delivery_partition import Partition
from alerting.attempt import Attempted
from alerting.gate import Gate
from alerting.pending import Owed, Settled, State
from streams.lingering import Acknowledgement
from streams.service import Service
from streams.state import write_state
from streams.topics import DELIVERIES, NOTIFICATIONS, PENDING, UNDELIVERED
from streams.wire import Attempt, EndpointDisabled, Notification, Outcome, Undelivered


class DeliveryOutputs:
    """Writes to the topics of delivery. Each method returns what to wait for until the broker has it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    # State.

    async def owed(self, partition: Partition, key: str, owed: Owed) -> Acknowledgement:
        """Write what is owed after a change that is no input of its own: an attempt, or being made due."""
        return await self.state(partition, key, owed, offset=_as_of(owed, partition))

    async def settled(self, partition: Partition, key: str, owed: Owed, now: datetime) -> Acknowledgement:
        """Write that a notification is owed no more, and forget what was settled long ago."""
        # Without this the topic, and what is remembered of it, would grow for ever.
        for old in partition.forget_settled(now):
            await self.state(partition, old, None, offset=partition.mark)
        partition.settle(key, now)
        settled = Settled(settled_at=now, offset=owed.offset)
        return await self.state(partition, key, settled, offset=_as_of(owed, partition))

    async def gate(self, partition: Partition, gate: Gate) -> Acknowledgement:
        """Write how delivery stands with an endpoint."""
        # As of the last notification taken: a former owner's late record is then older, and passed over.
        return await self.state(partition, gate.state.endpoint, gate.state, offset=partition.mark)

    async def state(
        self, partition: Partition, key: str, value: State | None, *, offset: int
    ) -> Acknowledgement:
        """Write a value (None: delete the key) as of an input."""
        return await write_state(
            self._service.outputs,
            PENDING,
            partition.number,
            key,
            value.to_bytes if value is not None else None,
            offset=offset,
        )

    # What others read.

    async def attempt(self, made: Attempt) -> Acknowledgement:
        """Publish an attempt."""
        event_id = f"{made.webhook_id}/{made.endpoint}/{made.replay}/{made.number}"
        return await self._service.outputs.publish(
            DELIVERIES, made, key=made.endpoint, event_id=event_id, time=made.at
        )

    async def undelivered(self, owed: Owed, reason: str, now: datetime) -> Acknowledgement:
        """Publish a notification that is given up."""
        value = Undelivered(notification=owed.notification, attempts=owed.attempts, reason=reason, at=now)
        webhook_id = owed.notification.alert.webhook_id
        event_id = f"{webhook_id}/{owed.endpoint}/{owed.notification.replay}/undelivered"
        return await self._service.outputs.publish(
            UNDELIVERED, value, key=owed.endpoint, event_id=event_id, time=now
        )

    async def disabled(self, event: EndpointDisabled, fallback: str) -> Acknowledgement:
        """Notify the fallback of an endpoint that it was disabled."""
        notification = Notification(endpoint=fallback, alert=event)
        event_id = f"{event.webhook_id}/{fallback}/0"
        return await self._service.outputs.publish(
            NOTIFICATIONS, notification, key=fallback, event_id=event_id, time=event.at
        )


def _as_of(owed: Owed, partition: Partition) -> int:
    """As of which input the state of a notification is written.

    What is owed since a former topic of this name has an offset of that topic. Written with it, the inputs of the
    present topic up to that offset would be passed over.
    """
    return min(owed.offset, partition.mark)


def attempt_value(
    owed: Owed, attempted: Attempted, began: datetime, due_at: datetime | None, *, disabled: bool
) -> Attempt:
    """An attempt as it is published. `due_at` is when the next one is due, None where this was the last."""
    verdict, result = attempted.verdict, attempted.result
    failed: Outcome = "disabled" if disabled else "retry" if due_at is not None else "given_up"
    return Attempt(
        webhook_id=owed.notification.alert.webhook_id,
        alert_id=owed.notification.alert.alert_id,
        endpoint=owed.endpoint,
        number=owed.made + 1,
        replay=owed.notification.replay,
        outcome="delivered" if verdict.delivered else failed,
        reason=verdict.reason,
        status=result.status,
        latency_ms=result.latency_ms,
        at=began,
        next_at=due_at,
    )
