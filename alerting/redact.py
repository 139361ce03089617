"""What may be said of a URL in a log, an error or a topic: scheme and host, nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit


def redact_url(url: str) -> str:
    """Scheme and host of a URL; the path, query and user often hold the secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "(unreadable URL)"
    return f"{parts.scheme}://{host}/…" if host else "(URL without a host)"
