"""The part of an article from which topics are read: title, head, and the sentences around strong phrases further down.

The sentences are one spaced text with a break between each two, so that one pass finds everything in them. A position
in it can be traced back to title or body. Lines that lead elsewhere are left out (`agents.reading.links`), and so are
quotation marks and the apostrophe of a plural: phrases go on across them (`agree 'truce' deal`, `miners' strike`).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from agents.reading.credits import credit_of
from agents.reading.fold import FoldedText, Span
from agents.reading.letters import BREAK, spaced
from agents.reading.links import lies_in
from agents.reading.sentences import LINE_END, SENTENCE_END, WIDTH
from streams.wire import FieldName

Place = Literal["title", "lead", "early", "late"]

LEAD_SENTENCES: Final = 2
"""Sentences at the head of the body that are its lead."""
HEAD: Final = 600
"""Characters at the head of the body whose sentences are always looked at."""

EARLY: Final = 1200
"""A sentence within so many characters of the head of the body is an early one."""
LONGEST: Final = 700
"""Characters of a sentence; a longer one is cut into several, and so is a title. The time that a sentence takes grows
with the square of its length.
"""
LONGEST_TITLE: Final = 5000
"""Characters of a title that are looked at. A whole post that is sent as one has four thousand or so at most."""

MOST: Final = 60
"""Sentences of an excerpt; more would change nothing."""

_QUOTE: Final = re.compile(r"['\"](?!\w)|(?<!\w)['\"]")
"""A mark, as folded, at the edge of a word."""
_LETTER: Final = re.compile(r"[^\W\d_]")
_WIDEST: Final = 100
"""Most characters of a line of a text whose lines are ended for their width."""
_ENDS: Final = 2
"""Fewest ends of lines by which such a text is told."""

CLAUSE_END: Final = "  "
"""What is left of a punctuation mark and the space behind it in a spaced text."""


class Sentence(NamedTuple):
    """A sentence of an excerpt. `start` is its place in the field's folded text, `at` that in the excerpt's."""

    field: FieldName
    start: int
    at: int
    end: int
    place: Place


class Excerpt:
    """Sentences of an article, in order, and their spaced text."""

    def __init__(
        self, title: str, body: str, body_start: int, marks: Iterable[int], elsewhere: Sequence[Span] = ()
    ) -> None:
        """Of folded texts; `marks` are positions in the body around which to look, in order.

        `elsewhere` are lines of the body that are about something else (`agents.reading.links`), in order.
        """
        self.sentences: list[Sentence] = []
        self._parts: list[str] = []
        self._length = 0
        self._dropped: list[int] = []
        """Positions in the excerpt's text before which a quotation mark is left out, in order."""
        self.credit = range(0)
        """Positions in the excerpt's text of the credit that a title ends with (` - The Wall Street Journal`)."""
        if len(title) > LONGEST:
            for begin, end in _pieces(title[:LONGEST_TITLE]):
                self._add("title", title, begin, end, "title")
        elif title.strip():
            self._add("title", title, 0, len(title), "title")
            shown = self._parts[0][1:-2]
            self.credit = range(credit_of(shown) + 1, len(shown) + 1)
        self._add_body(body, body_start, marks, elsewhere)
        self.text = spaced("".join(self._parts))

    def _add(self, field: FieldName, text: str, start: int, end: int, place: Place) -> None:
        at = self._length + 1
        shown = text[start:end]
        bare = without_quotes(shown)
        if len(bare) < len(shown):
            quotes = enumerate(_QUOTE.finditer(shown))
            self._dropped += [at + quote.start() - number for number, quote in quotes]
        piece = f" {bare} {BREAK}"
        self._parts.append(piece)
        self._length += len(piece)
        self.sentences.append(Sentence(field, start, at, at + len(bare), place))

    def _add_body(self, body: str, start: int, marks: Iterable[int], elsewhere: Sequence[Span]) -> None:
        head_end = start + HEAD
        at = start
        # Without a title the first sentence stands for it.
        number = 0 if self.sentences else -1
        for begin, end in _sentences(body, start, min(head_end, len(body))):
            at = end
            if not lies_in(elsewhere, begin):
                self._add("body", body, begin, end, _place(number))
                number += 1
        for mark in marks:
            if mark < at or len(self.sentences) >= MOST or lies_in(elsewhere, mark):
                continue
            begin, end = _around(body, mark, at)
            self._add("body", body, begin, end, "early" if begin - start < EARLY else "late")
            at = end

    def origin(self, number: int, position: int) -> int:
        """The place in the field's folded text of a position within sentence `number`."""
        sentence = self.sentences[number]
        dropped = bisect_right(self._dropped, position) - bisect_left(self._dropped, sentence.at)
        return sentence.start + position - sentence.at + dropped


def without_quotes(text: str) -> str:
    """A folded text without quotation marks at the edges of words."""
    return _QUOTE.sub("", text) if "'" in text or '"' in text else text


def unwrapped(body: FoldedText) -> str:
    """The folded text of a body with a space for each end of a line that only its width made, as in mails.

    There none of what ends a sentence or opens a list stands before, and the line goes on in small letters; or with a
    capital, where others do in small letters and the line is as long as those of such texts; or, in any script, where
    all lines are of one width.
    """
    text = body.text
    if "\n" not in text:
        return text
    written = body.aligned
    ends = [found.start() for found in LINE_END.finditer(written)]
    if any(written[end + 1].islower() for end in ends):
        ends = [
            end
            for end in ends
            if written[end + 1].islower() or "\n" not in written[max(0, end - WIDTH) : end]
        ]
    elif not (ends and _is_of_one_width(text)):
        return text
    return " ".join(text[begin + 1 : end] for begin, end in pairwise([-1, *ends, len(text)]))


def _is_of_one_width(text: str) -> bool:
    """Whether no line had room for the first word of the next one."""
    lines = [line.rstrip() for line in text.split("\n")]
    width = max(map(len, lines))
    if not WIDTH < width <= _WIDEST:
        return False
    pairs = [(line, following) for line, following in pairwise(lines) if line and following]
    return len(pairs) >= _ENDS and all(
        len(line) + 1 + len(following.split(maxsplit=1)[0]) > width for line, following in pairs
    )


def _place(number: int) -> Place:
    return "title" if number < 0 else "lead" if number < LEAD_SENTENCES else "early"


def _sentences(text: str, start: int, until: int) -> Iterable[Span]:
    """Sentences that begin before `until`."""
    begin = start
    while begin < until:
        found = SENTENCE_END.search(text, begin, begin + LONGEST)
        end = found.end() if found else min(begin + LONGEST, len(text))
        if _LETTER.search(text, begin, end) is not None:  # no times and rules between entries
            yield begin, end
        begin = end


def _pieces(text: str) -> Iterable[Span]:
    """Pieces of a text, of as many whole sentences as go into each."""
    begin = 0
    while begin < len(text):
        end = min(begin + LONGEST, len(text))
        if end < len(text):
            ends = [found.end() for found in SENTENCE_END.finditer(text, begin, end)]
            end = ends[-1] if ends else end
        if _LETTER.search(text, begin, end) is not None:
            yield begin, end
        begin = end


def _around(text: str, mark: int, earliest: int) -> Span:
    """The sentence that a position stands in; it begins at `earliest` or later."""
    begin = max(earliest, mark - LONGEST // 2)
    for before in SENTENCE_END.finditer(text, begin, mark):
        begin = before.end()
    after = SENTENCE_END.search(text, mark, mark + LONGEST // 2)
    return begin, after.end() if after else min(mark + LONGEST // 2, len(text))
