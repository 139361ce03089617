"""The sample's configuration and what is built of it, once a process, for tests that change none of it.

It stays, so the garbage collector need not look at it again and again.
"""

from __future__ import annotations

from functools import cache

from agents.reading.actors.registry import Registry, RegistryFile
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
def english() -> tuple[Taxonomies, Registry]:
    """Only the English words and three actors: quick to build from, for tests of one watch or two."""
    whole = taxonomies()
    topics = tuple(
        topic.model_copy(update={"languages": {"en": topic.languages["en"]}}) for topic in whole.topics
    )
    asked = ("egypt", "qatar", "vladimir-putin", "russia")  # Russia, since a person has a country
    actors = tuple(registry().actors[name] for name in asked)
    context = {"en": whole.context["en"]}
    return Taxonomies(topics, context, whole.weights), Registry(files=(RegistryFile(actors=actors),))


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
