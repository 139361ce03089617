"""Parses the times that options take."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.config_values import duration
from streams.errors import UsageError
from streams.printable import clean


def moment(text: str | None, option: str, now: datetime) -> datetime | None:
    """A time as a person gives it: a date, a time (UTC without a zone), or a span before now. Raises UsageError."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and last hours of the calendar have no time in UTC
        pass
    try:
        return now - duration(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {clean(text)!r}: give a date (2026-03-07), a UTC time (2026-03-07T12:00), "
            "or a span before now (7d)"
        ) from error
