"""What the capitals of a text tell, and where they tell nothing."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, Literal

from agents.reading.fold import fold

Case = Literal["any", "capital", "upper"]
"""How a name is written: in any way, with a capital, or in capitals only."""

_LONGEST_ACRONYM: Final = 6
_AROUND: Final = 16


def is_acronym(name: str) -> bool:
    """Whether a name of a registry is initials."""
    letters = name.replace(".", "").replace("-", "")
    return (
        letters == letters.upper() != letters.lower() and len(letters) <= _LONGEST_ACRONYM and " " not in name
    )


def has_capitals(text: str) -> bool:
    """Whether a text has any."""
    return text[:200].lower() != text[:200] or text.lower() != text


def has_its_capitals(
    written: str, case: Literal["capital", "upper"], *, plain: bool, common: Container[str]
) -> bool:
    """Whether a name is written as it must be.

    In an article without any capital (`plain`) it is, unless it may be a `common` word, given folded.
    """
    if case == "upper":
        letters = written.partition("'")[0].partition("’")[0]
        return letters == letters.upper()
    if written != written.lower() or written == written.upper():
        return True
    return plain and fold(written) not in common


def is_shouted(text: str, start: int, end: int) -> bool:
    """Whether the words around a span are all in capitals, so that capitals tell nothing."""
    around = text[max(0, start - _AROUND) : start] + text[end : end + _AROUND]
    return not any(map(str.islower, around)) and sum(map(str.isupper, around)) >= 4


def is_title_case(line: str) -> bool:
    """Whether a line is a headline in which most words have a capital."""
    words = [word for word in line.split() if word[:1].isalpha() and len(word) > 3]
    return len(words) > 3 and sum(word[0].isupper() for word in words) >= 0.7 * len(words)
