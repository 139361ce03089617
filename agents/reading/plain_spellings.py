"""Spellings without letters that a keyboard, a ticker or a hurry leaves out, of what is written with them: `Tuerkei`,
`Anschlaege`, `перемиря`, `اجلا`.

Other diacritics are only left out, which folding sees to. No text is folded so: `Israel` and `neue` have these two
letters, too, and `ما` (what) is not `ماء` (water).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_APOSTROPHE: Final = re.compile(r"(?<=\w)['’ʼ](?=[\w*])")
_HAMZA: Final = re.compile(r"(?!\w*(?:[إا]نها|[أا]ثنا|[أا]حيا)ء)(\w{3,}ا)ء(?!\w)")
"""The last letter of a word, but where what is left is another (`انها`, that it)."""

_PLAIN: Final[Mapping[str, Callable[[str], str]]] = {
    "de": lambda phrase: phrase.translate(_UMLAUTS),
    "uk": lambda phrase: _APOSTROPHE.sub("", phrase),
    "ar": lambda phrase: _HAMZA.sub(r"\1", phrase),
}
"""By language, how it is written with plain letters."""


def plain_spelling(phrase: str, language: str) -> str:
    """A phrase as it is written with plain letters in its language; "" where that is the same."""
    plain = _PLAIN.get(language)
    if plain is None or phrase.isascii():
        return ""
    spelt = plain(phrase)
    return spelt if spelt != phrase else ""
