"""A watch query, compiled: its words are literals of the shared automaton, and it is evaluated against a scene.

Its leaves, groups and fields are told here; where words stand is told by `query_words`. docs/queries.md says what each
construct means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from agents.reading.automaton import LiteralTable
from agents.reading.fields import primary_tag
from agents.reading.fold import fold
from agents.reading.query import parse_query
from agents.reading.query_ast import TEXT_FIELDS, Group, Leaf, Node, Term, identifier_of, leaves
from agents.reading.query_words import Matcher, matcher_of
from agents.reading.scene import FieldSpan, Scene
from agents.reading.wildcards import Wildcards
from streams.printable import shortened
from streams.wire import Clause

LONGEST_CLAUSE: Final = 200
"""Characters of a condition as it is shown, at most."""


@dataclass(slots=True)
class Anchors:
    """What calls a watch: any one of these."""

    literals: set[int] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    always: bool = False

    def merge(self, other: Anchors) -> None:
        """Add the anchors of another."""
        self.literals |= other.literals
        self.topics |= other.topics
        self.actors |= other.actors
        self.always |= other.always

    def cost(self) -> tuple[bool, int, int]:
        """Roughly how often these will call; the fewer, the better."""
        return self.always, len(self.topics) + len(self.actors), len(self.literals)


class CompiledQuery:
    """A query whose words are literals of the automaton."""

    def __init__(self, text: str, table: LiteralTable) -> None:
        """Raises QueryError."""
        self.root = parse_query(text).root
        self._matchers: Mapping[Leaf, Matcher] = {
            leaf: matcher_of(leaf, table) for leaf, _ in leaves(self.root) if leaf.field in TEXT_FIELDS
        }
        self._sources: Mapping[Leaf, Wildcards] = {
            leaf: Wildcards(leaf.text)
            for leaf, _ in leaves(self.root)
            if leaf.field == "source" and isinstance(leaf, Term) and leaf.pattern
        }

        self._by_literal: dict[int, list[Leaf]] = {}
        for leaf, matcher in self._matchers.items():
            for number in matcher.numbers:
                self._by_literal.setdefault(number, []).append(leaf)

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

    def stands(self, literal: int, scene: Scene) -> bool:
        """Whether what is looked for by a literal stands in an article, and not only the literal, in another word."""
        return any(self._text_spans(leaf, scene) for leaf in self._by_literal[literal])

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
            yield self._clause(node, scene)
        for node in root.must_not if isinstance(root, Group) else ():
            yield self._clause(node, scene, negated=True)

    def _clause(self, node: Node, scene: Scene, *, negated: bool = False) -> Clause:
        spans = self.spans(node, scene)
        return Clause(
            clause=f"query: {describe(node, negated=negated)}",
            held=(spans is None) is negated,
            evidence=scene.evidence(spans or ()),
        )

    def spans(self, node: Node, scene: Scene) -> list[FieldSpan] | None:
        """Where a node holds (it may hold without a place); None where it does not."""
        if not isinstance(node, Group):
            return self._leaf_spans(node, scene)
        held: list[FieldSpan] = []
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

    def _leaf_spans(self, leaf: Leaf, scene: Scene) -> list[FieldSpan] | None:
        if leaf.field in TEXT_FIELDS:
            return self._text_spans(leaf, scene) or None
        if leaf.field == "source":
            held = self._source_holds(leaf, scene.source)
        elif leaf.field == "actor":
            held = identifier_of(leaf) in scene.actors
        elif leaf.field == "topic":
            held = identifier_of(leaf) in scene.topics
        else:
            held = primary_tag(identifier_of(leaf)) == scene.language
        return [] if held else None

    def _source_holds(self, leaf: Leaf, source: str) -> bool:
        if leaf in self._sources:
            return bool(source) and self._sources[leaf].fits(source)
        return source == fold(leaf.text)

    def _text_spans(self, leaf: Leaf, scene: Scene) -> list[FieldSpan]:
        matcher = self._matchers[leaf]
        by_literal = scene.spans
        found = [span for number in matcher.numbers for span in by_literal.get(number, ())]
        if not found:  # nearly always
            return []
        spans: list[FieldSpan] = []
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
    return shortened(text, LONGEST_CLAUSE)


def _described(node: Node, *, top: bool = False) -> str:
    if not isinstance(node, Group):
        return str(node)
    shown = node.must[:20] or node.should[:20]
    text = (" AND " if node.must else " OR ").join(map(_described, shown))
    for child in node.must_not[:20]:
        text += f" AND NOT {_described(child)}"
    return text if top or len(shown) + len(node.must_not) == 1 else f"({text})"
