"""A watch: what a team wants to be told about, and whom to tell. The value; matching is in `agents.reading`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from streams.config_values import Duration, Identifier, Language, LanguageIfAny, Part
from streams.wire import Severity, TopicReading

TAKES_BACK: Final = "rejected"
"""The stage, of each topic that has one of this name, at which a report may take back what was told."""


class TopicsWanted(Part):
    """Which topics, and optionally at which stages, an article must be about."""

    any: tuple[Identifier, ...] = ()
    all: tuple[Identifier, ...] = ()
    stages: tuple[Identifier, ...] = ()
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5

    def wants(self, topic: TopicReading) -> bool:
        """Whether a topic of an article is one of these, at one of the stages, and scores enough."""
        return self._names(topic) and (not self.stages or topic.stage in self.stages)

    def takes_back(self, topic: TopicReading) -> bool:
        """Whether a topic of an article may take back what was told of these, at a stage that is not asked for."""
        return (
            topic.stage == TAKES_BACK
            and bool(self.stages)
            and TAKES_BACK not in self.stages
            and self._names(topic)
        )

    def _names(self, topic: TopicReading) -> bool:
        return (topic.topic in self.any or topic.topic in self.all) and topic.score >= self.min_score


class ActorsWanted(Part):
    """Which actors an article must name."""

    any: tuple[Identifier, ...] = ()
    all: tuple[Identifier, ...] = ()
    none: tuple[Identifier, ...] = ()


class Example(Part):
    """A text that the watch must match, or must not: a test of its own."""

    text: Annotated[str, Field(max_length=100_000)]
    match: bool
    title: Annotated[str, Field(max_length=2_000)] = ""
    source: str | None = None
    language: LanguageIfAny = ""


class Watch(Part):
    """One watch. Every condition that is given must hold: topics, actors, query or terms, languages, sources.

    `terms` and the file named by `terms_file` (one literal a line) are keywords, any of which suffices;
    `query` is in Lucene's query syntax. `window` is how long articles of one story belong to one alert;
    `update_every` the least time between two events of one alert.
    """

    id: Identifier
    title: Annotated[str, Field(min_length=1, max_length=200)]
    topics: TopicsWanted | None = None
    actors: ActorsWanted | None = None
    query: Annotated[str, Field(max_length=1_000_000)] | None = None
    terms: tuple[Annotated[str, Field(max_length=200)], ...] = ()
    terms_file: str | None = None
    languages: tuple[Language, ...] = ()
    sources: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    severity: Severity = "medium"
    notify: tuple[Identifier, ...] = ()
    window: Duration = timedelta(hours=48)
    update_every: Duration = timedelta(minutes=30)
    enabled: bool = True
    examples: tuple[Example, ...] = ()
