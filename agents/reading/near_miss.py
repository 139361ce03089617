"""What was nearly there: where a part of a query or a list of terms did not hold, the words that almost fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice, pairwise
from typing import Final

from rapidfuzz.distance import OSA

from agents.reading.automaton import LiteralTable
from agents.reading.fold import readable
from agents.reading.keywords import Token, token_fits, words_of
from agents.reading.query_ast import TEXT_FIELDS, Field, Leaf, Phrase, Term, identifier_of, leaves
from agents.reading.query_match import CompiledQuery
from agents.reading.scene import Scene, Text
from agents.reading.watches import CompiledWatch, Evaluation, language_note
from streams.wire import Clause

MIN_LETTERS: Final = 5
"""Letters that a watched word must have for another word to be near it."""
SHORTEST_FORM: Final = 4
"""Letters of a Cyrillic word whose last one may be another case's."""
TOKENS_READ: Final = 5000
"""Words of a text that are looked at."""
LEAVES_READ: Final = 50
"""Parts of a query that are looked at."""
NOTES_KEPT: Final = 3
"""Notes of a clause."""
_LONGEST_ENDING: Final = 4


def with_near_misses(watch: CompiledWatch, evaluation: Evaluation, scene: Scene) -> Evaluation:
    """The evaluation, with a note of what was nearly there where keywords did not hold."""
    if evaluation.matched:
        return evaluation
    wanted = iter(watch.query.required if watch.query is not None else ())
    clauses = []
    for clause in evaluation.clauses:
        sought: Iterable[Leaf] = ()
        if clause.clause.startswith("query:"):
            node = next(wanted, None)  # None: conditions that must not hold come after all that must
            sought = () if node is None else (leaf for leaf, negated in leaves(node) if not negated)
        elif clause.clause.startswith("terms:"):
            sought = (Phrase(term) for term in watch.watch.terms)
        notes = () if clause.held else islice(_notes(sought, scene), NOTES_KEPT)
        clauses.append(_noted(clause, tuple(dict.fromkeys(notes))))
    return replace(evaluation, clauses=tuple(clauses))


def _noted(clause: Clause, notes: Sequence[str]) -> Clause:
    return clause.model_copy(update={"note": "; ".join(notes)}) if notes else clause


def _notes(sought: Iterable[Leaf], scene: Scene) -> Iterator[str]:
    for leaf in islice(sought, LEAVES_READ):
        if leaf.field in TEXT_FIELDS:
            yield from islice(_of_text(leaf, scene), 1)
        elif leaf.field == "source":
            yield f"the source is {scene.article.source or 'not named'}"
        elif leaf.field == "language":
            yield language_note(scene.language)
        elif leaf.field == "actor" and (note := scene.doubtful_actors.get(identifier_of(leaf))):
            yield note
        elif leaf.field == "topic" and (topic := scene.weak_topics.get(identifier_of(leaf))):
            yield f"{topic.topic} has a score of {topic.score:.2f} only"


def _of_text(leaf: Leaf, scene: Scene) -> Iterator[str]:
    if leaf.field:
        other: Field = "body" if leaf.field == "title" else "title"
        if _holds(replace(leaf, field=other), scene):
            yield f"{leaf} is in the {other} only"
    if isinstance(leaf, Term) and leaf.pattern:
        return
    words = words_of(leaf.text)
    for text in scene.texts:
        if leaf.field in ("", text.name):
            yield from _written_otherwise(leaf, words, text)
            yield from _of_words(leaf, words, text, scene)


def _holds(leaf: Leaf, scene: Scene) -> bool:
    table = LiteralTable()
    query = CompiledQuery(str(leaf), table)
    return query.spans(query.root, Scene.of(scene.article, table.build())) is not None


def _written_otherwise(leaf: Leaf, words: Sequence[str], text: Text) -> Iterator[str]:
    """A word that is written there as two (cease-fire), or two words as one; of a short one, its capitals (U.N.)."""
    joined = "".join(words).replace("'", "")
    if len(joined) < 2:
        return
    tokens = text.tokens[:TOKENS_READ]
    pairs = pairwise(tokens) if len(words) == 1 else chain(zip(tokens, tokens, strict=True), pairwise(tokens))
    for first, last in pairs:
        if (first.core if first is last else first.core + last.core) == joined:
            shown = _shown(first, last, text)
            if len(joined) < SHORTEST_FORM and not shown.isupper():
                continue
            yield f'{shown} is {leaf.text} written otherwise: write "{shown}" to find it'


def _of_words(leaf: Leaf, words: Sequence[str], text: Text, scene: Scene) -> Iterator[str]:
    near = [_nearest(word, text, scene, alone=len(words) == 1) for word in words]
    if any(note is None for note in near):
        return
    notes = "; ".join(note for note in near if note)
    if notes:
        yield notes
    elif len(words) > 1:
        yield f"the words of {leaf} stand in the {text.name}, but not so near together or in this order"


def _nearest(word: str, text: Text, scene: Scene, *, alone: bool) -> str | None:
    """A note of what is nearly a word; empty where the word itself is there, None where nothing is near."""
    tokens = text.tokens[:TOKENS_READ]
    if any(token_fits(word, token, text.folded.text, turkish=scene.turkish) for token in tokens):
        return ""
    if len(word) < SHORTEST_FORM and not _is_korean(word):
        return None
    return next((note for token in tokens if (note := _near(word, token, text, alone=alone))), None)


def _near(word: str, token: Token, text: Text, *, alone: bool) -> str:
    core = token.core
    if core == word or abs(len(core) - len(word)) > _LONGEST_ENDING or core[0] != word[0]:
        return ""
    shown = _shown(token, token, text)
    if len(word) < MIN_LETTERS and not _is_korean(word):
        is_form = "\u0400" <= word[-1] <= "\u04ff" and core[:-1] == word[:-1]
        return f"{shown} may be a form of {word}: write {word[:-1]}? to find it" if is_form and alone else ""
    wanted = readable(word)
    if core.startswith(word):
        return f"{shown} goes on behind {wanted}" + (f": write {wanted}* to find it" if alone else "")
    if len(word) >= MIN_LETTERS and OSA.distance(core, word, score_cutoff=1) == 1:
        return f"{shown} is one letter off {wanted}"
    return ""


def _is_korean(word: str) -> bool:
    """Whether a word is written in syllables, two of which say as much as five letters."""
    return len(word) > 1 and "\uac00" <= word[0] <= "\ud7a3"


def _shown(first: Token, last: Token, text: Text) -> str:
    start, end = text.folded.span(first.start, last.end)
    return text.folded.original[start:end]
