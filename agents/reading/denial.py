"""Denial: words and endings by which a text says that something is not so (`not yet extended`, `uzatılmadı`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from agents.reading.excerpt import CLAUSE_END
from agents.reading.fold import Span
from agents.reading.phrases import Phrase, last_words

T = TypeVar("T")

_DENIED: Final = 8
"""Most characters between a word of denial and the word of a stage that it denies."""

DENYING: Final = {
    "tr": re.compile(
        "m(?:[ae](?:di(?:[kmn]|l[ae]r|g.{1,6})?|mis|m[ae]s.{1,4}|y[ae]n.{0,6}|y[ae]c[ae][kg]?.{0,8}|z)|[iu]yor.{0,4})$"
    )
}
"""Endings that deny a verb (`uzatıl|madı`), by language; `ma` alone makes a noun of it."""

DENIED_BEHIND: Final = {
    "ru": re.compile(r" (?:пока |так и |еще )?не (?:буд[еу]т|был[аои]?|удал\w+|получил\w+)(?!\w)"),
    "uk": re.compile(r" (?:поки |так і |ще )?не (?:буд[еу]\w*|був|бул[аои]|вдал\w+|вииш\w+)(?!\w)"),
}
"""Denial that stands behind the word it denies (`продлено не будет`), by language."""

_HELPING: Final = "has|have|had|having|was|were|is|are|been|be|being|will|would|yet|ever|to|needed|need|needs"
_JOINING: Final = "and|or|as|but|when|while|after|before|until|since|because|if|who|which|that|where|than"
DENIED_FROM_AFAR: Final = {
    "ar": re.compile("لم [يت]صدر(?: اي)? "),
    "en": re.compile(
        rf"(?:(?:no|neither|none of)(?: (?!(?:{_JOINING}) )\w+){{1,3}}|no one|nobody|none|nor|neither"
        r"|den\w+(?: on \w+day)?(?: (?:that|reports|claims|rumou?rs|it|he|she|they|we))*)"
        rf"(?: (?:{_HELPING}))+ "
    ),
    "de": re.compile(r"kein\w*(?: (?!(?:und|oder|aber|als|wenn|weil|dass|bis|nach|vor|mehr) )\w+){1,2} "),
    "es": re.compile(r"ningun[oa]?(?: (?!(?:y|o|pero|que|si|cuando|hasta|tras|para) )\w+){1,3} "),
}
"""From a word of denial to a word that it denies further off, by language: who would have done it, or what was not
done, and helping verbs (`no evacuation has been`, `denied that it had`), with which the denied words may begin
themselves (`no one|has been evacuated`).
"""

_AUXILIARY: Final = re.compile(r" (?:et|ed|ol|yap|ver|sagla|var)\w+")
"""A Turkish verb that makes a verb of the noun before it: `ilan etmeyeceğiz`."""

_PHRASES_BEFORE: Final = 8
"""How many phrases of stages that begin before a word may hold the word of denial in front of it."""


def denied_to(
    phrase: Phrase[T] | None, text: str, tail: Span, negations: Sequence[Span], language: str
) -> int | None:
    """Where the denial ends of a phrase (None: spelled out) that goes on with `tail` behind its head and denies itself:
    a word of denial stands before what is behind its gap (`hat ... nicht zugestimmt`) or right behind it, or the verb,
    here or in the next word, has an ending that denies it. None where nothing of that is so.
    """
    end, stop = tail
    denying = DENYING.get(language)
    if denying is not None:
        ending = phrase.goes_on(text, end, stop) if phrase is not None else ""
        auxiliary = _AUXILIARY.match(text, stop)
        if denying.search(ending) or (auxiliary is not None and denying.search(auxiliary[0])):
            return stop
    following = DENIED_BEHIND.get(language)
    if following is not None and (denial := following.match(text, stop)):
        return denial.end()
    if phrase is None or not phrase.words_behind_gap:
        return None
    behind = last_words(text, stop, phrase.words_behind_gap)
    if any(first == behind for first, _ in negations):
        return None  # it has its denial already
    return stop if any(last + 1 == behind for _, last in negations) else None


def denials_in(context: Mapping[str, Sequence[Span]]) -> Sequence[Span]:
    """Where words of denial stand that deny: not those of a contrast (`not only`)."""
    negations, contrasts = context.get("negation", ()), context.get("contrast")
    if not contrasts:
        return negations
    return [
        (begin, end)
        for begin, end in negations
        if not any(first <= begin and end <= last for first, last in contrasts)
    ]


def denial_before(
    text: str, words: Span, negations: Sequence[Span], listed: Sequence[Span], language: str
) -> int | None:
    """Where a word of denial begins that is about words behind it (`not yet extended`); None where none is.

    One that stands within a longer phrase of a stage has been read with that (`not able to`), unless the words go on
    from within it (`pas encore d'accord`, `accord sur`). Words that begin with one have their denial already (`n'ont
    pas eu lieu`). `listed` are the phrases before, in order.
    """
    start, stop = words
    if any(begin == start and end < stop for begin, end in negations):
        return None
    listed = listed[-_PHRASES_BEFORE:]
    from_afar = DENIED_FROM_AFAR.get(language)
    for begin, end in negations:
        if (
            from_afar is not None
            and (afar := from_afar.match(text, begin, stop))
            and afar.end() >= start
            and not any(first <= begin and stop <= last for first, last in listed)
        ):
            return begin
        if (
            start - _DENIED <= end < start
            and CLAUSE_END not in text[end:start]
            and not any(
                first <= begin and end <= last and last - first > end - begin and not start < last < stop
                for first, last in listed
            )
        ):
            return begin
    return None
