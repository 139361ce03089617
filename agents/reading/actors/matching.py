"""How what is written matches a name as the registry spells it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

from agents.reading.actors.names import Bearer
from agents.reading.fold import fold
from streams.wire import Match

BETTER_FIRST: Final[tuple[Match, ...]] = ("exact", "alias", "folded", "inflected", "typo")

_folded = cache(fold)
"""Of names of registries only, so it holds no more than they do."""


def match_of(written: str, spelt: str, match: Match, *, clitic: bool) -> Match:
    """How a whole name, or a surname alone, matches its spelling; `match` where they are the same.

    `clitic`: in Arabic something is written on before it.
    """
    if written == spelt or (written := _as_typed(written)) == spelt:
        return "inflected" if clitic else match
    return "folded" if fold(written) == fold(spelt) and not clitic else "inflected"


def match_of_person(written: str, surname: str, bearers: Sequence[Bearer]) -> Match:
    """How a full name as it is written, and the surname in it, match the spellings of one person."""
    spellings = [bearers[0].actor.name, *[bearer.whole for bearer in bearers]]
    if written in spellings or (written := _as_typed(written)) in spellings:
        return "exact"
    if fold(written) in map(_folded, spellings):
        return "folded"
    surnames = [bearer.spelt for bearer in bearers]
    if surname in surnames:
        return "alias"
    return "folded" if fold(surname) in map(_folded, surnames) else "inflected"


def _as_typed(written: str) -> str:
    """Words with one space between them, their diacritics on the letters: what a registry has."""
    return unicodedata.normalize("NFC", " ".join(written.split()))


def has_its_diacritics(written: str, spelt: str) -> bool:
    """Whether a Latin name has them, so that `Sam` is not taken for `Şam`. Other scripts are as they are."""
    if spelt[0] >= "\u0250":
        return True
    return written[: len(spelt)].casefold() == spelt.casefold()
