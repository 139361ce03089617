"""Words in letters of two scripts that look alike: `Укpaїна` with Latin `p` and `a`, `Україна` with Latin `i`.

Keyboards without a letter, texts out of images and who evades filters write so. Such a word is of the script in which
all of it can be written. A word in letters of one script alone stays what it is.
"""

from __future__ import annotations

import re
from typing import Final

_LATIN, _CYRILLIC = "aceiopxykmthb", "асеіорхукмтнв"
_TO_CYRILLIC: Final = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN: Final = str.maketrans(_CYRILLIC, _LATIN)
_FREQUENT: Final = "о"
"""Is in nearly any Cyrillic text, and sought at no cost in those whose letters take a byte each."""
_LOOKED_AT: Final = 150
"""Characters at the head of a text by which it is told whether it has such words."""
_MIXED: Final = re.compile(r"[a-z](?:(?<=[\u0400-\u045f].)|(?=[\u0400-\u045f]))")
_WORD: Final = re.compile(r"[a-z\u0400-\u045f]+")
_IN_LATIN: Final = re.compile(r"[a-z]+")
_IN_CYRILLIC: Final = re.compile(r"[\u0400-\u045f]+")


def of_one_script(folded: str) -> str:
    """A folded text whose words are of one script each, as long as before."""
    if _FREQUENT not in folded or not _MIXED.search(folded, 0, _LOOKED_AT):
        return folded  # nearly always
    return _WORD.sub(_in_one_script, folded)


def _in_one_script(word: re.Match[str]) -> str:
    letters = word[0]
    cyrillic = letters.translate(_TO_CYRILLIC)
    if _IN_CYRILLIC.fullmatch(cyrillic) and not _IN_LATIN.fullmatch(letters):
        return cyrillic
    latin = letters.translate(_TO_LATIN)
    return latin if _IN_LATIN.fullmatch(latin) and not _IN_CYRILLIC.fullmatch(letters) else letters
