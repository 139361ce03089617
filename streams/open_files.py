"""The limit on open files and connections."""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import Final

MOST_CALLS: Final = 4096
"""Calls of webhooks at the same time, where the system allows more."""

MOST_WITHOUT_LIMIT: Final = 10_240
"""Open files to ask for where the hard limit is infinite and the system refuses to set that (macOS)."""


def most_calls() -> int:
    """How many webhooks may be called at the same time.

    Each takes a descriptor, or up to three where a host has several addresses and hangs; some are left for the brokers.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CALLS if limit == resource.RLIM_INFINITY else max(1, min(limit // 4, MOST_CALLS))


def raise_limit_on_open_files() -> None:
    """Raise the soft limit on open files to the hard limit. It is often 1024, and webhooks may take only a part of it
    (`most_calls`).
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (most, MOST_WITHOUT_LIMIT):
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
            return
