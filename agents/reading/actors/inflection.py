"""The forms that a name takes in running text: Slavic cases, Arabic clitics, suffixes of Latin script.

A Slavic name is searched by its stem, with the endings that its nominative allows; what Latin script hangs on a name
(`'s`, `'ın`, a German genitive) and what Arabic writes in front of it (`و`, `ب`, `ال`) is read around a hit.
Everything here is folded text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from agents.reading.fold import SIGNS_BEHIND, fold
from agents.reading.keywords import HEBREW_PREFIXES, is_unspaced, written_on
from agents.reading.lazy import LazyPattern

_CYRILLIC: Final = re.compile(r"[\u0400-\u052f]")
ARABIC: Final = frozenset(map(chr, range(0x600, 0x700)))
HEBREW: Final = frozenset(map(chr, range(0x5D0, 0x5EB)))
_LEAST_STEM: Final = 3
_QUOTES: Final = re.compile('["«»“”„]')
_BETWEEN: Final = r'[\s_"-]+'
"""What stands between the words of a name in folded text."""
_LONGEST_ENDING: Final = 6


def _endings(text: str) -> frozenset[str]:
    return frozenset(fold(ending) if ending != "-" else "" for ending in text.split())


# Endings are those of Ukrainian and Russian together; - is no ending.
_MASCULINE: Final = _endings("ий ый ій ой ого його ему ому ьому им ым ім ом")
_FEMININE: Final = _endings("а ая яя ої ой ей ій у ую юю ою")
_PLURAL_ADJECTIVE: Final = _endings("і ї и ые ие их ых ими ыми им ым")
_ADJECTIVE: Final = _MASCULINE | _FEMININE | _PLURAL_ADJECTIVE | _endings("е ое ее")
_CASES: Final[tuple[tuple[str, str, frozenset[str]], ...]] = (
    # A nominative's end, what of it is cut off, and what may stand in its place.
    ("нець", "ець", _endings("ець ця цю цеві цем ці ців цям цями цях")),
    ("єць", "єць", _endings("єць йця йцю йцеві йцем йці йців йцям йцями йцях")),
    ("ець", "ець", _endings("ець ця цю цеві цем ці ців цям цями цях")),
    ("иец", "ец", _endings("ец йца йцу йцем йце йцы йцев йцам йцами йцах")),
    ("аец", "ец", _endings("ец йца йцу йцем йце йцы йцев йцам йцами йцах")),
    ("ец", "ец", _endings("ец ца цу цем це цы цев цам цами цах")),
    ("нин", "ин", _endings("ин ина ину ином ині ине и е - ам ами ах")),
    ("пет", "ет", _endings("ет та ту том те ті")),
    # Ukrainian towns above all: Авдіївці, Волновасі, Харкова, Тернополя, Ірпеня, Кривого Рогу.
    ("ка", "ка", _endings("ка ки кы кі ке ку кой кою кої кій ці")),
    ("га", "га", _endings("га ги ге гу гой гою гої гій зі")),
    ("ха", "ха", _endings("ха хи хе ху хой хою хої хій сі")),
    ("ів", "ів", _endings("ів іва іву іві івом ова ову ові овом ового овому овим ева еву еві евом")),
    ("їв", "їв", _endings("їв єва єву єві євом")),
    ("іль", "іль", _endings("іль іля ілю ілем ілі оля олю олем олі еля елю елем елі")),
    ("інь", "інь", _endings("інь іня іню інем іні еня еню енем ені")),
    ("ріг", "іг", _endings("іг огу ога озі огом")),
    ("а", "а", _endings("а и ы і е у ой ою ей ею ої ій")),
    ("я", "я", _endings("я и і ї е ю ей ею єю ям")),
    ("ье", "е", _endings("е я ю ем и")),
    ("ле", "е", _endings("е я ю ем і")),
    ("й", "й", _endings("й я ю єві еві єм ем ї е")),
    ("ь", "ь", _endings("ь я ю еві єві ем ём єм і е и")),
    ("о", "о", _endings("о а у ові ом і е")),
    ("и", "и", _endings("и ів ов ей ам ами ах -")),
    ("ы", "ы", _endings("ы ов ей ам ами ах -")),
    ("і", "і", _endings("і ів ей ам ами ах ям ями ях")),
)
_HARD: Final = _endings("- а у ові еві ом ем ым им е і")
_HARD_PLURAL: Final = _endings("и ы ів ов ам ами ах")
_ADJECTIVES: Final = re.compile(
    r"(?:(?P<m>(?:[сзц]ь?к|н|в|ш|д|т|р|л)(?:ий|ый|ій|ой))|(?P<f>[сзц]ь?ка|[^аоуеиіяю]ая)"
    r"|(?P<n>[^аоуеиіяю](?:ое|ее)|[сзц]ьке|[нв]е)|(?P<p>(?:[сзц]ь?к|н|в|т)(?:і|ие|ые|ї)))\Z"
)
_OV: Final = re.compile(r"(?:[оеёє]в|[иіїы]н)а$")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a name is searched: by `literal`, behind which one of `endings` must follow, or, of a Cyrillic name of
    several words, what `whole` matches from its beginning on, `anchor` words before the literal. `endings` is None
    where the script has suffixes of its own.
    """

    literal: str
    endings: frozenset[str] | None = None
    whole: LazyPattern | None = None
    anchor: int = 0

    @property
    def is_even(self) -> bool:
        """Whether a name of it ends by the suffixes of its script."""
        return self.endings is None and self.whole is None


