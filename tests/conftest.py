"""What holds for all tests: no property is timed, since a busy machine would let it fail; logs end with a test.

Properties are tried on the same values every time, so that a change fails by what it changes. With
`--hypothesis-profile=searching` the values are new ones each time.

The garbage collector is paused while tests are collected, and looks at none of that later, as with a worker.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from streams.gc_pause import gc_paused
from streams.logs import LOUD
from streams.memory import freeze_objects
from tests.configurations import ENVIRON

COLOURS = {"FORCE_COLOR", "NO_COLOR", "PY_COLORS", "TTY_COMPATIBLE", "GITHUB_ACTIONS"}
for name in [*os.environ]:
    if name in COLOURS or name.startswith("TOCSIN_"):
        del os.environ[name]  # of a CI service, or of whoever runs Tocsin here too

settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("searching"), derandomize=True)
settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    with gc_paused():
        result = yield
    freeze_objects()
    return result


@pytest.fixture
def desk_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has what the endpoint `desk` of `tests.configurations` refers to."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def own_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logs are configured for this test alone: a logger that kept them would not be heard by those that come later."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in LOUD}
    # A logger of a module keeps how it was first configured otherwise, and is the same for all tests of a process.
    configure = structlog.configure

    def uncached(**given: Any) -> None:
        configure(**given | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", uncached)
    yield
    structlog.reset_defaults()
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    root.handlers[:] = handlers
    root.setLevel(level)
