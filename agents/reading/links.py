"""Lines of an article that lead elsewhere: `Read also: …`, `Most read`, `Follow us on …`.

Such a line stands beneath an article or between its paragraphs and is about something else, so topics are not read from
it: it would tell a ceasefire under a match report, and a match under a ceasefire. The phrases that open one are words
of the context, class `link`. One that ends with a colon opens it only where a colon, a bar or the end of the line
follows; so do all of them where they begin a sentence within a line, as in a text that lost its line breaks.

Where nothing else stands in the line it heads a list: the lines behind it lead elsewhere too as long as they are
headlines, which end without a full stop. What a body begins with is its own (`Watch: Thousands flee the fire`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Final

from agents.reading.fold import Span, fold
from agents.reading.lazy import LazyPattern
from agents.reading.sentences import SENTENCE_END, after_space

_FIRST_WORD: Final = re.compile(r"[^\w\n]{0,8}(\w+)")
_MARKED: Final = re.compile(r"[^\S\n]*+(?:[:|>]|-\s|$|\n)")
"""What shows that a phrase is no part of a sentence."""
_BARE: Final = re.compile(r"[^\w\n]*+(?:\n|$)")
_FULL_STOP: Final = re.compile(r"[.…][\"')\]]*\s*$")
_LONGEST: Final = 180
"""Characters of a line that leads elsewhere as a whole; of a longer one only its first sentence does."""
_REACH: Final = 30_000
"""Characters that are searched; what a line further down says weighs next to nothing."""
_LISTED: Final = 5
"""Headlines of a list."""
_LONGEST_HEADLINE: Final = 120
"""Characters of a headline in a list."""


class Links:
    """The phrases of all languages that open such lines."""

    def __init__(self, phrases: Iterable[str]) -> None:
        by_word: defaultdict[str, list[str]] = defaultdict(list)
        for phrase in phrases:
            text = fold(phrase).strip()
            first = _FIRST_WORD.match(text)
            if first:
                rest = r"\s+".join(map(re.escape, text[first.end() :].rstrip(" :").split(" ")))
                marked = f"(?={_MARKED.pattern})" if text.endswith(":") else ""
                by_word[first[1]].append(rf"{rest}(?!\w){marked}")
        self._behind = {word: LazyPattern(partial(_longest_first, rests)) for word, rests in by_word.items()}

    def spans(self, text: str, start: int, until: int) -> list[Span]:
        """The lines of a folded text that lead elsewhere and begin before `until`, in order; never the first one."""
        spans: list[Span] = []
        begin = start
        until = min(until, start + _REACH, len(text))
        while begin < until:
            end = self._end(text, begin, whole_line=text[begin - 1] == "\n") if begin > start else 0
            if end:
                spans.append((begin, end))
            else:
                found = SENTENCE_END.search(text, begin)
                end = found.end() if found else len(text)
            begin = end
        return spans

    def _end(self, text: str, begin: int, *, whole_line: bool) -> int:
        """Where the line ends that a phrase opens; 0 where none does."""
        first = _FIRST_WORD.match(text, begin)
        behind = self._behind.get(first[1]) if first else None
        opened = behind.match(text, first.end()) if first and behind else None
        if opened is None or not (whole_line or _MARKED.match(text, opened.end())):
            return 0
        bare = _BARE.match(text, opened.end())
        if bare:
            return _behind_headlines(text, bare.end())
        end = _line_end(text, begin)
        if not whole_line or end - begin > _LONGEST:
            sentence_end = SENTENCE_END.search(text, opened.end(), end)
            end = sentence_end.end() if sentence_end else end
        return end if end - begin <= _LONGEST else 0


def _longest_first(rests: Sequence[str]) -> str:
    return "|".join(sorted(rests, key=len, reverse=True))


def _behind_headlines(text: str, at: int) -> int:
    """Where a list of headlines ends that may begin at a place."""
    for _ in range(_LISTED):
        begin = after_space(text, at)
        end = _line_end(text, begin)
        line = text[begin:end].rstrip()
        if not line or len(line) > _LONGEST_HEADLINE or _FULL_STOP.search(line):
            break
        at = end
    return at


def _line_end(text: str, at: int) -> int:
    """Behind the line that a place stands in."""
    end = text.find("\n", at)
    return end + 1 if end >= 0 else len(text)


def lies_in(spans: Sequence[Span], position: int) -> bool:
    """Whether a position stands in one of some spans, which are in order."""
    at = bisect_right(spans, position, key=itemgetter(0)) - 1
    return at >= 0 and position < spans[at][1]
