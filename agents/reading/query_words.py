"""Where the words of a query stand in a text: a word, a phrase, a pattern or a fuzzy word.

Each is looked for by literals of the shared automaton, without one of which it cannot stand there: of a word its stem,
of a phrase its longest word, of a pattern the letters before its first wildcard, of a fuzzy word the pieces of which
one must stand unharmed. docs/queries.md says what each construct means.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

from rapidfuzz.distance import OSA

from agents.reading.automaton import LiteralTable
from agents.reading.fold import Span
from agents.reading.keywords import (
    end_of,
    literals_of,
    may_stand,
    phrase_at,
    run_begin,
    run_end,
    starts_word,
    stem_of,
    stems_of,
    token_fits,
    width,
    words_of,
)
from agents.reading.query_ast import Leaf, Phrase, Term
from agents.reading.scene import FieldSpan, Scene, Text
from agents.reading.wildcards import Wildcards, pattern_head

LONGEST_WORD: Final = 200
"""Letters of a word of a text with which a pattern or a fuzzy word is compared."""


@dataclass(frozen=True, slots=True)
class _Words:
    """A word or phrase: its words, which of them is the anchor, and how far they may be out of place."""

    words: tuple[str, ...]
    anchor: int
    numbers: tuple[int, ...]
    slop: int

    def spans(self, text: Text, hits: Sequence[Span], scene: Scene) -> Iterator[FieldSpan]:
        folded = text.folded.text
        if len(self.words) == 1:
            for start, _ in hits:
                span = scene.word_span(self.words[0], folded, start)
                if span is not None:
                    yield text.name, *span
            return
        if self.slop:
            yield from _windows(self.words, self.slop, text, scene)
            return
        count = sum(map(width, self.words))
        for start, end in hits:
            if may_stand(folded, start, end):
                tokens, at = text.tokens_around(start, count)
                span = phrase_at(self.words, self.anchor, tokens, at, folded, turkish=scene.turkish)
                if span is not None:
                    yield text.name, *span


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A word with wildcards."""

    numbers: tuple[int, ...]
    head: str
    wildcards: Wildcards

    def spans(self, text: Text, hits: Sequence[Span], scene: Scene) -> Iterator[FieldSpan]:  # noqa: ARG002
        folded = text.folded.text
        for start, end in hits:
            if starts_word(folded, start):
                stop = run_end(folded, end)
                # What was found for the head may have a space for its hyphen.
                if self.wildcards.fits(self.head + folded[end : min(stop, start + LONGEST_WORD)]):
                    yield text.name, start, stop


@dataclass(frozen=True, slots=True)
class _Fuzzy:
    """A word of which up to `edits` letters may be wrong, missing, added or exchanged."""

    word: str
    edits: int
    numbers: tuple[int, ...]

    def spans(self, text: Text, hits: Sequence[Span], scene: Scene) -> Iterator[FieldSpan]:  # noqa: ARG002
        folded = text.folded.text
        too_long = len(self.word) + self.edits + 1
        for start, _ in hits:
            begin = run_begin(folded, start, too_long)
            word = folded[begin : run_end(folded, start, too_long)]
            if OSA.distance(word, self.word, score_cutoff=self.edits) <= self.edits:
                yield text.name, begin, begin + len(word)


Matcher = _Words | _Pattern | _Fuzzy


def matcher_of(leaf: Leaf, table: LiteralTable) -> Matcher:
    """What finds a text leaf; the literals that it is looked for by are added to the table."""
    if isinstance(leaf, Term) and leaf.pattern:
        head = pattern_head(leaf.text)
        return _Pattern((table.add(head),), head, Wildcards(leaf.text))
    words = words_of(leaf.text)
    if isinstance(leaf, Term) and leaf.edits:
        word = words[0]
        size, pieces = len(word), leaf.edits + 1
        ends = [n * size // pieces for n in range(pieces + 1)]
        cuts = [word[start:end] for start, end in pairwise(ends)]
        # Each edit harms one piece, but an exchange of letters across a cut two; of these the first is then known.
        cuts += [word[start : end - 1] + word[end] for start, end in pairwise(ends[:-1])]
        return _Fuzzy(word, leaf.edits, tuple(dict.fromkeys(table.add(cut) for cut in cuts)))
    anchor = max(range(len(words)), key=lambda n: len(stem_of(words[n])))
    slop = leaf.slop if isinstance(leaf, Phrase) else 0
    return _Words(words, anchor, tuple(map(table.add, literals_of(words[anchor]))), slop)


def _windows(words: tuple[str, ...], slop: int, text: Text, scene: Scene) -> Iterator[FieldSpan]:
    """Each place where the words stand, moved by at most `slop` in all.

    As in Lucene: with p the position of a word and i its place in the phrase, the spread of p - i over the words is at
    most the slop.
    """
    places = list(accumulate(map(width, words), initial=0))
    if not all(any(stem in text.folded.text for stem in stems_of(word)) for word in words):
        return
    tokens = text.tokens
    # Those of a title that the body repeats are none of its words.
    first = bisect_left(tokens, True, key=lambda token: scene.counts(text, token.start))
    fitting = [
        [at for at in _fitting(word, text, turkish=scene.turkish, begins_phrase=not number) if at >= first]
        for number, word in enumerate(words)
    ]
    events = sorted(
        (position - place, number, position)
        for number, (place, own) in enumerate(zip(places, fitting, strict=False))
        for position in own
    )
    latest: dict[int, tuple[int, int]] = {}
    for adjusted, number, position in events:
        latest[number] = (adjusted, position)
        if len(latest) < len(words) or adjusted - min(a for a, _ in latest.values()) > slop:
            continue
        chosen = {n: p for n, (_, p) in latest.items()}
        if len({*chosen.values()}) < len(words):
            chosen = _apart(fitting, places, adjusted, slop)
        if chosen:
            end, last = max((p + width(words[n]), n) for n, p in chosen.items())
            yield text.name, tokens[min(chosen.values())].start, end_of(words[last], tokens[end - 1])
            latest.clear()


def _apart(fitting: Sequence[Sequence[int]], places: Sequence[int], last: int, slop: int) -> dict[int, int]:
    """A place of its own for each word, where the same is the last for two of them; nothing where none is found.

    The word that fits at the fewest places chooses first, of the same words the last. `last`: p - i, at most.
    """
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for number in sorted(range(len(fitting)), key=lambda n: (len(fitting[n]), -n)):
        own = fitting[number]
        at = bisect_right(own, last + places[number]) - 1
        while at >= 0 and own[at] in taken:
            at -= 1
        if at < 0 or own[at] < last - slop + places[number]:
            return {}
        chosen[number] = own[at]
        taken.add(own[at])
    return chosen


def _fitting(wanted: str, text: Text, *, turkish: bool, begins_phrase: bool) -> list[int]:
    """Which words of a text a watched word stands for."""
    tokens, folded = text.tokens, text.folded.text
    fitting = set()
    for stem in stems_of(wanted):
        at = folded.find(stem)
        while at >= 0:
            position = text.token_at(at)
            at += 1
            if position >= 0:
                if token_fits(wanted, tokens[position], folded, turkish=turkish, begins_phrase=begins_phrase):
                    fitting.add(position)
                at = max(at, tokens[position].end)
            at = folded.find(stem, at)
    return sorted(fitting)
