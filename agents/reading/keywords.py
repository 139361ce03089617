"""Words in folded text of any script, and which words of a text a watched word stands for.

A word is a run of letters and digits. In a script that writes no spaces between words (Chinese, Japanese, Thai, Khmer,
Lao, Burmese) each character is a word of its own, so that a watched text is found wherever it stands. A watched word
finds, in a text:

- itself;
- itself with a suffix of at most five letters after an apostrophe (`Erdoğan'ın`, `Putin's`), which is no word of its
  own when words are counted; nor are Cyrillic letters behind one, however many (`об'єктами`);
- a Cyrillic word of three letters or more: itself with a case ending; of one that ends like a nominative, that ending
  may be another one (`перемирие` finds `перемирия`, `Зеленський` finds `Зеленського`); of six letters or more, its last
  consonant or vowel changes as in Ukrainian (`Авдіївка` finds `Авдіївці`, `Харків` finds `Харкова`);
- in an article in Turkish or Azerbaijani, a word of four letters or more: itself with plural, possessive and case
  endings (`ateşkes` finds `ateşkesi`);
- an Arabic word: itself behind the article and the particles written with it (`هدنة` finds `والهدنة`); one that has
  the article, itself behind particles, of which ل takes a letter from it (`الهدنة` finds `للهدنة`);
- a Hebrew word: itself behind the particles written with it (`עזה` finds `בעזה`); one of two letters behind the
  article alone.

docs/queries.md says this to the writers of watches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from agents.reading.fold import SIGNS_BEHIND, Span, fold

ALONE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""The characters that are words of their own, as a range of a regular expression."""
LETTER: Final = rf"[^\W_{ALONE}]"
"""What a letter or digit is, as a regular expression; characters that are words of their own aside."""
_UNSPACED: Final = re.compile(rf"[{ALONE}\uac00-\ud7a3]")
_TOKEN: Final = re.compile(
    rf"(?=\w)(?:(?P<alone>[{ALONE}])"
    rf"|(?P<core>{LETTER}{{2,}}|[\u0400-\u04ff](?='))(?:'(?:{LETTER}{{1,5}}(?!{LETTER})|[\u0400-\u04ff]+))?|{LETTER})"
)
_RUN: Final = re.compile(rf"{LETTER}*")
_IS_ALONE: Final = re.compile(rf"[{ALONE}]")
_FIRST_ALONE: Final = ALONE[0]

_CYRILLIC_ENDINGS: Final = frozenset(
    fold(ending)
    for ending in (
        "а я у ю е є и ы і ї о й ь ом ем ём єм ой ей єю ою ею ам ям ами ями ах ях ов ев ёв ів їв ью "
        "ові еві єві ий ый ій ая яя ое ее ые ие ия ию ии ого его ього ому ему ьому ым им ім їм ую юю ых их їх "
        "ыми ими іми"
    ).split()
)
_NOMINATIVES: Final = tuple(fold(ending) for ending in ("ий", "ый", "ій", "ая", "яя", "ое", "ее", "ые"))
_CHANGING: Final[Mapping[str, frozenset[str]]] = {
    "ка": frozenset(("ці", *("к" + ending for ending in _CYRILLIC_ENDINGS))),
    "га": frozenset(("зі", *("г" + ending for ending in _CYRILLIC_ENDINGS))),
    "ха": frozenset(("сі", *("х" + ending for ending in _CYRILLIC_ENDINGS))),
    "ів": frozenset(
        "ів іва іву іві івом івам івах ова ову ові овом ева еву еві евом єва єву єві євом".split()
    ),
}
"""What of a Cyrillic word changes before an ending in Ukrainian, and what may stand in its place."""
_SHORTEST_CHANGED: Final = 5
"""Letters of a Cyrillic word from which on its ending may be another."""
_SHORTEST_CHANGING: Final = 6
_PLURALS: Final = ("ы", "і")
_PLURAL_ENDINGS: Final = frozenset(
    fold(ending) for ending in "ы і и ов ев ів їв ам ям ами ями ах ях ей их ых им ым ими ыми".split()
)
"""What may stand in place of a plural's: выборы (elections) are no выбор (choice)."""
_PLAIN_ENDINGS: Final = _CYRILLIC_ENDINGS | {""}
_ALL_ENDINGS: Final = _PLAIN_ENDINGS.union(_PLURAL_ENDINGS, *_CHANGING.values())
_TURKISH_ENDINGS: Final = re.compile(
    r"(?:l[ae]r)?(?:[iu]?m[iu]z|[iu]?n[iu]z|s?[iu]|[iu]m)?"
    r"(?:n?[iu]n|[yn]?[iu]|[yn]?[ae]|n?[dt][ae]n?|y?l[ae])?(?:ki(?:l[ae]r)?)?"
)
ARTICLE: Final = "ال"
_WITH_ARTICLE: Final = frozenset("ال وال بال فال كال لل ولل فلل".split())
"""The article as it stands in front of a word, particles before it included."""
_ARABIC_PREFIXES: Final = _WITH_ARTICLE | frozenset("و ف ب ل وب فب ول فل".split())
HEBREW_PREFIXES: Final = frozenset(
    "ו ה ב ל מ ש כ וה וב ול ומ וש וכ שה שב של שמ מה כש ושה ומה וכש כשה שמה".split()
)
"""The article and particles as they stand in front of a word."""
_HEBREW_ARTICLE: Final = frozenset(("ה", "וה"))
_SHORTEST_BEHIND_HEBREW: Final = 3
"""Letters that a Hebrew word needs for what is written on to it to be any particle: `מים` (water) is not `ים` (sea)."""
SHORTEST_BEHIND_ARTICLE: Final = 3
"""Letters that an Arabic word needs for what it begins with to be the article."""

