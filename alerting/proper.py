"""Proper names: the words of a headline or a sentence that surely name something, a town, a storm, a fire.

Where news names no actor, one happening is known by these. `alerting.names` has all words that may be names, as none of
them must be missed; here one that is none would make a story of two happenings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from alerting.gist import COMMON, SHORTEST, STEM, plain, words_of
from alerting.names import counts_or_points, may_name, weekday

_CAPITALISED: Final = r"[^\W\d_a-zß-ÿа-џґ][^\W\d_]+"
_FOLLOWED: Final = rf"{_CAPITALISED}(?:[ -]{_CAPITALISED})"
_PROPER: Final = re.compile(rf"(?:(?<=[\w,)][ -])|(?<=\w['’])){_FOLLOWED}*|{_FOLLOWED}+")
"""What has a capital though no sentence begins with it; and several words with one, though the first may begin it."""
_GERMAN_PLACE: Final = re.compile(
    r"\b(?:[Ii]n|[Ii]m|[Bb]ei|[Nn]ahe|[Aa]us|[Nn]ach|[Vv]on|[Uu]m|[Aa]uf|Insel|Dorf|Stadt|Stadtteil|Ort) "
    rf"({_FOLLOWED}*)"
)
_LONGER_WORD: Final = re.compile(rf"[^\W\d_]{{{SHORTEST},}}")
_MONTHS: Final = frozenset(
    word[:STEM]
    for word in (
        "january february march april may june july august sept september october november december "
        "januar februar marz mai juni juli oktober dezember"
    ).split()
)
_ENDINGS: Final = "aeiouyаеиоуыюяійьї"


def proper_names(text: str, language: str) -> tuple[str, ...]:
    """The proper names of a text in order, each once and without its ending: words with a capital where none must be.

    A text that has capitals nowhere or everywhere has none. In German, where each noun has one, they are what stands
    behind a word for a place.
    """
    text = unicodedata.normalize("NFC", text)
    if language == "de":
        runs = _GERMAN_PLACE.findall(text)
    elif _is_capitals(text):
        return ()
    else:
        runs = _PROPER.findall(text)
    words = (plain(word) for run in runs for word in words_of(run) if word[0].isupper())
    return stems(word for word in words if may_name(word) and not _is_time_or_number(word))


def stems(words: Iterable[str]) -> tuple[str, ...]:
    """Words as a gist cuts them, each once and without the vowels at its end: names are declined."""
    return tuple(dict.fromkeys(word[:STEM].rstrip(_ENDINGS) or word[:STEM] for word in words))


def _is_capitals(text: str) -> bool:
    """Whether all longer words but the commonest have capitals, as in some headlines: these tell nothing then."""
    return not any(word[0].islower() and word not in COMMON for word in _LONGER_WORD.findall(text))


def _is_time_or_number(word: str) -> bool:
    return word[:STEM] in _MONTHS or weekday(word) is not None or counts_or_points(word)
