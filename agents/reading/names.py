"""The forms that a name takes in running text: Slavic cases, Arabic clitics, suffixes of Latin script.

Slavic and Arabic forms are generated, so that the automaton finds them as they stand; what Latin script hangs on a
name (`'s`, `'ın`, a German genitive) is read at the end of a hit. Forms are generated generously: one that no text
holds costs nothing, and none of them is another word of the same registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_CYRILLIC: Final = re.compile(r"[\u0400-\u052f]")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")

# Endings are those of Ukrainian and Russian together; "" is the bare stem. The position in a row is the case, so
# that the words of a phrase agree: nominative, genitive, dative, accusative, instrumental, locative, …
_ADJECTIVE: Final = "ий ый ій ой ого его ому ему им ым ім ом ем а ая я яя ої ой ей ую ю у юю ою е ое ее і и ые ие ії их ых ими ыми".split()  # noqa: E501
_CLASSES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("анець", ("анець", "анця", "анцю", "анцеві", "анцем", "анці", "анців", "анцям", "анцями", "анцях")),
    ("инець", ("инець", "инця", "инцю", "инцеві", "инцем", "инці", "инців", "инцям", "инцями", "инцях")),
    ("єць", ("єць", "йця", "йцю", "йцеві", "йцем", "йці", "йців", "йцям", "йцями", "йцях")),
    ("ець", ("ець", "ця", "цю", "цеві", "цем", "ці", "ців", "цям", "цями", "цях")),
    ("ец", ("ец", "ца", "цу", "цем", "це", "цы", "цев", "цам", "цами", "цах")),
    (
        "янин",
        ("янин", "янина", "янину", "янином", "янині", "янине", "яни", "яне", "ян", "янам", "янами", "янах"),
    ),
    (
        "анин",
        ("анин", "анина", "анину", "анином", "анині", "анине", "ани", "ане", "ан", "анам", "анами", "анах"),
    ),
    ("ія", ("ія", "ії", "ію", "ією")),
    ("ия", ("ия", "ии", "ию", "ией")),
    ("яни", ("яни", "ян", "янам", "янами", "янах")),
    ("а", ("а", "и", "ы", "і", "е", "у", "ою", "ой", "ей", "ею", "о")),
    ("я", ("я", "и", "ї", "і", "е", "ю", "ею", "єю", "ей")),
    ("й", ("й", "я", "ю", "єві", "еві", "єм", "ем", "ї", "е", "и")),
    ("ь", ("ь", "я", "ю", "еві", "єві", "ем", "єм", "і", "е", "и", "ей", "ью")),
    ("о", ("о", "а", "у", "ові", "ом", "і")),
    ("ы", ("ы", "ов", "ам", "ами", "ах", "")),
    ("и", ("и", "ів", "ов", "ам", "ами", "ах", "", "ей")),
    ("і", ("і", "ів", "ей", "ам", "ами", "ах")),
)
_CONSONANT: Final = (
    "", "а", "у", "ові", "еві", "ом", "ем", "ым", "им", "і", "е",
)  # fmt: skip
_PLURAL: Final = ("и", "ы", "і", "ів", "ов", "ам", "ами", "ах")
_STIFF_ADJECTIVE: Final = re.compile(r"(?:ськ|цьк|зьк|ск|цк|н|в|ов)(?:ий|ый|ій|ой)$")


def cyrillic_forms(word: str, *, plural: bool = False) -> tuple[str, ...]:
    """The cases of a Ukrainian or Russian word, itself first; a word in capitals (ООН) has one form.

    >>> cyrillic_forms("Путин")[:4]
    ('Путин', 'Путина', 'Путину', 'Путинові')
    """
    if len(word) < 3 or word.isupper():
        return (word,)
    adjective = _STIFF_ADJECTIVE.search(word)
    if adjective:
        stem = word[: -len(adjective.group()) + len(adjective.group()) - 2]
        return (word, *(stem + ending for ending in _ADJECTIVE))
    for ending, row in _CLASSES:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            stem = word[: -len(ending)]
            return (word, *(stem + case for case in row))
    if word[-1] in "еэєуюиё":
        return (word,)
    forms = tuple(word + case for case in _CONSONANT)
    return forms + tuple(word + case for case in _PLURAL) if plural else forms


def phrase_forms(phrase: str, *, plural: bool = False) -> Iterator[str]:
    """The forms of a name of one or more words; for Latin script only the name as it is.

    In Cyrillic each word may be inflected while the others stay (Организация Объединённых Наций), or the first two
    agree (Европейский союз, Сполучені Штати); in Arabic `ل` melts into the article (الأمم, للأمم).
    """
    yield phrase
    if _ARABIC.search(phrase):
        if phrase.startswith("ال"):
            yield "لل" + phrase[2:]
        return
    if not _CYRILLIC.search(phrase):
        return
    words = phrase.split(" ")
    cases = [cyrillic_forms(word, plural=plural) for word in words]
    for at, forms in enumerate(cases):
        if at > 0 and not words[at][:1].isupper() and at != 1:
            break
        for form in forms[1:]:
            yield " ".join([*words[:at], form, *words[at + 1 :]])
    if len(words) > 1:
        for first in cases[0]:
            for second in cases[1]:
                yield " ".join([first, second, *words[2:]])


_CLITICS: Final = re.compile(r"(?<![^\W\d_])[وف]?(?:[بكل]|س)?\Z")
_CLITICS_AND_ARTICLE: Final = re.compile(r"(?<![^\W\d_])[وف]?(?:[بكل]?(?:ال)?|لل)\Z")


def arabic_clitics(before: str, *, article: bool) -> bool:
    """Whether nothing but conjunction, preposition (and article) stands between a word's beginning and its name.

    `before` is the folded text that ends where the name begins.
    """
    return (_CLITICS_AND_ARTICLE if article else _CLITICS).search(before) is not None


_VOWEL: Final = "[aeiou]"
_TURKISH: Final = (
    r"(?:[ny]?[iu]n?|[ny]?[ae]|n?d[ae](?:ki)?(?:ler|lar)?|n?t[ae]|n?[dt][ae]n|(?:y|n)?l[ae]|l[ae]r\w{0,6}"
    r"|l[iu]\w{0,6}|[cç][ae]|s[iu]z|y?di|ki)"
)
_APOSTROPHE_SUFFIX: Final = re.compile(r"'(?:s|[a-z]{1,8})?(?!\w)")
_GENITIVE: Final = re.compile(r"(?:e?s)(?!\w)")
_BARE_TURKISH: Final = re.compile(_TURKISH + r"(?!\w)")
_DEMONYM: Final = re.compile(
    r"(?:s|es|ne|nes|n|e|en|er|em|in|innen|r|a|as|os|o|lar\w{0,5}|ler\w{0,5}|li\w{0,5}|'[a-z]{1,8})(?!\w)"
)
_ARABIC_DEMONYM: Final = re.compile(r"(?:ه|ين|ون|ان|تين|ات|ا)(?!\w)")


def suffix_end(text: str, end: int, language: str, *, demonym: bool) -> int | None:
    """Where a name that ends at `end` of a folded text ends with its suffix; None if the word goes on as another.

    Without a suffix that is `end` itself. Of `Putin's` the suffix is part, of a closing quotation mark it is not.
    """
    following = text[end : end + 1]
    if not following or not (following.isalnum() or following == "'"):
        return end
    if following == "'":
        suffix = _APOSTROPHE_SUFFIX.match(text, end)
        return suffix.end() if suffix and suffix.end() > end + 1 else end
    last = text[end - 1]
    if unspaced(last) or unspaced(following):
        return end
    if _ARABIC.match(last):
        suffix = _ARABIC_DEMONYM.match(text, end) if demonym else None
        return suffix.end() if suffix else None
    if _CYRILLIC.match(last):
        return None
    if demonym and (suffix := _DEMONYM.match(text, end)):
        return suffix.end()
    if language == "tr" and (suffix := _BARE_TURKISH.match(text, end)):
        return suffix.end()
    suffix = _GENITIVE.match(text, end)
    return suffix.end() if suffix else None


def unspaced(character: str) -> bool:
    """Whether a character is of a script that sets no space between words, or hangs particles on them."""
    return (
        "\u0e00" <= character <= "\u0eff"
        or "\u1000" <= character <= "\u109f"
        or "\u1780" <= character <= "\u17ff"
        or "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7a3"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def is_arabic(character: str) -> bool:
    """Whether a character is Arabic."""
    return "\u0600" <= character <= "\u06ff"