LONGEST_TURKISH_ENDING: Final = 8
SHORTEST_TURKISH_STEM: Final = 4
LONGEST_CYRILLIC_ENDING: Final = max(map(len, _ALL_ENDINGS))
SHORTEST_CYRILLIC_STEM: Final = 3
LONGEST_PREFIX: Final = max(map(len, _ARABIC_PREFIXES | HEBREW_PREFIXES))
PREFIX_LETTERS: Final = "".join(sorted({prefix[0] for prefix in _ARABIC_PREFIXES | HEBREW_PREFIXES}))
"""What a particle that is written with its word can begin with."""


class Token(NamedTuple):
    """A word of a folded text: `text[start:end]`, which `text[end:full_end]` follows behind an apostrophe."""

    core: str
    start: int
    end: int
    full_end: int


def tokens_of(text: str, start: int = 0, stop: int | None = None) -> list[Token]:
    """The words of a folded text, or of what is between two spaces of it, in order."""
    tokens = []
    token = tuple.__new__  # that of the class is written in Python, and articles that hit have many words cut
    for found in _TOKEN.finditer(text, start, len(text) if stop is None else stop):
        begin, full_end = found.span()
        end = found.end("core")
        if end < 0:
            end = full_end
        tokens.append(token(Token, (text[begin:end], begin, end, full_end)))
    return tokens


def words_of(text: str) -> tuple[str, ...]:
    """The watched words of a literal; adjoining characters that are words of their own stay together."""
    folded = fold(text)
    words: list[str] = []
    last_end = -1
    for token in tokens_of(folded):
        alone = stands_alone(token.core)
        if alone and last_end == token.start and _IS_ALONE.match(folded, last_end - 1):
            words[-1] += token.core
        else:
            words.append(folded[token.start : token.full_end])
        last_end = token.full_end
    return tuple(words)


def has_article(word: str) -> bool:
    """Whether a folded watched word is an Arabic one with its article."""
    return (
        word.startswith(ARTICLE) and len(word) >= len(ARTICLE) + SHORTEST_BEHIND_ARTICLE and "'" not in word
    )


def stem_of(word: str) -> str:
    """What a folded watched word is searched by: itself, an Arabic one without its article, or a Cyrillic one without
    its nominative ending or what changes before others.
    """
    if has_article(word):
        return word[len(ARTICLE) :]
    if not "\u0400" <= word[-1] <= "\u04ff" or len(word) < _SHORTEST_CHANGED:
        return word
    if len(word) >= _SHORTEST_CHANGING and word[-2:] in _CHANGING:
        return word[:-2]
    if word.endswith(_NOMINATIVES):
        return word[:-2] if len(word) >= 6 else word
    return word[:-1] if word[-1] in "аяеоьиыі" else word


def _endings_of(word: str) -> frozenset[str]:
    """What may stand behind the stem of a Cyrillic word."""
    if word[-2:-1] == "'" and word[-1] >= "\u0400":  # перемир'я is no form of перемир
        return _CYRILLIC_ENDINGS
    if len(word) >= _SHORTEST_CHANGED and word.endswith(_PLURALS):
        return _PLURAL_ENDINGS
    return _CHANGING.get(word[-2:], _PLAIN_ENDINGS) if len(word) >= _SHORTEST_CHANGING else _PLAIN_ENDINGS


def starts_word(text: str, at: int) -> bool:
    """Whether a watched word that stands at a position begins there, particles in front of it aside."""
    if at == 0:
        return True
    before = text[at - 1]
    if not before.isalnum():
        return True
    if (before >= _FIRST_ALONE or text[at] >= _FIRST_ALONE) and not _goes_on(text, at):
        return True
    if "\u0600" <= before <= "\u06ff":
        return written_on(text, at) in _ARABIC_PREFIXES
    if not "\u05d0" <= before <= "\u05ea":
        return False
    is_short = run_end(text, at, _SHORTEST_BEHIND_HEBREW) - at < _SHORTEST_BEHIND_HEBREW
    return written_on(text, at) in (_HEBREW_ARTICLE if is_short else HEBREW_PREFIXES)


