"""The sample's configuration and what is built of it, once a process, for tests that change none of it."""

from __future__ import annotations

from functools import cache

from agents.reading.actors.registry import Registry
from agents.reading.reader import Reader
from agents.reading.taxonomy import Taxonomies
from benchmarks.labelled import Bench
from streams.configuration import Configuration, load_configuration
from streams.reading import build_reader


@cache
def configuration() -> Configuration:
    """As `tocsin check` loads it, without its secrets."""
    return load_configuration(environ={}, resolve_secrets=False)


def taxonomies() -> Taxonomies:
    return configuration().taxonomies


def registry() -> Registry:
    return configuration().registry


@cache
def reader() -> Reader:
    """With the sample's watches."""
    return build_reader(configuration())


@cache
def bench() -> Bench:
    """The classifier alone."""
    return Bench(taxonomies=taxonomies())
