"""The words before a position of a folded text."""

from __future__ import annotations

import re
from typing import Final

from agents.reading.sentences import WIDTH

Word = tuple[str, int, bool]
"""A word before a name: itself, where it begins, and whether it is abbreviated."""

_LOOK_BACK: Final = 64
"""Characters before a position that are looked through for words."""
_MOST: Final = 4
_BETWEEN: Final = ' -_\n\t"'
"""What stands between the words of a name."""
_WORD: Final = re.compile(r"([^\S\n]*(?:-[^\S\n]*)*(?:\n[^\S\n]*)?)(\.?)([^\W_]+)")
"""Read backwards: what stands between, a full stop of an abbreviation, and the word."""


def words_before(text: str, start: int, most: int = _MOST) -> list[Word]:
    """The words before a position, nearest first, as far as nothing but spaces, hyphens, the full stops of
    abbreviations and an end of a line that its width made stands between and none has a possessive.
    """
    backwards = text[max(0, start - _LOOK_BACK) : start][::-1]
    words: list[Word] = []
    at = 0
    for _ in range(most):
        found = _WORD.match(backwards, at)
        if found is None:
            break
        between, dot, word = found.groups()
        if not (between or dot) or (dot and len(word) > 4):
            break
        if "\n" in between and not _is_full(text, start - found.end(1)):
            break
        at = found.end()
        if word == "s" and backwards[at : at + 1] == "'":
            break  # a possessive, no initial: Russia's Lavrov
        words.append((word[::-1], start - at, bool(dot)))
    return words


def _is_full(text: str, end: int) -> bool:
    """Whether the line that ends at a position is as long as those that their width ends."""
    return end >= WIDTH and "\n" not in text[end - WIDTH : end]


def word_before(text: str, start: int) -> str:
    """The nearest of these words; "" where there is none."""
    words = words_before(text, start, 1)
    return words[0][0] if words else ""


def begin_of_words(text: str, start: int, words: int) -> int:
    """Where the word that stands so many words before a position begins; of a longer one than any name, its end."""
    for _ in range(words):
        while start > 0 and text[start - 1] in _BETWEEN:
            start -= 1
        earliest = max(0, start - _LOOK_BACK)
        while start > earliest and text[start - 1] not in _BETWEEN:
            start -= 1
    while not text[start].isalnum():  # what opens a quotation or a hashtag
        start += 1
    return start
