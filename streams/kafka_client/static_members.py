"""Two workers with the same `instance_id`: the one that lost its place must notice and end.

When the group no longer knows its member id, aiokafka forgets the id and joins as a new member. A static member that
does so takes the place of the current holder of its instance id, who then does the same: the two evict each other every
second, for ever and in silence, and both read the same partitions.

Here a static member that was evicted rejoins with the member id it had. If the group has merely forgotten it, as after
a long pause, it then joins as a new member. If another worker holds the instance id, the broker answers
FENCED_INSTANCE_ID and the worker ends.

Replaces a private method of aiokafka's group coordinator, and adds an error to those that aiokafka knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Final

from aiokafka import errors
from aiokafka.consumer.group_coordinator import GroupCoordinator

Reset = Callable[[Any], None]


class InstanceIdTakenError(errors.BrokerResponseError):  # type: ignore[misc]  # aiokafka is untyped for us
    """The broker's answer to a static member whose instance id another member has taken."""

    errno: ClassVar = 82
    message: ClassVar = "FENCED_INSTANCE_ID"

    def __repr__(self) -> str:
        return "another worker uses the same service.instance_id: give each worker an id of its own"


def _keeping_its_id(reset: Reset) -> Reset:
    @wraps(reset)
    def keeping_its_id(self: Any) -> None:
        # Only once: on the second reset (the group does not know the member id either) the generation is 0.
        member = self.member_id if self._group_instance_id is not None and self.generation > 0 else None
        reset(self)
        if member is not None:
            self.member_id = member

    return keeping_its_id


RESET: Final = _keeping_its_id(GroupCoordinator.reset_generation)


def patch_static_members() -> None:
    """Make aiokafka's static members notice that another has their instance id."""
    GroupCoordinator.reset_generation = RESET
    errors.kafka_errors[InstanceIdTakenError.errno] = InstanceIdTakenError
