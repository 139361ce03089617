"""What a group has committed, where the broker that is asked does not know it.

A coordinator that has just moved, or still loads what it took over, answers with one error for the whole request and
names no partition. aiokafka looks at the errors of partitions only, and takes that answer for "nothing was committed":
a worker then read all its inputs from their beginning, and told what is no longer remembered once more.

Replaces a method of aiokafka's group coordinator (0.14); `tests/unit/test_faust_internals.py` fails when an upgrade
changes it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    NoError,
    NotCoordinatorForGroupError,
    for_code,
)

OFFSET_FETCH: Final = 9
"""API key of the question what a group has committed."""

MOVED: Final = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)

Ask = Callable[..., Awaitable[Any]]


def _heard(ask: Ask) -> Ask:
    @wraps(ask)
    async def heard(self: Any, request: Any) -> Any:
        answer = await ask(self, request)
        if getattr(answer, "API_KEY", None) == OFFSET_FETCH:
            error = for_code(getattr(answer, "error_code", 0))
            if error in MOVED:
                self.coordinator_dead()
            if error is not NoError:
                raise error(self.group_id)
        return answer

    return heard


ASK: Final = _heard(GroupCoordinator._send_req)


def read_what_is_committed() -> None:
    """Have all consumers of aiokafka, from now on, take such an answer for an error, and ask again."""
    GroupCoordinator._send_req = ASK
