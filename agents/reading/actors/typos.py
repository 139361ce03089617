"""Names that are one slip of the fingers away: an index whose look-up costs the same for any number of names.

Two words one edit apart (a letter missing, doubled, wrong, or two exchanged) share a word that each becomes by
losing at most one letter (the deletion neighbourhood of SymSpell, Garbe 2012). Candidates from it are confirmed by
their optimal string alignment distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from rapidfuzz.distance import OSA

MIN_LENGTH: Final = 6
"""Fewest letters of a word that is looked up."""
MAX_LENGTH: Final = 32
"""Most letters of such a word."""

T = TypeVar("T")


class TypoIndex(Generic[T]):
    """Words of at least MIN_LENGTH letters, each with what it stands for."""

    def __init__(self) -> None:
        self._meanings: dict[str, T] = {}
        self._variants: dict[str, tuple[str, ...]] = {}
        # By the length of a token: how the tokens begin and end that may be one edit away from a word.
        self._heads: list[set[str]] = [set() for _ in range(MAX_LENGTH + 2)]
        self._tails: list[set[str]] = [set() for _ in range(MAX_LENGTH + 2)]

    def add(self, word: str, meaning: T) -> None:
        """Add a folded word; too short or too long ones are left out, and what a word stands for stays."""
        if not MIN_LENGTH <= len(word) <= MAX_LENGTH or word in self._meanings:
            return
        self._meanings[word] = meaning
        for length in range(len(word) - 1, len(word) + 2):
            self._heads[length].add(word[: length // 2])
            self._tails[length].add(word[0] + word[length // 2 + 1 - length :])
        variants, own = self._variants, (word,)  # nearly all are of one word, which they share
        for variant in _variants(word):
            variants[variant] = variants.get(variant, ()) + own

    def find(self, token: str) -> list[tuple[str, T]]:
        """The words exactly one edit away from a folded token, first letter the same, with what they stand for."""
        return [(word, self._meanings[word]) for word in self._words(token)] if self._may_find(token) else []

    def _may_find(self, token: str) -> bool:
        """Whether a word may be one edit away, told at little cost: of a hundred tokens a few pass."""
        # An edit touches one letter or two neighbours, so it leaves all before the middle alone, or all behind it.
        length = len(token)
        half = length // 2
        return (
            MIN_LENGTH <= length <= MAX_LENGTH
            and (token[:half] in self._heads[length] or token[0] + token[half + 1 :] in self._tails[length])
            and token not in self._meanings
        )

    def _words(self, token: str) -> Iterator[str]:
        seen = set()
        for variant in _variants(token):
            for word in self._variants.get(variant, ()):
                if word in seen or word[0] != token[0]:
                    continue
                seen.add(word)
                if OSA.distance(word, token, score_cutoff=1) == 1:
                    yield word


def _variants(word: str) -> Iterator[str]:
    yield word
    for at in range(1, len(word)):  # the first letter stays
        yield word[:at] + word[at + 1 :]
