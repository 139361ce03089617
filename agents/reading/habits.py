"""What writers of queries bring along from other tools, and what here means something else, so that they are told.

Elsewhere NEAR joins two words, single quotation marks hold a phrase and `evacuat!` is every word with that beginning.
Here the first two would be words by themselves, any of which suffices, and the third would forbid what comes next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from agents.reading.fold import fold
from streams.errors import QueryError

GERSHAYIM: Final = r"(?<=[\u05d0-\u05ea])\"(?=[\u05d0-\u05ea])"
"""A quotation mark in a Hebrew abbreviation (`צה"ל`), as a regular expression."""

QUOTED: Final = "|".join(
    rf"[{opening}](?:[^{closing}\\]|\\.{inside})*[{closing}]"
    for opening, closing, inside in (
        ('"“”„＂', '"“”„＂', f"|{GERSHAYIM}"),
        ("«", "»", ""),
        ("»", "«", ""),
        ("「", "」", ""),
        ("『", "』", ""),
    )
)
"""A phrase in quotation marks, as a regular expression."""

WRITTEN_OUT: Final = rf"\\.|{GERSHAYIM}|{QUOTED}|[\"“”„＂«»「『].*"
"""What holds no operator: an escaped character, a phrase, all that is behind a mark which nothing closes."""

_PROXIMITY: Final = r"(?:O|NOT)?NEAR|ADJ|AROUND|WITHIN|SAME|PRE|ATLEAST"
_CLOSES: Final = r"(?=[\s)）]|$)"
_HABITS: Final = re.compile(
    rf"{WRITTEN_OUT}"
    rf"|(?<=\w)(?P<cut>!){_CLOSES}"
    rf"|(?<![^\s(（])(?P<quote>['‘‚‹])[^'‘’‚‹›\"]*[’'‘›]{_CLOSES}"
    rf"|\b(?P<near>(?:{_PROXIMITY})\d*|(?i:NEAR|ADJ|PRE|ATLEAST)\d+)\b"
    r"|\b(?P<operator>(?:AND|BUT)_?NOT|XOR)\b"
    r"|(?<=[^\W\d])(?P<comma>[,;，；、])(?=[^\W\d])",
    re.DOTALL,
)
_NEAR: Final = 'two words near one another are a phrase with a distance, "ceasefire gaza"~5'
_WITH_SLASH: Final = re.compile(rf"(?:(?<![^\s(（])|\b(?i:{_PROXIMITY}|[A-Z]))\Z")
_DISTANCE: Final = re.compile(r"/(?:[A-Za-z]?\d+|[psPS])\b")

_EVERYDAY: Final = frozenset(
    fold(word)
    for word in (
        # English, with those that initials are spelt like: IS, IT, US, WHO
        "a all also an and any are as at be been but by can could did do for from had has have he her him his how i if "
        "in into is it its just like may more most must new no not now of off on one only or other our out over "
        "said say she should so some such than that the their them then there these they this those to two under up us "
        "was we were what when where which while who will with would year you your "
        # German, French, Spanish
        "der die das den dem des ein eine einen einem einer und ist sind war nicht auch auf aus bei bis für im mit "
        "nach über um von vor wie wird wurde zu zum zur sich es er sie ich wir hat haben dass oder aber "
        "le la les un une du de et en est dans que qui pour pas par sur au aux avec ce cette ces il elle ont été son "
        "sa ses leur plus ou mais comme se ne nous vous après "
        "el los las lo y del al con para como más pero su sus ha han fue ser este esta entre sobre también sin o "
        # Turkish, Ukrainian, Russian
        "ve bir bu da için ile olarak olan çok daha gibi sonra kadar "
        "і й та в у на з із що не до за від про як це для він вона вони або але був було "
        "и что с по к о как это его она они из но от был была было или "
        # Arabic
        "في من على إلى عن مع أن إن ما لا هذا هذه التي الذي كان كما بعد قبل بين وقد قد"
    ).split()
)
_LONGEST: Final = 2 * max(map(len, _EVERYDAY))
"""Characters of what is looked at for its word: most keywords are names, and longer."""
_ONE_WORD: Final = re.compile(r"[\W_]*([^\W_]+)[\W_]*")


def everyday(text: str) -> str | None:
    """A warning of a keyword or phrase that is one word of every day, or a single letter, if it is.

    Case does not count, so a name that is spelt like such a word is found wherever the word stands.
    """
    if len(text) > _LONGEST or (found := _ONE_WORD.fullmatch(text)) is None:
        return None
    word = fold(found[1])
    if word in _EVERYDAY:
        where = "nearly every article, and case does not count"
    elif len(word) == 1:
        where = "very many articles"
    else:
        return None
    return f"{text.strip()}: {word!r} stands in {where}; ask for a longer phrase, or for an actor"


def everyday_among(fits: Callable[[str], bool]) -> str | None:
    """A word of every day that a pattern fits, if there is one."""
    return next(filter(fits, sorted(_EVERYDAY, key=len)), None)


def habits_in(query: str) -> Iterator[str]:
    """What is worth a warning in a query. Raises QueryError with the column of what cannot be meant."""
    for found in _HABITS.finditer(query):
        said = found[0].strip()
        match found.lastgroup:
            case "cut":
                raise QueryError(
                    "! behind a word is no wildcard, write evacuat* for one; before a word it forbids it",
                    found.start() + 1,
                )
            case "quote" if any(map(str.isspace, said)):
                yield f'{said[:60]} are words by themselves, as {said[0]} is no quotation mark: write "…"'
            case "near":
                yield f"{said} is looked for as a word: {_NEAR}"
            case "operator":
                yield f"{said} is looked for as a word: write AND NOT"
            case "comma":
                yield (
                    f"words with {said} and no space between them are one phrase: "
                    "where any of them suffices, write a space or OR"
                )


def slash_means(query: str, at: int) -> str | None:
    """What to say of a slash in a query that is meant as a distance, if it is."""
    if _DISTANCE.match(query, at) and _WITH_SLASH.search(query[max(0, at - 12) : at]):
        return f"a distance is not written so: {_NEAR}; of groups, each pair by itself"
    return None
