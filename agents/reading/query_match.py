"""A watch query, compiled: its words are literals of the shared automaton, and it is evaluated against a scene.

Each text leaf has an anchor, the literal without which it cannot hold: of a word its stem, of a phrase its longest
word, of a pattern the letters before its first wildcard, of a fuzzy word the pieces of which one must stand unharmed.
docs/queries.md says what each construct means.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Final

from rapidfuzz.distance import OSA

from agents.reading.automaton import LiteralTable
from agents.reading.fold import fold
from agents.reading.keywords import phrase_at, run_end, starts_word, stem_of, token_fits, width, words_of
from agents.reading.query import parse_query
from agents.reading.query_ast import TEXT_FIELDS, Group, Leaf, Node, Phrase, Term, identifier_of, leaves
from agents.reading.scene import Scene, Span, Text
from agents.reading.wildcards import Wildcards, pattern_head
from streams.wire import Clause

LONGEST_WORD: Final = 200
"""Letters of a word of a text that a pattern or a fuzzy word is compared with."""
_SHOWN: Final = 200


@dataclass(slots=True)
class Anchors:
    """What calls a watch: any one of these."""

    literals: set[int] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    always: bool = False

    def merge(self, other: Anchors) -> None:
        """Take the other's as well."""
        self.literals |= other.literals
        self.topics |= other.topics
        self.actors |= other.actors
        self.always |= other.always

    def cost(self) -> tuple[bool, int, int]:
        """How often it will call, roughly: the least is best."""
        return self.always, len(self.topics) + len(self.actors), len(self.literals)


@dataclass(frozen=True, slots=True)
class _Words:
    """A word or phrase: its words, which of them is the anchor, and how far they may be out of place."""

    words: tuple[str, ...]
    anchor: int
    number: int
    slop: int

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.number,)

    def spans(self, text: Text, hits: Iterable[tuple[int, int]], scene: Scene) -> Iterator[Span]:
        folded = text.folded.text
        if len(self.words) == 1:
            for start, _ in hits:
                span = scene.word_span(self.words[0], folded, start)
                if span is not None:
                    yield text.name, *span
            return
        if self.slop:
            if any(True for _ in hits):
                yield from _windows(self.words, self.slop, text, scene)
            return
        count = sum(map(width, self.words))
        for start, _ in hits:
            if starts_word(folded, start):
                tokens, at = text.tokens_around(start, count)
                span = phrase_at(self.words, self.anchor, tokens, at, folded, turkish=scene.turkish)
                if span is not None:
                    yield text.name, *span


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A word with wildcards."""

    number: int
    wildcards: Wildcards

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.number,)

    def spans(self, text: Text, hits: Iterable[tuple[int, int]], scene: Scene) -> Iterator[Span]:  # noqa: ARG002
        folded = text.folded.text
        for start, end in hits:
            if starts_word(folded, start):
                stop = run_end(folded, end)
                if self.wildcards.fits(folded[start : min(stop, start + LONGEST_WORD)]):
                    yield text.name, start, stop


@dataclass(frozen=True, slots=True)
class _Fuzzy:
    """A word of which up to `edits` letters may be wrong, missing, added or exchanged."""

    word: str
    edits: int
    numbers: tuple[int, ...]

    def spans(self, text: Text, hits: Iterable[tuple[int, int]], scene: Scene) -> Iterator[Span]:  # noqa: ARG002
        folded = text.folded.text
        for start, _ in hits:
            tokens, at = text.tokens_around(start, 1)
            token = tokens[max(0, at)]
            word = token.core
            if (
                abs(len(word) - len(self.word)) <= self.edits
                and OSA.distance(word, self.word, score_cutoff=self.edits) <= self.edits
            ):
                yield text.name, token.start, run_end(folded, token.start)


_Matcher = _Words | _Pattern | _Fuzzy


class CompiledQuery:
    """A query whose words are literals of the automaton."""

    def __init__(self, text: str, table: LiteralTable) -> None:
        """Raises QueryError."""
        query = parse_query(text)
        self.root = query.root
        self.warnings = query.warnings
        self._matchers: Mapping[Leaf, _Matcher] = {
            leaf: _matcher(leaf, table) for leaf, _ in leaves(query.root) if leaf.field in TEXT_FIELDS
        }

    def anchors(self, node: Node | None = None) -> Anchors:
        """What must be there for the query to hold."""
        node = self.root if node is None else node
        if isinstance(node, Group):
            if node.must:
                return min((self.anchors(child) for child in node.must), key=Anchors.cost)
            anchors = Anchors()
            for child in node.should:
                anchors.merge(self.anchors(child))
            return anchors
        if node.field in TEXT_FIELDS:
            return Anchors(literals=set(self._matchers[node].numbers))
        if node.field == "actor":
            return Anchors(actors={identifier_of(node)})
        if node.field == "topic":
            return Anchors(topics={identifier_of(node)})
        return Anchors(always=True)

    @property
    def required(self) -> tuple[Node, ...]:
        """The query's uppermost parts that must hold, in the order of its clauses."""
        root = self.root
        if not isinstance(root, Group):
            return (root,)
        return root.must or (Group(should=root.should),)

    def clauses(self, scene: Scene) -> Iterator[Clause]:
        """The query's uppermost parts, whether each held, and by which words; behind them what must not hold."""
        root = self.root
        for node in self.required:
            spans = self.spans(node, scene)
            yield Clause(
                clause=f"query: {describe(node)}",
                held=spans is not None,
                evidence=scene.evidence(spans or ()),
            )
        for node in root.must_not if isinstance(root, Group) else ():
            spans = self.spans(node, scene)
            yield Clause(
                clause=f"query: {describe(node, negated=True)}",
                held=spans is None,
                evidence=scene.evidence(spans or ()),
            )

    def spans(self, node: Node, scene: Scene) -> list[Span] | None:
        """Where a node holds (it may hold without a place); None where it does not."""
        if not isinstance(node, Group):
            return self._leaf_spans(node, scene)
        held: list[Span] = []
        for child in node.must:
            spans = self.spans(child, scene)
            if spans is None:
                return None
            held += spans
        chosen = [spans for child in node.should if (spans := self.spans(child, scene)) is not None]
        if not node.must and not chosen:
            return None
        if any(self.spans(child, scene) is not None for child in node.must_not):
            return None
        return held + [span for spans in chosen for span in spans]

    def _leaf_spans(self, leaf: Leaf, scene: Scene) -> list[Span] | None:
        if leaf.field in TEXT_FIELDS:
            return self._text_spans(leaf, scene) or None
        if leaf.field == "source":
            held = _source_holds(leaf, scene.source)
        elif leaf.field == "actor":
            held = identifier_of(leaf) in scene.actors
        elif leaf.field == "topic":
            held = identifier_of(leaf) in scene.topics
        else:
            held = identifier_of(leaf).partition("-")[0] == scene.language
        return [] if held else None

    def _text_spans(self, leaf: Leaf, scene: Scene) -> list[Span]:
        matcher = self._matchers[leaf]
        by_literal = scene.spans
        found = [span for number in matcher.numbers for span in by_literal.get(number, ())]
        if not found:  # nearly always
            return []
        spans: list[Span] = []
        for text in scene.texts:
            if leaf.field in ("", text.name):
                hits = [(start, end) for name, start, end in found if name == text.name]
                if hits:
                    # Words around a hit may be those of a title that the body repeats.
                    spans += (
                        span for span in matcher.spans(text, hits, scene) if scene.counts(text, span[1])
                    )
        return list(dict.fromkeys(spans))


