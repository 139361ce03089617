"""Slack incoming webhooks: Block Kit. Text from an article can neither mention anyone nor make a link."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from alerting.formats import words
from streams.wire import Alert


def escape(text: str) -> str:
    """Text for `mrkdwn`: the three control characters as entities, and markup characters made harmless."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "*_~`":
        escaped = escaped.replace(mark, mark + "\u200b")  # a zero-width space ends the mark's power
    return escaped


def safe_link(url: str | None) -> str | None:
    """An http(s) URL that cannot end Slack's `<…|…>` early; None for anything else."""
    if url is None or urlsplit(url).scheme not in ("http", "https"):
        return None
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")


def render(alert: Alert) -> bytes:
    """The body of the call."""
    headline = words.plain(alert.headline, 280)
    link = safe_link(alert.url)
    line = f"*<{link}|{escape(headline)}>*" if link else f"*{escape(headline)}*"
    facts = " · ".join(escape(part) for part in (words.topics(alert), words.actors(alert)) if part)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": words.plain(words.title(alert), 150), "emoji": True}},
        {"type": "section", "text": {"type": "mrkdwn", "text": line, "verbatim": True}},
    ]
    if alert.sentence:
        quoted = "> " + escape(words.plain(alert.sentence, 500))
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": quoted, "verbatim": True}})
    if facts:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": facts, "verbatim": True}})
    blocks.append(
        {"type": "context", "elements": [{"type": "mrkdwn", "text": escape(words.told(alert)), "verbatim": True}]}
    )
    text = escape(f"{words.title(alert)}: {headline}")
    return orjson.dumps({"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False})
