"""What every format for people says of an alert, in plain text; each format escapes it in its own way."""

from __future__ import annotations

import unicodedata
from typing import Final

from streams.wire import Alert

BELL: Final = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "⚪"}


def plain(text: str, limit: int) -> str:
    """One line of visible text: no control, format or line-breaking character, at most `limit` characters."""
    visible = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text if unicodedata.category(c) not in ("Cf", "Cs")
    )
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def title(alert: Alert) -> str:
    """Severity and watch."""
    drill = "DRILL " if alert.drill else ""
    return f"{BELL[alert.watch.severity]} {drill}{alert.watch.severity.upper()} {plain(alert.watch.title, 150)}"


def topics(alert: Alert) -> str:
    """Topics with their stages."""
    return ", ".join(f"{topic.topic} {topic.stage.replace('_', ' ')}" for topic in alert.topics)


def actors(alert: Alert) -> str:
    """The actors' names."""
    return plain(", ".join(actor.name for actor in alert.actors[:12]), 300)


def told(alert: Alert) -> str:
    """Source, how many tell the story, and which event of the alert this is."""
    what = {"alert.opened": "new", "alert.updated": "update", "alert.retracted": "retracted"}[alert.type]
    source = plain(alert.source or "unknown source", 80)
    many = f", {alert.articles} articles of {alert.sources} sources" if alert.articles > 1 else ""
    return f"{what} · {source}{many} · {alert.alert_id}#{alert.number}"
