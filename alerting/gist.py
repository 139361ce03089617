"""A gist: the words by which one happening is recognised in the reports of different outlets, in any language.

It is what headline and lead say: each word cut to its first letters, which is stem enough for the languages of the
news, without short words and the commonest long ones. Chinese and Japanese write no space between words, so each pair
of adjacent characters counts as a word. A word weighs two each time it is in the headline and one each time it is in
the lead. Gists are compared by the cosine of their logarithmic weights. Nothing is learnt from other articles, so that
two workers, and one before and after a kill, compare alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log, sqrt
from typing import Final

STEM: Final = 6
"""Letters of a word that are kept."""
SHORTEST: Final = 4
"""Fewest letters of a word that counts; numbers count at any length."""
LEAD: Final = 30
"""Words of the body that are read."""
LONGEST_LEAD: Final = 600
"""Characters of the body in which these are sought."""
TITLE_WEIGHT: Final = 2
MOST_WORDS: Final = 48
"""Most words of a gist."""
LEAST_OF_MOULD: Final = 3
"""Fewest words in common of two headlines of one mould."""
MOST_REPLACED: Final = 2
"""Most words of the second of them that the first does not have."""
WORDS_REMEMBERED: Final = 10_000
"""Words for which it is remembered what is made of them: those of the news come again and again."""

_WORD: Final = re.compile(r"\w+")
_ARTICLE: Final = re.compile(r"^(?:[وفبك]?ال|لل)(?=\w{3})")
_ARABIC: Final = "\u0600"
_UNPARTED: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
_VOICED: Final = re.compile("[\u3046-\u30fd][\u3099\u309a]")
_BEYOND: Final = re.compile(r"[\U00010000-\U0010ffff]")
COMMON: Final = frozenset(
    (
        "about after ahead also amid been before being could from have into its just more most over said says some "
        "than that their them they this were what when where which while will with would your "
        "como desde entre este esta estos estas para pero sobre tras dijo "
        "apres avant avec dans leur plus pour selon sont sous cette entre "
        "aber auch beim dass durch eine einem einen einer gegen haben hatte nach nicht sich "
        "sind uber unter wird wurde wurden zwischen "
        "daha dedi gibi ile icin kadar olan olarak once sonra uzere "
        "была были было быть если который которая которые между могут перед после свои также только чтобы этом это "
        "була були було буде бути вони його який яка які після перед проти також щодо "
        "التي الذي ايضا الى بعد بين حول خلال على عند قال قبل كما هذا هذه"
    ).split()
)

MOST_WEIGHT: Final = 255
_WEIGHT: Final = (0.0, *(1.0 + log(count) for count in range(1, MOST_WEIGHT + 1)))
_SQUARE: Final = tuple(weight**2 for weight in _WEIGHT)

MOST_SHARED: Final = 50_000
_SHARED: Final[dict[str, str]] = {}
"""Words that stories hold. Emptied when it is full; `sys.intern` of Python 3.12 keeps strings for ever."""


@dataclass(frozen=True, slots=True)
class Gist:
    """A gist as an open story keeps it, in a third of the memory: words, which many share, and a byte for each."""

    words: tuple[str, ...] = ()
    weights: bytes = b""

    @classmethod
    def of(cls, gist: Mapping[str, int]) -> Gist:
        """A gist as it was made or read."""
        try:
            weights = bytes(gist.values())
        except ValueError:  # a word that stands hundreds of times in a headline
            weights = bytes(min(max(weight, 1), MOST_WEIGHT) for weight in gist.values())
        return cls(interned(gist), weights)

    def as_dict(self) -> dict[str, int]:
        """The weights by word, as in a candidate and in topics."""
        return dict(zip(self.words, self.weights, strict=True))

    def headline_words(self) -> list[str]:
        """The words that weigh as those of a headline do."""
        return [word for word, weight in zip(self.words, self.weights, strict=True) if weight >= TITLE_WEIGHT]

    def direction(self) -> dict[str, float]:
        """Its logarithmic weights by word, cut so that the sum of their squares is one."""
        length = self._length()
        return {word: _WEIGHT[weight] / length for word, weight in zip(self.words, self.weights, strict=True)}

    def likeness(self, direction: Mapping[str, float]) -> float:
        """How alike it is, 0 to 1, to the gist that has such a direction."""
        if direction.keys().isdisjoint(self.words):
            return 0.0
        in_common = [
            _WEIGHT[weight] * direction[word]
            for word, weight in zip(self.words, self.weights, strict=True)
            if word in direction
        ]
        return sum(in_common) / self._length()

    def _length(self) -> float:
        return sqrt(sum(map(_SQUARE.__getitem__, self.weights)))


def interned(words: Iterable[str]) -> tuple[str, ...]:
    """The same words, as the strings that other stories hold already where they have them too."""
    if len(_SHARED) > MOST_SHARED:
        _SHARED.clear()
    found = tuple(words)
    return tuple(map(_SHARED.setdefault, found, found))


def gist(title: str, lead: str) -> dict[str, int]:
    """The gist of an article: the beginnings of its telling words with their weights, the headline's first."""
    weights: dict[str, int] = {}
    for stem in _stems(title):
        weights[stem] = weights.get(stem, 0) + TITLE_WEIGHT
    for stem in _stems(lead[:LONGEST_LEAD], LEAD):
        weights[stem] = weights.get(stem, 0) + 1
    return dict(list(weights.items())[:MOST_WORDS])