def is_cyrillic(name: str) -> bool:
    """Whether a name is written in Cyrillic."""
    return _CYRILLIC.search(name) is not None


def spelling(name: str, *, language: str = "", person: bool = False, demonym: bool = False) -> Spelling:
    """How a name is searched. `person`: a surname; `demonym`: an adjective or a people, in every gender and number."""
    if not is_cyrillic(name):
        return Spelling(fold(name))
    # A list of persons may have them in capitals; what is in quotation marks here is so there or not: ЧВК «Вагнер».
    words = _QUOTES.sub(" ", name.lower() if person else name).split()
    if len(words) == 1:
        stem, endings = _stem(words[0], language=language, person=person, demonym=demonym)
        return Spelling(stem, endings)
    parts = [_stem(word, language=language, demonym=demonym, least=1) for word in words]
    anchor = max(range(len(parts)), key=lambda at: len(parts[at][0]))
    before = sum(len(re.split(_BETWEEN, word)) for word in words[:anchor])
    return Spelling(parts[anchor][0], whole=LazyPattern(partial(_whole, parts)), anchor=before)


def _whole(parts: Sequence[tuple[str, frozenset[str]]]) -> str:
    return (
        _BETWEEN.join(
            re.escape(stem) + (f"(?:{'|'.join(sorted(endings, key=len, reverse=True))})" if endings else "")
            for stem, endings in parts
        )
        + r"(?!\w)"
    )


def _stem(
    word: str,
    *,
    language: str = "",
    person: bool = False,
    given: bool = False,
    demonym: bool = False,
    least: int = _LEAST_STEM,
) -> tuple[str, frozenset[str]]:
    """The folded stem of a Cyrillic word, and its folded endings. `given`: a given name, so that Андрій is none of the
    adjectives.
    """
    lower = word.lower()
    # In Ukrainian what is foreign ends in і, so that Суми is a plural; in Russian Чили and Дели are none.
    is_short = len(word) < 5 and lower[-1] in ("еэєуюё" if language == "uk" else "еэєуюёи") and not demonym
    if len(word) < least or word.isupper() or is_short:
        return fold(word), frozenset(("",))
    adjective = None if given else _ADJECTIVES.search(lower)
    if adjective is not None and len(lower) > 4:
        kind = adjective.lastgroup
        cut = 2 if lower.endswith(("ий", "ый", "ій", "ой", "ая", "ое", "ее", "ие", "ые")) else 1
        if not person:
            return fold(lower[:-cut]), _ADJECTIVE
        if kind in ("m", "f") and not _OV.search(lower):
            return fold(lower[:-cut]), _MASCULINE if kind == "m" else _FEMININE
    if person and _OV.search(lower):
        return fold(lower[:-1]), _FEMININE
    for end, cut_off, endings in _CASES:
        if lower.endswith(end) and len(lower) - len(cut_off) >= least:
            return fold(lower[: -len(cut_off)]), endings
    if lower[-1] in "еэєуюё":
        return fold(lower), frozenset(("",))
    return fold(lower), _HARD | _HARD_PLURAL if demonym else _HARD


def given_stem(name: str) -> tuple[str, frozenset[str]]:
    """The folded stem of a given name and the endings of which one follows it; "" alone where it is the whole name."""
    if not is_cyrillic(name):
        return fold(name), frozenset(("",))
    return _stem(name.lower(), given=True, least=2)


def all_forms(words: Iterable[str]) -> frozenset[str]:
    """Folded words with their Cyrillic cases."""
    forms: set[str] = set()
    for word in words:
        how = spelling(word)
        forms.update(how.literal + ending for ending in how.endings or ("",))
    return frozenset(forms)


