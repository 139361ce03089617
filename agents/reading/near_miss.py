"""What was nearly there: where a part of a query did not hold, the word of the article that almost made it hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from rapidfuzz.distance import OSA

from agents.reading.keywords import stem_of, words_of
from agents.reading.query_ast import Leaf
from agents.reading.scene import Scene, Text
from agents.reading.watches import CompiledWatch, Evaluation
from streams.wire import Clause

MIN_LETTERS: Final = 5
"""Letters that a watched word must have for another word to be near it."""
TOKENS_READ: Final = 5000
LEAVES_READ: Final = 50
_LONGEST_ENDING: Final = 4


def with_near_misses(watch: CompiledWatch, evaluation: Evaluation, scene: Scene) -> Evaluation:
    """The evaluation, where a part of the query did not hold with a note of what was nearly there."""
    if evaluation.matched or watch.query is None:
        return evaluation
    notes = list(_notes(watch.query.text_leaves(), scene))
    if not notes:
        return evaluation
    clauses = tuple(_noted(clause, notes) for clause in evaluation.clauses)
    return replace(evaluation, clauses=clauses)


def _noted(clause: Clause, notes: list[tuple[str, str]]) -> Clause:
    if clause.held or not clause.clause.startswith("query:") or clause.clause.startswith("query: NOT"):
        return clause
    own = [note for leaf, note in notes if leaf in clause.clause]
    return clause.model_copy(update={"note": "; ".join(own[:3])}) if own else clause


def _notes(leaves: Iterable[tuple[Leaf, tuple[str, ...]]], scene: Scene) -> Iterator[tuple[str, str]]:
    for number, (leaf, words) in enumerate(leaves):
        if number == LEAVES_READ:
            return
        for text in scene.texts:
            note = next(_near(words, leaf, text), "")
            if note:
                yield str(leaf), note
                break


def _near(words: tuple[str, ...], leaf: Leaf, text: Text) -> Iterator[str]:
    if leaf.field not in ("", text.name):
        wanted = words_of(leaf.text)
        folded = text.folded.text
        if all(word in folded for word in wanted):
            yield f"{leaf} is in the {text.name} only"
        return
    for word in words:
        if len(word) < MIN_LETTERS:
            continue
        for token in text.tokens[:TOKENS_READ]:
            core = token.core
            if core == word or abs(len(core) - len(word)) > _LONGEST_ENDING or core[0] != word[0]:
                continue
            first, last = text.folded.span(token.start, token.end)
            shown = text.folded.original[first:last]
            if core.startswith(stem_of(word)) and len(core) > len(word):
                yield f"{shown} goes on behind {word}: write {word}* to find it"
            elif OSA.distance(core, word, score_cutoff=1) == 1:
                yield f"{shown} is one letter off {word}"
