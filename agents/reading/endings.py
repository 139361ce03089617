"""How a watched word may end in a text: its stem, and what may stand behind it in place of the rest of the word.

Of a Cyrillic word these are the endings of its cases, with what changes before them: Ukrainian і becomes о or е
(`Київ`, `Києва`), к becomes ц (`Авдіївка`, `Авдіївці`), the е of -ець falls out (`біженець`, `біженця`). They are
chosen by how the word ends and how long it is, so that a short one is taken for no other: `Газа` is not `газом` (by
gas). In Turkish and Azerbaijani a suffix may be behind a word, before whose vowel its k becomes ğ and its p becomes b.

All words are folded: й is и, ї is і, ğ is g.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from agents.reading.fold import fold


class Form(NamedTuple):
    """What a watched word begins with in any case, and what may stand behind that."""

    stem: str
    endings: frozenset[str]


def _folded(endings: str) -> frozenset[str]:
    return frozenset(map(fold, endings.split()))


LONGEST_TURKISH_ENDING: Final = 8
SHORTEST_TURKISH_STEM: Final = 4
LONGEST_CYRILLIC_ENDING: Final = 5
SHORTEST_CYRILLIC_STEM: Final = 2
"""Letters of a stem that is looked up; a word with a shorter one is looked for in all texts, as it may go on."""
_SHORTEST: Final = 3
"""Letters of a Cyrillic word that has endings."""

_CASES: Final = _folded(
    "а я у ю є е и ы і ї о й ь ом ем ём єм ой ей єю ою ею ам ям ами ями ах ях ов ев ёв ів їв ью "
    "ові еві єві ий ый ій ая яя ое ее ые ие ия ию ии ого его ього ому ему ьому ым им ім їм ую юю ых их їх "
    "ыми ими іми ої ьої"
)
_NOTHING: Final = frozenset(("",))
_PLAIN: Final = _CASES | _NOTHING
_ADJECTIVE: Final = _folded(
    "ий ый ій ой ая яя ое ее ые ие і а є ої ою ого его ього ому ему ьому ом ем ім ей ую юю ым им ых их ыми ими"
)
_PLURAL: Final = _folded("ы і и ов ев ів їв ам ям ами ями ах ях ей их ых им ым ими ыми")
"""In place of a plural's: выборы (elections) are no выбор (choice)."""
_SHORT_PLURAL: Final = _folded("и ы ей ам ям ами ями ах ях")
_SHORT_FEMININE: Final = _folded("и ы і е ї ю ой ей ою ею єю ої ій")
"""In place of the last letter of a short word; without у, with which it is as often another (`газу`: of gas)."""
_BEHIND_VOWEL: Final = _folded("й я ю є е и і ї ем єм ев їв еві єві ям ями ях")
"""In place of the й of a noun."""
_BEHIND_CHANGED: Final = _folded("а я у ю є е и ы і ом ем єм ам ям ами ями ах ях ов ев ів їв ові еві єві")
"""Behind what changes before endings: those of nouns, of which there is always one."""

_NOMINATIVES: Final = tuple(fold(ending) for ending in ("ий", "ый", "ій", "ая", "яя", "ое", "ее", "ые"))
_NOUNS_TOO: Final = tuple(fold(ending) for ending in ("ий", "ій", "ой"))
_CUT: Final = "аяеоьиыі"
"""The last letters in whose place an ending stands."""
_VOWELS: Final = "аеиоуіыэюяє"
_CLOSED: Final = re.compile(r"(.+)і([бвгджзклмнпрстфхцчшщ]|ст(?=ь))(ь?)")
"""A word whose last vowel is the і that Ukrainian makes of о and е before a consonant at the end."""
_BEFORE_I: Final = {"г": "з", "к": "ц", "х": "с"}
"""What Ukrainian makes of a consonant before the ending і."""


def _each(begins: Iterable[str], endings: Iterable[str]) -> frozenset[str]:
    """All of these with any of those behind them, as far as they are looked for."""
    return frozenset(
        begin + ending
        for begin in begins
        for ending in endings
        if len(begin + ending) <= LONGEST_CYRILLIC_ENDING
    )


_BEHIND_KA: Final = {
    consonant + "а": _each((consonant,), _PLAIN) | {soft + "і"} for consonant, soft in _BEFORE_I.items()
}
_BEHIND_TS: Final = _each(("ц",), _BEHIND_CHANGED)
_ADJECTIVE_IN_OI: Final = _ADJECTIVE | _each(("о",), _BEHIND_VOWEL)


