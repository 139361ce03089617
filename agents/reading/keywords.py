"""Words in folded text of any script, and which words of a text a watched word stands for.

A word is a run of letters and digits. In a script that writes no spaces between words (Chinese, Japanese, Thai, Khmer,
Lao, Burmese) each character is a word of its own, so that a watched text is found wherever it stands. A watched word
finds, in a text:

- itself;
- itself with a suffix of at most five letters after an apostrophe (`Erdoğan'ın`, `Putin's`), which is no word of its
  own when words are counted; nor are Cyrillic letters behind one, or Hebrew ones behind a geresh, however many
  (`об'єктами`, `ג'נין`);
- a Cyrillic word of three letters or more: itself in its cases (`Зеленський` finds `Зеленського`); in an article in
  Turkish or Azerbaijani, a word of four letters or more: itself with suffixes (`agents.reading.endings`);
- an Arabic word: itself behind the article and the particles written with it (`هدنة` finds `والهدنة`); one that has
  the article, itself behind particles, of which ل takes a letter from it (`الهدنة` finds `للهدنة`);
- a Hebrew word: itself behind the particles written with it (`עזה` finds `בעזה`); one of two letters that
  begins no phrase behind the article alone.

docs/queries.md says this to the writers of watches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from agents.reading.endings import (
    LONGEST_CYRILLIC_ENDING,
    LONGEST_TURKISH_ENDING,
    SHORTEST_TURKISH_STEM,
    form_of,
    is_turkish,
    is_turkish_vowel,
    softened,
)
from agents.reading.fold import SIGNS_BEHIND, Span, fold

ALONE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""The characters that are words of their own, as a range of a regular expression."""
LETTER: Final = rf"[^\W_{ALONE}]"
"""What a letter or digit is, as a regular expression; characters that are words of their own aside."""
_GERESH: Final = "[אגדזחטיסעפצקרת]"
"""Hebrew letters behind which an apostrophe is of the word (`ג'נין`); behind the others, particles, one may open a
quotation (`ב'הארץ'`).
"""
_UNSPACED: Final = re.compile(rf"[{ALONE}\uac00-\ud7a3]")
_TOKEN: Final = re.compile(
    rf"(?=\w)(?:(?P<alone>[{ALONE}])"
    rf"|(?P<core>{LETTER}{{2,}}|(?:[\u0400-\u04ff]|{_GERESH})(?='))"
    rf"(?:'(?:{LETTER}{{1,5}}(?!{LETTER})|[\u0400-\u04ff]+|(?<={_GERESH}')[\u05d0-\u05ea]+))?|{LETTER})"
)
_RUN: Final = re.compile(rf"{LETTER}*")
_GOES_ON_BEHIND_MARK: Final = re.compile(rf"(?<={_GERESH})'{LETTER}")
_IS_ALONE: Final = re.compile(rf"[{ALONE}]")
_FIRST_ALONE: Final = ALONE[0]

ARTICLE: Final = "ال"
_WITH_ARTICLE: Final = frozenset("ال وال بال فال كال لل ولل فلل وبال فبال وكال".split())
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

_SHORTEST_LITERAL: Final = 4
"""Letters that a word is searched by; shorter ones are in too many words."""
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
    """What a folded watched word begins with wherever it stands: itself, an Arabic one without its article, a Cyrillic
    one without what endings take the place of.
    """
    return word[len(ARTICLE) :] if has_article(word) else form_of(word).stem


def stems_of(word: str) -> tuple[str, ...]:
    """The stem of a folded watched word; also what it becomes in Turkish before a vowel, where that is another."""
    soft = softened(word)
    return (stem_of(word), soft) if soft else (stem_of(word),)


def literals_of(word: str) -> tuple[str, ...]:
    """What a folded watched word is searched by, without one of which it stands nowhere: its stems.

    A short stem stands in many words, so it is taken with what may go on from there.
    """
    stem = stem_of(word)
    missing = _SHORTEST_LITERAL - len(stem)
    if missing <= 0 or stem == word or has_article(word):
        return stems_of(word)
    literals: list[str] = []
    for literal in sorted({stem + ending[:missing] for ending in form_of(word).endings}):
        if not literals or not literal.startswith(literals[-1]):
            literals.append(literal)
    return tuple(literals)


