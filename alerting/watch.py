"""A watch: what a team wants to be told about, and whom to tell. The value only; matching is in `agents.reading`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streams.wire import Severity

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]


class Part(BaseModel):
    """Base of all configuration values: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TopicsWanted(Part):
    """Which topics, and optionally at which stages, an article must be about."""

    any: tuple[Identifier, ...] = ()
    all: tuple[Identifier, ...] = ()
    stages: tuple[Identifier, ...] = ()
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5


class ActorsWanted(Part):
    """Which actors an article must name."""

    any: tuple[Identifier, ...] = ()
    all: tuple[Identifier, ...] = ()
    none: tuple[Identifier, ...] = ()


class Example(Part):
    """A text that the watch must match, or must not: its own test."""

    text: str
    match: bool
    title: str = ""
    source: str | None = None
    language: str = ""


class Watch(Part):
    """One watch. Every condition that is given must hold: topics, actors, query or terms, languages, sources.

    `terms` and the file named by `terms_file` (one literal a line) are keywords, any of which suffices; `query` is
    in Lucene's query syntax. `window` is how long articles of one story belong to one alert; `update_every` the
    least time between two events of one alert.
    """

    id: Identifier
    title: str
    topics: TopicsWanted | None = None
    actors: ActorsWanted | None = None
    query: str | None = None
    terms: tuple[str, ...] = ()
    terms_file: str | None = None
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    severity: Severity = "medium"
    notify: tuple[Identifier, ...] = ()
    window: timedelta = timedelta(hours=48)
    update_every: timedelta = timedelta(minutes=30)
    enabled: bool = True
    examples: tuple[Example, ...] = ()
