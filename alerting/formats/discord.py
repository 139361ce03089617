"""Discord webhooks: one embed. Nothing can be mentioned (`allowed_mentions`), and Markdown is escaped.

Source: Discord's reference on webhooks and message formatting; a backslash before punctuation takes its
power. Bare links have no escape, so a zero-width space breaks `://`.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from alerting.formats import words
from streams.wire import Alert

_MARKUP: Final = re.compile(r"([\\*_~`|>#\[\]()<@:!-])")


def escape(text: str) -> str:
    """Text for Discord's Markdown."""
    escaped = _MARKUP.sub(r"\\\1", text.replace("://", ":\u200b//"))
    return escaped.replace("@", "@\u200b")


def render(alert: Alert) -> bytes:
    """The body of the call."""
    embed: dict[str, Any] = {
        # A backslash can double every character: the limit of a title is 256.
        "title": escape(words.plain(alert.headline, 120)),
        "color": words.COLOUR[alert.watch.severity],
        "timestamp": alert.at.isoformat(timespec="seconds"),
        "footer": {"text": words.told(alert)},
        "fields": [
            {"name": name, "value": escape(value), "inline": True}
            for name, value in (("Topics", words.topics(alert)), ("Actors", words.actors(alert)))
            if value
        ],
    }
    if alert.sentence:
        embed["description"] = "> " + escape(words.plain(alert.sentence, 500))
    link = words.safe_link(alert.url)
    if link:
        embed["url"] = link
    return orjson.dumps(
        {"content": escape(words.title(alert)), "embeds": [embed], "allowed_mentions": {"parse": []}}
    )
