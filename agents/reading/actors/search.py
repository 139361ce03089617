"""Finds the mentions of a registry's names in title and body, whoever is meant by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.reading.actors.acronyms import Acronyms
from agents.reading.actors.capitals import has_capitals
from agents.reading.actors.inflection import ARABIC, HEBREW, suffix_end
from agents.reading.actors.mention import Hit, Mention, longest
from agents.reading.actors.names import Names
from agents.reading.actors.surnames import Surnames
from agents.reading.actors.whole_names import WholeNames
from agents.reading.automaton import Found
from agents.reading.fold import FoldedText
from agents.reading.keywords import is_unspaced

_BEHIND: Final = frozenset(("", *" .,\n"))
"""What stands behind most names, so that they end there."""


class MentionSearch:
    """The names of a registry, ready to be found."""

    def __init__(self, names: Names, acronyms: Acronyms, whole_names: WholeNames, surnames: Surnames) -> None:
        self._automaton = names.automaton
        self._owners = names.owners
        self._acronyms = acronyms
        self._whole_names = whole_names
        self._surnames = surnames

    def find(
        self, title: FoldedText, body: FoldedText, body_start: int
    ) -> tuple[list[Mention], list[Mention]]:
        """The mentions in title and body. What of the body is before `body_start` repeats the title."""
        # Whether names are told by their capitals is a matter of both.
        plain = not (has_capitals(title.original) or has_capitals(body.original))
        in_title = self._automaton.find(title.text)
        in_body = self._automaton.find(body.text)
        if body_start:
            in_body = [found for found in in_body if body.origin(found[1]) >= body_start]
        return self._mentions(title, in_title, plain=plain), self._mentions(body, in_body, plain=plain)

    def _mentions(self, text: FoldedText, found: Sequence[Found], *, plain: bool) -> list[Mention]:
        """Those of one text: first the cues, then the names in order, of overlapping ones the longest."""
        folded, owners = text.text, self._owners
        mentions: list[Mention] = []
        for number, start, end in found:
            clitic = False
            if start and (before := folded[start - 1]).isalnum() and not is_unspaced(before):
                letters = ARABIC if before in ARABIC else HEBREW
                if not (before in letters and folded[start] in letters):
                    continue
                clitic = True
            own = owners[number]
            last = None
            if own.even:
                last = end if folded[end : end + 1] in _BEHIND else suffix_end(folded, end)
                if last is None:
                    continue
            hit = Hit(text, start, end, last, clitic, plain)
            for form in own.forms:
                mention = self._whole_names.mention(hit, form)
                if mention is not None:
                    mentions.append(mention)
            for bearers in own.bearers.values():
                mentions += self._surnames.mentions(hit, bearers)
        mentions += self._acronyms.mentions(text)
        cues = [mention for mention in mentions if mention.role == "cue"]
        names = [mention for mention in mentions if mention.role != "cue"] if cues else mentions
        return cues + [mention for mention in longest(names) if mention.role != "unlike"]
