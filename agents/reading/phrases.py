"""Phrases of the taxonomy files, and finding all of them in an excerpt of an article in one pass.

A phrase begins and ends at word boundaries. A `*` at the end of a word lets the word go on (`evacuat*`); ` ... ` lets
up to 60 characters of a sentence, or none, stand between two parts (`halt ... fighting`); with a `,` at its end it
counts only where a clause ends (`truce with ... over,`). Before an Arabic phrase the article and the proclitic words
(و ف ب ل ك س ال) may be written on. Where a phrase begins or ends with a character that is a word of its own (Chinese,
Thai), anything may stand beside it.

Excerpts and phrases are spaced: every character that is neither letter nor digit (nor of the first plane of Unicode) is
a space. A literal that begins with a space is therefore found at the beginning of words only, without a look at each
place; Arabic ones are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain, islice
from typing import Final, Generic, TypeVar

from agents.reading.automaton import Found, automaton_of
from agents.reading.fold import SIGNS_BEHIND, Span, fold_text
from agents.reading.keywords import stands_alone
from agents.reading.lazy import LazyPattern
from agents.reading.letters import BREAK, coded, coded_all

T = TypeVar("T")

GAP: Final = 60
"""Characters that ` ... ` may stand for."""

_FIRST_ARABIC, _LAST_ARABIC = "\u0621", "\u064a"
_APART: Final = re.compile(rf"[^\w *\x02{BREAK}\n,]|,(?!$)|_", re.MULTILINE)
"""What is a space in spaced text, but for the marks of ` ... ` (\\x02), `*` and the `,` at a phrase's end, and the ends
of lines.
"""
_GAP_MARK: Final = "\x02"
_GAP_BETWEEN: Final = f" {_GAP_MARK} "
_REST: Final = re.compile(r"\*| \x02|,")
"""Where what follows a head begins."""
_CLAUSE_ENDS: Final = rf"(?=  | *(?:{BREAK}|$))"
_PROCLITICS: Final = frozenset(("", *"و ف ب ل ك س ال وال فال بال لل ولل كال وب ول وس فس وبال".split()))
_LONGEST_PROCLITIC: Final = max(map(len, _PROCLITICS))
_SHORTEST: Final = 4
_SHORTEST_ALONE: Final = 2
"""Letters of a phrase that is searched in words of any script, wherever it stands; of one that stands beside others."""


class Tail(LazyPattern):
    """What must follow a head: one of several."""

    __slots__ = ("rests",)

    def __init__(self, *rests: str) -> None:
        self.rests = rests
        super().__init__(partial(_one_of, rests))


@dataclass(frozen=True, slots=True, eq=False)
class Phrase(Generic[T]):
    """What stands behind the head that is searched: `tail`, if any, must match there; `open_end`: the word goes on;
    `flush`: anything may stand there, as behind a character that is a word of its own.
    """

    open_end: bool
    tail: Tail | None
    meaning: T
    flush: bool = False

    @property
    def plain(self) -> bool:
        """Whether it ends where its head does: the head ends with the space behind it."""
        return self.tail is None and not self.open_end and not self.flush

    @property
    def words_behind_gap(self) -> int:
        """Words behind its last ` ... `; 0 where it has none."""
        gap, rest = self.tail.rests[0].rpartition(_GAP_MARK)[1:] if self.tail is not None else ("", "")
        return len(rest.split()) if gap else 0

    def goes_on(self, excerpt: str, end: int, stop: int) -> str:
        """What a `*` at its end stands for, of one whose head was found up to `end` and that ends at `stop`."""
        if self.tail is None:
            return excerpt[end:stop] if self.open_end else ""
        word = self.tail.rests[0].rpartition(" ")[2]
        return excerpt[excerpt.rfind(" ", 0, stop) + len(word) : stop] if word.endswith("*") else ""

    def stop(self, excerpt: str, end: int) -> int | None:
        """Where the phrase ends whose head was found up to `end`; None where its tail does not follow."""
        if self.tail is not None:
            match = self.tail.match(excerpt, end)
            return match.end() if match is not None else None
        if self.open_end:
            stop = excerpt.find(" ", end)
            return stop if stop >= 0 else len(excerpt)
        if self.flush:
            return None if excerpt[end] in SIGNS_BEHIND else end
        return end - 1  # the head ends with the space behind the phrase


def _pieces(texts: Sequence[str]) -> list[str]:
    """Each folded and spaced, `*`, ` ... ` and a last `,` kept, single spaces; all at once, which is faster."""
    lines = "\n".join([text.replace("\n", " ") for text in texts])
    marked = _APART.sub(" ", fold_text(lines).text.replace("...", "\x02")).replace("\x02", " \x02 ")
    return [" ".join(line.split()) for line in marked.split("\n")]


_Parsed = tuple[str, bool, Tail | None]
"""Of a phrase the head ("" where it has none), whether its word goes on, and what must follow."""


class Parser:
    """Parses phrases, each once: those of one set are in another, too."""

    def __init__(self) -> None:
        self._known: dict[str, _Parsed] = {}

    def parsed(self, texts: Iterable[str]) -> Iterator[_Parsed]:
        """Phrases, parsed, in their order."""
        asked = [*texts]
        known = self._known
        new = [text for text in dict.fromkeys(asked) if text not in known]
        known.update(zip(new, _parsed(new), strict=True))
        return map(known.__getitem__, asked)


def _parsed(texts: Sequence[str]) -> Iterator[_Parsed]:
    for phrase in _pieces(texts) if texts else ():
        head, rest = _split(phrase)
        if not head.strip("* \x02"):
            yield "", False, None
            continue
        opening = "" if _FIRST_ARABIC <= head[0] <= _LAST_ARABIC or stands_alone(head[0]) else " "
        if not rest:
            yield f"{opening}{head}" if stands_alone(head[-1]) else f"{opening}{head} ", False, None
        else:
            yield opening + head, rest[0] == "*", _tail(rest) if rest.strip("*") else None


def _split(phrase: str) -> tuple[str, str]:
    rest = _REST.search(phrase)
    cut = rest.start() if rest else len(phrase)
    return phrase[:cut], phrase[cut:]


@cache
def _tail(rest: str) -> Tail:
    """Cached: several phrases and sets have it."""
    return Tail(rest)


def _one_of(rests: Sequence[str]) -> str:
    """An expression for any of several rests, with the nearest place for what stands behind a gap.

    Nearly always nothing stands there. A look ahead from the far end of the gap tells that in a third of the time.
    """
    nearest = _alternatives(rests, rf" [^{BREAK}]{{0,{GAP}}}?(?<= )")
    if not any(_GAP_BETWEEN in rest for rest in rests):
        return nearest
    return f"(?={_alternatives(rests, rf' (?:[^{BREAK}]{{0,{GAP - 1}}} )?')}){nearest}"


def _alternatives(rests: Sequence[str], gap: str) -> str:
    """Those that begin alike, up to their first gap, share that, so that it is looked through once."""
    behind: dict[str, list[str]] = {}
    for rest in rests:
        before, mark, after = rest.partition(_GAP_BETWEEN)
        behind.setdefault(before + mark, []).append(after)
    alternatives = (
        f"{_expression(before, gap)}(?:{'|'.join(_expression(after, gap) for after in own)})"
        for before, own in behind.items()
    )
    return rf"(?:{'|'.join(alternatives)})(?!\w)"


def _expression(rest: str, gap: str) -> str:
    # Bounded repetitions only: no input makes this slower than linear.
    pattern = re.escape(rest).replace(",", _CLAUSE_ENDS).replace(r"\*", r"\w{0,20}")
    return pattern.replace(re.escape(_GAP_BETWEEN), gap).replace(r"\ ", " +")


def anywhere(texts: Iterable[str], parser: Parser) -> Iterator[str]:
    """What to search for in whole texts to find phrases; nothing for one with a gap or a star within, or too short."""
    return (
        head
        for head, _, tail in parser.parsed(texts)
        if tail is None
        and len(head.strip()) >= (_SHORTEST_ALONE if head and stands_alone(head[0]) else _SHORTEST)
    )


class PhraseSet(Generic[T]):
    """Phrases found in one pass. `by_number` has, for each literal that is searched, the phrases it begins.

    Most literals begin one phrase without a tail, and of these there are two of each meaning, open and closed. So
    literals that begin the same phrases have equal tuples of them.
    """

    def __init__(self, phrases: Iterable[tuple[Sequence[str], T]], parser: Parser) -> None:
        """Texts with what all of them mean."""
        groups = [*phrases]
        parsed = parser.parsed(chain.from_iterable(texts for texts, _ in groups))
        by_head: dict[str, tuple[Phrase[T], ...]] = {}
        for texts, meaning in groups:
            closed, opened = (Phrase(False, None, meaning),), (Phrase(True, None, meaning),)
            flush = (Phrase(False, None, meaning, flush=True),)
            for head, open_end, tail in islice(parsed, len(texts)):
                if tail:
                    own = (Phrase(open_end, tail, meaning),)
                elif open_end:
                    own = opened
                else:
                    own = flush if head and stands_alone(head[-1]) else closed
                by_head[head] = by_head.get(head, ()) + own
        by_head.pop("", None)
        heads = [*by_head]
        patterns = coded_all(heads)
        order = sorted(range(len(heads)), key=patterns.__getitem__)
        self.by_number: Sequence[tuple[Phrase[T], ...]] = [by_head[heads[at]] for at in order]
        # What others may be taken for.
        self._others = {number: heads[at] for number, at in enumerate(order) if not heads[at].isascii()}
        self._search = automaton_of([patterns[at] for at in order], often=False)

    def find(self, excerpt: str) -> Sequence[Found]:
        """Number, start and end of every literal in a spaced excerpt, ordered by where it ends.

        It starts at a space: the phrase itself (in Arabic, with what is written on) begins one later. The excerpt
        begins and ends with a space.
        """
        if self._search is None:
            return ()
        found: Sequence[Found] = self._search.find_matches_as_indexes(coded(excerpt), overlapping=True)
        if excerpt.isascii():
            return found
        others = self._others
        return [
            (number, begin, end)
            for number, start, end in found
            if (begin := _begin(others[number], excerpt, start) if number in others else start) >= 0
        ]

    def head(self, number: int, start: int, end: int) -> Span:
        """Where the literal itself stands that was found there: behind the particles that are written on to it."""
        return (end - len(self._others[number]) if number in self._others else start), end


def _begin(head: str, excerpt: str, start: int) -> int:
    """Where a phrase begins whose head may stand at a place, its space included; -1 where it is another."""
    if not excerpt.startswith(head, start):
        return -1
    if head[0] == " ":
        return start
    return start - 1 if stands_alone(head[0]) else _space_before(excerpt, start)


def _space_before(excerpt: str, start: int) -> int:
    """The space before the word that an Arabic head is found in; -1 where more than proclitics stand between."""
    if excerpt[start - 1] == " ":
        return start - 1
    space = excerpt.rfind(" ", max(0, start - _LONGEST_PROCLITIC - 1), start)
    return space if space >= 0 and excerpt[space + 1 : start] in _PROCLITICS else -1


def last_words(text: str, end: int, words: int) -> int:
    """Where the last words before a position of a spaced text begin."""
    for _ in range(words):
        end = text.rindex(" ", 0, end)
    return end + 1
