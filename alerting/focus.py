"""What an article tells of first: the town that is ordered to leave, not the one that lies near or takes people in.

A place that was only mentioned is a known name when the next order is for it. So a story remembers which names headline
and deciding sentence put first, and which beside. Actors are neither: they stand first whoever is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from alerting.gist import WORDS_REMEMBERED, plain, words_of
from alerting.names import without_frame
from alerting.proper import stems
from streams.wire import Candidate

_FIRST: Final = "!"
"""Marks among names what was told of first, word by word; so does the next what was named beside."""
_BESIDE: Final = "?"
_WORD: Final = re.compile(r"[^\W\d_]+")
_LISTED: Final = re.compile(r",| ?&|,? (?:and|or|und|oder|et|ou|y|o|e|ve|и|или|та|і|й)")
"""What stands between two names of a list, before a space: what is told of the first is told of all."""


class Focus:
    """The proper names that headline and deciding sentence put first, as they are written, and the others."""

    def __init__(self, candidate: Candidate, proper: Collection[str]) -> None:
        actors = {stem for actor in candidate.actors for one in actor.evidence for stem in _stems(one.text)}
        names = {name for name in proper if name not in actors}
        title, sentence = candidate.article.title, candidate.sentence
        texts = (title, without_frame(sentence) if sentence != title else "")
        self._firsts = [first for text in texts if names and (first := _first(text, names))]
        self._beside = names.difference(*(_stems(name) for first in self._firsts for name in first))

    def marks(self) -> tuple[str, ...]:
        """What a story remembers of it, as marks among names."""
        firsts = (_FIRST + " ".join(sorted(_stems(name))) for first in self._firsts for name in first)
        return (*dict.fromkeys(firsts), *(_BESIDE + name for name in sorted(self._beside)))

    def new(self, marks: Collection[str]) -> str:
        """The name that it puts first, and of those that left such marks some had beside and none first; empty where
        there is none, or headline and sentence do not put the same first.
        """
        known = [set(mark[1:].split()) for mark in marks if mark.startswith(_FIRST)]
        beside = {mark[1:] for mark in marks if mark.startswith(_BESIDE)}
        if len({_stems(first[0]) for first in self._firsts}) == 1:
            for name in self._firsts[0]:
                words = _stems(name)
                if words & beside and not any(words <= one or one <= words for one in known):
                    return name
        return ""


def _first(text: str, names: Collection[str]) -> list[str]:
    """The first name of a text, and those listed behind it."""
    found: list[str] = []
    end = 0
    for word in _WORD.finditer(text):
        is_name = word[0][0].isupper() and not _stems(word[0]).isdisjoint(names)
        gap = text[end : word.start()]
        if not found:
            found = [word[0]] if is_name else found
        elif is_name and gap in (" ", "-"):
            found[-1] += gap + word[0]
        elif is_name and gap.endswith(" ") and _LISTED.fullmatch(gap[:-1]):
            found.append(word[0])
        elif not _LISTED.fullmatch(f"{gap}{word[0]}"):
            break
        else:
            continue
        end = word.end() if is_name else end
    return found


@lru_cache(WORDS_REMEMBERED)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stems(words_of(plain(text))))
