"""Names that are one slip of the fingers away: an index whose look-up costs the same for any number of names.

Two words one edit apart (a letter missing, doubled, wrong, or two exchanged) share a word that each becomes by
losing at most one letter (the deletion neighbourhood of SymSpell, Garbe 2012). Candidates from it are confirmed by
their optimal string alignment distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

MIN_LENGTH: Final = 6
MAX_LENGTH: Final = 32


class TypoIndex:
    """Words of at least MIN_LENGTH letters, each standing for a number of its owner's choice."""

    def __init__(self) -> None:
        self._variants: dict[str, list[str]] = {}
        self._values: dict[str, int] = {}
        # By the length of a token: how the tokens begin and end that may be one edit away from a word.
        self._heads: list[set[str]] = [set() for _ in range(MAX_LENGTH + 2)]
        self._tails: list[set[str]] = [set() for _ in range(MAX_LENGTH + 2)]

    def add(self, word: str, value: int) -> None:
        """Add a folded word; too short or too long ones are left out."""
        if not MIN_LENGTH <= len(word) <= MAX_LENGTH or word in self._values:
            return
        self._values[word] = value
        for length in range(len(word) - 1, len(word) + 2):
            self._heads[length].add(word[: length // 2])
            self._tails[length].add(word[0] + word[length // 2 + 1 - length :])
        for variant in _variants(word):
            self._variants.setdefault(variant, []).append(word)

    def is_near(self, token: str) -> bool:
        """Whether a folded token may be one edit away from a word: false for nearly all, after two look-ups."""
        # An edit touches one letter or two neighbours, so it leaves all before the middle alone, or all behind it.
        length = len(token)
        return MIN_LENGTH <= length <= MAX_LENGTH and (
            token[: length // 2] in self._heads[length]
            or token[0] + token[length // 2 + 1 :] in self._tails[length]
        )

    def find(self, token: str) -> Iterator[tuple[str, int]]:
        """The words exactly one edit away from a folded token, first letter the same, with their values."""
        if not self.is_near(token) or token in self._values:
            return
        seen = set()
        for variant in _variants(token):
            for word in self._variants.get(variant, ()):
                if word in seen or word[0] != token[0]:
                    continue
                seen.add(word)
                if OSA.distance(word, token, score_cutoff=1) == 1:
                    yield word, self._values[word]


def _variants(word: str) -> Iterator[str]:
    yield word
    for at in range(1, len(word)):  # the first letter stays
        yield word[:at] + word[at + 1 :]
