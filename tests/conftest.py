"""What holds for all tests: a property is not timed, since a busy machine would let it fail."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
