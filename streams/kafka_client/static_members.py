"""Two workers with one `instance_id`: the group has a place for one of them, and the other is to learn that.

aiokafka forgets its member id when the group no longer knows it, and joins as a new member. A static member that joins
so takes the place of whoever has its instance id; that one does the same in turn, and so on, every second, for ever:
both read the same partitions, and neither says anything. Here a static member that was turned out asks for its place
with the id that it had. Where that is over, as after a long pause, it becomes a new member as before; where another has
the place the broker says so, and the worker ends.

Replaces a method of aiokafka's group coordinator (0.14), and adds an error to those that it knows;
`tests/unit/test_faust_internals.py` fails when an upgrade changes what is relied on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Final

from aiokafka import errors
from aiokafka.consumer.group_coordinator import GroupCoordinator

Reset = Callable[[Any], None]


class InstanceIdTakenError(errors.BrokerResponseError):  # type: ignore[misc]  # aiokafka is untyped for us
    """The broker's answer to a static member whose place another has taken (FENCED_INSTANCE_ID)."""

    errno: ClassVar = 82
    message: ClassVar = "FENCED_INSTANCE_ID"

    def __repr__(self) -> str:
        return "another worker has the same service.instance_id and took its place: give each one a name of its own"


def _keeping_its_id(reset: Reset) -> Reset:
    @wraps(reset)
    def keeping_its_id(self: Any) -> None:
        # A member has a generation. The second time, when it is not known even by its id, it has none.
        member = self.member_id if self._group_instance_id is not None and self.generation > 0 else None
        reset(self)
        if member is not None:
            self.member_id = member

    return keeping_its_id


RESET: Final = _keeping_its_id(GroupCoordinator.reset_generation)


def tell_static_members() -> None:
    """Have all static members of aiokafka, from now on, learn that another has their instance id."""
    GroupCoordinator.reset_generation = RESET
    errors.kafka_errors[InstanceIdTakenError.errno] = InstanceIdTakenError
