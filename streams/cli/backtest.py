"""`tocsin backtest`: what a new configuration would have raised on past articles. Nothing is sent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agents.reading.article import Article, read_article
from streams.backtest import Backtest, Count, Raised, Side
from streams.cli import app
from streams.cli.articles import articles_in, opened
from streams.cli.moments import moment
from streams.cli.options import Brokers
from streams.cli.pipes import Printer, hush_on_broken_pipe, print_json
from streams.cli.views import headline
from streams.configuration import configuration_folder, load_configuration, load_settings
from streams.errors import UnreadableArticle, UsageError
from streams.printable import clean, counted, shortened
from streams.topics import ARTICLES
from streams.wire import rfc3339

SHOWN: Final = 20
"""Alerts lost, alerts gained and words that are shown one by one."""


@app.command()
def backtest(
    file: Annotated[
        Path | None,
        typer.Argument(help="Articles as for `publish` [default: the topic of articles]."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", help="From this UTC time or date on, or a span before now such as 7d."),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="Before this UTC time, likewise.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="Folder of the new configuration; without it, only the one in force.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            envvar="TOCSIN_CONFIG", help="Folder of the configuration in force [default: the sample]."
        ),
    ] = None,
    brokers: Brokers = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Compare the alerts that a new configuration would have raised with those of the one in force. Without a new one,
    name those of the one in force.

    The clock is the time of each record in the topic; in a file, when each article was published. No webhook is
    called.
    """
    now = datetime.now(UTC)
    start, end = moment(since, "--from", now), moment(until, "--to", now)
    if start is not None and end is not None and start >= end:
        raise UsageError(f"--from {since} is not before --to {until}: nothing would be read")
    compared = Backtest(_side(against), _side(config) if config is not None else None)
    with _progress() as progress:
        if file is not None:
            _over_file(compared, file, start, end, now, progress)
        else:
            asyncio.run(_over_topic(compared, against, brokers, start, end, progress))
    with hush_on_broken_pipe():
        if as_json:
            print_json(report(compared))
        else:
            _show(Printer(whole=True), compared, configuration_folder(against, {}), config)


def _side(folder: Path | None) -> Side:
    return Side(load_configuration(folder, resolve_secrets=False))


# Articles.

Advance = Callable[[int, int | None], None]
"""Shows how many articles are done, and of how many (None: as before)."""


