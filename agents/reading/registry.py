"""The registry of actors: what its files hold, and their reading into one value.

A registry is a folder of YAML files; one file is one `RegistryFile`. docs/actors.md explains the fields to those
who write them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from streams.wire import ActorKind

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"[^\W\d_]")]
ByLanguage = dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")], tuple[Name, ...]]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(_Part):
    """One actor.

    `names` are what it is called, by language; a person's as in a library catalogue, `Putin, Vladimir`, so that the
    surname is known; a name without a comma is only found as a whole. `aliases` are its other names and initials
    (MBS, Kremlin); `demonyms` its people and adjectives (Ukrainian); `metonyms` places that stand for it when
    they speak or act (Ankara said). `alone`: the surname means this person wherever it stands by itself. `unlike`:
    longer phrases that hold the name and mean something else (New Mexico). `country`: of a person or organisation.
    """

    id: Identifier
    kind: ActorKind
    name: Name
    wikidata: Annotated[str, Field(pattern=r"^Q[1-9]\d*$")] | None = None
    country: Identifier | None = None
    alone: bool = False
    names: ByLanguage = {}
    aliases: ByLanguage = {}
    demonyms: ByLanguage = {}
    metonyms: ByLanguage = {}
    unlike: tuple[Name, ...] = ()


class RegistryFile(_Part):
    """One file of the registry.

    `titles` are words that stand before a name and belong to whoever bears it; `given_names` those of other people,
    by which a namesake is told apart; `acts` the words after which a capital stands for its government.
    """

    titles: tuple[Name, ...] = ()
    given_names: tuple[Name, ...] = ()
    acts: tuple[Name, ...] = ()
    actors: tuple[Actor, ...] = ()


class Registry(_Part):
    """All files of a registry together. Ids are unique: a second actor of the same id is a ValueError."""

    files: tuple[RegistryFile, ...] = ()

    def model_post_init(self, _context: object) -> None:
        """Refuse two actors of one id."""
        seen: set[str] = set()
        for actor in self.actors:
            if actor.id in seen:
                raise ValueError(f"two actors have the id {actor.id!r}")
            seen.add(actor.id)

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        """The actors of all files, in order."""
        return tuple(actor for file in self.files for actor in file.actors)

    def words(self, field: str) -> Iterator[str]:
        """All `titles`, `given_names` or `acts`."""
        for file in self.files:
            yield from getattr(file, field)


def load_registry(folder: Path) -> Registry:
    """Read every `*.yaml` of a folder. Raises OSError, yaml.YAMLError, or ValueError with the first file's faults."""
    return Registry(
        files=tuple(
            RegistryFile.model_validate(
                yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
            )
            for path in sorted(folder.glob("*.yaml"))
        )
    )
