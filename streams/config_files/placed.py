"""What the checks of watches and of endpoints share: values with their places in files, and the known names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from agents.reading.actors.registry import Registry
from agents.reading.taxonomy import Taxonomies
from alerting.endpoint import Endpoint
from alerting.watch import Watch
from streams.config_files.partial_model import NO_FAULTS, path_in_file
from streams.config_files.yamlfile import Document, KeyPath, spell
from streams.config_values import Part
from streams.errors import Fault
from streams.suggestion import did_you_mean

P = TypeVar("P", bound=Part)


@dataclass(frozen=True, slots=True)
class Placed(Generic[P]):
    """A value and its place in a file. `faulty` are the paths of keys that are left out of it for their own faults."""

    value: P
    document: Document
    path: KeyPath
    faulty: frozenset[KeyPath] = NO_FAULTS

    def fault(self, below: Iterable[str | int], message: str) -> None:
        """Note a fault at a key below the value, unless it may be caused by a faulty key."""
        path = path_in_file(tuple(below), self.faulty)
        if not any(path[: len(one)] == one or (path and one[: len(path)] == path) for one in self.faulty):
            self.document.fault((*self.path, *path), message)

    def may_set(self, *keys: str) -> bool:
        """Whether a faulty key is, or may be a misspelling of, one of these."""
        known = type(self.value).model_fields
        return any(one[0] in keys or one[0] not in known for one in self.faulty)

    def warning(self, below: Iterable[str | int], message: str) -> Fault:
        """A warning about a key below the value."""
        path = (*self.path, *below)
        return Fault(self.document.name, self.document.line(path), spell(path), message)


@dataclass(frozen=True, slots=True)
class Known:
    """The names that watches and endpoints may use; None where their files are faulty, so that nothing is known."""

    stages: Mapping[str, Sequence[str]] | None
    actors: frozenset[str] | None
    endpoints: tuple[str, ...] | None

    @classmethod
    def of(
        cls,
        taxonomies: Taxonomies | None,
        registry: Registry | None,
        *,
        endpoints: tuple[str, ...] | None,
        actors: Iterable[str] | None,
    ) -> Known:
        """The names in what was loaded. `actors` are the ids to use where there is no registry."""
        if registry is not None:
            actors = registry.actors
        return cls(
            taxonomies.stages() if taxonomies is not None else None,
            frozenset(actors) if actors is not None else None,
            endpoints,
        )


def check_ids(items: Sequence[Placed[Watch]] | Sequence[Placed[Endpoint]]) -> None:
    """Note a fault at each id that an earlier item has."""
    first: dict[str, Placed[Watch] | Placed[Endpoint]] = {}
    for placed in items:
        if ("id",) in placed.faulty:
            continue
        known = first.setdefault(placed.value.id, placed)
        if known is not placed:
            where = f"{known.document.name}:{known.document.line((*known.path, 'id'))}"
            placed.fault(("id",), f"{placed.value.id!r} is taken, see {where}; an id must be unique")


def check_endpoint_name(
    placed: Placed[Watch] | Placed[Endpoint], path: KeyPath, name: str, known: Known
) -> None:
    """Note a fault where a name that should be an endpoint's is none."""
    if known.endpoints is not None and name not in known.endpoints:
        placed.fault(path, f"unknown endpoint{did_you_mean(name, known.endpoints)}")