@lru_cache(maxsize=1 << 14)
def form_of(word: str) -> Form:
    """The form of a folded watched word; of one in another script than Cyrillic, the word itself."""
    size = len(word)
    if not "\u0400" <= word[-1] <= "\u04ff" or size < _SHORTEST:
        return Form(word, _NOTHING)
    if word[-2] == "'":  # перемир'я is no form of перемир
        return Form(word[:-1], _CASES) if size >= 5 and word[-1] in _CUT else Form(word, _PLAIN)
    return _adjective(word, size) or _changing(word, size) or _noun(word, size)


def _adjective(word: str, size: int) -> Form | None:
    """The form of a word that ends like one, and may be a noun in -ий, -ій or -ой all the same."""
    if size >= 6 and word.endswith(fold("ой")):
        return Form(word[:-2], _ADJECTIVE_IN_OI)
    if size < 5 or not word.endswith(_NOMINATIVES):
        return None
    endings = _PLAIN if size >= 6 else _ADJECTIVE if word[-2:] != fold("ій") else _NOTHING  # водій is no вода
    if word.endswith(_NOUNS_TOO):
        endings |= _each((word[-2],), _BEHIND_VOWEL)
    return Form(word[:-2], endings)


def _changing(word: str, size: int) -> Form | None:
    """The form of a word whose last consonant or vowel changes before endings."""
    if size >= 5 and word[-2:] in _BEHIND_KA:
        return Form(word[:-2], _BEHIND_KA[word[-2:]])
    if size >= 6 and word.endswith("ець"):
        return Form(word[:-3], _BEHIND_TS | {"ець"})
    if size >= 5 and word.endswith("ец"):
        return Form(word[:-2], _BEHIND_TS | _each(("ец",), _PLAIN))
    closed = _CLOSED.fullmatch(word)
    if closed is None:
        return None
    vowels = "оеє" if size > _SHORTEST else "о"
    return Form(closed[1], _behind_closed(vowels, closed[2], closed[3]))


@lru_cache
def _behind_closed(vowels: str, consonant: str, soft: str) -> frozenset[str]:
    """What may stand from the і on of a word that ends with it and a consonant."""
    consonants = consonant, _BEFORE_I.get(consonant, consonant)
    changed = _each((vowel + each for vowel in vowels for each in consonants), _BEHIND_CHANGED)
    return changed | _each((f"і{consonant}",), _CASES | {soft})


def _noun(word: str, size: int) -> Form:
    last = word[-1]
    if size >= 4 and last == "и" and word[-2] in _VOWELS:  # й, as in Николай
        return Form(word[:-1], _BEHIND_VOWEL)
    if size >= 5 and last in "ыі":
        return Form(word[:-1], _PLURAL)
    if size >= 5 and last in _CUT:
        return Form(word[:-1], _PLAIN)
    if last in "ая":
        return Form(word[:-1], _SHORT_FEMININE | {last})
    if size == 4 and last in "иы":
        return Form(word[:-1], _SHORT_PLURAL)
    return Form(word, _PLAIN)


_TURKISH: Final = re.compile(
    r"(?:l[ae]r)?(?:[iu]?m[iu]z|[iu]?n[iu]z|s?[iu]|[iu]m)?"
    r"(?:n?[iu]n|[yn]?[iu]|[yn]?[ae]|n?[dt][ae]n?|y?l[ae])?(?:ki(?:l[ae]r)?)?"
)
SOFT: Final = {"k": "g", "q": "g", "p": "b"}
"""What becomes of the last letter of a Turkish word before a vowel, but for t: `Mart` is not `Mardin`."""


def is_turkish(ending: str) -> bool:
    """Whether something is a suffix of Turkish, or several."""
    return _TURKISH.fullmatch(ending) is not None


def is_turkish_vowel(ending: str) -> bool:
    """Whether something is a suffix of Turkish that begins with a vowel."""
    return ending[0] in "aeiu" and is_turkish(ending)


def softened(word: str) -> str:
    """A watched word as it stands in Turkish before a vowel; "" where that is the same."""
    if word[-1] not in SOFT or len(word) < SHORTEST_TURKISH_STEM or not word[-2].isalpha() or "'" in word:
        return ""
    return word[:-1] + SOFT[word[-1]]
