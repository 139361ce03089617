"""`python -m streams.probe live|ready`: a container's health check of the worker on this machine.

The port is TOCSIN_SERVICE__HEALTH_PORT, as the image sets it, else the default of the settings. Prints the reason.
Exit code 0: yes; 1: no, or no answer. Imports only the standard library, so that it starts fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from typing import Final

PORT: Final = 9464
HERE: Final = ("127.0.0.1", "::1")
"""Addresses of this machine: a worker that listens on `::` answers at the second alone."""
WITHIN: Final = 2.0
"""Seconds to answer in."""


def ask(question: str, port: int) -> tuple[bool, str]:
    """Whether the worker says yes to `live` or `ready`, and its reason."""
    why = ""
    for host in HERE:
        connection = HTTPConnection(host, port, timeout=WITHIN)
        try:
            connection.request("GET", f"/{question}")
            answer = connection.getresponse()
            return answer.status == 200, answer.read(1000).decode("utf-8", "replace").strip()
        except (OSError, HTTPException) as error:
            why = why or type(error).__name__
        finally:
            connection.close()
    return False, f"no answer on port {port}: {why}"


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Ask, print, return the exit code."""
    if len(arguments) != 1 or arguments[0] not in ("live", "ready"):
        print("usage: python -m streams.probe live|ready", file=sys.stderr)
        return 2
    well, reason = ask(arguments[0], int(environ.get("TOCSIN_SERVICE__HEALTH_PORT") or PORT))
    print(reason)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
