"""The registry of actors: what its files hold, and their reading into one value.

A registry is a folder of YAML files; one file is one `RegistryFile`. docs/actors.md explains the fields to those
who write them. How names are found in a text is told in `agents.reading.actors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field

from streams.config_values import Identifier, Part, spelled
from streams.wire import ActorKind

Name = Annotated[
    str, Field(min_length=1, max_length=200), spelled(r"(?s).*[^\W\d_].*", "a name, with a letter")
]


def _listed(value: object) -> object:
    """One name may stand without the brackets of a list."""
    return (value,) if isinstance(value, str) else value


def _with_languages(value: object) -> object:
    if isinstance(value, str | list):
        raise ValueError("must be by language, such as {en: [Kremlin, MBS]}")
    return value


Names = Annotated[tuple[Name, ...], BeforeValidator(_listed)]
Language = Annotated[
    str, spelled(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", "a language tag in small letters, such as en")
]
ByLanguage = Annotated[Mapping[Language, Names], BeforeValidator(_with_languages)]


class Actor(Part):
    """One actor.

    `names` are what it is called, by language; a person's as in a library catalogue, `Putin, Vladimir`, so that the
    surname is known; a name without a comma is found as a whole only. `aliases` are its other names and initials
    (MBS, Kremlin); `demonyms` its people and adjectives (Ukrainian); `metonyms` cities that stand for it when they
    act (Ankara said). `alone`: the surname means this person wherever it stands by itself. `doubtful`: those of its
    names that mean other things too (Georgia), which count where a word of `sure_with`, or another of its names,
    stands in the article. `unlike`: phrases that hold a name and mean something else (New Mexico). `country`: that of
    a person or an organisation.
    """

    id: Identifier
    kind: ActorKind
    name: Name
    wikidata: Annotated[str, spelled(r"Q[1-9]\d*", "an item of Wikidata, such as Q212")] | None = None
    country: Identifier | None = None
    alone: bool = False
    names: ByLanguage = Field(default_factory=dict)
    aliases: ByLanguage = Field(default_factory=dict)
    demonyms: ByLanguage = Field(default_factory=dict)
    metonyms: ByLanguage = Field(default_factory=dict)
    doubtful: Names = ()
    sure_with: Names = ()
    unlike: Names = ()


class RegistryFile(Part):
    """One file of the registry.

    `titles` are words that stand before a name and belong to whoever bears it; `given_names` those of other people,
    by which a namesake is told apart; `common_words` words of everyday speech that are spelt like a name, or that are
    one letter off one; `places_after` the words after which a city is only a place (in, near).
    """

    titles: Names = ()
    given_names: Names = ()
    common_words: Names = ()
    places_after: Names = ()
    actors: tuple[Actor, ...] = ()


class Registry(Part):
    """All files of a registry together. A second actor of an id, or an unknown `country`, is a ValueError."""

    files: tuple[RegistryFile, ...] = ()

    def model_post_init(self, _context: object) -> None:
        """Refuse what does not hold together."""
        seen: set[str] = set()
        for actor in self._listed():
            if actor.id in seen:
                raise ValueError(f"two actors have the id {actor.id!r}")
            seen.add(actor.id)
        for actor in self._listed():
            if actor.country is not None and actor.country not in seen:
                raise ValueError(f"actor {actor.id}: there is no country {actor.country!r}")

    def _listed(self) -> Iterator[Actor]:
        for file in self.files:
            yield from file.actors

    @cached_property
    def actors(self) -> Mapping[str, Actor]:
        """The actors of all files by id, in order."""
        return {actor.id: actor for actor in self._listed()}

    def words(self, field: str) -> Iterator[str]:
        """All `titles`, `given_names`, `common_words` or `places_after`."""
        for file in self.files:
            yield from getattr(file, field)


def _read(path: Path) -> Any:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def load_registry(folder: Path) -> Registry:
    """Read every YAML file of a folder. Raises OSError, yaml.YAMLError, or ValueError as `registry_of` does."""
    return registry_of(_read(path) for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))))


def registry_of(values: Iterable[Any]) -> Registry:
    """The registry that the values of its files make. Raises ValueError with the first file's faults."""
    return Registry(files=tuple(RegistryFile.model_validate(value or {}) for value in values))
