"""The garbage collector rests while what will live long is made.

It would look through all that is there again each time that the new has grown by a quarter, and find nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_resting() -> Iterator[None]:
    """Let the collector rest meanwhile, in all threads; also as a decorator."""
    worked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if worked:
            gc.enable()