def describe(node: Node, *, negated: bool = False) -> str:
    """A node, or that it must not hold, as its writer would read it, cut to a line."""
    text = f"NOT {_described(node)}" if negated else _described(node, top=True)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _described(node: Node, *, top: bool = False) -> str:
    if not isinstance(node, Group):
        return str(node)
    shown = node.must[:20] or node.should[:20]
    text = (" AND " if node.must else " OR ").join(map(_described, shown))
    for child in node.must_not[:20]:
        text += f" AND NOT {_described(child)}"
    return text if top or len(shown) + len(node.must_not) == 1 else f"({text})"


def _matcher(leaf: Leaf, table: LiteralTable) -> _Matcher:
    if isinstance(leaf, Term) and leaf.pattern:
        return _Pattern(table.add(pattern_head(leaf.text)), Wildcards(leaf.text))
    words = words_of(leaf.text)
    if isinstance(leaf, Term) and leaf.edits:
        word = words[0]
        size, pieces = len(word), leaf.edits + 1
        ends = [n * size // pieces for n in range(pieces + 1)]
        cuts = [word[start:end] for start, end in pairwise(ends)]
        # Each edit harms one piece, but an exchange of letters across a cut two; of these the first is then known.
        cuts += [word[start : end - 1] + word[end] for start, end in pairwise(ends[:-1])]
        return _Fuzzy(word, leaf.edits, tuple(dict.fromkeys(table.add(cut) for cut in cuts)))
    anchor = max(range(len(words)), key=lambda n: len(words[n]))
    slop = leaf.slop if isinstance(leaf, Phrase) else 0
    return _Words(words, anchor, table.add(stem_of(words[anchor])), slop)


def _windows(words: tuple[str, ...], slop: int, text: Text, scene: Scene) -> Iterator[Span]:
    """Each place where the words stand, moved by at most `slop` in all.

    As in Lucene: with p the position of a word and i its place in the phrase, the spread of p - i over the words is at
    most the slop.
    """
    size = len(words)
    places = list(accumulate(map(width, words), initial=0))
    sought = [word if "'" in word else stem_of(word) for word in words]
    if not all(letters in text.folded.text for letters in sought):
        return
    tokens = text.tokens
    # Those of a title that the body repeats are none of its words.
    first = bisect_left(tokens, True, key=lambda token: scene.counts(text, token.start))
    events = sorted(
        (position - places[number], number, position)
        for number, wanted in enumerate(words)
        for position in _fitting(wanted, sought[number], text, turkish=scene.turkish)
        if position >= first
    )
    latest: dict[int, tuple[int, int]] = {}
    for adjusted, number, position in events:
        latest[number] = (adjusted, position)
        if len(latest) < size or adjusted - min(a for a, _ in latest.values()) > slop:
            continue
        positions = [p for _, p in latest.values()]
        if len(set(positions)) == size:
            end = max(p + width(words[n]) for n, (_, p) in latest.items())
            yield text.name, tokens[min(positions)].start, tokens[end - 1].end
            latest.clear()


def _fitting(wanted: str, letters: str, text: Text, *, turkish: bool) -> Iterator[int]:
    """Which words of a text a watched word stands for; it has certain letters."""
    tokens, folded = text.tokens, text.folded.text
    at = folded.find(letters)
    while at >= 0:
        position = text.token_at(at)
        at += 1
        if position >= 0:
            if token_fits(wanted, tokens[position], folded, turkish=turkish):
                yield position
            at = max(at, tokens[position].end)
        at = folded.find(letters, at)


def _source_holds(leaf: Leaf, source: str) -> bool:
    if isinstance(leaf, Term) and leaf.pattern:
        return bool(source) and Wildcards(leaf.text).fits(source)
    return source == fold(leaf.text)
