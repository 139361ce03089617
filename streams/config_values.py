"""What configuration values are made of: the base of all, identifiers, language tags and spans of time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)


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

LanguageIfAny = Annotated[str, spelled(f"(?:{_TAG})?", _TAG_RULE)]
"""The same, or nothing."""

_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,6})?(?:ms|[smhdw]))+")
_PIECE: Final = re.compile(r"([\d.]+)(ms|[smhdw])")
_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
LONGEST: Final = timedelta(days=3660)
"""The longest span of time that a configuration may name."""


def duration(value: object) -> timedelta:
    """A span of time as a person writes it (`90s`, `1h30m`, `14d`; a bare number is seconds) as a timedelta.

    A timedelta stays as it is. Raises ValueError.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        text = value.replace(" ", "")
        if _SECONDS.fullmatch(text):
            value = float(text)
        elif _SPAN.fullmatch(text):
            value = sum(float(count) * _UNITS[unit] for count, unit in _PIECE.findall(text))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a span of time such as 30s, 15m, 48h or 14d")
    if not 0 <= value <= LONGEST.total_seconds():
        raise ValueError(f"must be between 0 and {LONGEST.days} days")
    return timedelta(seconds=value)


Duration = Annotated[timedelta, BeforeValidator(duration), Field(ge=timedelta(0), le=LONGEST)]
"""A span of time in the configuration."""


_NUMBERS: Final = (int, float, int | None)


class Part(BaseModel):
    """Base of all configuration values: frozen, an unknown key is a fault, and `true` is no number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation in _NUMBERS:
            raise ValueError("must be a number")
        return value
