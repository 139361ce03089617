"""Watches, compiled: which articles call them, and which of their conditions hold, with the words themselves.

A watch is called by its anchors: literals, topics or actors of which at least one must be there for it to match. They
are taken from its most telling condition (terms, else query, else actors, else topics). Only watches that an article
calls are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agents.reading.automaton import LiteralTable
from agents.reading.fields import primary_tag
from agents.reading.query_match import LONGEST_CLAUSE, Anchors, CompiledQuery
from agents.reading.scene import FieldSpan, Scene
from agents.reading.topics import ENOUGH
from agents.reading.wildcards import Wildcards
from alerting.watch import Watch
from streams.errors import QueryError
from streams.printable import shortened
from streams.wire import Clause, TopicReading

ACTORS_SHOWN: Final = 10
"""Actors whose names are shown to make a condition hold, at most."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a watch matched, and all of its conditions. `takes_back`: it would match at another stage, and at this
    one the article may take back what an open story of the watch told.
    """

    watch: Watch
    matched: bool
    clauses: tuple[Clause, ...]
    takes_back: bool = False


class CompiledWatch:
    """A watch, ready to be evaluated."""

    def __init__(self, watch: Watch, *, has_terms: bool, table: LiteralTable) -> None:
        """Raises QueryError where the query cannot be understood, or where nothing would call the watch."""
        self.watch = watch
        self.has_terms = has_terms
        self.query = CompiledQuery(watch.query, table) if watch.query is not None else None
        self._sources = tuple(map(Wildcards, watch.sources))
        self._languages = frozenset(map(primary_tag, watch.languages))
        if self.query is None and self.anchors().always:
            raise QueryError("the watch has no topics, actors, query or terms; it would match every article")

    def anchors(self) -> Anchors:
        """What calls the watch, besides its terms, which are many and kept apart."""
        if self.has_terms:
            return Anchors()
        if self.query is not None:
            return self.query.anchors()
        watch = self.watch
        if watch.actors is not None and (watch.actors.all or watch.actors.any):
            return Anchors(actors=set(watch.actors.all[:1] or watch.actors.any))
        if watch.topics is not None and (watch.topics.all or watch.topics.any):
            return Anchors(topics=set(watch.topics.all[:1] or watch.topics.any))
        return Anchors(always=True)

    def is_called(self, literal: int, scene: Scene) -> bool:
        """Whether an anchor stands in an article of which its literal was found."""
        return self.query is not None and self.topics_fit(scene) and self.query.stands(literal, scene)

    @property
    def topics_wanted(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of watches with the same, either all or none fit the topics of an article (`topics_fit`)."""
        wanted = self.watch.topics
        return (tuple(wanted.any), tuple(wanted.all)) if wanted is not None else ((), ())

    def topics_fit(self, scene: Scene) -> bool:
        """Whether the topics are there; cheap, so it is asked before anything else."""
        wanted = self.watch.topics
        if wanted is None:
            return True
        topics = scene.topics
        if wanted.any and not any(name in topics for name in wanted.any):
            return False
        return all(name in topics for name in wanted.all)

    def evaluate(self, scene: Scene, term_spans: Sequence[FieldSpan]) -> Evaluation:
        """Evaluate every condition."""
        clauses = tuple(self._clauses(scene, term_spans))
        failed = [clause for clause in clauses if not clause.held]
        takes_back = bool(failed) and all(map(_is_of_topic, failed)) and self._takes_back(scene)
        return Evaluation(self.watch, not failed, clauses, takes_back)

    def _takes_back(self, scene: Scene) -> bool:
        wanted = self.watch.topics
        if wanted is None:
            return False
        told = {
            name for name, topic in scene.topics.items() if wanted.wants(topic) or wanted.takes_back(topic)
        }
        return told.issuperset(wanted.all) and (not wanted.any or not told.isdisjoint(wanted.any))

    def _clauses(self, scene: Scene, term_spans: Sequence[FieldSpan]) -> Iterator[Clause]:
        yield from self._topic_clauses(scene)
        yield from self._actor_clauses(scene)
        if self.query is not None:
            yield from self.query.clauses(scene)
        if self.has_terms:
            yield Clause(clause="terms: any", held=bool(term_spans), evidence=scene.evidence(term_spans))
        if self._languages:
            held = scene.language in self._languages
            note = "" if held else language_note(scene.language)
            yield Clause(clause=f"language: {', '.join(self.watch.languages)}", held=held, note=note)
        if self._sources:
            held = any(source.fits(scene.source) for source in self._sources)
            note = "" if held else f"the source is {scene.article.source or 'not named'}"
            yield Clause(clause=f"source: {', '.join(self.watch.sources)}", held=held, note=note)

    def _topic_clauses(self, scene: Scene) -> Iterator[Clause]:
        wanted = self.watch.topics
        if wanted is None:
            return
        if wanted.any:
            yield self._topic_clause(scene, wanted.any)
        for name in wanted.all:
            yield self._topic_clause(scene, (name,))

    def _topic_clause(self, scene: Scene, names: Sequence[str]) -> Clause:
        wanted = self.watch.topics
        assert wanted is not None  # noqa: S101 - asked for by _topic_clauses only
        present = [topic for name in names if (topic := scene.topics.get(name)) is not None]
        weak = [topic for name in names if (topic := scene.weak_topics.get(name)) is not None]
        fitting = [
            topic
            for topic in present
            if topic.score >= wanted.min_score and (not wanted.stages or topic.stage in wanted.stages)
        ]
        stages = f" at {', '.join(wanted.stages)}" if wanted.stages else ""
        return Clause(
            clause=f"topic: {' or '.join(names)}{stages}",
            held=bool(fitting),
            evidence=tuple(evidence for topic in fitting for evidence in topic.evidence[:3]),
            note="" if fitting else _topic_note([*present, *weak], wanted.min_score),
        )

    def _actor_clauses(self, scene: Scene) -> Iterator[Clause]:
        wanted = self.watch.actors
        if wanted is None:
            return
        if wanted.any:
            yield _actor_clause(scene, wanted.any)
        for name in wanted.all:
            yield _actor_clause(scene, (name,))
        for name in wanted.none:
            actor = scene.actors.get(name)
            evidence = actor.evidence[:3] if actor else ()
            yield Clause(clause=f"actor: not {name}", held=actor is None, evidence=evidence)


def _actor_clause(scene: Scene, names: Sequence[str]) -> Clause:
    named = [actor for name in names if (actor := scene.actors.get(name)) is not None]
    evidence = tuple(evidence for actor in named[:ACTORS_SHOWN] for evidence in actor.evidence[:2])
    notes = () if named else [scene.doubtful_actors[name] for name in names if name in scene.doubtful_actors]
    return Clause(
        clause=shortened(f"actor: {' or '.join(names)}", LONGEST_CLAUSE),
        held=bool(named),
        evidence=evidence,
        note="; ".join(dict.fromkeys(notes)),
    )


def language_note(language: str) -> str:
    """What to say of an article that is not in a wanted language."""
    if language == "und":
        return "nothing tells the language of the article; give `language`"
    return f"the article is in {language}"


def _is_of_topic(clause: Clause) -> bool:
    return clause.clause.startswith("topic:")


def _topic_note(present: Sequence[TopicReading], least: float) -> str:
    return "; ".join(
        f"{topic.topic} has a score of {topic.score:.2f}, below {max(least, ENOUGH):.2f}"
        if topic.score < max(least, ENOUGH)
        else f"{topic.topic} is at the stage {topic.stage}"
        for topic in present
    )
