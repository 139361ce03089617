"""Watches, compiled: which articles call them, and which of their conditions hold, with the words themselves.

A watch is called by its anchors: literals, topics or actors of which at least one must be there for the watch to match.
The anchors are taken from the most telling condition that it has (terms, else query, else actors, else topics), so only
watches that one of their literals calls are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal

from rapidfuzz.distance import OSA

from agents.reading.article import Article
from agents.reading.automaton import LiteralTable
from agents.reading.fold import FoldedText, fold
from agents.reading.query import And, Node, Or, Phrase, Term, parse_query, print_query
from agents.reading.words import WORD, ends_word, is_ending, starts_word, word_end
from alerting.watch import Watch
from streams.errors import QueryError
from streams.wire import ActorReading, Clause, Evidence, TopicReading

Span = tuple[Literal["title", "body"], int, int]

EVIDENCE_KEPT: Final = 6


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


class Scene:
    """What there is to evaluate watches against in one article: texts, literal hits, topics, actors."""

    def __init__(
        self,
        article: Article,
        language: str,
        texts: Mapping[str, FoldedText],
        spans: Mapping[int, list[Span]],
        topics: Sequence[TopicReading],
        actors: Sequence[ActorReading],
    ) -> None:
        self.article = article
        self.language = language
        self.source = fold(article.source or "")
        self.texts = texts
        self.spans = spans
        self.topics = {topic.topic: topic for topic in topics}
        self.actors = {actor.id: actor for actor in actors}
        self._tokens: dict[str, tuple[list[int], list[str]]] = {}

    def tokens(self, name: str) -> tuple[list[int], list[str]]:
        """Where the words of a text begin, and the words."""
        if name not in self._tokens:
            found = [(match.start(), match.group()) for match in WORD.finditer(self.texts[name].text)]
            self._tokens[name] = ([start for start, _ in found], [word for _, word in found])
        return self._tokens[name]

    def evidence(self, spans: Iterable[Span]) -> tuple[Evidence, ...]:
        """The words of the original at spans of the folded texts."""
        evidence = []
        for name, start, end in list(dict.fromkeys(spans))[:EVIDENCE_KEPT]:
            text = self.texts[name]
            first, last = text.span(start, end)
            evidence.append(Evidence(field=name, start=first, end=last, text=text.original[first:last]))
        return tuple(evidence)


class CompiledQuery:
    """A query whose words are literals of the automaton."""

    def __init__(self, text: str, table: LiteralTable) -> None:
        query = parse_query(text)
        self.root = query.root
        self.warnings = tuple(query.warnings)
        self._numbers: dict[Node, tuple[int, ...]] = {}
        self._register(self.root, table)

    def _register(self, node: Node, table: LiteralTable) -> None:
        if isinstance(node, And | Or):
            for child in (*node.of, *(node.without if isinstance(node, And) else ())):
                self._register(child, table)
        elif node.field in ("", "title", "body"):
            self._numbers[node] = tuple(table.add(literal) for literal in _literals(node))

    def anchors(self, node: Node | None = None) -> Anchors:
        """What must be there for the query to hold."""
        node = node or self.root
        if isinstance(node, Or):
            anchors = Anchors()
            for child in node.of:
                anchors.merge(self.anchors(child))
            return anchors
        if isinstance(node, And):
            return min((self.anchors(child) for child in node.of), key=Anchors.cost)
        if node.field == "actor":
            return (
                Anchors(always=True)
                if isinstance(node, Term) and node.prefix
                else Anchors(actors={_id(node)})
            )
        if node.field == "topic":
            return (
                Anchors(always=True)
                if isinstance(node, Term) and node.prefix
                else Anchors(topics={_id(node)})
            )
        if node.field == "source":
            return Anchors(always=True)
        numbers = self._numbers[node]
        return Anchors(literals=set(numbers) if isinstance(node, Term) else {numbers[0]})

    def clauses(self, scene: Scene) -> Iterator[tuple[Clause, bool]]:
        """The query's uppermost parts, whether each held, and whether it is one that must."""
        root = self.root
        if isinstance(root, And):
            for child in root.of:
                yield self._clause(child, scene), True
            for child in root.without:
                spans = self.spans(child, scene)
                name = f"query: NOT {print_query(child)}"
                yield Clause(clause=name, held=spans is None, evidence=scene.evidence(spans or ())), True
        else:
            yield self._clause(root, scene), True

    def _clause(self, node: Node, scene: Scene) -> Clause:
        spans = self.spans(node, scene)
        return Clause(
            clause=f"query: {print_query(node)}", held=spans is not None, evidence=scene.evidence(spans or ())
        )

    def spans(self, node: Node, scene: Scene) -> list[Span] | None:
        """Where a node holds (it may hold without a place); None where it does not."""
        if isinstance(node, Or):
            held = [spans for child in node.of if (spans := self.spans(child, scene)) is not None]
            return [span for spans in held for span in spans] if held else None
        if isinstance(node, And):
            every = [self.spans(child, scene) for child in node.of]
            if any(spans is None for spans in every) or any(
                self.spans(n, scene) is not None for n in node.without
            ):
                return None
            return [span for spans in every if spans for span in spans]
        if node.field == "source":
            return [] if _source_holds(node, scene.source) else None
        if node.field == "actor":
            return [] if any(_id_holds(node, actor) for actor in scene.actors) else None
        if node.field == "topic":
            return [] if any(_id_holds(node, topic) for topic in scene.topics) else None
        found = self._term_spans(node, scene) if isinstance(node, Term) else self._phrase_spans(node, scene)
        return [span for span in found if node.field in ("", span[0])] or None

    def _term_spans(self, node: Term, scene: Scene) -> list[Span]:
        spans: list[Span] = []
        for number in self._numbers[node]:
            for name, start, end in scene.spans.get(number, ()):
                text = scene.texts[name].text
                if node.fuzz:
                    begin = start
                    while begin > 0 and text[begin - 1].isalnum():
                        begin -= 1
                    stop = word_end(text, end)
                    if OSA.distance(text[begin:stop], node.text, score_cutoff=node.fuzz) <= node.fuzz:
                        spans.append((name, begin, stop))
                else:
                    stop_at = term_end(text, start, end, prefix=node.prefix)
                    if stop_at is not None:
                        spans.append((name, start, stop_at))
        return spans

    def _phrase_spans(self, node: Phrase, scene: Scene) -> list[Span]:
        spans: list[Span] = []
        for name in {
            name for number in self._numbers[node][:1] for name, _, _ in scene.spans.get(number, ())
        }:
            starts, words = scene.tokens(name)
            for first, last in _windows(node, words):
                spans.append((name, starts[first], starts[last] + len(words[last])))
        return spans


