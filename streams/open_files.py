"""The limit on open files and connections."""

from __future__ import annotations

from contextlib import suppress


def raise_limit_on_open_files() -> None:
    """Raise the soft limit on open files to the hard limit.

    It often is 1024. A hundred endpoints that hang, with eight calls under way each, would take nearly all of them, and
    leave none for the brokers.
    """
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems have no hard limit and refuse to set "unlimited".
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
