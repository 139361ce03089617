"""A watch: what a team wants to be told about, and whom to tell. The value; matching is in `agents.reading`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from streams.wire import Severity


def spelled(pattern: str, rule: str) -> AfterValidator:
    """Text must match the whole pattern; where it does not, the fault is the rule in words."""
    whole = re.compile(pattern)

    def check(text: str) -> str:
        if whole.fullmatch(text) is None:
            raise ValueError(f"must be {rule}")
        return text

    return AfterValidator(check)


Identifier = Annotated[
    str,
    spelled(
        r"[a-z0-9][a-z0-9._-]{0,99}",
        "small letters, digits, dots, dashes and underscores, and begin with a letter or digit",
    ),
]

_TAG: Final = r"(?=.{2,35}$)[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"
_TAG_RULE: Final = "a language tag such as en or pt-BR"

Language = Annotated[str, spelled(_TAG, _TAG_RULE)]
"""A BCP 47 tag, such as `en` or `pt-BR`."""

_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?(?:ms|[smhdw]))+")
_PIECE: Final = re.compile(r"([\d.]+)(ms|[smhdw])")
_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
LONGEST: Final = timedelta(days=3660)


def duration(value: object) -> object:
    """A span of time as a person writes it (`90s`, `1h30m`, `14d`; a bare number is seconds) as a timedelta.

    Values that are neither text nor number are left to pydantic. Raises ValueError.
    """
    if isinstance(value, str):
        text = value.replace(" ", "")
        if _SECONDS.fullmatch(text):
            value = float(text)
        elif _SPAN.fullmatch(text):
            value = sum(float(count) * _UNITS[unit] for count, unit in _PIECE.findall(text))
        else:
            raise ValueError("must be a span of time such as 30s, 15m, 48h or 14d")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value <= LONGEST.total_seconds():
            raise ValueError(f"must be between 0 and {LONGEST.days} days")
        return timedelta(seconds=value)
    return value


Duration = Annotated[timedelta, BeforeValidator(duration), Field(ge=timedelta(0), le=LONGEST)]
"""A span of time in the configuration."""


class Part(BaseModel):
    """Base of all configuration values: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TopicsWanted(Part):
    """Which topics, and optionally at which stages, an article must be about."""

    any: tuple[Identifier, ...] = ()
    all: tuple[Identifier, ...] = ()
    stages: tuple[Identifier, ...] = ()
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5


class ActorsWanted(Part):
    """Which actors an article must name."""

    any: tuple[Identifier, ...] = ()
    all: tuple[Identifier, ...] = ()
    none: tuple[Identifier, ...] = ()


class Example(Part):
    """A text that the watch must match, or must not: its own test."""

    text: Annotated[str, Field(max_length=100_000)]
    match: bool
    title: Annotated[str, Field(max_length=2_000)] = ""
    source: str | None = None
    language: Annotated[str, spelled(f"(?:{_TAG})?", _TAG_RULE)] = ""


class Watch(Part):
    """One watch. Every condition that is given must hold: topics, actors, query or terms, languages, sources.

    `terms` and the file named by `terms_file` (one literal a line) are keywords, any of which suffices;
    `query` is in Lucene's query syntax. `window` is how long articles of one story belong to one alert;
    `update_every` the least time between two events of one alert.
    """

    id: Identifier
    title: Annotated[str, Field(min_length=1, max_length=200)]
    topics: TopicsWanted | None = None
    actors: ActorsWanted | None = None
    query: Annotated[str, Field(max_length=1_000_000)] | None = None
    terms: tuple[Annotated[str, Field(max_length=200)], ...] = ()
    terms_file: str | None = None
    languages: tuple[Language, ...] = ()
    sources: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    severity: Severity = "medium"
    notify: tuple[Identifier, ...] = ()
    window: Duration = timedelta(hours=48)
    update_every: Duration = timedelta(minutes=30)
    enabled: bool = True
    examples: tuple[Example, ...] = ()
