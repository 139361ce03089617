"""Names with one wrong letter: which words may be one, and where one is surely meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from agents.reading.actors.context import Context
from agents.reading.actors.inflection import suffix_end
from agents.reading.actors.long_words import frequencies, long_words, places_of, without_particles
from agents.reading.actors.mention import Mention, longest
from agents.reading.actors.names import Bearer, Form
from agents.reading.actors.registry import Actor
from agents.reading.actors.spans import Spans
from agents.reading.actors.surnames import Surnames
from agents.reading.actors.typos import TypoIndex
from agents.reading.actors.wordlists import WordLists
from agents.reading.fold import FoldedText, fold

SURE_CHANGE: Final = 7
"""Letters that a name needs so that one missing or added letter leaves it sure; for a wrong letter, one more."""
OFTEN: Final = 2
"""How often a misspelling may stand in a text; what is there more often is another word."""
_REMEMBERED: Final = 20_000
"""Words for which it is remembered whether they may be a name."""

Owner = Form | Bearer


class Misspellings:
    """Tells misspelt names from other words."""

    def __init__(self, typos: TypoIndex[Owner], surnames: Surnames, words: WordLists) -> None:
        self._typos = typos
        self._surnames = surnames
        self._words = words
        self._slips = _Slips(self._owners)

    def find(self, text: FoldedText, mentions: Sequence[Mention], context: Context) -> list[Mention]:
        """The misspelt names in a text, in order; none where one of its mentions is."""
        # Most texts have none, which costs less to find out word by word than place by place.
        words = long_words(text)
        slips = {*filter(self._slips.__getitem__, set(words))}
        if not slips:
            return []
        found = [*self._candidates(text, [word for word in words if word in slips], context)]
        if not found:
            return []
        known = Spans((mention.start, mention.end) for mention in mentions)
        found = [
            (word, start, mention)
            for word, start, mention in found
            if not known.overlap(mention.start, mention.end, least=len(word) - 2)
        ]
        if not found:
            return []
        counts = frequencies(text)
        told: dict[int, Mention] = {}
        for word, start, mention in found:
            before = text.text[start - 1 : start]
            if counts[before + word if before.isalpha() else word] <= OFTEN:
                told.setdefault(start, mention)
        return longest([*told.values()])

    def nearly(self, text: FoldedText) -> Iterator[tuple[Owner, str]]:
        """The names from which words of a text are one letter off, meant or not, each with the word."""
        for word, start in places_of(long_words(text), text):
            first, last = text.span(start, start + len(word))
            for _, owner in self._typos.find(word):
                yield owner, text.original[first:last]

    def _candidates(
        self, text: FoldedText, words: Sequence[str], context: Context
    ) -> Iterator[tuple[str, int, Mention]]:
        """Mentions that some of the long words may be, each with its folded word and where that begins."""
        for word, start in places_of(words, text):
            for owner, sure in self._owners(word):
                mention = self._mention(text, word, start, owner, context, sure=sure)
                if mention is not None:
                    yield word, start, mention

    def _owners(self, word: str) -> list[tuple[Owner, bool]]:
        """Whose name a misspelt word may be, as far as the word alone tells, and whether it is unmistakable."""
        if word in self._words.given_names or word in self._words.titles:
            return []
        owners: list[tuple[Owner, bool]] = []
        for known, owner in self._typos.find(word):
            exchanged = len(word) == len(known) and sorted(word) == sorted(known)
            if "\u0400" <= word[-1] <= "\u052f" and word[-2:] != known[-2:] and not exchanged:
                continue  # another ending
            sure = _is_sure_change(known, word)
            alone = sure and len(known) >= SURE_CHANGE and word not in self._words.common
            if alone or isinstance(owner, Bearer):
                owners.append((owner, sure))
        return owners

    def _mention(
        self, text: FoldedText, word: str, start: int, owner: Owner, context: Context, *, sure: bool
    ) -> Mention | None:
        """The mention that a misspelling is, or None where it may be another word."""
        stop = suffix_end(text.text, start + len(word))
        if stop is None:
            return None
        first, last = span = text.span(start, stop)
        if isinstance(owner, Bearer):
            mentions = self._surnames.with_given(text, [owner], start, span)
            if not mentions:
                return None
            mention = mentions[0]
            if mention.actor is None and not self._is_meant(owner.actor, word, mention, context, sure=sure):
                return None
            first = mention.start
        return Mention(first, last, "typo", owner.actor)

    def _is_meant(self, actor: Actor, word: str, mention: Mention, context: Context, *, sure: bool) -> bool:
        """Whether a misspelt surname that stands alone means a bearer of it."""
        if word in self._words.common:
            return False
        if actor.id in context.persons:
            return True
        return (sure or mention.titled) and (actor.alone or actor.country in context.countries)


def _is_sure_change(known: str, word: str) -> bool:
    """Whether a slip makes the name unmistakable: letters exchanged, or in a long name one missing, added or wrong."""
    if len(known) == len(word):
        if sorted(known) == sorted(word):
            return True
        return len(known) > SURE_CHANGE
    if word == known + "a" or word[:-1] == known or known[:-1] == word:
        return False
    return len(known) >= SURE_CHANGE


class _Slips(dict[str, bool]):
    """Capitalised words → whether they may be a name with one wrong letter. Those of the news come again and again."""

    def __init__(self, may_be: Callable[[str], object]) -> None:
        """`may_be` tells of a folded word whether it may be one."""
        self._may_be = may_be

    def __missing__(self, word: str) -> bool:
        if len(self) >= _REMEMBERED:
            self.clear()
        folded = [(fold(word), 0)]
        slip = self[word] = (
            # A letter that becomes several stands there as often (ßß for ss): what the word is, the text tells.
            len(folded[0][0]) != len(word)
            or any(self._may_be(form) for form, _ in (*folded, *without_particles(folded)))
        )
        return slip
