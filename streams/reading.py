"""Builds the reader of a configuration, with the user's own classifier if one is configured.

A package offers a classifier through the entry point group `tocsin.classifiers`: a callable that takes the taxonomies
and returns an `agents.reading.topics.Classifier`. `service.classifier` in `tocsin.yaml` names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Final

from agents.reading.reader import Reader
from agents.reading.topics import Classifier
from alerting.watch import Watch
from streams.configuration import Configuration
from streams.errors import ConfigurationError, Fault
from streams.gc_pause import gc_paused

GROUP: Final = "tocsin.classifiers"


@gc_paused()
def build_reader(
    configuration: Configuration,
    watches: Sequence[Watch] | None = None,
    terms: Mapping[str, Sequence[str]] | None = None,
) -> Reader:
    """The reader of a configuration, with other watches or terms if given.

    Takes seconds for large watchlists. Raises QueryError, and ConfigurationError if the classifier cannot be loaded.
    """
    return Reader(
        taxonomies=configuration.taxonomies,
        registry=configuration.registry,
        watches=configuration.watches if watches is None else watches,
        terms=configuration.terms if terms is None else terms,
        classifier=classifier_of(configuration),
        read_all=configuration.settings.service.classify_all,
    )


def classifier_of(configuration: Configuration) -> Classifier | None:
    """The classifier that the settings name; None for the taxonomy's own. Raises ConfigurationError."""
    name = configuration.settings.service.classifier
    if name is None:
        return None
    offered = {found.name: found for found in entry_points(group=GROUP)}
    if name not in offered:
        known = ", ".join(sorted(offered)) or "none"
        raise _fault(f"no installed package offers the classifier {name!r} (offered: {known})")
    try:
        classifier: Classifier = offered[name].load()(configuration.taxonomies)
    except Exception as error:
        raise _fault(f"the classifier {name!r} does not load: {type(error).__name__}: {error}") from error
    return classifier


def _fault(message: str) -> ConfigurationError:
    return ConfigurationError([Fault("tocsin.yaml", 0, "service.classifier", message)])
