"""How many files and connections this process may have open."""

from __future__ import annotations

from contextlib import suppress


def raise_limit_on_open_files() -> None:
    """Raise the limit on open files to what an administrator allows.

    Shells and service managers often begin with 1024. A hundred endpoints that hang, with eight calls under way each,
    would take them all, and nothing would be left for the brokers.
    """
    try:
        import resource  # noqa: PLC0415 - not on every platform
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems name no number as the most, and then refuse to be asked for it.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
