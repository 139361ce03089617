"""The sample's configuration and what is built of it, once a process, for tests that change none of it.

It stays, so the garbage collector need not look at it again and again.
"""

from __future__ import annotations

from functools import cache

from agents.reading.actors.registry import Registry
from agents.reading.reader import Reader
from agents.reading.taxonomy import Taxonomies
from benchmarks.labelled import Bench
from streams.configuration import Configuration, load_configuration
from streams.memory import freeze_objects
from streams.reading import build_reader


@cache
def configuration() -> Configuration:
    """As `tocsin check` loads it, without its secrets."""
    loaded = load_configuration(environ={}, resolve_secrets=False)
    freeze_objects()
    return loaded


def taxonomies() -> Taxonomies:
    return configuration().taxonomies


def registry() -> Registry:
    return configuration().registry


@cache
def reader() -> Reader:
    """With the sample's watches."""
    built = build_reader(configuration())
    freeze_objects()
    return built


@cache
def bench() -> Bench:
    """The classifier alone."""
    built = Bench(taxonomies=taxonomies())
    freeze_objects()
    return built
