"""Sets of phrases, found in folded text in one pass each: the engine under topics and stages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from agents.reading.automaton import Found, LiteralTable
from agents.reading.fold import fold
from agents.reading.words import ends_word, starts_word, word_end

T = TypeVar("T")

GAP: Final = 60
"""Characters that ` ... ` may stand for: about six words, within a sentence."""


@dataclass(frozen=True, slots=True)
class Phrase(Generic[T]):
    """A phrase and what it stands for. `head` is searched; `tail`, if any, must match right behind it."""

    head: str
    open_end: bool
    tail: re.Pattern[str] | None
    meaning: T


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """Where a phrase stands in folded text, and what it stands for."""

    start: int
    end: int
    meaning: T


def compile_phrase(text: str, meaning: T) -> Phrase[T]:
    """Read a phrase. Its first part up to a `*` or ` ... ` is what the automaton searches."""
    head, star, rest = fold(text.strip()).partition("*")
    first, dots, after = head.partition(" ... ")
    if dots:
        return Phrase(first, False, _tail(" ... " + after + star + rest), meaning)
    return Phrase(head, bool(star), _tail(rest) if rest else None, meaning)


def _tail(rest: str) -> re.Pattern[str]:
    # Only possessive-free, bounded repetitions: no input makes this slower than linear.
    pattern = (
        re.escape(rest).replace(re.escape(" ... "), rf"\b[^.!?\n]{{1,{GAP}}}?\b").replace(r"\*", r"\w{0,20}")
    )
    return re.compile(pattern + r"\b")


class PhraseSet(Generic[T]):
    """Phrases by their literal's number in a table that may be shared with others."""

    def __init__(self, phrases: Iterable[tuple[str, T]], table: LiteralTable) -> None:
        self._by_number: dict[int, list[Phrase[T]]] = {}
        for text, meaning in phrases:
            phrase = compile_phrase(text, meaning)
            self._by_number.setdefault(table.add(phrase.head), []).append(phrase)

    def hits(self, text: str, found: Sequence[Found]) -> list[Hit[T]]:
        """The phrases that stand in a text, of all that the automaton found in it."""
        hits: list[Hit[T]] = []
        known = self._by_number
        for number, start, end in found:
            phrases = known.get(number)
            if phrases is None or not starts_word(text, start):
                continue
            for phrase in phrases:
                stop = _stop(phrase, text, end)
                if stop is not None:
                    hits.append(Hit(start, stop, phrase.meaning))
        return hits


def _stop(phrase: Phrase[T], text: str, end: int) -> int | None:
    if phrase.open_end:
        end = word_end(text, end)
    elif phrase.tail is None and not ends_word(text, end):
        return None
    if phrase.tail is None:
        return end
    match = phrase.tail.match(text, end)
    return match.end() if match else None
