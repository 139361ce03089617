"""Microsoft Teams through a Workflows webhook: an Adaptive Card.

All text from an article stands in `TextRun`s, which know no Markdown; only the button is a link. A card's `{{…}}` and
`${…}` are functions, so a zero-width space separates their braces.
Source: the Adaptive Cards schema 1.4; the envelope is that of "Post to a channel when a webhook request is received".
"""

from __future__ import annotations

from typing import Any

import orjson

from alerting.formats import words
from streams.wire import Alert

STYLE = {"critical": "attention", "high": "warning", "medium": "accent", "low": "default"}


def escape(text: str) -> str:
    """Text for a `TextRun`."""
    return text.replace("{", "{\u200b").replace("}", "}\u200b").replace("<at>", "<\u200bat>")


def render(alert: Alert) -> bytes:
    """The body of the call."""
    paragraphs = [
        _paragraph(words.title(alert), weight="bolder", color=STYLE[alert.watch.severity]),
        _paragraph(words.headline(alert, 280), weight="bolder", size="large"),
        _paragraph(words.news(alert), weight="bolder"),
        _paragraph(words.sentence(alert), italic=True),
        _paragraph(words.topics(alert)),
        _paragraph(words.actors(alert)),
        _paragraph(words.told(alert), isSubtle=True, size="small"),
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [paragraph for paragraph in paragraphs if paragraph["inlines"][0]["text"]],
        "fallbackText": escape(words.line(alert)),
    }
    link = words.safe_link(alert.url)
    if link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Read the article", "url": link}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return orjson.dumps({"type": "message", "attachments": [attachment]})


def _paragraph(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": escape(text), **look}]}
