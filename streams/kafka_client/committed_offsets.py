"""An OffsetFetch that fails as a whole raises an error.

A coordinator that has just moved, or is still loading its state, answers with one error for the whole request and lists
no partition. aiokafka checks only the errors of partitions and concludes that nothing was committed. The worker would
then read all its inputs from the beginning and repeat every alert that is no longer remembered.

Replaces a private method of aiokafka's group coordinator.
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
"""API key of an OffsetFetch request."""

MOVED: Final = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError)
"""Errors after which the coordinator must be looked up again."""

Ask = Callable[..., Awaitable[Any]]


def _checked(ask: Ask) -> Ask:
    @wraps(ask)
    async def checked(self: Any, request: Any) -> Any:
        answer = await ask(self, request)
        if getattr(answer, "API_KEY", None) == OFFSET_FETCH:
            error = for_code(getattr(answer, "error_code", 0))
            if error in MOVED:
                self.coordinator_dead()
            if error is not NoError:
                raise error(self.group_id)
        return answer

    return checked


ASK: Final = _checked(GroupCoordinator._send_req)


def patch_committed_offsets() -> None:
    """Make aiokafka's consumers raise such an error; they then ask again."""
    GroupCoordinator._send_req = ASK
