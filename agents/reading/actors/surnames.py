"""Surnames: with the given name of a bearer, alone, or somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.reading.actors.capitals import has_its_capitals
from agents.reading.actors.given_names import PARTICLES
from agents.reading.actors.inflection import clitics_fit, name_end
from agents.reading.actors.matching import match_of, match_of_person
from agents.reading.actors.mention import Hit, Mention
from agents.reading.actors.names import Bearer
from agents.reading.actors.preceding import Word, begin_of_words, words_before
from agents.reading.actors.wordlists import WordLists
from agents.reading.fold import FoldedText, Span

_UNKNOWN: Final = 2
"""Words between a given name and a surname that may be names which nobody knows."""
_NO_INITIALS: Final = ("u.", "p.", "a.")
"""What stands before the last letter of U.S., p.m. and a.m., which is nobody's given name."""


class Surnames:
    """Tells whose surname a hit is."""

    def __init__(self, words: WordLists) -> None:
        self._words = words

    def mentions(self, hit: Hit, bearers: Sequence[Bearer]) -> Sequence[Mention]:
        """The mention of a surname whose literal was found, of each namesake; none where it is something else."""
        text, start, end, last, clitic, plain = hit
        folded = text.text
        if clitic and not clitics_fit(folded, start, article=False):
            return ()
        if bearers[0].spelling.anchor:
            start = begin_of_words(folded, start, bearers[0].spelling.anchor)
        if last is None:
            ends = [name_end(bearer.spelling, folded, start, end) for bearer in bearers]
            last = next((stop for stop in ends if stop is not None), None)
            if last is None:
                return ()
            bearers = [bearer for bearer, stop in zip(bearers, ends, strict=True) if stop is not None]
        first_original, last_original = text.span(start, last)
        written = text.original[first_original:last_original]
        if not has_its_capitals(written, "capital", plain=plain, common=self._words.common):
            if not plain or clitic:
                return ()
            # An everyday word is a surname behind a given name only.
            bearers = [replace(bearer, bare=True) for bearer in bearers]
        if clitic:
            match = match_of(written, bearers[0].spelt, "alias", clitic=True)
            return (Mention(first_original, last_original, match, None, tuple(bearers)),)
        return self.with_given(text, bearers, start, (first_original, last_original), plain=plain)

    def with_given(
        self,
        text: FoldedText,
        bearers: Sequence[Bearer],
        start: int,
        span: Span,
        *,
        plain: bool = False,
    ) -> Sequence[Mention]:
        """The mention of a surname with what stands before it: the full name, of each who is called so, a surname
        alone, or none where it is somebody else's.

        It begins at `start` of the folded text; `span` is its own in the original.
        """
        first, last = span
        surname = text.original[first:last]
        words = words_before(text.text, start)
        meant, begin = self._meant(text, bearers, words, plain=plain)
        if meant:
            first = text.origin(begin)
            spellings: dict[str, list[Bearer]] = {bearer.actor.id: [] for bearer in meant}
            for bearer in bearers:
                if bearer.actor.id in spellings:
                    spellings[bearer.actor.id].append(bearer)
            written = text.original[first:last]
            return [
                Mention(first, last, match_of_person(written, surname, own), own[0].actor)
                for own in spellings.values()
            ]
        bearers = [own for own in bearers if not own.bare]
        if not bearers:
            return ()
        if words and self._is_somebody_elses(text, words):
            return ()
        titled = any(word in self._words.titles for word, _, _ in words[:2])
        match = match_of(surname, bearers[0].spelt, "alias", clitic=False)
        goes_on = text.original[last : last + 1].isspace() and text.original[last + 1 : last + 2].isupper()
        return (Mention(first, last, match, None, tuple(bearers), titled=titled, goes_on=goes_on),)

    def _meant(
        self, text: FoldedText, bearers: Sequence[Bearer], words: Sequence[Word], *, plain: bool
    ) -> tuple[Sequence[Bearer], int]:
        """Whose given names or initials stand among the words before a surname, and where the first of them begins."""
        meant: Sequence[Bearer] = ()
        begin = 0
        for at, (word, position, dotted) in enumerate(words):
            own: Sequence[Bearer] = ()
            own_begin = position
            if at + 1 < len(words):
                before, own_begin, _ = words[at + 1]
                own = _called(before + word, meant or bearers, dotted=False)  # Abdel Fattah
            if not own:
                own, own_begin = _called(word, meant or bearers, dotted=dotted), position
            if own:
                meant, begin = own, own_begin
            elif word not in PARTICLES and (
                meant
                or at >= _UNKNOWN
                or word in self._words.titles
                or (not plain and text.original[text.origin(position)].islower())
            ):
                break
        return meant, begin

    def _is_somebody_elses(self, text: FoldedText, words: Sequence[Word]) -> bool:
        """Whether the word before a surname is the given name or initial of a person who is not in the registry."""
        word, position, dotted = next((word for word in words if word[0] not in PARTICLES), words[0])
        if text.original[text.origin(position)].islower() or word in self._words.titles:
            return False
        if dotted and len(word) == 1:
            return text.text[max(0, position - 2) : position] not in _NO_INITIALS
        return not dotted and word in self._words.given_names  # They met Kim. Trump left.


def _called(word: str, bearers: Sequence[Bearer], *, dotted: bool) -> Sequence[Bearer]:
    """Whose given name or initial a word before a surname is."""
    return [
        bearer
        for bearer in bearers
        if word[0] in bearer.initials and any(name.is_meant(word, dotted=dotted) for name in bearer.given)
    ]
