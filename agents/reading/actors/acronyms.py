"""Short initials, found as they are written: US, UN, США."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from agents.reading.actors.capitals import is_shouted
from agents.reading.actors.mention import Mention
from agents.reading.actors.names import Form
from agents.reading.automaton import Automaton
from agents.reading.fold import FoldedText, fold
from agents.reading.keywords import is_unspaced

_WIDE: Final = re.compile(r"[\uff21-\uff3a]")
_NARROW: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Letters of full width, as Chinese and Japanese texts have them, and the marks among them."""
_UNSURE: Final = 2
"""Letters of initials that many words in capitals are spelt like."""
_SUFFIX: Final = re.compile(r"['’ʼ][^\W\d_]{1,8}(?!\w)")


class Acronyms:
    """The initials of a registry, each with whom it means; `common` are everyday words, folded."""

    def __init__(self, acronyms: Mapping[str, Sequence[Form]], common: Container[str]) -> None:
        self._acronyms = acronyms
        # Among words in capitals they tell nothing: PEOPLE WHO FLED.
        self._unsure = {acronym for acronym in acronyms if len(acronym) <= _UNSURE or fold(acronym) in common}
        # The automaton takes a hyphen for a space.
        self._search = Automaton([acronym.replace("-", " ") for acronym in acronyms], often=True)

    def mentions(self, folded: FoldedText) -> Iterator[Mention]:
        """Those in the original of a text, with a suffix behind an apostrophe."""
        text = folded.aligned
        if not text.isascii() and _WIDE.search(text):
            text = text.translate(_NARROW)
        last_end = 0
        for _, start, end in sorted(self._search.find(text), key=_longest_first):
            if start < last_end or _is_of_word(text[end : end + 1]) or _is_of_word(text[start - 1 : start]):
                continue
            written = text[start:end]
            forms = self._acronyms.get(written)
            if forms is None:  # a space where the registry has a hyphen
                continue
            last_end = end
            if written in self._unsure and is_shouted(text, start, end):
                continue
            suffix = _SUFFIX.match(text, end)
            first, last = folded.span(start, suffix.end() if suffix else end)
            for form in forms:
                yield Mention(
                    first,
                    last,
                    "inflected" if suffix else form.match,
                    form.actor,
                    role=form.role,
                    doubtful=form.doubtful,
                )


def _is_of_word(beside: str) -> bool:
    """Whether what stands beside a name is a letter or digit of the same word."""
    return beside.isalnum() and not is_unspaced(beside)


def _longest_first(hit: tuple[int, int, int]) -> tuple[int, int]:
    return hit[1], -hit[2]
