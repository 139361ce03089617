"""Standard Webhooks: `{"type", "timestamp", "data"}` with the alert as data, under 20 kB."""

from __future__ import annotations

from typing import Final

from streams.wire import Alert, Webhook

LIMIT: Final = 20_000
"""Bytes of a body, as Standard Webhooks asks for."""


def render(alert: Alert) -> bytes:
    """The body. A long alert loses evidence, most distant first, then actors and reasons, never what happened."""
    for kept in (None, 8, 3, 1):
        shorter = alert if kept is None else shorten(alert, kept)
        body = Webhook(type=shorter.type, timestamp=shorter.at, data=shorter).to_bytes()
        if len(body) <= LIMIT:
            return body
    bare = shorten(alert, 1).model_copy(update={"because": (), "actors": (), "headline": alert.headline[:300]})
    bare = bare.model_copy(update={"sentence": alert.sentence[:300], "topics": bare.topics[:5]})
    return Webhook(type=bare.type, timestamp=bare.at, data=bare).to_bytes()


def shorten(alert: Alert, kept: int) -> Alert:
    """The alert with at most `kept` pieces of evidence a statement and ten times as many actors and reasons."""
    return alert.model_copy(
        update={
            "topics": tuple(t.model_copy(update={"evidence": t.evidence[:kept]}) for t in alert.topics),
            "actors": tuple(a.model_copy(update={"evidence": a.evidence[:kept]}) for a in alert.actors[: kept * 10]),
            "because": tuple(c.model_copy(update={"evidence": c.evidence[:kept]}) for c in alert.because[: kept * 10]),
        }
    )
