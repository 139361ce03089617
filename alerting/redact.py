"""What may be said of a URL or an answer in a log, an error or a topic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

from alerting.formats.words import plain

LONGEST_EXCERPT: Final = 300
"""Characters of an answer that are shown."""

_SHORTEST: Final = 6
"""Characters of the shortest part of a secret that is hidden; shorter ones are ordinary words and tell nothing."""


def redact_url(url: str) -> str:
    """Scheme and host of a URL; the path, query and user often hold the secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "(unreadable URL)"
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme}://…"  # of other schemes (Apprise) the host may be a token
    return f"{parts.scheme}://{host}/…" if host else "(URL without a host)"


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret, and every longer part of a secret URL, replaced."""
    # Some answers show a URL without its escapes.
    written = {form for secret in secrets for form in (secret, unquote(secret))}
    parts = {part for secret in written for part in (secret, *_parts(secret)) if len(part) >= _SHORTEST}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "[secret]")
    return text


def _parts(secret: str) -> Iterable[str]:
    for mark in "_/?&=:@ ":
        secret = secret.replace(mark, "\n")
    return secret.split("\n")[1:]


def excerpt(body: bytes, secrets: Iterable[str]) -> str:
    """The beginning of an answer as one harmless line, without secrets that it may echo."""
    # Invisible characters go first: a secret that they divide would be whole afterwards.
    line = plain(body.decode("utf-8", "replace"), len(body))
    return plain(scrub(line, secrets), LONGEST_EXCERPT)
