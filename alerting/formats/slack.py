"""Slack incoming webhooks: Block Kit. Text from an article can neither mention anyone nor make a link.

Source: Slack's reference on formatting text. `&`, `<` and `>` are written as entities; there are no other control
characters. `verbatim` keeps Slack from finding links, channels and users by itself. `*`, `_`, `~` and backticks have no
escape, so characters that look the same stand in for them. Other services that take this format know Markdown, whose
links a zero-width space behind `]` breaks.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from alerting.formats import words
from streams.wire import Alert

_ESCAPES: Final = str.maketrans(
    {
        **{"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u200b", "]": "]\u200b"},
        **{"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"},
    }
)


LONGEST_HEADER: Final = 150

LONGEST_SECTION: Final = 3000
"""Characters of a section's text; with one more, Slack refuses the whole message."""


def escape(text: str) -> str:
    """Text for `mrkdwn`."""
    return text.translate(_ESCAPES)


def render(alert: Alert) -> bytes:
    """The body of the call."""
    headline = words.headline(alert, 280)
    title = words.cut(words.title(alert), str, LONGEST_HEADER)
    link = (words.safe_link(alert.url) or "").replace("&", "&amp;")
    line = f"*<{link}|{escape(headline)}>*"
    if not link or len(line) > LONGEST_SECTION:
        line = f"*{escape(headline)}*"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(title)},
        _section(line),
    ]
    if news := words.news(alert):
        blocks.append(_section(escape(news)))
    if sentence := words.sentence(alert):
        blocks.append(_section("> " + escape(sentence)))
    facts = [part for part in (words.topics(alert), words.actors(alert)) if part]
    if facts:
        blocks.append(_section(words.cut(" · ".join(facts), escape, LONGEST_SECTION)))
    # Without markup, so that the alert's id can be copied: an escaped `_` is no longer `_`.
    blocks.append({"type": "context", "elements": [_plain(words.told(alert))]})
    return orjson.dumps(
        {
            "text": escape(words.line(alert)),
            "blocks": blocks,
            "unfurl_links": False,
            "unfurl_media": False,
        }
    )


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
