"""Phrases of the taxonomy files, and finding all of them in an excerpt of an article in one pass.

A phrase begins and ends at word boundaries. A `*` at the end of a word lets the word go on (`evacuat*`); ` ... ` lets
up to 60 characters of a sentence, or none, stand between two parts (`halt ... fighting`). Before an Arabic phrase the
article and the proclitic words (و ف ب ل ك س ال) may be written on.

Excerpts and phrases are spaced: every character that is neither letter nor digit (nor of the first plane of Unicode) is
a space. A literal that begins with a space is therefore found at the beginning of words only, without a look at each
place; Arabic ones are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Generic, TypeVar

from agents.reading.automaton import Found, automaton_of
from agents.reading.fold import fold
from agents.reading.letters import BREAK, coded, is_kept

T = TypeVar("T")

GAP: Final = 60
"""Characters that ` ... ` may stand for."""

_ARABIC: Final = re.compile(r"[\u0621-\u064a]")
_PROCLITICS: Final = frozenset(("", *"و ف ب ل ك س ال وال فال بال لل ولل كال وب ول وس فس وبال".split()))
_LONGEST_PROCLITIC: Final = max(map(len, _PROCLITICS))
_SHORTEST: Final = 4
"""Letters of a phrase that is searched in words of any script, wherever it stands."""


class Tail:
    """What must follow a head: one of several. Compiled when it is first asked for: most never are.

    `match` matches right at a position of an excerpt.
    """

    __slots__ = ("match", "rests")

    def __init__(self, *rests: str) -> None:
        self.rests = rests
        self.match: Callable[[str, int], re.Match[str] | None] = self._match_first

    def _match_first(self, excerpt: str, at: int) -> re.Match[str] | None:
        self.match = _pattern(self.rests).match
        return self.match(excerpt, at)


@dataclass(frozen=True, slots=True)
class Phrase(Generic[T]):
    """What stands behind the head that is searched: `tail`, if any, must match there; `open_end`: the word goes on."""

    open_end: bool
    tail: Tail | None
    meaning: T

    @property
    def plain(self) -> bool:
        """Whether it ends where its head does: the head ends with the space behind it."""
        return self.tail is None and not self.open_end

    def stop(self, excerpt: str, end: int) -> int | None:
        """Where the phrase ends whose head was found up to `end`; None where its tail does not follow."""
        if self.tail is not None:
            match = self.tail.match(excerpt, end)
            return match.end() if match is not None else None
        if self.open_end:
            stop = excerpt.find(" ", end)
            return stop if stop >= 0 else len(excerpt)
        return end - 1  # the head ends with the space behind the phrase


class _Marks(dict[int, str]):
    """Code point → as `spaced` has it, but the marks of ` ... ` and `*` stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kept = "*" if code == 3 else " \x02 " if code == 2 else character if is_kept(character) else " "
        self[code] = kept
        return kept


_MARKS: Final = _Marks()


def _pieces(text: str) -> str:
    """Folded and spaced, `*` and ` ... ` kept, single spaces."""
    marked = fold(text.strip()).replace("...", "\x02").replace("*", "\x03")
    return " ".join(marked.translate(_MARKS).split())


@cache
def _parsed(text: str) -> tuple[str, bool, Tail | None] | None:
    """The head of a phrase, whether its word goes on, and what must follow. Cached: several sets hold it."""
    phrase = _pieces(text)
    head, rest = _split(phrase)
    if not head.strip("* \x02"):
        return None
    open_end = rest.startswith("*")
    tail = Tail(rest) if rest.strip("*") else None
    opening = "" if _ARABIC.match(head) else " "
    closing = "" if open_end or tail is not None else " "
    return f"{opening}{head}{closing}", open_end, tail


def _split(phrase: str) -> tuple[str, str]:
    cut = min((at for at in (phrase.find("*"), phrase.find(" \x02")) if at >= 0), default=len(phrase))
    return phrase[:cut], phrase[cut:]


def _pattern(rests: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(map(_expression, rests))})(?!\w)")


def _expression(rest: str) -> str:
    # Bounded repetitions only: no input makes this slower than linear.
    pattern = re.escape(rest).replace(r"\*", r"\w{0,20}")
    return pattern.replace(re.escape(" \x02 "), rf" [^{BREAK}]{{0,{GAP}}}?(?<= )").replace(r"\ ", " +")


def anywhere(text: str) -> str | None:
    """What to search for in whole texts to find a phrase; None where it has a gap or a star within, or is too short."""
    parsed = _parsed(text)
    if parsed is None:
        return None
    head, _, tail = parsed
    return head if tail is None and len(head.strip()) >= _SHORTEST else None


class PhraseSet(Generic[T]):
    """Phrases found in one pass. `by_number` has, for each literal that is searched, the phrases it begins."""

    def __init__(self, phrases: Iterable[tuple[str, T]], *, often: bool = False) -> None:
        """`often`: as for `automaton_of`."""
        by_head: dict[str, list[Phrase[T]]] = {}
        for text, meaning in phrases:
            parsed = _parsed(text)
            if parsed is not None:
                head, open_end, tail = parsed
                by_head.setdefault(head, []).append(Phrase(open_end, tail, meaning))
        heads = sorted((coded(head), head) for head in by_head)
        self.by_number: Sequence[Sequence[Phrase[T]]] = [by_head[head] for _, head in heads]
        # What others may be taken for.
        self._others = {number: head for number, (_, head) in enumerate(heads) if not head.isascii()}
        self._search = automaton_of([pattern for pattern, _ in heads], often=often)

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


def _begin(head: str, excerpt: str, start: int) -> int:
    """Where a phrase begins whose head may stand at a place, its space included; -1 where it is another."""
    if not excerpt.startswith(head, start):
        return -1
    return start if head[0] == " " else _space_before(excerpt, start)


def _space_before(excerpt: str, start: int) -> int:
    """The space before the word that an Arabic head is found in; -1 where more than proclitics stand between."""
    if excerpt[start - 1] == " ":
        return start - 1
    space = excerpt.rfind(" ", max(0, start - _LONGEST_PROCLITIC - 1), start)
    return space if space >= 0 and excerpt[space + 1 : start] in _PROCLITICS else -1