def term_end(text: str, start: int, end: int, *, prefix: bool = False) -> int | None:
    """Where the word ends that a literal at `start` to `end` is, with its suffix; None where it is another word."""
    if not starts_word(text, start):
        return None
    if prefix:
        return word_end(text, end)
    if ends_word(text, end):
        return end
    stop = word_end(text, end)
    return stop if is_ending(text, start, end, stop) else None


def _word_is(word: str, wanted: str) -> bool:
    if not word.startswith(wanted):
        return False
    rest = len(wanted)
    return len(word) == rest or word[rest] == "'" or is_ending(word, 0, rest, len(word))


def _windows(node: Phrase, words: list[str]) -> Iterator[tuple[int, int]]:
    """First and last word of each place where the phrase stands, with its words moved by at most `slop` in all.

    As in Lucene: with p the position of the i-th word, the spread of p - i over the words is at most the slop.
    """
    size = len(node.words)
    if node.slop == 0:
        for at in range(len(words) - size + 1):
            if all(_word_is(words[at + i], wanted) for i, wanted in enumerate(node.words)):
                yield at, at + size - 1
        return
    events = sorted(
        (position - i, i, position)
        for position, word in enumerate(words)
        for i, wanted in enumerate(node.words)
        if _word_is(word, wanted)
    )
    latest: dict[int, tuple[int, int]] = {}
    for adjusted, i, position in events:
        latest[i] = (adjusted, position)
        if len(latest) == size and adjusted - min(a for a, _ in latest.values()) <= node.slop:
            positions = [p for _, p in latest.values()]
            if len(set(positions)) == size:
                yield min(positions), max(positions)
                latest.clear()