def in_lead(name: str, title: str, weights: Mapping[str, int]) -> bool:
    """Whether a word of a headline is in the lead too, by its weight in the gist of both."""
    stem = name[:STEM]
    return weights.get(stem, 0) > TITLE_WEIGHT * _stems(title).count(stem)


def is_mould(one: Gist, other: Gist) -> bool:
    """Whether one headline is another with a word or two replaced: what both have stands in the same order."""
    ours, theirs = one.headline_words(), other.headline_words()
    in_both = [word for word in ours if word in theirs]
    return (
        len(in_both) >= max(LEAST_OF_MOULD, len(theirs) - MOST_REPLACED)
        and [word for word in theirs if word in ours] == in_both
    )


def telling_words(text: str) -> set[str]:
    """The telling words of a text, cut as those of a gist."""
    return set(_stems(text))


def bare(word: str) -> str:
    """A plain word, an Arabic one without its article."""
    return _ARTICLE.sub("", word) if word >= _ARABIC else word


def plain(text: str) -> str:
    """A text without case and marks."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded).replace("ı", "i")
    # What sets パ and バ apart from ハ makes other letters of them, Paris and Bali.
    decomposed = _VOICED.sub(lambda kana: unicodedata.normalize("NFC", kana[0]), decomposed)
    bare_letters = _marks().sub("", decomposed)
    if _BEYOND.search(bare_letters):
        return "".join(character for character in bare_letters if not unicodedata.combining(character))
    return bare_letters


@cache
def _marks() -> re.Pattern[str]:
    """Whatever combines with a letter before it, of the first plane: such a class is one look-up a character."""
    marks = (chr(code) for code in range(0x300, 0x1_0000) if unicodedata.combining(chr(code)))
    return re.compile(f"[{''.join(marks)}]")


def words_of(text: str) -> list[str]:
    """The words of a text in order; of a script that parts none, each two characters."""
    words = _WORD.findall(text)
    return [part for word in words for part in _parts(word)] if is_unparted(text) else words


def _parts(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(max(1, len(word) - 1))] if is_unparted(word) else [word]


def is_unparted(text: str) -> bool:
    """Whether a text has characters of a script that parts no words."""
    return not text.isascii() and _UNPARTED.search(text) is not None


def _stems(text: str, most: int | None = None) -> list[str]:
    return [*filter(None, map(_stem, words_of(plain(text))[:most]))]


@lru_cache(WORDS_REMEMBERED)
def _stem(word: str) -> str:
    """What is kept of a plain word; nothing of one that does not count."""
    counts = (len(word) >= SHORTEST and word not in COMMON) or word.isdigit() or is_unparted(word)
    return bare(word)[:STEM] if counts else ""
