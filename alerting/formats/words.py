"""What every format for people says of an alert, in plain text; each format escapes it in its own way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import idna

from streams.printable import shortened
from streams.wire import Alert

BELL: Final = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "⚪"}

COLOUR: Final = {"critical": 0xD92D20, "high": 0xF79009, "medium": 0xFAC515, "low": 0x98A2B3}

LONGEST_LINK: Final = 2000
"""Characters of a link; the services for people refuse longer ones."""

_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")

_PUBLIC_NAME: Final = re.compile(r"([a-z0-9_-]+\.)+[a-z][a-z0-9-]*[a-z0-9]")

LONGEST_REASON: Final = 300

LATE: Final = timedelta(hours=1)
"""An article that was published so long before its alert is shown with the time."""

_TAMED: Final = str.maketrans({"<": "‹", ">": "›", "@": "@\u200b", "]": "]\u200b"})
"""Whatever mentions people or makes a link at some service."""

_LEFT_TO_RIGHT: Final = "\u200e"
"""Set behind Arabic or Hebrew, or the date behind it is shown from its end: `04-05-2026` for 2026-05-04."""

_JOINERS: Final = "\u200c\u200d"  # Persian, Hindi and emoji are written with them, and they hide nothing


def plain(text: str, limit: int) -> str:
    """One line of visible text: no control, format or line-breaking character, at most `limit` characters."""
    visible = "".join(map(_visible, text[: limit * 8]))
    line = " ".join(visible.split())
    return shortened(line, limit)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category in ("Cf", "Cs") and character not in _JOINERS else character


def tamed(text: str) -> str:
    """Text that, as it is, mentions nobody and forges no link at any service."""
    return text.translate(_TAMED)


def safe_link(url: str | None) -> str | None:
    """An http(s) URL in ASCII that can end no markup early; None for anything else."""
    if url is None or len(url) > LONGEST_LINK or any(ord(character) < 0x21 for character in url):
        return None
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "\\" in url:
            return None
        place = _place(parts)
        rest = quote(url.partition("://")[2].removeprefix(parts.netloc), safe=":/?#@!$&+,;=%~-._")
    except ValueError:  # also a lone surrogate
        return None
    link = f"{parts.scheme}://{place}{rest}"
    return link if len(link) <= LONGEST_LINK else None


def _place(parts: SplitResult) -> str:
    """Host and port in ASCII: a host in another script as the network knows it. Raises ValueError for anything else."""
    host = parts.hostname or ""
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    if not _HOST.fullmatch(host):
        raise ValueError("that is no host, or an address with a zone")
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port is None else f"{host}:{parts.port}"


def has_public_name(link: str) -> bool:
    """Whether the host of a link, as `safe_link` gives it, is a name of several parts and no address."""
    return _PUBLIC_NAME.fullmatch(urlsplit(link).hostname or "") is not None


def headline(alert: Alert, limit: int) -> str:
    """What happened, in one line; the sentence where the article has no title."""
    return plain(alert.headline, limit) or plain(alert.sentence, limit) or "(no headline)"


def cut(text: str, escape: Callable[[str], str], limit: int) -> str:
    """The text escaped, cut so that no more than `limit` UTF-16 code units are left and no escape is parted."""
    escaped = escape(text)
    while _units(escaped) > limit and text:
        # What is too long by so much takes away at least a character; an escape is at most five of one.
        text = text[: -max(1, (_units(escaped) - limit) // 5)]
        escaped = escape(text + "…")
    return escaped


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def title(alert: Alert) -> str:
    """Severity and watch, and whether it is an update."""
    drill = "DRILL " if alert.drill else ""
    update = "UPDATE " if alert.type == "alert.updated" else ""
    severity = alert.watch.severity
    return f"{BELL[severity]} {drill}{severity.upper()} {update}{plain(alert.watch.title, 110)}"


def news(alert: Alert) -> str:
    """Why an update is one, which is what is new; nothing of another event. It stands near the headline, which may be
    that of the event before, as a live blog's is.
    """
    reason = plain(alert.reason, LONGEST_REASON) if alert.type == "alert.updated" else ""
    return reason[:1].upper() + reason[1:]


def line(alert: Alert) -> str:
    """All in one line, for a telephone that shows no more."""
    return ": ".join(filter(None, (title(alert), headline(alert, 280), news(alert))))


def sentence(alert: Alert) -> str:
    """The sentence that decided, where it is not the headline."""
    said = plain(alert.sentence, 500)
    return said if said != headline(alert, 500) else ""


def topics(alert: Alert) -> str:
    """Topics with their stages."""
    return plain(
        ", ".join(f"{topic.topic} {topic.stage.replace('_', ' ')}" for topic in alert.topics[:12]), 300
    )


def actors(alert: Alert) -> str:
    """The actors' names."""
    return plain(", ".join(actor.name for actor in alert.actors[:12]), 300)


def many(alert: Alert) -> str:
    """How many articles of how many sources tell the story, behind a comma; nothing of a single one."""
    if alert.articles == 1:
        return ""
    return f", {alert.articles} articles of {alert.sources} source{'s' if alert.sources != 1 else ''}"


def told(alert: Alert) -> str:
    """Source, how many tell the story, when, and which event of the alert this is.

    The time is given because a message may arrive hours late, when a receiver was away, and would look like news. So
    would an old article: an order that comes after word that it was lifted, or what a feed sends of its archive.
    """
    what = {"alert.opened": "new", "alert.updated": "update", "alert.retracted": "retracted"}[alert.type]
    source = plain(alert.source or "unknown source", 80)
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in source):
        source += _LEFT_TO_RIGHT
    when = f"{alert.at:%Y-%m-%d %H:%M} UTC"
    if alert.published_at is not None and alert.at - alert.published_at >= LATE:
        when += f", published {alert.published_at:%Y-%m-%d %H:%M}"
    return f"{what} · {source}{many(alert)} · {when} · {plain(alert.alert_id, 60)}#{alert.number}"
