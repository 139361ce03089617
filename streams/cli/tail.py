"""`tocsin tail`: follows a public topic, readable."""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Annotated, Any, Final

import orjson
import typer
from aiokafka import ConsumerRecord
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from agents.reading.article import read_article
from streams.cli import app
from streams.cli.options import Brokers, Config
from streams.cli.pipes import Printer, hush_on_broken_pipe, print_json
from streams.cli.records import growing, place_of
from streams.cli.views import (
    alert_lines,
    attempt_line,
    headline,
    reading_lines,
    undelivered_lines,
)
from streams.configuration import load_settings
from streams.connection import at_brokers, client_options
from streams.errors import UnreadableArticle, UsageError
from streams.printable import clean, shortened
from streams.record_time import moment_of
from streams.rejection import PREFIX
from streams.suggestion import did_you_mean
from streams.topics import ALERTS, ALL, ARTICLES, CLASSIFIED, DELIVERIES, REJECTED, UNDELIVERED, Topic
from streams.wire import Alert, Attempt, Reading, Undelivered, from_bytes, rfc3339

PUBLIC: Final = {topic.name: topic for topic in ALL if topic.public}


@app.command()
def tail(
    topic: Annotated[str, typer.Argument(help=f"One of {', '.join(PUBLIC)}.")] = ALERTS.name,
    config: Config = None,
    brokers: Brokers = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest record that the topic holds.")
    ] = False,
    last: Annotated[int, typer.Option(help="Begin with this many of the newest records.", min=0)] = 0,
    count: Annotated[int | None, typer.Option("-n", "--count", help="End after this many.", min=1)] = None,
    follow: Annotated[
        bool,
        typer.Option(help="Wait for new records until Ctrl-C; --no-follow ends with those that are there."),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON per record.")] = False,
) -> None:
    """Follow a public topic, readable. Ctrl-C ends it."""
    settings = load_settings(config)
    chosen = find_topic(topic, settings.topics.prefix)
    settings = at_brokers(settings, brokers)
    show = _json_line if as_json else _readable(Printer(), chosen)
    records = growing(
        client_options(settings.broker),
        chosen.full_name(settings.topics.prefix),
        # Without an end to wait for, nothing would be shown from now on.
        last=None if from_beginning or (not follow and not last) else last,
        follow=follow,
        following=lambda: None if as_json else _say_that_it_follows(chosen),
    )
    with hush_on_broken_pipe(), suppress(KeyboardInterrupt):  # Ctrl-C is the way to end it
        asyncio.run(_show(records, show, count))


def _say_that_it_follows(topic: Topic) -> None:
    sys.stdout.flush()
    print(f"tocsin: following {topic.name}, Ctrl-C ends", file=sys.stderr, flush=True)


def find_topic(name: str, prefix: str) -> Topic:
    """The public topic of a name, with or without the prefix. Raises UsageError."""
    topic = PUBLIC.get(name) or PUBLIC.get(name.removeprefix(prefix))
    if topic is None:
        raise UsageError(f"no public topic {clean(name)!r}{did_you_mean(name, [*PUBLIC])}")
    return topic


async def _show(
    records: AsyncGenerator[ConsumerRecord, None], show: Callable[[ConsumerRecord], None], count: int | None
) -> None:
    shown = 0
    async with aclosing(records) as opened:
        async for record in opened:
            show(record)
            shown += 1
            if shown == count:
                return


def _json_line(record: ConsumerRecord) -> None:
    print_json(as_json(record))


def as_json(record: ConsumerRecord) -> dict[str, Any]:
    """A record as one JSON object. A value that is no JSON is `text`, one that is no text either is `base64`."""
    value: dict[str, Any]
    try:
        value = {"value": orjson.loads(record.value) if record.value is not None else None}
    except orjson.JSONDecodeError:
        try:
            value = {"text": record.value.decode()}
        except UnicodeDecodeError:
            value = {"base64": b64encode(record.value).decode()}
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": rfc3339(moment_of(record)),
        "key": _text(record.key),
        "headers": {name: _text(content) for name, content in record.headers or ()},
        **value,
    }


def _text(value: bytes | None) -> str | None:
    return value.decode(errors="replace") if value is not None else None


def _readable(console: Console, topic: Topic) -> Callable[[ConsumerRecord], None]:
    def show(record: ConsumerRecord) -> None:
        moment = moment_of(record).strftime("%Y-%m-%d %H:%M:%SZ")
        first, *more = lines(topic, record)
        console.print(Text.assemble((f"{moment}  ", "cyan"), first), soft_wrap=True)
        for line in more:
            console.print(line, soft_wrap=True)

    return show


def lines(topic: Topic, record: ConsumerRecord) -> list[Text]:
    """What a record of a public topic says, for a person. Never fails: a foreign value is shown as such."""
    try:
        return _VIEWS[topic.name](record)
    except (ValidationError, UnreadableArticle) as error:
        why = f"{error.reason}: {error}" if isinstance(error, UnreadableArticle) else f"no {topic.value}"
        return [Text(clean(f"{place_of(record)} cannot be read, {why}"), style="magenta")]


def _article(record: ConsumerRecord) -> list[Text]:
    article = read_article(record.value)
    source = article.source or "unknown source"
    return [
        Text.assemble((clean(f"{article.id}  {source}  "), "dim"), headline(article.title or article.body))
    ]


def _rejected(record: ConsumerRecord) -> list[Text]:
    headers = {name: _text(content) or "" for name, content in record.headers or ()}
    reason, message = headers.get(PREFIX + "reason", "?"), headers.get(PREFIX + "message", "")
    value = (record.value or b"")[:400].decode(errors="replace")
    return [
        Text.assemble((clean(reason), "magenta"), clean(f"  {message}")),
        Text.assemble((f"  {place_of(record)}  ", "dim"), shortened(clean(value), 100)),
    ]


_VIEWS: Final[dict[str, Callable[[ConsumerRecord], list[Text]]]] = {
    ARTICLES.name: _article,
    REJECTED.name: _rejected,
    CLASSIFIED.name: lambda record: reading_lines(from_bytes(Reading, record.value or b"")),
    ALERTS.name: lambda record: alert_lines(from_bytes(Alert, record.value or b"")),
    DELIVERIES.name: lambda record: [attempt_line(from_bytes(Attempt, record.value or b""))],
    UNDELIVERED.name: lambda record: undelivered_lines(from_bytes(Undelivered, record.value or b"")),
}
