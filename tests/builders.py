"""Small builders of values for tests: everything has a default, a test names what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerting.endpoint import Endpoint
from alerting.watch import Watch
from streams.wire import (
    Alert,
    AlertWatch,
    ArticleRef,
    Attempt,
    Candidate,
    Clause,
    Evidence,
    Notification,
    TopicReading,
    Undelivered,
)

MOMENT = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)


def watch(**changes: Any) -> Watch:
    return Watch(
        **(
            {"id": "ukraine-truce", "title": "Truce in Ukraine", "notify": ("desk",), "query": "ceasefire"}
            | changes
        )
    )


def endpoint(**changes: Any) -> Endpoint:
    values = {
        "id": "desk",
        "url": "http://127.0.0.1:9/hook",
        "secrets": ("whsec_" + "dG9jc2luLXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGVzISE=",),
        "allow_private": True,
        "allow_http": True,
    }
    return Endpoint(**(values | changes))


def topic_reading(**changes: Any) -> TopicReading:
    evidence = (Evidence(field="title", start=8, end=17, text="ceasefire"),)
    return TopicReading(
        **({"topic": "ceasefire", "score": 0.9, "stage": "agreed", "evidence": evidence} | changes)
    )


def candidate(number: int = 1, **changes: Any) -> Candidate:
    values: dict[str, Any] = {
        "candidate_id": f"cnd_{number}",
        "watch": "ukraine-truce",
        "article": ArticleRef(
            id=f"art_{number}", title="Sides agree ceasefire", source="wire", language="en"
        ),
        "topics": (topic_reading(),),
        "because": (Clause(clause="topics any: ceasefire", held=True),),
        "sentence": "The sides agreed to a ceasefire.",
        "seen_at": MOMENT,
    }
    return Candidate(**(values | changes))


def alert(**changes: Any) -> Alert:
    values: dict[str, Any] = {
        "type": "alert.opened",
        "alert_id": "alr_1",
        "number": 1,
        "webhook_id": "msg_1",
        "at": MOMENT,
        "watch": AlertWatch(id="ukraine-truce", title="Truce in Ukraine", severity="high"),
        "headline": "Sides agree ceasefire",
        "url": "https://news.example/1",
        "source": "wire",
        "language": "en",
        "article_id": "art_1",
        "sentence": "The sides agreed to a ceasefire.",
        "topics": (topic_reading(),),
        "opened_at": MOMENT,
    }
    return Alert(**(values | changes))


def notification(**changes: Any) -> Notification:
    return Notification(**({"endpoint": "desk", "alert": alert()} | changes))


def attempt(**changes: Any) -> Attempt:
    values: dict[str, Any] = {
        "webhook_id": "msg_1",
        "alert_id": "alr_1",
        "endpoint": "desk",
        "number": 1,
        "outcome": "retry",
        "reason": "503",
        "status": 503,
        "latency_ms": 12.5,
        "at": MOMENT,
        "next_at": MOMENT,
    }
    return Attempt(**(values | changes))


def undelivered(**changes: Any) -> Undelivered:
    values: dict[str, Any] = {
        "notification": notification(),
        "attempts": (attempt(), attempt(number=2, outcome="given_up", next_at=None)),
        "reason": "the schedule is over",
        "at": MOMENT,
    }
    return Undelivered(**(values | changes))
