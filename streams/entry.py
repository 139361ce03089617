"""Where `tocsin` begins: what a signal does while the command loads.

Imports nothing else before that is settled, because the command line takes a tenth of a second to import, and more on a
slow disk.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line; never returns."""
    _end_when_told()
    _outlive_hangups()
    from streams.cli import main as run  # noqa: PLC0415 - see above

    run()


def _end_when_told() -> None:
    """Let SIGTERM end the process from now on, until a command handles it.

    To the first process of a container the kernel gives no signal that it does not handle: a worker that was told to
    stop while it loads would start all the same, take partitions, and be killed with them.
    """
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))


def _outlive_hangups() -> None:
    """Let SIGHUP not end a worker, which it asks for a reload.

    Until the worker listens, and once it stops, that is nothing to end for: a change of the files since they were read
    is noticed anyway.
    """
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    if command == "worker":
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
