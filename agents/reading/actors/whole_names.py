"""Whole names: of organisations and countries, peoples, cities that stand for a government, phrases."""

from __future__ import annotations

import re
from typing import Final

from agents.reading.actors.capitals import has_its_capitals, is_shouted, is_title_case
from agents.reading.actors.inflection import LOCATIVE, clitics_fit, name_end
from agents.reading.actors.matching import has_its_diacritics, match_of
from agents.reading.actors.mention import Hit, Mention
from agents.reading.actors.names import Form
from agents.reading.actors.preceding import begin_of_words, word_before
from agents.reading.actors.wordlists import WordLists
from agents.reading.fold import FoldedText

SHORT: Final = 4
"""Letters up to which a name counts with its own diacritics only."""
_BLANK: Final = 64
"""Spaces before a dateline that are looked through."""
_DATELINE: Final = re.compile(r"\s*[,(–—:/]|\s+-{1,2}\s")
_LINE: Final = 60
"""Characters before and behind a name that tell whether its line is a headline."""


class WholeNames:
    """Tells whether a hit is a whole name."""

    def __init__(self, words: WordLists) -> None:
        self._words = words

    def mention(self, hit: Hit, form: Form) -> Mention | None:
        """The mention of a form whose literal was found; None where it is something else."""
        text, start, end, last, clitic, plain = hit
        folded, how = text.text, form.spelling
        demonym = form.role == "demonym"
        if how.anchor:
            start = begin_of_words(folded, start, how.anchor)
        if clitic and not clitics_fit(folded, start, article=demonym):
            return None
        if last is None:
            last = name_end(how, folded, start, end, language=form.language, demonym=demonym)
            if last is None:
                return None
        first_original, last_original = text.span(start, last)
        if form.role in ("unlike", "cue"):
            return Mention(first_original, last_original, form.match, form.actor, role=form.role)
        written = text.original[first_original:last_original]
        as_spelt = written == form.spelt
        if not as_spelt:
            if form.case != "any" and not has_its_capitals(
                written, form.case, plain=plain, common=self._words.common
            ):
                return None
            if (
                len(how.literal) <= SHORT
                and not form.spelt.isascii()
                and not has_its_diacritics(written, form.spelt)
            ):
                return None
        if form.role == "metonym" and self._is_place(text, start, end, last, written):
            return None
        if form.doubtful and self._is_first_name(text, start, last):
            return None
        match = form.match
        if clitic or not as_spelt:
            match = match_of(written, form.spelt, match, clitic=clitic)
        return Mention(
            first_original, last_original, match, form.actor, role=form.role, doubtful=form.doubtful
        )

    def _is_place(self, text: FoldedText, start: int, bare_end: int, end: int, written: str) -> bool:
        """Whether a city, which ends at `bare_end` without its suffix, is no more than where something is."""
        folded = text.text
        if word_before(folded, start) in self._words.places_after:
            return True
        if LOCATIVE.fullmatch(folded, bare_end, end):
            return True
        before = folded[max(0, start - _BLANK) : start]
        blank = before[len(before.rstrip()) :]
        if blank.count("\n") == 1:  # the width of a mail may have ended the line
            before = f"{before.rstrip()} "
            if word_before(before, len(before)) in self._words.places_after:
                return True
        at_line_start = "\n" in blank or len(blank) == start
        following = folded[end : end + 12]
        return at_line_start and (
            _DATELINE.match(following) is not None
            or (written.isupper() and not is_shouted(text.original, *text.span(start, end)))
        )

    def _is_first_name(self, text: FoldedText, start: int, end: int) -> bool:
        """Whether a doubtful name stands beside one that makes a person of it (`Jordan Smith`, `Michael Jordan`)."""
        folded, original = text.text, text.original
        if word_before(folded, start) in self._words.given_names:
            return True
        if folded[end : end + 1] != " " or not folded[end + 1 : end + 2].isalpha():
            return False
        if not original[text.origin(end + 1)].isupper() or folded[end - 2 : end] == "'s":
            return False
        line = original[max(0, text.origin(start) - _LINE) : text.origin(end) + _LINE]
        return not is_title_case(line)
