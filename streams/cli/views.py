"""Shows the values of topics to a person, in the same way in `up`, `tail` and `receiver`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.text import Text

from alerting.formats.words import many
from streams.printable import clean, counted, shortened
from streams.wire import Alert, Attempt, Clause, Evidence, Reading, Undelivered, rfc3339

SEVERITY_STYLE: Final[Mapping[str, str]] = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "dim",
}
WORDS_SHOWN: Final = 4
ACTORS_SHOWN: Final = 8
HEADLINE_SHOWN: Final = 160


def reading_lines(reading: Reading) -> list[Text]:
    """A reading: headline, topics with their evidence, actors, watches."""
    article = reading.article
    lines = [Text.assemble((clean(article.language), "dim"), " ", headline(article.title or article.id))]
    for topic in reading.topics:
        score = f"  {topic.score:.2f}  {quoted(topic.evidence)}"
        lines.append(Text.assemble("  ", (clean(f"{topic.topic} {topic.stage}"), "bold"), score))
    if reading.actors:
        names = ", ".join(actor.name for actor in reading.actors[:ACTORS_SHOWN])
        more = len(reading.actors) - ACTORS_SHOWN
        lines.append(fact("actors", names + (f" and {more} more" if more > 0 else "")))
    if reading.watches:
        lines.append(fact("watches", ", ".join(reading.watches)))
    return lines


def alert_lines(alert: Alert) -> list[Text]:
    """An alert: severity, watch, headline, source, topics, actors, and the words that it is because of."""
    first = Text()
    first.append("DRILL " if alert.drill else "", style="bold cyan")
    first.append(alert.watch.severity.upper(), style=SEVERITY_STYLE[alert.watch.severity])
    first.append(f" {alert.type} ")
    first.append(clean(alert.watch.title), style="bold")
    lines = [first, Text("  ").append(headline(alert.headline))]
    source = alert.source or "unknown source"
    lines.append(fact("from", f"{source}{many(alert)}, {alert.alert_id}#{alert.number}"))
    if alert.topics:
        lines.append(fact("topics", ", ".join(f"{topic.topic} {topic.stage}" for topic in alert.topics)))
    if alert.actors:
        lines.append(fact("actors", ", ".join(actor.name for actor in alert.actors[:ACTORS_SHOWN])))
    if alert.type == "alert.updated" and alert.reason:
        lines.append(fact("update", alert.reason))
    lines += because_lines(alert.because)
    return lines


def because_lines(clauses: Iterable[Clause]) -> list[Text]:
    """The conditions that held, each with its evidence."""
    return [
        fact("because", f"{shortened(clause.clause, 100)}  {quoted(clause.evidence)}".rstrip())
        for clause in clauses
    ]


def attempt_line(attempt: Attempt) -> Text:
    """One attempt, and when the next one is due."""
    style = "green" if attempt.outcome == "delivered" else "yellow" if attempt.outcome == "retry" else "red"
    later = f", again at {rfc3339(attempt.next_at)}" if attempt.next_at else ""
    return Text.assemble(
        (attempt.outcome.replace("_", " "), style),
        f" {attempt.endpoint} attempt {attempt.number}, ",
        clean(f"{attempt.reason}, {attempt.latency_ms:.0f} ms{later}"),
        (f"  {attempt.webhook_id}", "dim"),
    )


def undelivered_lines(undelivered: Undelivered) -> list[Text]:
    """A notification that was given up."""
    notification = undelivered.notification
    event = notification.alert
    tried = counted(len(undelivered.attempts), "attempt")
    return [
        Text.assemble(
            ("given up ", "bold red"), notification.endpoint, f" after {tried}: ", clean(undelivered.reason)
        ),
        Text("  ").append(
            headline(event.headline if isinstance(event, Alert) else f"{event.type} {event.endpoint}")
        ),
        fact("webhook", event.webhook_id),
        fact("alert", event.alert_id),
    ]


def headline(text: str) -> str:
    """A headline on one line."""
    return shortened(clean(" ".join(text[: HEADLINE_SHOWN * 4].split())), HEADLINE_SHOWN)


def quoted(evidence: Iterable[Evidence]) -> str:
    """The distinct words of the evidence, in quotation marks."""
    words = dict.fromkeys(" ".join(piece.text.split()) for piece in evidence)
    shown = ", ".join(f"“{clean(word)}”" for word in list(words)[:WORDS_SHOWN])
    more = len(words) - WORDS_SHOWN
    return shown + (f" and {more} more" if more > 0 else "")


def fact(name: str, text: str) -> Text:
    """A named line below a heading."""
    return Text.assemble((f"  {name:8}", "dim"), clean(text))
