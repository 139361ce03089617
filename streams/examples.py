"""Runs the examples of the watches: each is read as an article that its watch must match, or must not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agents.reading.article import article_of
from agents.reading.reader import Reader
from alerting.watch import Example, Watch
from streams.configuration import Configuration
from streams.reading import build_reader
from streams.wire import Clause


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """The result of one example: `place` is its file and line; `clauses` say why it failed, if it did."""

    watch: str
    example: Example
    place: str
    matched: bool
    clauses: tuple[Clause, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the watch did as the example says."""
        return self.matched == self.example.match


def run_examples(configuration: Configuration, now: datetime) -> Iterator[ExampleResult]:
    """Run every example of every watch, even of those that are switched off. Raises QueryError."""
    watches = [watch.model_copy(update={"enabled": True}) for watch in configuration.watches]
    reader = build_reader(configuration, watches)
    for watch in watches:
        for number, example in enumerate(watch.examples):
            place = configuration.example_places[watch.id][number]
            yield _run(reader, watch, example, place, now)


def _run(reader: Reader, watch: Watch, example: Example, place: str, now: datetime) -> ExampleResult:
    given = {"title": example.title, "body": example.text, "language": example.language}
    if example.source is not None:
        given["source"] = example.source
    article = article_of(given)
    matched = reader.matches(article, watch.id)
    if matched == example.match:
        return ExampleResult(watch.id, example, place, matched)
    evaluations = reader.explain(article, now).evaluations
    clauses = next((each.clauses for each in evaluations if each.watch.id == watch.id), ())
    return ExampleResult(watch.id, example, place, matched, clauses)
