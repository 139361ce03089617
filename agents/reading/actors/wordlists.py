"""The registry's lists of words, folded and in all their forms."""

from __future__ import annotations

from dataclasses import dataclass

from agents.reading.actors.inflection import all_forms
from agents.reading.actors.registry import Registry
from agents.reading.fold import fold


@dataclass(frozen=True, slots=True)
class WordLists:
    """Titles, the given names of people who are not in the registry, everyday words that are spelt like a name or
    nearly, and the words after which a city is only a place.
    """

    titles: frozenset[str]
    given_names: frozenset[str]
    common: frozenset[str]
    places_after: frozenset[str]

    @classmethod
    def of(cls, registry: Registry) -> WordLists:
        """Those of all its files."""
        return cls(
            titles=all_forms(registry.words("titles")),
            given_names=all_forms(registry.words("given_names")),
            common=all_forms(registry.words("common_words")),
            places_after=frozenset(map(fold, registry.words("places_after"))),
        )
