"""The reader: one pass over an article's words, and what topics, actors and watches make of them.

Built once from a configuration. For most articles of a stream `read` returns None, and costs little more than folding,
the automaton's pass and hashing the words: only a gate literal of a topic or an anchor of a watch leads to more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from agents.reading.actors.matcher import ActorMatcher
from agents.reading.actors.registry import Registry
from agents.reading.article import Article
from agents.reading.automaton import LiteralTable
from agents.reading.guarded import GuardedClassifier
from agents.reading.near_miss import with_near_misses
from agents.reading.results import candidates_of, reading_of, version_of
from agents.reading.scene import FieldSpan, Scene, coded_texts, look_for
from agents.reading.taxonomy import Taxonomies
from agents.reading.terms import TermIndex
from agents.reading.topics import Classifier, SiftingClassifier, TopicClassifier
from agents.reading.watches import CompiledWatch, Evaluation
from alerting.watch import Watch
from streams.errors import QueryError
from streams.wire import Candidate, Reading, TopicReading


@dataclass(frozen=True, slots=True)
class Read:
    """How an article was read, the candidates that follow, and which version of it that was."""

    reading: Reading
    candidates: tuple[Candidate, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an article was read, and what every watch made of it."""

    reading: Reading
    evaluations: tuple[Evaluation, ...]
    weak: tuple[TopicReading, ...] = ()
    """Topics that the article has something of, but not enough."""


class Searched(NamedTuple):
    """An article in which literals and terms were looked for: where the terms of each watch stand, and whether it may
    be about a topic.
    """

    scene: Scene
    term_spans: Mapping[int, Sequence[FieldSpan]]
    topical: bool