@contextmanager
def _progress() -> Iterator[Advance]:
    columns = (TextColumn("articles"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def advance(done: int, total: int | None) -> None:
            progress.update(task, completed=done, total=total)

        yield advance


def _over_file(
    compared: Backtest,
    file: Path,
    start: datetime | None,
    end: datetime | None,
    now: datetime,
    advance: Advance,
) -> None:
    articles = []
    with opened(file) as stream:
        for _, line in articles_in(stream, file):
            article = _read(compared, line)
            if article is not None:
                articles.append((article.published_at, line))
    # One that does not say when it was published is taken to follow the one before it.
    if undated := sum(published_at is None for published_at, _ in articles):
        print(
            f"tocsin: {undated} of {len(articles)} articles do not say when they were published",
            file=sys.stderr,
        )
    timed = list(_timed(articles, start or now))
    timed.sort(key=lambda each: each[0])
    if timed and not any(_within(seen_at, start, end) for seen_at, _ in timed):
        print(
            f"tocsin: all {len(timed)} articles are outside of --from and --to: they are of "
            f"{timed[0][0]:%Y-%m-%d %H:%M} to {timed[-1][0]:%Y-%m-%d %H:%M} UTC",
            file=sys.stderr,
        )
    for number, (seen_at, line) in enumerate(timed, 1):
        if _within(seen_at, start, end):
            compared.feed(read_article(line), seen_at)
        if number % 50 == 0:
            advance(number, len(timed))


def _within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or at >= start) and (end is None or at < end)


def _timed(
    articles: Iterable[tuple[datetime | None, bytes]], first: datetime
) -> Iterator[tuple[datetime, bytes]]:
    latest = first
    for published_at, line in articles:
        latest = published_at or latest
        yield latest, line


async def _over_topic(
    compared: Backtest,
    against: Path | None,
    brokers: str | None,
    start: datetime | None,
    end: datetime | None,
    advance: Advance,
) -> None:
    # Imported here: over a file no Kafka client is needed.
    from streams.cli.records import in_time_order  # noqa: PLC0415
    from streams.connection import at_brokers, client_options  # noqa: PLC0415
    from streams.record_time import seen_at  # noqa: PLC0415

    settings = at_brokers(load_settings(against), brokers)
    records = in_time_order(
        client_options(settings.broker),
        ARTICLES.full_name(settings.topics.prefix),
        start,
        end,
        counted=lambda total: advance(0, total),
    )
    done = 0
    async for record in records:
        done += 1
        article = _read(compared, record.value)
        if article is not None:
            compared.feed(article, seen_at(record, datetime.now(UTC)))
        if done % 50 == 0:
            advance(done, None)


def _read(compared: Backtest, value: bytes | None) -> Article | None:
    try:
        return read_article(value)
    except UnreadableArticle:
        compared.unreadable += 1
        return None


# The report.


def report(compared: Backtest) -> dict[str, Any]:
    """Everything, as one JSON object; its fields are part of the command's contract."""
    difference = compared.difference()
    return {
        "articles": compared.articles,
        "unreadable": compared.unreadable,
        "from": rfc3339(compared.first) if compared.first else None,
        "to": rfc3339(compared.last) if compared.last else None,
        "in_force": _sums(compared.in_force),
        "new": _sums(compared.new) if compared.new else None,
        "alerts": None if compared.new else [_plain(raised) for raised in compared.in_force.raised],
        "lost": [_plain(raised) for raised in difference.lost],
        "gained": [_plain(raised) for raised in difference.gained],
        "by_watch": {watch: asdict(count) for watch, count in compared.by_watch().items()},
        "by_day": {day.isoformat(): asdict(count) for day, count in compared.by_day().items()},
        "noisiest": [asdict(term) for term in (compared.new or compared.in_force).noisiest()],
    }


def _sums(side: Side) -> dict[str, int]:
    return {
        "alerts": len(side.raised),
        "updates": sum(raised.updates for raised in side.raised),
        "hits": side.hits,
    }


def _plain(raised: Raised) -> dict[str, Any]:
    alert = raised.alert
    return {
        "at": rfc3339(alert.at),
        "watch": raised.watch,
        "severity": alert.watch.severity,
        "headline": alert.headline,
        "article_id": alert.article_id,
        "source": alert.source,
        "articles": len(raised.articles),
        "updates": raised.updates,
        "words": list(raised.words),
        "why_not": raised.why_not,
    }


def _show(console: Console, compared: Backtest, against: Path, config: Path | None) -> None:
    both = compared.new is not None
    span = ""
    if compared.first and compared.last:
        span = f" from {compared.first:%Y-%m-%d %H:%M} to {compared.last:%Y-%m-%d %H:%M} UTC"
    unreadable = f", {compared.unreadable} could not be read" if compared.unreadable else ""
    console.print(
        f"{counted(compared.articles, 'article')}{span}{unreadable}",
        markup=False,
        soft_wrap=True,
    )
    for name, folder, side in (("in force", against, compared.in_force), ("new", config, compared.new)):
        if side is not None:
            sums = _sums(side)
            told = ", ".join(f"{kind} {count}" for kind, count in sums.items())
            text = f"{name:9} {told}  ({folder})"
            console.print(clean(text), markup=False, soft_wrap=True)
    console.print(_counts("watch", compared.by_watch(), both=both))
    console.print(_counts("day", compared.by_day(), both=both))
    if not both:
        _alerts(console, "alerts", "cyan", compared.in_force.raised)
    difference = compared.difference()
    _alerts(console, "lost: the new configuration would not raise", "red", difference.lost)
    _alerts(console, "gained: only the new configuration raises", "green", difference.gained)
    if both and not (difference.lost or difference.gained):
        console.print("nothing lost, nothing gained")
    _terms(console, compared.new or compared.in_force)


def _counts(what: str, counts: Any, *, both: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(what)
    for heading in ("in force", "new", "lost", "gained") if both else ("alerts",):
        table.add_column(heading, justify="right")
    for name, count in counts.items():
        table.add_row(Text(str(name)), *_cells(count, both=both))
    return table


def _cells(count: Count, *, both: bool) -> list[Text]:
    cells = [Text(str(count.in_force))]
    if both:
        cells.append(Text(str(count.new)))
        cells.append(Text(str(count.lost), style="red" if count.lost else "dim"))
        cells.append(Text(str(count.gained), style="green" if count.gained else "dim"))
    return cells


def _alerts(console: Console, what: str, style: str, alerts: Sequence[Raised]) -> None:
    if not alerts:
        return
    console.print(Text(f"{what} {len(alerts)}", style=f"bold {style}"))
    for raised in alerts[:SHOWN]:
        alert = raised.alert
        words = ", ".join(f"“{word}”" for word in raised.words)
        console.print(
            Text.assemble(
                (f"  {alert.at:%Y-%m-%d %H:%M}  ", "cyan"),
                (f"{raised.watch}  ", "bold"),
                headline(alert.headline),
            ),
            soft_wrap=True,
        )
        console.print(Text.assemble(("    because  ", "dim"), clean(words)), soft_wrap=True)
        if raised.why_not:
            why = shortened(raised.why_not, 200)
            console.print(Text.assemble(("    not held ", "dim"), clean(why)), soft_wrap=True)
    if len(alerts) > SHOWN:
        console.print(f"  and {len(alerts) - SHOWN} more; --json names all")


def _terms(console: Console, side: Side) -> None:
    terms = side.noisiest()[:SHOWN]
    if not terms:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("noisiest words")
    table.add_column("watch")
    table.add_column("alerts", justify="right")
    table.add_column("hits", justify="right")
    for term in terms:
        table.add_row(Text(clean(term.term)), Text(term.watch), str(term.alerts), str(term.hits))
    console.print(table)
