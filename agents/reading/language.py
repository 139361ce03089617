"""The language of an article: what its sender says, else what its letters and commonest words say."""

from __future__ import annotations

import re
from typing import Final

from agents.reading.fold import fold

_COMMON: Final = {
    "en": "the of and to in that is for was with said has from were".split(),
    "tr": "ve bir bu icin ile olarak da de daha cok sonra dedi olan gore".split(),
    "fr": "le la les des et une dans pour que qui est sur avec au".split(),
    "es": "el la los las y una en que por con para del se su".split(),
    "de": "der die das und ist nicht mit den von zu im ein auf fur".split(),
    "uk": "і що на у в та з за про до не його але від".split(),
    "ru": "и что на в с по за не его но от для как это".split(),
    "ar": "في من على ان الى عن مع التي هذا بين بعد قال كما ما".split(),
}
_WORD: Final = re.compile(r"\w+")
_LOOKED_AT: Final = 1500


def identify(text: str, declared: str = "") -> str:
    """The primary language tag, such as `en`; `und` where nothing tells."""
    primary = declared.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].lower()
    if primary.isalpha() and 2 <= len(primary) <= 3:
        return primary
    folded = fold(text[:_LOOKED_AT])
    words = _WORD.findall(folded)
    counts = {language: sum(word in common for word in words) for language, common in _SETS.items()}
    # Letters that only one of two close neighbours has.
    counts["uk"] += 2 * sum(text.count(letter) for letter in "іїєґ")
    counts["ru"] += 2 * sum(text.count(letter) for letter in "ыэъё")
    counts["tr"] += 2 * sum(text.count(letter) for letter in "ığş")
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= 2 else "und"


_SETS: Final = {language: frozenset(words) for language, words in _COMMON.items()}
