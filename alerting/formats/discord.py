"""Discord webhooks: one embed. Nothing can be mentioned (`allowed_mentions`), and Markdown is escaped.

Source: Discord's reference on webhooks and message formatting. A backslash escapes punctuation. Bare links have no
escape, so a zero-width space breaks `://`.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from alerting.formats import words
from streams.wire import Alert

_MARKUP: Final = re.compile(r"([\\*_~`|>#\[\]()<@:!-])")


LONGEST_TITLE: Final = 256
"""Characters of an embed's title; with one more, Discord refuses the whole message."""

LONGEST_CONTENT: Final = 2000

LONGEST_TEXT: Final = 1024
"""Characters of a field. A description may have four times as many."""


def escape(text: str) -> str:
    """Text for Discord's Markdown."""
    escaped = _MARKUP.sub(r"\\\1", text.replace("://", ":\u200b//"))
    return escaped.replace("@", "@\u200b")


def render(alert: Alert) -> bytes:
    """The body of the call."""
    embed: dict[str, Any] = {
        "title": words.cut(words.headline(alert, LONGEST_TITLE), escape, LONGEST_TITLE),
        "color": words.COLOUR[alert.watch.severity],
        "timestamp": alert.at.isoformat(timespec="seconds"),
        "footer": {"text": words.told(alert)},
        "fields": [
            {"name": name, "value": words.cut(value, escape, LONGEST_TEXT), "inline": name != "Update"}
            for name, value in (
                ("Update", words.news(alert)),
                ("Topics", words.topics(alert)),
                ("Actors", words.actors(alert)),
            )
            if value
        ],
    }
    if sentence := words.sentence(alert):
        embed["description"] = "> " + escape(sentence)
    link = words.safe_link(alert.url)
    # With a link to `http://localhost/` or to a machine of your own network, Discord refuses the whole message.
    if link and words.has_public_name(link):
        embed["url"] = link
    # Telephones show this and no embed.
    content = words.cut(words.line(alert), escape, LONGEST_CONTENT)
    return orjson.dumps({"content": content, "embeds": [embed], "allowed_mentions": {"parse": []}})