class Reader:
    """Everything that reading needs, compiled."""

    def __init__(
        self,
        *,
        taxonomies: Taxonomies,
        registry: Registry,
        watches: Sequence[Watch],
        terms: Mapping[str, Sequence[str]] | None = None,
        classifier: Classifier | None = None,
        read_all: bool = False,
    ) -> None:
        """Compile. `classifier` takes the place of the taxonomy's; `read_all`: articles with neither a topic nor a hit
        have a reading too. Raises QueryError where a watch cannot be understood.
        """
        terms = terms or {}
        enabled = [watch for watch in watches if watch.enabled]
        own_terms = {index: terms.get(watch.id, watch.terms) for index, watch in enumerate(enabled)}
        table = LiteralTable()
        self._classifier: SiftingClassifier = (
            GuardedClassifier(classifier, taxonomies) if classifier else TopicClassifier(taxonomies, table)
        )
        self._read_all = read_all
        self._actors = ActorMatcher(registry)
        self._watches = [
            _compiled(watch, has_terms=bool(own_terms[index]), table=table)
            for index, watch in enumerate(enabled)
        ]
        # Thousands of watches may want the same topics: whether these are there is asked once for all of them.
        kinds: dict[object, int] = {}
        self._wants = [kinds.setdefault(watch.topics_wanted, len(kinds)) for watch in self._watches]
        self._index_of = {watch.id: index for index, watch in enumerate(enabled)}
        self._terms = TermIndex(own_terms, table)
        self._by_literal: dict[int, list[int]] = {}
        self._by_topic: dict[str, list[int]] = {}
        self._by_actor: dict[str, list[int]] = {}
        self._always: list[int] = []
        self._index_anchors()
        # Whether an article without a topic can match only because of the actors that it names.
        self._actors_suffice = any(
            self._watches[index].watch.topics is None for own in self._by_actor.values() for index in own
        )
        # Whether there is something to ask of an article in which nothing was found.
        self._asks_of_all = bool(read_all or self._always or self._actors_suffice)
        self._automaton = table.build()

    def _index_anchors(self) -> None:
        for index, watch in enumerate(self._watches):
            anchors = watch.anchors()
            for literal in anchors.literals:
                self._by_literal.setdefault(literal, []).append(index)
            for topic in anchors.topics:
                self._by_topic.setdefault(topic, []).append(index)
            for actor in anchors.actors:
                self._by_actor.setdefault(actor, []).append(index)
            if anchors.always:
                self._always.append(index)

    def read(self, article: Article, seen_at: datetime) -> Read | None:
        """Read one article; None where it has neither a topic nor a hit (and not all are to be read).

        Raises UnreadableArticle where a classifier of the user's own fails.
        """
        return self.read_searched(self.search([article])[0], seen_at)

    def matches(self, article: Article, watch_id: str) -> bool:
        """Whether one watch matches an article, without regard to what the others make of it.

        Raises UnreadableArticle where a classifier of the user's own fails.
        """
        index = self._index_of.get(watch_id)
        if index is None:
            return False
        (searched,) = self.search([article])
        scene, term_spans, _ = searched
        self._classify(searched)
        if not self._watches[index].topics_fit(scene):
            return False
        self._name_actors(scene)
        return self._watches[index].evaluate(scene, term_spans.get(index, ())).matched

    def search(self, articles: Iterable[Article]) -> list[Searched]:
        """Search articles for everything that is watched; for several at once it costs less than for each alone."""
        scenes = [*map(Scene, articles)]
        term_spans: list[Mapping[int, Sequence[FieldSpan]]] = [{}] * len(scenes)
        joined = coded_texts(scenes)
        look_for(self._automaton, scenes, joined)
        for number, spans in self._terms.find_all(scenes, joined).items():
            term_spans[number] = spans
        return [*map(Searched, scenes, term_spans, self._classifier.sift(scenes))]

    def read_searched(self, searched: Searched, seen_at: datetime) -> Read | None:
        """As `read`, of an article that this reader has searched."""
        called = self.called_by(searched)
        return self.read_called(searched, called, seen_at) if called is not None else None

    def asked_about(self, searched: Searched) -> int:
        """How often `called_by` asks, at most, whether what a watch looks for stands somewhere. Each time takes a
        hundredth of a millisecond.
        """
        asked = 0
        for text in searched.scene.texts:
            for number, _, _ in text.found:
                asked += len(self._by_literal.get(number, ()))
        return asked

    def called_by(self, searched: Searched) -> set[int] | None:
        """The numbers of the watches that an article calls; None where it is not to be read: it calls none and has no
        topic (and not all are to be read).

        Raises UnreadableArticle where a classifier of the user's own fails.
        """
        scene, term_spans, topical = searched
        # Nearly every article ends here.
        if not (topical or term_spans or scene.title.found or scene.body.found or self._asks_of_all):
            return None
        self._classify(searched)
        called = self._called(scene, term_spans)
        if not called and not scene.topics and not self._actors_suffice and not self._read_all:
            return None
        self._name_actors(scene)
        called.update(self._called_by_actors(scene))
        return called if called or scene.topics or self._read_all else None

    def read_called(self, searched: Searched, called: Iterable[int], seen_at: datetime) -> Read | None:
        """As `read_searched`, of an article that calls these watches: each takes a tenth of a millisecond."""
        scene, term_spans, _ = searched
        evaluations = [
            self._watches[index].evaluate(scene, term_spans.get(index, ())) for index in sorted(called)
        ]
        hits = [evaluation for evaluation in evaluations if evaluation.matched]
        if not hits and not scene.topics and not self._read_all:
            return None
        reading = reading_of(scene, hits, seen_at)
        version = version_of(scene.article)
        told = [evaluation for evaluation in evaluations if evaluation.matched or evaluation.takes_back]
        return Read(reading, candidates_of(scene, reading, told, version, seen_at), version)

    def explain(self, article: Article, seen_at: datetime) -> Explanation:
        """Read one article, and evaluate every watch, called or not, naming what was nearly there.

        Raises UnreadableArticle where a classifier of the user's own fails.
        """
        (searched,) = self.search([article])
        scene, term_spans, _ = searched
        self._classify(searched)
        self._name_actors(scene)
        weak = self._classifier.weak(scene) if isinstance(self._classifier, TopicClassifier) else ()
        scene.weak_topics = {topic.topic: topic for topic in weak if topic.topic not in scene.topics}
        scene.doubtful_actors = self._actors.nearly(scene.title.folded, scene.body.folded, article.body_start)
        evaluations = tuple(
            with_near_misses(watch, watch.evaluate(scene, term_spans.get(index, ())), scene)
            for index, watch in enumerate(self._watches)
        )
        hits = [evaluation for evaluation in evaluations if evaluation.matched]
        return Explanation(reading_of(scene, hits, seen_at), evaluations, tuple(scene.weak_topics.values()))

    def _classify(self, searched: Searched) -> None:
        if searched.topical:
            searched.scene.set_topics(self._classifier.classify_sifted(searched.scene))

    def _name_actors(self, scene: Scene) -> None:
        scene.set_actors(self._actors.find(scene.title.folded, scene.body.folded, scene.article.body_start))

    def _called(self, scene: Scene, with_terms: Iterable[int]) -> set[int]:
        """The watches that terms, literals and topics call and whose topics are there."""
        called = set(self._always)
        called.update(with_terms)
        by_literal = self._by_literal
        for literal in {
            number for text in scene.texts for number, _, _ in text.found if number in by_literal
        }:
            called.update(
                index
                for index in by_literal[literal]
                if index not in called and self._watches[index].is_called(literal, scene)
            )
        for topic in scene.topics:
            called.update(self._by_topic.get(topic, ()))
        return self._fitting(called, scene)

    def _called_by_actors(self, scene: Scene) -> set[int]:
        return self._fitting(
            (index for actor in scene.actors for index in self._by_actor.get(actor, ())), scene
        )

    def _fitting(self, indices: Iterable[int], scene: Scene) -> set[int]:
        fits: dict[int, bool] = {}
        fitting: set[int] = set()
        for index in indices:
            wants = self._wants[index]
            if wants not in fits:
                fits[wants] = self._watches[index].topics_fit(scene)
            if fits[wants]:
                fitting.add(index)
        return fitting


def _compiled(watch: Watch, *, has_terms: bool, table: LiteralTable) -> CompiledWatch:
    try:
        return CompiledWatch(watch, has_terms=has_terms, table=table)
    except QueryError as error:
        raise QueryError(f"watch {watch.id}: {error}") from error