def starts_word(text: str, at: int, *, begins_phrase: bool = False) -> bool:
    """Whether a watched word that stands at a position begins there, particles in front of it aside.

    `begins_phrase`: what stands behind it tells that a short one is no part of another (`בתל אביב`).
    """
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
    end = run_end(text, at, _SHORTEST_BEHIND_HEBREW)
    is_short = end - at < _SHORTEST_BEHIND_HEBREW and not _GOES_ON_BEHIND_MARK.match(text, end)  # ג'נין
    return written_on(text, at) in (_HEBREW_ARTICLE if is_short and not begins_phrase else HEBREW_PREFIXES)


def begin_of(word: str, text: str, at: int, *, begins_phrase: bool = False) -> int | None:
    """Where a watched word begins whose stem stands at a position; None where it is another word."""
    if not starts_word(text, at, begins_phrase=begins_phrase):
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


def word_at(word: str, text: str, start: int, *, turkish: bool, begins_phrase: bool = False) -> Span | None:
    """The span of a watched word whose stem, or what that becomes in Turkish, stands at a position; None where it is
    another word.
    """
    stem, soft = stem_of(word), softened(word) if turkish else ""
    if not text.startswith(stem, start):
        if not soft or not text.startswith(soft, start):
            return None
        stem = soft
    begin = begin_of(word, text, start, begins_phrase=begins_phrase)
    if begin is None:
        return None
    end = start + len(stem)
    if stands_alone(stem[-1]):
        return None if text[end : end + 1] in SIGNS_BEHIND else (begin, end)
    stop = run_end(text, end)
    if stop - end > LONGEST_TURKISH_ENDING:
        return None
    ending = text[end:stop]
    if stem == soft:
        return (begin, stop) if ending and is_turkish_vowel(ending) else None
    if ending in form_of(word).endings:
        return begin, stop
    return (begin, stop) if turkish and _takes(ending, len(stem), stem[-1]) else None


def may_stand(text: str, start: int, end: int) -> bool:
    """Whether what a word is searched by may be that word where it stands, in whichever language: mostly it is not."""
    if not starts_word(text, start, begins_phrase=True):
        return False
    last = text[end - 2] if text[end - 1] == "'" else text[end - 1]
    stop = run_end(text, end)
    if stop == end or stands_alone(last):
        return True
    if "\u0400" <= last <= "\u04ff":
        return stop - end <= LONGEST_CYRILLIC_ENDING
    return stop - end <= LONGEST_TURKISH_ENDING and _takes(text[end:stop], end - start, last)


def _takes(ending: str, letters: int, last: str) -> bool:
    """Whether something is a Turkish suffix of a stem of so many letters that ends with this one."""
    return letters >= SHORTEST_TURKISH_STEM and last < "\u0250" and is_turkish(ending)


def token_fits(word: str, token: Token, text: str, *, turkish: bool, begins_phrase: bool = False) -> bool:
    """Whether a word of a text is one that a watched word stands for, or its first one."""
    if stands_alone(word):
        following = text[token.start + len(word) : token.start + len(word) + 1]
        return text.startswith(word, token.start) and following not in SIGNS_BEHIND
    stop = token.full_end if "'" in word else token.end
    at = text.find(stem_of(word), token.start, stop)
    if at < 0 and turkish and (soft := softened(word)):
        at = text.find(soft, token.start, stop)
    return at >= 0 and word_at(word, text, at, turkish=turkish, begins_phrase=begins_phrase) is not None


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
        if index + own > len(tokens) or not token_fits(
            word, tokens[index], text, turkish=turkish, begins_phrase=index == first
        ):
            return None
        index += own
    return tokens[first].start, end_of(words[-1], tokens[index - 1])


def width(word: str) -> int:
    """How many tokens a watched word is made of."""
    return len(word) if stands_alone(word) else 1
