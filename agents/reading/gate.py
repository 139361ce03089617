"""The gate: whether an article may be about a topic at all, at next to no cost.

It opens for a strong phrase anywhere (searched by the automaton that all articles pass through), and for what stands in
the title or at the head of the body: a strong or likely phrase, or words of all parts of a pattern that is more than
weak, near each other. What an article is about it says there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from agents.reading.automaton import LiteralTable
from agents.reading.joined import Joined
from agents.reading.letters import BREAK, spaced
from agents.reading.phrases import PhraseSet, anywhere
from agents.reading.taxonomy import TopicFile

_OPEN: Final = 1
_WORD: Final = 20
"""Characters that a part itself may take beside those between parts."""


class Gate:
    """The gate of all topics and languages."""

    def __init__(self, topics: Sequence[TopicFile], table: LiteralTable) -> None:
        """Adds the phrases that open it anywhere to `table`; `anywhere` are their numbers there."""
        self.anywhere = frozenset(
            table.add_spaced(head)
            for topic in topics
            for words in topic.languages.values()
            for phrase in words.strong
            if (head := anywhere(phrase)) is not None
        )
        bits: dict[tuple[int, str], int] = {}
        needed: dict[int, int] = {}
        for number, topic in enumerate(topics):
            for pattern in topic.patterns:
                if pattern.strength != "weak":
                    for part in pattern.parts:
                        bits.setdefault((number, part), _OPEN << (len(bits) + 1))
                    joined = _joined(bits[number, part] for part in pattern.parts)
                    reach = (pattern.within + _WORD) * (len(pattern.parts) - 1)
                    needed[joined] = max(needed.get(joined, 0), reach)
        self._needed = tuple(needed.items())
        self._phrases = PhraseSet(_openers(topics, bits), often=False)
        self._masks = [
            _joined(phrase.meaning for phrase in phrases if phrase.tail is None)
            for phrases in self._phrases.by_number
        ]
        self._tails = {
            number: with_tail
            for number, phrases in enumerate(self._phrases.by_number)
            if (with_tail := [phrase for phrase in phrases if phrase.tail is not None])
        }

    def opened(self, texts: Sequence[tuple[str, str]]) -> set[int]:
        """Which of several articles open it, by number; of each the folded title and head of the body."""
        joined = Joined([f" {title}   {head} " for title, head in texts], BREAK)
        text = spaced(joined.text)
        masks, tails = self._masks, self._tails
        opened: set[int] = set()
        of = seen = following = 0
        places: list[tuple[int, int]] = []
        for number, start, end in self._phrases.find(text):
            if start >= following:
                if self._enough(places, seen):
                    opened.add(of)
                of = joined.number_at(start)
                following = joined.begins[of + 1]
                seen = 0
                places = []
            mask = masks[number]
            if number in tails:
                for phrase in tails[number]:
                    if phrase.stop(text, end) is not None:
                        mask |= phrase.meaning
            seen |= mask
            places.append((end, mask))
        if self._enough(places, seen):
            opened.add(of)
        return opened

    def _enough(self, places: Sequence[tuple[int, int]], seen: int) -> bool:
        """Whether what was seen in an article opens it."""
        if seen & _OPEN:
            return True
        for needed, within in self._needed:  # noqa: SIM110 - asked of every article: a generator takes thrice as long
            if seen & needed == needed and _together(places, needed, within):
                return True
        return False


def _together(places: Sequence[tuple[int, int]], needed: int, within: int) -> bool:
    """Whether all that is needed stands within so many characters."""
    relevant = [(end, mask & needed) for end, mask in places if mask & needed]
    for at, (begin, _) in enumerate(relevant):
        seen = 0
        for end, mask in relevant[at:]:
            if end - begin > within:
                break
            seen |= mask
            if seen == needed:
                return True
    return False


def _joined(masks: Iterable[int]) -> int:
    joined = 0
    for mask in masks:
        joined |= mask
    return joined


def _openers(topics: Sequence[TopicFile], bits: dict[tuple[int, str], int]) -> Iterable[tuple[str, int]]:
    for number, topic in enumerate(topics):
        for words in topic.languages.values():
            for phrase in (*words.strong, *words.likely):
                yield phrase, _OPEN
            for part, phrases in words.parts.items():
                if (number, part) in bits:
                    yield from ((phrase, bits[number, part]) for phrase in phrases)
