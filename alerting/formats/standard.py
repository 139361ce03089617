"""Standard Webhooks: `{"type", "timestamp", "data"}` with the alert as data, under 20 kB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from streams.wire import (
    ActorReading,
    Alert,
    Clause,
    EndpointDisabled,
    Evidence,
    StageReading,
    TopicReading,
    Webhook,
)

LIMIT: Final = 20_000
"""Bytes of a body, as Standard Webhooks asks for."""

LONGEST: Final = 200
"""Characters of any one text in an alert that would be too long otherwise."""

Statement = TypeVar("Statement", TopicReading, StageReading, ActorReading, Clause)


def render(alert: Alert | EndpointDisabled) -> bytes:
    """The body. A long alert loses evidence, most distant first, then actors and reasons, never what happened."""
    return _body(alert) if isinstance(alert, EndpointDisabled) else _fit(alert)[1]


def fitting(alert: Alert) -> Alert:
    """The alert as it stands in `data` of the body, cut where it is too long."""
    return _fit(alert)[0]


def _fit(alert: Alert) -> tuple[Alert, bytes]:
    for shorter in _ever_shorter(alert):
        body = _body(shorter)
        if len(body) <= LIMIT:
            return shorter, body
    raise ValueError("the alert does not fit into a webhook")


def _body(event: Alert | EndpointDisabled) -> bytes:
    return Webhook(type=event.type, timestamp=event.at, data=event).to_bytes()


def _ever_shorter(alert: Alert) -> Iterator[Alert]:
    """The alert, then with less and less of it; most fit as they are."""
    yield alert
    for kept in (8, 3, 1):
        yield _fewer(alert, kept)
    yield _least(alert)


def _fewer(alert: Alert, kept: int) -> Alert:
    """The alert with `kept` pieces of evidence a statement and ten times as many actors and reasons."""
    return alert.model_copy(
        update={
            "topics": tuple(_with_less(topic, kept) for topic in alert.topics),
            "actors": tuple(_with_less(actor, kept) for actor in alert.actors[: kept * 10]),
            "because": tuple(_with_less(clause, kept) for clause in alert.because[: kept * 10]),
        }
    )


def _with_less(statement: Statement, kept: int) -> Statement:
    update: dict[str, Any] = {"evidence": statement.evidence[:kept]}
    if isinstance(statement, TopicReading):
        update["stages"] = tuple(_with_less(stage, kept) for stage in statement.stages)
    return statement.model_copy(update=update)


def _least(alert: Alert) -> Alert:
    """What happened and nothing else, with every text cut."""
    texts: dict[str, Any] = {
        name: value[:LONGEST]
        for name in (
            "headline",
            "sentence",
            "reason",
            "source",
            "language",
            "alert_id",
            "webhook_id",
            "article_id",
        )
        if isinstance(value := getattr(alert, name), str)
    }
    watch = alert.watch.model_copy(
        update={"id": alert.watch.id[:LONGEST], "title": alert.watch.title[:LONGEST]}
    )
    topics = tuple(
        topic.model_copy(
            update={
                "topic": topic.topic[:100],
                "stage": topic.stage[:100],
                "other_stages": (),
                "stages": (),
                "evidence": (_cut(topic.evidence[0]),),
                "codes": type(topic.codes)(),
            }
        )
        for topic in alert.topics[:5]
    )
    url = alert.url if alert.url is not None and len(alert.url.encode("utf-8", "replace")) <= 2000 else None
    return alert.model_copy(
        update={**texts, "watch": watch, "topics": topics, "actors": (), "because": (), "url": url}
    )


def _cut(evidence: Evidence) -> Evidence:
    end = min(evidence.end, evidence.start + LONGEST)
    return evidence.model_copy(update={"text": evidence.text[:LONGEST], "end": end})