def begin_of(word: str, text: str, at: int) -> int | None:
    """Where a watched word begins whose stem stands at a position; None where it is another word."""
    if not starts_word(text, at):
        return None
    if not has_article(word):
        return at
    return at - len(ARTICLE) if written_on(text, at) in _WITH_ARTICLE else None


def stands_alone(word: str) -> bool:
    """Whether a watched word is of characters each of which is a word of its own."""
    return word >= _FIRST_ALONE and _IS_ALONE.match(word) is not None


def has_alone(text: str) -> bool:
    """Whether there is a character in a text that is a word of its own."""
    return _IS_ALONE.search(text) is not None


def is_unspaced(character: str) -> bool:
    """Whether a letter of a folded text may have another word right beside it: one of these, or a Korean syllable."""
    return character >= _FIRST_ALONE and _UNSPACED.match(character) is not None


def _alone(text: str, at: int) -> bool:
    return text[at] >= _FIRST_ALONE and _IS_ALONE.match(text, at) is not None


def _goes_on(text: str, at: int) -> bool:
    """Whether what stands at a position is a letter or digit of the word before it."""
    return at > 0 and text[at - 1].isalnum() and not (_alone(text, at) or _alone(text, at - 1))


def written_on(text: str, at: int) -> str:
    """What is written on to the front of a word that stands at a position; of much, the last letters."""
    return text[run_begin(text, at, LONGEST_PREFIX + 1) : at]


def run_begin(text: str, at: int, most: int) -> int:
    """Where the letters and digits that go on at a position begin, at most so many before it."""
    begin = at
    while at - begin < most and _goes_on(text, begin):
        begin -= 1
    return begin


def run_end(text: str, at: int, most: int | None = None) -> int:
    """Where the letters and digits that go on at a position end, at most so many behind it."""
    if at >= len(text) or not text[at].isalnum():
        return at
    found = _RUN.match(text, at, len(text) if most is None else at + most)
    return found.end() if found else at


def ending_fits(word: str, text: str, end: int, *, turkish: bool) -> int | None:
    """Where a watched word ends whose stem was found up to `end`; None where it is another word."""
    return _ending_fits(stem_of(word), _endings_of(word), text, end, turkish=turkish)


def _ending_fits(stem: str, endings: frozenset[str], text: str, end: int, *, turkish: bool) -> int | None:
    """`endings`: of a Cyrillic word."""
    last = stem[-2:-1] if stem[-1] == "'" else stem[-1]
    if stands_alone(last):
        return None if text[end : end + 1] in SIGNS_BEHIND else end
    stop = run_end(text, end)
    if stop == end:
        return end if "" in endings else None
    if stop - end > LONGEST_TURKISH_ENDING:
        return None
    ending = text[end:stop]
    if "\u0400" <= last <= "\u04ff":
        return stop if len(stem) >= SHORTEST_CYRILLIC_STEM and ending in endings else None
    if (
        turkish
        and len(stem) >= SHORTEST_TURKISH_STEM
        and last < "\u0250"
        and _TURKISH_ENDINGS.fullmatch(ending)
    ):
        return stop
    return None


def may_stand(text: str, start: int, end: int) -> bool:
    """Whether what stands at a span may be the stem of a word, in whichever language: nearly always it is not."""
    stem = text[start:end]
    return starts_word(text, start) and _ending_fits(stem, _ALL_ENDINGS, text, end, turkish=True) is not None


def token_fits(word: str, token: Token, text: str, *, turkish: bool) -> bool:
    """Whether a word of a text is one that a watched word stands for, or its first one."""
    if stands_alone(word):
        following = text[token.start + len(word) : token.start + len(word) + 1]
        return text.startswith(word, token.start) and following not in SIGNS_BEHIND
    stem = stem_of(word)
    at = text.find(stem, token.start, token.full_end if "'" in word else token.end)
    if at < 0 or begin_of(word, text, at) is None:
        return False
    return ending_fits(word, text, at + len(stem), turkish=turkish) is not None


def end_of(word: str, token: Token) -> int:
    """Where a watched word ends whose last token is this one."""
    return token.full_end if "'" in word else token.end


def key_of(word: str) -> str:
    """The letters that a folded watched word is looked up by: its stem as far as an apostrophe."""
    return word.partition("'")[0] if "'" in word else stem_of(word)


def phrase_at(
    words: Sequence[str], anchor: int, tokens: Sequence[Token], at: int, text: str, *, turkish: bool
) -> Span | None:
    """The span of a phrase whose word number `anchor` is the token number `at`; None where the others do not fit."""
    index = at - sum(map(width, words[:anchor]))
    if index < 0:
        return None
    first = index
    for word in words:
        own = width(word)
        if index + own > len(tokens) or not token_fits(word, tokens[index], text, turkish=turkish):
            return None
        index += own
    return tokens[first].start, end_of(words[-1], tokens[index - 1])


def width(word: str) -> int:
    """How many tokens a watched word is made of."""
    return len(word) if stands_alone(word) else 1
