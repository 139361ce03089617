"""Given names, and the words before a surname that stand for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from agents.reading.actors.inflection import given_stem, proclitics_of
from agents.reading.fold import fold

PARTICLES: Final = frozenset(
    "al el ad ar as ash at an bin ibn ben bint abu de da dos van von der den du di le la аль эль ель".split()
)
"""Words between given names and surnames that tell nobody from another."""

_LONGEST_ABBREVIATION: Final = 3
_WORDS: Final = frozenset("aeioyавезийікосуя")
"""Letters that are words of their own, so that only a full stop makes initials of them: `с Лавровым` is with Lavrov."""
_LEAST_MISSPELT: Final = 5
"""Letters that a word needs to be a given name with one wrong letter."""


@dataclass(frozen=True, slots=True)
class GivenName:
    """One given name of a person, folded; in Cyrillic its stem and the endings of which one follows, in Arabic and
    Hebrew the letters that may be written on before it.
    """

    folded: str
    stem: str
    endings: frozenset[str]
    proclitics: str

    @classmethod
    def of(cls, name: str) -> GivenName:
        """As a registry has it."""
        stem, endings = given_stem(name)
        return cls(fold(name), stem, endings, proclitics_of(stem))

    @property
    def initials(self) -> str:
        """The letters with which a word begins that may stand for the name."""
        return self.stem[:1] + self.proclitics

    def is_meant(self, word: str, *, dotted: bool) -> bool:
        """Whether a word that begins with one of the initials is the name, its abbreviation, or a slip of it.

        `dotted`: a full stop stands behind the word.
        """
        if self.proclitics:
            return word == self.stem or (
                len(word) > 3 and word[0] in self.proclitics and word[1:] == self.stem
            )
        if word[0] != self.stem[:1]:
            return False
        if word.startswith(self.stem) and word[len(self.stem) :] in self.endings:
            return True
        is_short = len(word) <= _LONGEST_ABBREVIATION if dotted else len(word) == 1 and word not in _WORDS
        if is_short and self.folded.startswith(word):
            return True
        return len(word) >= _LEAST_MISSPELT and OSA.distance(word, self.folded, score_cutoff=1) <= 1


def initials_of(names: Iterable[GivenName]) -> frozenset[str]:
    """The letters with which a word begins that may stand for one of some names."""
    return frozenset("".join(name.initials for name in names))