def _literals(node: Term | Phrase) -> Iterator[str]:
    if isinstance(node, Phrase):
        yield from node.words
    elif not node.fuzz:
        yield node.text
    else:
        # One of fuzz + 1 pieces of the word must stand unharmed.
        pieces = node.fuzz + 1
        size = len(node.text)
        for piece in range(pieces):
            yield node.text[piece * size // pieces : (piece + 1) * size // pieces]


def _id(node: Term | Phrase) -> str:
    return node.text if isinstance(node, Term) else "-".join(node.words)


def _id_holds(node: Term | Phrase, actual: str) -> bool:
    wanted = _id(node)
    return actual.startswith(wanted) if isinstance(node, Term) and node.prefix else actual == wanted


def _source_holds(node: Term | Phrase, source: str) -> bool:
    wanted = node.text if isinstance(node, Term) else " ".join(node.words)
    return source.startswith(wanted) if isinstance(node, Term) and node.prefix else source == wanted


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a watch matched, and all of its conditions."""

    watch: Watch
    matched: bool
    clauses: tuple[Clause, ...]


class CompiledWatch:
    """A watch, ready to be evaluated."""

    def __init__(self, watch: Watch, terms: Sequence[str], table: LiteralTable) -> None:
        """Raises QueryError where the query, or a term, cannot be understood."""
        self.watch = watch
        self.query = CompiledQuery(watch.query, table) if watch.query is not None else None
        self.terms = _term_numbers(terms, table)
        self._sources = tuple(fold(source) for source in watch.sources)
        self._languages = frozenset(language.split("-")[0].lower() for language in watch.languages)
        if self.query is None and not self.terms and watch.topics is None and watch.actors is None:
            raise QueryError("the watch has no topics, actors, query or terms; it would match every article")

    def anchors(self) -> Anchors:
        """What calls the watch; its terms are kept apart, being many."""
        if self.terms:
            return Anchors()
        if self.query is not None:
            return self.query.anchors()
        watch = self.watch
        if watch.actors is not None and (watch.actors.all or watch.actors.any):
            return Anchors(actors=set(watch.actors.all[:1] or watch.actors.any))
        if watch.topics is not None and (watch.topics.all or watch.topics.any):
            return Anchors(topics=set(watch.topics.all[:1] or watch.topics.any))
        return Anchors(always=True)

    def evaluate(self, scene: Scene, term_spans: Sequence[Span]) -> Evaluation:
        """Evaluate every condition."""
        clauses = tuple(self._clauses(scene, term_spans))
        return Evaluation(self.watch, all(clause.held for clause in clauses), clauses)

    def _clauses(self, scene: Scene, term_spans: Sequence[Span]) -> Iterator[Clause]:
        watch = self.watch
        if watch.topics is not None:
            yield from self._topic_clauses(scene)
        if watch.actors is not None:
            yield from self._actor_clauses(scene)
        if self.query is not None:
            for clause, _ in self.query.clauses(scene):
                yield clause
        if self.terms:
            yield Clause(clause="terms: any", held=bool(term_spans), evidence=scene.evidence(term_spans))
        if self._languages:
            held = scene.language in self._languages
            note = "" if held else f"the article is in {scene.language!r}"
            yield Clause(clause="language: " + ", ".join(watch.languages), held=held, note=note)
        if self._sources:
            held = any(fnmatchcase(scene.source, pattern) for pattern in self._sources)
            note = "" if held else f"the source is {scene.article.source or 'not named'}"
            yield Clause(clause="source: " + ", ".join(watch.sources), held=held, note=note)

    def _topic_clauses(self, scene: Scene) -> Iterator[Clause]:
        wanted = self.watch.topics
        if wanted is None:
            return
        stages = f" at {', '.join(wanted.stages)}" if wanted.stages else ""
        for names, kind in ((wanted.any, "any"), *(((name,), "all") for name in wanted.all)):
            if not names:
                continue
            fitting = [
                topic
                for name in names
                if (topic := scene.topics.get(name)) is not None
                and topic.score >= wanted.min_score
                and (not wanted.stages or topic.stage in wanted.stages)
            ]
            note = "" if fitting else _topic_note(scene, names, wanted.stages, wanted.min_score)
            title = f"topic: any of {', '.join(names)}" if kind == "any" else f"topic: {names[0]}"
            evidence = tuple(e for topic in fitting for e in topic.evidence[:3])
            yield Clause(clause=title + stages, held=bool(fitting), evidence=evidence, note=note)

    def _actor_clauses(self, scene: Scene) -> Iterator[Clause]:
        wanted = self.watch.actors
        if wanted is None:
            return
        if wanted.any:
            named = [scene.actors[name] for name in wanted.any if name in scene.actors]
            evidence = tuple(e for actor in named for e in actor.evidence[:2])
            yield Clause(clause=f"actor: any of {', '.join(wanted.any)}", held=bool(named), evidence=evidence)
        for name in wanted.all:
            actor = scene.actors.get(name)
            yield Clause(
                clause=f"actor: {name}", held=actor is not None, evidence=actor.evidence[:3] if actor else ()
            )
        for name in wanted.none:
            actor = scene.actors.get(name)
            yield Clause(
                clause=f"actor: not {name}", held=actor is None, evidence=actor.evidence[:3] if actor else ()
            )


def _topic_note(scene: Scene, names: Sequence[str], stages: Sequence[str], least: float) -> str:
    notes = []
    for name in names:
        topic = scene.topics.get(name)
        if topic is None:
            continue
        if topic.score < least:
            notes.append(f"{name} has a score of {topic.score:.2f}, below {least:.2f}")
        elif stages and topic.stage not in stages:
            notes.append(f"{name} is at the stage {topic.stage}")
    return "; ".join(notes)


def _term_numbers(terms: Sequence[str], table: LiteralTable) -> list[int]:
    numbers = []
    for term in terms:
        words = WORD.findall(fold(term))
        if not words:
            raise QueryError(f"the term {term[:40]!r} has no letter or digit to look for")
        numbers.append(table.add(" ".join(words)))
    return numbers
