"""Checks watches and endpoints against all else that was configured: names that exist, queries that parse, safe
addresses.

Pure: each check notes its faults in the document that holds the value, and returns warnings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from pydantic import SecretStr

from agents.reading.actors.registry import Registry
from agents.reading.fields import is_language
from agents.reading.query import parse_query
from agents.reading.query_ast import identifier_of, leaves
from agents.reading.taxonomy import Taxonomies
from alerting.endpoint import Endpoint
from alerting.watch import Watch
from streams.config_files.partial_model import NO_FAULTS, path_in_file
from streams.config_files.secrets import UNRESOLVED
from streams.config_files.termlist import keyword_warning
from streams.config_files.yamlfile import Document, KeyPath, spell
from streams.config_values import Part
from streams.errors import Fault, QueryError
from streams.suggestion import did_you_mean

P = TypeVar("P", bound=Part)

_CONDITIONS: Final = ("topics", "actors", "query", "terms", "terms_file")

_LISTED: Final = re.compile(r"(\w+)\[(\d+)\]")


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


def example_places(placed: Placed[Watch]) -> tuple[str, ...]:
    """File and line of each example of a watch."""
    document = placed.document
    return tuple(
        f"{document.name}:{document.line((*placed.path, 'examples', index))}"
        for index in range(len(placed.value.examples))
    )


def check_watches(watches: Sequence[Placed[Watch]], known: Known) -> list[Fault]:
    """Check every watch; returns warnings."""
    _check_ids(watches)
    warnings = [warning for placed in watches for warning in _check_watch(placed, known)]
    if not watches:
        warnings.append(Fault.of_file("watches.yaml", "there is no watch, so there will be no alerts"))
    return warnings


def _check_ids(items: Sequence[Placed[Watch]] | Sequence[Placed[Endpoint]]) -> None:
    first: dict[str, Placed[Watch] | Placed[Endpoint]] = {}
    for placed in items:
        if ("id",) in placed.faulty:
            continue
        known = first.setdefault(placed.value.id, placed)
        if known is not placed:
            where = f"{known.document.name}:{known.document.line((*known.path, 'id'))}"
            placed.fault(("id",), f"{placed.value.id!r} is taken, see {where}; an id must be unique")


def _check_watch(placed: Placed[Watch], known: Known) -> Iterator[Fault]:
    watch = placed.value
    _check_topics(placed, known.stages)
    if known.actors is not None and watch.actors is not None:
        _check_actors(placed, known.actors)
    for index, endpoint in enumerate(watch.notify):
        _check_endpoint(placed, ("notify", index), endpoint, known)
    yield from _check_terms(placed)
    if watch.query is not None:
        yield from _check_query(placed, watch.query, known)
    for index, tag in enumerate(watch.languages):
        if not is_language(tag):
            placed.fault(("languages", index), "no language has this tag, so nothing would match")
    for index, example in enumerate(watch.examples):
        if not (example.text.strip() or example.title.strip()):
            placed.fault(("examples", index), "has no text")
    actors = watch.actors
    only_none = actors is not None and bool(actors.none) and not (actors.any or actors.all)
    conditions = (getattr(watch, key) for key in _CONDITIONS if not (key == "actors" and only_none))
    if all(given in (None, ()) for given in conditions) and not placed.may_set(*_CONDITIONS):
        but = " that names none of these actors" if only_none else ""
        placed.fault((), f"the watch would match everything{but}; give it topics, actors, a query, or terms")
    if not watch.notify:
        yield placed.warning((), "notify is empty: its alerts only go to the topic `alerts`")
    if watch.update_every > watch.window:
        key = "window" if "window" in watch.model_fields_set else "update_every"
        yield placed.warning(
            (key,), "window is shorter than update_every: stories end before copies are told"
        )
    if not watch.examples:
        yield placed.warning((), "has no examples: nothing shows that it matches what it should")


def _check_endpoint(placed: Placed[Watch] | Placed[Endpoint], path: KeyPath, name: str, known: Known) -> None:
    if known.endpoints is not None and name not in known.endpoints:
        placed.fault(path, f"unknown endpoint{did_you_mean(name, known.endpoints)}")


def _check_topics(placed: Placed[Watch], known: Mapping[str, Sequence[str]] | None) -> None:
    wanted = placed.value.topics
    if wanted is None:
        return
    if not (wanted.any or wanted.all):
        placed.fault(("topics",), "names no topic; give `any` or `all`")
    if known is None:
        return
    for kind, names in (("any", wanted.any), ("all", wanted.all)):
        for index, name in enumerate(names):
            if name not in known:
                placed.fault(("topics", kind, index), f"unknown topic{did_you_mean(name, list(known))}")
    topics: Sequence[str] = (*wanted.any, *wanted.all)
    if not topics or any(name not in known for name in topics) or placed.may_set("topics"):
        topics = list(known)  # an unknown one may be any of them
    stages = list(dict.fromkeys(stage for name in topics for stage in known[name]))
    for index, stage in enumerate(wanted.stages):
        if stage not in stages:
            hint = did_you_mean(stage, stages)
            placed.fault(("topics", "stages", index), f"no stage of {', '.join(topics)}{hint}")


def _check_actors(placed: Placed[Watch], known: frozenset[str]) -> None:
    wanted = placed.value.actors
    if wanted is None:
        return
    if not (wanted.any or wanted.all or wanted.none):
        placed.fault(("actors",), "names no actor; give `any`, `all` or `none`")
    for kind in ("any", "all", "none"):
        for index, name in enumerate(getattr(wanted, kind)):
            if name not in known:
                placed.fault(("actors", kind, index), f"unknown actor{did_you_mean(name, sorted(known))}")
    for name in sorted({*wanted.any, *wanted.all} & set(wanted.none)):
        placed.fault(("actors", "none"), f"{name!r} is wanted and not wanted at once")


def _check_terms(placed: Placed[Watch]) -> Iterator[Fault]:
    for index, term in enumerate(placed.value.terms):
        if not any(map(str.isalnum, term)):
            placed.fault(("terms", index), "the keyword has no letter or digit to look for")
        elif (warning := keyword_warning(term)) is not None:
            yield placed.warning(("terms", index), warning)


def _check_query(placed: Placed[Watch], text: str, known: Known) -> Iterator[Fault]:
    try:
        query = parse_query(text)
    except QueryError as error:
        placed.fault(("query",), f"{_place_in(text, error.column)}{error.message}")
        return
    names = {"actor": known.actors, "topic": known.stages}
    for leaf, _ in leaves(query.root):
        there = names.get(leaf.field)
        if there is not None and (name := identifier_of(leaf)) not in there:
            hint = did_you_mean(name, sorted(there))
            placed.fault(("query",), f"{_place_in(text, leaf.column)}unknown {leaf.field} {name!r}{hint}")
    for warning in query.warnings:
        yield placed.warning(("query",), warning)


def _place_in(query: str, column: int) -> str:
    """The place in a query as the beginning of a message, with the line if it has several; empty for column 0."""
    if not column:
        return ""
    before = query.rstrip()[: column - 1]
    line = before.count("\n") + 1
    own = len(before) - before.rfind("\n")
    return f"column {own}: " if "\n" not in query.strip() else f"line {line} of the query, column {own}: "


def check_endpoints(
    endpoints: Sequence[Placed[Endpoint]], known: Known, *, resolved: Callable[[Placed[Endpoint]], bool]
) -> list[Fault]:
    """Check every endpoint; returns warnings. `resolved`: whether its secrets were looked up, to be checked too."""
    _check_ids(endpoints)
    fallbacks = {
        placed.value.id: placed.value.fallback for placed in endpoints if ("id",) not in placed.faulty
    }
    warnings: list[Fault] = []
    for placed in endpoints:
        _check_fallback(placed, fallbacks, known)
        _check_times(placed)
        if not placed.may_set("format", "allow_private", "allow_http"):
            _check_values(placed, resolved=resolved(placed))
        endpoint = placed.value
        if endpoint.format == "standard" and not endpoint.secrets:
            warnings.append(placed.warning((), "has no secrets: its receiver cannot tell who calls"))
        if not endpoint.enabled:
            warnings.append(placed.warning(("enabled",), "is switched off: alerts for it are not sent"))
    return warnings


def _check_fallback(placed: Placed[Endpoint], fallbacks: Mapping[str, str | None], known: Known) -> None:
    name = placed.value.fallback
    if name is None:
        return
    _check_endpoint(placed, ("fallback",), name, known)
    if ("id",) in placed.faulty:
        return
    seen = [placed.value.id]
    step: str | None = name
    while step is not None and step not in seen:
        seen.append(step)
        step = fallbacks.get(step)
    if step == placed.value.id:
        placed.fault(("fallback",), f"leads back here: {' → '.join([*seen, step])}")


def _check_times(placed: Placed[Endpoint]) -> None:
    endpoint = placed.value
    if not timedelta(milliseconds=100) <= endpoint.timeout <= timedelta(minutes=2):
        placed.fault(("timeout",), "must be between 100ms and 2m")
    if len(endpoint.schedule) > 50:
        placed.fault(("schedule",), "has more than 50 attempts")
    if endpoint.rate_limit is not None and not endpoint.rate_limit.per:
        placed.fault(("rate_limit", "per"), "must be more than 0")
    if placed.may_set("format"):
        return
    if endpoint.format == "template" and not endpoint.template and not placed.may_set("template"):
        placed.fault((), "template is missing; the format `template` needs it")
    if endpoint.template is not None and endpoint.format != "template":
        placed.fault(("template",), f"has no effect with the format {endpoint.format!r}")


def _check_values(placed: Placed[Endpoint], *, resolved: bool) -> None:
    """Check what the values of an endpoint say; without its secrets, only what shows all the same.

    A key that already has a fault, such as a missing secret, gets no other.
    """
    endpoint = placed.value
    if not (resolved or endpoint.format in {"template", "apprise"} or _shows(endpoint, ("url",))):
        return
    from alerting.endpoint_faults import endpoint_faults  # noqa: PLC0415 - templates and signatures, which not all need

    said = {fault.key for fault in placed.document.faults}
    for key, message in endpoint_faults(endpoint):
        path = _path_of(key)
        if not (resolved or _shows(endpoint, path)):
            continue
        if spell((*placed.path, *path_in_file(path, placed.faulty))) not in said:
            placed.fault(path, message)


def _shows(endpoint: Endpoint, path: KeyPath) -> bool:
    """Whether what is wrong with a key is wrong whatever the secrets are, and wherever the endpoint is called."""
    match path:
        case ("format",):  # what it needs may be installed elsewhere
            return False
        case ("template",):  # of text or of JSON, as this header says
            values = [value for name, value in endpoint.headers.items() if name.lower() == "content-type"]
        case (name, at):
            values = [getattr(endpoint, str(name))[at]]
        case _:
            values = [getattr(endpoint, str(path[0]))]
    return not any(
        isinstance(value, SecretStr) and value.get_secret_value().startswith(UNRESOLVED) for value in values
    )


def _path_of(key: str) -> KeyPath:
    """`secrets[1]` or `headers.X-Team` as a key path."""
    listed = _LISTED.fullmatch(key)
    if listed is not None:
        return listed[1], int(listed[2])
    mapping, _, name = key.partition(".")
    return (mapping, name) if name else (mapping,)
