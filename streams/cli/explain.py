"""`tocsin explain`: how each article is read, and why each watch did or did not match. Needs no broker."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.text import Text

from agents.reading.article import Article, read_article
from agents.reading.reader import Explanation, Reader
from streams.cli import app
from streams.cli.articles import Line, articles_in, opened, say_no_article
from streams.cli.explanation import explained
from streams.cli.options import Articles, Config
from streams.cli.pipes import Printer, hush_on_broken_pipe
from streams.configuration import Configuration, load_configuration
from streams.errors import UnreadableArticle
from streams.printable import clean
from streams.reading import build_reader
from streams.suggestion import not_configured
from streams.wire import Clause, Wire


@app.command()
def explain(
    file: Articles,
    config: Config = None,
    watch: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only this watch, with all its conditions; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON per line read.")] = False,
) -> None:
    """Say how each article is read, and why each watch did or did not match. Needs no broker.

    Exits 1 when an article could not be read.
    """
    configuration = load_configuration(config, resolve_secrets=False)
    reader = reader_of(configuration, watch or [])
    counts = Counts()
    with hush_on_broken_pipe(), opened(file) as stream:
        results = counts.of(read_lines(reader, articles_in(stream, file, blank=as_json)))
        if as_json:
            _print_json_lines(results)
        else:
            _print_readable(results, with_all=bool(watch))
    if not counts.read:
        say_no_article(file)
    if counts.unreadable:
        raise typer.Exit(1)


@dataclass(slots=True)
class Counts:
    """How many lines were read, and how many of them are no readable article."""

    read: int = 0
    unreadable: int = 0

    def of(self, results: Iterator[Explained]) -> Iterator[Explained]:
        """Count the results and pass them on."""
        for result in results:
            self.read += 1
            self.unreadable += result.error is not None
            yield result


@dataclass(frozen=True, slots=True)
class Explained:
    """One line of the input: the article and its explanation, or why it could not be read."""

    number: int
    article: Article | None
    explanation: Explanation | None
    error: str | None = None


def reader_of(configuration: Configuration, watches: list[str]) -> Reader:
    """The reader of a configuration with some of its watches, or all. Raises UsageError for an unknown one."""
    known = {watch.id for watch in configuration.watches}
    for watch in watches:
        if watch not in known:
            raise not_configured("watch", watch, sorted(known))
    chosen = [
        # A watch that is asked for is explained even if it is switched off.
        watch.model_copy(update={"enabled": True}) if watches else watch
        for watch in configuration.watches
        if not watches or watch.id in watches
    ]
    return build_reader(
        configuration,
        chosen,
        {watch.id: terms for watch in chosen if (terms := configuration.terms.get(watch.id))},
    )


def read_lines(reader: Reader, lines: Iterator[Line]) -> Iterator[Explained]:
    """Explain the lines one by one, as they come."""
    for number, line in lines:
        try:
            article = read_article(line)
            explanation = reader.explain(article, datetime.now(UTC))
        except UnreadableArticle as error:
            yield Explained(number, None, None, f"{error.reason}: {error}")
        else:
            yield Explained(number, article, explanation)


def json_line(explained: Explained) -> dict[str, Any]:
    """One line of `--json`; its fields are part of the command's contract."""
    article, explanation = explained.article, explained.explanation
    if article is None or explanation is None:
        return {
            "id": None,
            "language": None,
            "topics": [],
            "actors": [],
            "watches": [],
            "error": explained.error,
        }
    return {
        "id": article.id,
        "language": explanation.reading.article.language,
        "topics": [_plain(topic) for topic in explanation.reading.topics],
        "actors": [_plain(actor) for actor in explanation.reading.actors],
        "watches": [
            {
                "id": evaluation.watch.id,
                "matched": evaluation.matched,
                "takes_back": evaluation.takes_back,
                "because": [_plain_clause(clause) for clause in evaluation.clauses],
            }
            for evaluation in explanation.evaluations
        ],
        "error": None,
    }


def _plain(value: Wire) -> dict[str, Any]:
    return value.model_dump(mode="json", exclude_none=True)


def _plain_clause(clause: Clause) -> dict[str, Any]:
    plain = _plain(clause)
    if not clause.note:
        del plain["note"]
    return plain


def _print_json_lines(results: Iterator[Explained]) -> None:
    out = sys.stdout.buffer
    interactive = sys.stdout.isatty() or not sys.stdin.isatty()
    for result in results:
        out.write(orjson.dumps(json_line(result)) + b"\n")
        if interactive:  # the sender may wait for this line before it sends the next
            out.flush()


def _print_readable(results: Iterator[Explained], *, with_all: bool) -> None:
    console = Printer()
    for count, result in enumerate(results):
        if count:
            console.print()
        if result.article is None or result.explanation is None:
            text = f"line {result.number} cannot be read: {result.error}"
            console.print(Text(clean(text), style="bold red"), soft_wrap=True)
            continue
        coloured = console.color_system is not None
        page = explained(
            result.article, result.explanation, console.width, with_all=with_all, coloured=coloured
        )
        console.print(page, soft_wrap=True)