def name_end(
    how: Spelling, text: str, start: int, end: int, *, language: str = "", demonym: bool = False
) -> int | None:
    """Where a name ends, its ending included, whose literal stands at `text[start:end]`, or which begins at `start`
    where it has a pattern for the whole; None where the word is another.
    """
    if how.whole is not None:
        found = how.whole.match(text, start)
        return found.end() if found else None
    if how.endings is not None:
        stop = end
        while stop < len(text) and stop - end <= _LONGEST_ENDING and text[stop].isalnum():
            stop += 1
        return stop if text[end:stop] in how.endings and not text[stop : stop + 1].isalnum() else None
    return suffix_end(text, end, language=language, demonym=demonym)


_CLITICS: Final = re.compile(r"(?<![^\W\d_])[وف]?[بكلس]?\Z")
_CLITICS_AND_ARTICLE: Final = re.compile(r"(?<![^\W\d_])[وف]?(?:[بك]?ال|لل|[بكل])?\Z")
_LONGEST_CLITICS: Final = 4
PROCLITICS: Final = "وفبلك"
"""Arabic letters that may be written on before a name."""
_HEBREW_PROCLITICS: Final = "".join(sorted(prefix for prefix in HEBREW_PREFIXES if len(prefix) == 1))


def proclitics_of(name: str) -> str:
    """The letters that may be written on before a folded name."""
    return PROCLITICS if name[:1] in ARABIC else _HEBREW_PROCLITICS if name[:1] in HEBREW else ""


def clitics_fit(text: str, start: int, *, article: bool) -> bool:
    """Whether nothing but Arabic conjunction, preposition (and article), or Hebrew particles, stands between the
    beginning of a word and the name in it that begins at `start`.
    """
    if text[start] in HEBREW:
        return written_on(text, start) in HEBREW_PREFIXES
    before = text[max(0, start - _LONGEST_CLITICS - 1) : start]
    return (_CLITICS_AND_ARTICLE if article else _CLITICS).search(before) is not None


_TURKISH_CASES: Final = (
    r"[ny]?[iu]n?|[ny]?[ae]|n?[dt][ae](?:ki(?:ler|lar)?)?|n?[dt][ae]n|y?l[ae]|c[ae]|s[iu]z|y?d[iu]"
)
_APOSTROPHE_SUFFIX: Final = re.compile(r"'[a-z]{1,8}(?!\w)")
_BARE_TURKISH: Final = re.compile(r"(?:n?[iu]n|y[aeiu]|[dt][ae]n?|y?l[ae])(?!\w)")
_DEMONYM: Final = {
    "en": re.compile(r"s?(?!\w)"),
    "fr": re.compile(r"(?:s|e|es|ne|nes)?(?!\w)"),
    "es": re.compile(r"(?:s|es|a|as)?(?!\w)"),
    "de": re.compile(r"(?:e|en|er|es|em|s|n|in|innen)?(?!\w)"),
    "tr": re.compile(rf"(?:lar|ler)?(?:{_TURKISH_CASES})?(?!\w)"),
}
_ARABIC_DEMONYM: Final = re.compile(r"(?:ه|ين|ون|ان|تين|ات|ا)?(?!\w)")
LOCATIVE: Final = re.compile(r"'?n?[dt][ae]n?(?:ki|yd[iu])?")
"""The Turkish suffixes that make a place of a name."""


def suffix_end(text: str, end: int, *, language: str = "", demonym: bool = False) -> int | None:
    """Where a name that ends at `end` of a folded text ends with its suffix; None if the word goes on as another.

    Without a suffix that is `end` itself. Of `Putin's` the suffix is part, of a closing quotation mark it is not.
    """
    following = text[end : end + 1]
    if following == "'":
        suffix = _APOSTROPHE_SUFFIX.match(text, end)
        return suffix.end() if suffix else end
    if not following.isalnum() or is_unspaced(following):
        return None if following in SIGNS_BEHIND else end
    last = text[end - 1]
    if last in ARABIC:
        suffix = _ARABIC_DEMONYM.match(text, end) if demonym else None
    elif last >= "\u0250":
        suffix = None
    elif demonym:
        suffix = _DEMONYM.get(language, _DEMONYM["en"]).match(text, end)
    elif following == "s" and not text[end + 1 : end + 2].isalnum() and last != "s":
        return end + 1
    else:
        suffix = _BARE_TURKISH.match(text, end)
        if suffix and not _long_before(text, end):
            suffix = None
    return suffix.end() if suffix else None


def _long_before(text: str, end: int) -> bool:
    """Whether five letters stand before a position: bare suffixes are only read behind long names."""
    return end >= 5 and text[end - 5 : end].isalnum()
