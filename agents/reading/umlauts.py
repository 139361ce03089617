"""Spellings without letters that a keyboard or a ticker lacks, of what is written with them: `Tuerkei`, `Anschlaege`.

Other diacritics are only left out, which folding sees to. No text is folded so: `Israel` and `neue` have these two
letters, too.
"""

from __future__ import annotations

from typing import Final

_LETTERS: Final = {"de": str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})}
"""By language, what is written as two letters."""


def without_umlauts(phrase: str, language: str) -> str:
    """A phrase as it is written with plain letters in its language; "" where that is the same."""
    letters = _LETTERS.get(language)
    if letters is None or phrase.isascii():
        return ""
    spelt = phrase.translate(letters)
    return spelt if spelt != phrase else ""
