"""Checks watches against all else that is configured: names that exist, queries that parse, something to match.

Each check notes its faults in the document that holds the value, and returns warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agents.reading.fields import is_language
from agents.reading.query import parse_query
from agents.reading.query_ast import identifier_of, leaves
from alerting.watch import Watch
from streams.config_files.placed import Known, Placed, check_endpoint_name, check_ids
from streams.config_files.termlist import keyword_warning
from streams.errors import Fault, QueryError
from streams.suggestion import did_you_mean

_CONDITIONS: Final = ("topics", "actors", "query", "terms", "terms_file")


def example_places(placed: Placed[Watch]) -> tuple[str, ...]:
    """File and line of each example of a watch."""
    document = placed.document
    return tuple(
        f"{document.name}:{document.line((*placed.path, 'examples', index))}"
        for index in range(len(placed.value.examples))
    )


def check_watches(watches: Sequence[Placed[Watch]], known: Known) -> list[Fault]:
    """Check every watch; returns warnings."""
    check_ids(watches)
    warnings = [warning for placed in watches for warning in _check_watch(placed, known)]
    if not watches:
        warnings.append(Fault.of_file("watches.yaml", "there is no watch, so there will be no alerts"))
    return warnings


def _check_watch(placed: Placed[Watch], known: Known) -> Iterator[Fault]:
    watch = placed.value
    _check_topics(placed, known.stages)
    _check_actors(placed, known.actors)
    for index, endpoint in enumerate(watch.notify):
        check_endpoint_name(placed, ("notify", index), endpoint, known)
    yield from _check_terms(placed)
    if watch.query is not None:
        yield from _check_query(placed, watch.query, known)
    for index, tag in enumerate(watch.languages):
        if not is_language(tag):
            placed.fault(("languages", index), "no language has this tag, so nothing would match")
    for index, example in enumerate(watch.examples):
        if not (example.text.strip() or example.title.strip()):
            placed.fault(("examples", index), "has no text")
    _check_conditions(placed)
    if not watch.notify:
        yield placed.warning((), "notify is empty: its alerts only go to the topic `alerts`")
    if watch.update_every > watch.window:
        key = "window" if "window" in watch.model_fields_set else "update_every"
        yield placed.warning(
            (key,), "window is shorter than update_every: stories end before copies are told"
        )
    if not watch.examples:
        yield placed.warning((), "has no examples: nothing shows that it matches what it should")


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


def _check_actors(placed: Placed[Watch], known: frozenset[str] | None) -> None:
    wanted = placed.value.actors
    if wanted is None or known is None:
        return
    if not (wanted.any or wanted.all or wanted.none):
        placed.fault(("actors",), "names no actor; give `any`, `all` or `none`")
    for kind in ("any", "all", "none"):
        for index, name in enumerate(getattr(wanted, kind)):
            if name not in known:
                placed.fault(("actors", kind, index), f"unknown actor{did_you_mean(name, sorted(known))}")
    for name in sorted({*wanted.any, *wanted.all} & set(wanted.none)):
        placed.fault(("actors", "none"), f"{name!r} is wanted and not wanted at once")


def _check_conditions(placed: Placed[Watch]) -> None:
    """Check that the watch asks for something."""
    watch, actors = placed.value, placed.value.actors
    only_none = actors is not None and bool(actors.none) and not (actors.any or actors.all)
    conditions = (getattr(watch, key) for key in _CONDITIONS if not (key == "actors" and only_none))
    if all(given in (None, ()) for given in conditions) and not placed.may_set(*_CONDITIONS):
        but = " that names none of these actors" if only_none else ""
        placed.fault((), f"the watch would match everything{but}; give it topics, actors, a query, or terms")


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
