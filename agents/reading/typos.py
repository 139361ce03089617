"""Names that are one slip of the fingers away: an index whose look-up costs the same for any number of names.

Two words one edit apart (a letter missing, doubled, wrong, or two exchanged) share a word that each becomes by
losing at most one letter (the deletion neighbourhood of SymSpell, Garbe 2012). Candidates from it are confirmed by
their optimal string alignment distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rapidfuzz.distance import OSA

MIN_LENGTH: Final = 6
MAX_LENGTH: Final = 32
_REMEMBERED: Final = 10_000


class TypoIndex:
    """Words of at least MIN_LENGTH letters, each standing for a number of its owner's choice."""

    def __init__(self) -> None:
        self._variants: dict[str, list[str]] = {}
        self._values: dict[str, int] = {}
        # Words that are near but not near enough come again and again: England, London, Monday.
        self._found: dict[str, tuple[tuple[str, int], ...]] = {}
        # By the length of a token: how the tokens begin and end that may be one edit away from a word.
        self._heads: list[set[str]] = [set() for _ in range(MAX_LENGTH + 2)]
        self._tails: list[set[str]] = [set() for _ in range(MAX_LENGTH + 2)]

    def add(self, word: str, value: int) -> None:
        """Add a folded word; too short or too long ones are left out."""
        if not MIN_LENGTH <= len(word) <= MAX_LENGTH or word in self._values:
            return
        self._values[word] = value
        self._found.clear()
        for length in range(len(word) - 1, len(word) + 2):
            self._heads[length].add(word[: length // 2])
            self._tails[length].add(word[0] + word[length // 2 + 1 - length :])
        for variant in _variants(word):
            self._variants.setdefault(variant, []).append(word)

    def near(self, tokens: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of some folded tokens (with their places) that may be one edit away from a word: a few of a hundred."""
        # An edit touches one letter or two neighbours, so it leaves all before the middle alone, or all behind it.
        heads, tails, values = self._heads, self._tails, self._values
        return [
            (token, at)
            for token, at in tokens
            if MIN_LENGTH <= (length := len(token)) <= MAX_LENGTH
            and (
                token[: (half := length // 2)] in heads[length]
                or token[0] + token[half + 1 :] in tails[length]
            )
            and token not in values
        ]

    def find(self, token: str) -> Sequence[tuple[str, int]]:
        """The words exactly one edit away from a folded token, first letter the same, with their values."""
        found = self._found.get(token)
        if found is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[token] = tuple(self._find(token)) if self.near([(token, 0)]) else ()
        return found

    def _find(self, token: str) -> Iterator[tuple[str, int]]:
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
