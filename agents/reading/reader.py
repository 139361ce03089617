"""The reader: one pass over an article's words, and what topics, actors and watches make of them.

Built once from a configuration. `read` answers None for most articles of a stream, and costs them little more than
folding and the automaton's pass: only a gate literal of a topic, or an anchor of a watch, leads to more.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agents.reading.actors import ActorMatcher, Registry
from agents.reading.article import Article
from agents.reading.automaton import Found, LiteralTable
from agents.reading.fold import FoldedText, fold_text
from agents.reading.language import identify
from agents.reading.taxonomy import Taxonomies
from agents.reading.topics import Classifier, TopicClassifier
from agents.reading.watches import CompiledWatch, Evaluation, Scene, Span, term_end
from agents.reading.words import sentence_spans
from alerting.fingerprint import fingerprint
from alerting.watch import Watch
from streams.ids import derive_id
from streams.wire import ActorReading, ArticleRef, Candidate, Evidence, KeywordReading, Reading, TopicReading

TITLE_KEPT: Final = 500
SENTENCE_KEPT: Final = 500
_NONE: Final = -1
_SEVERAL: Final = -2


@dataclass(frozen=True, slots=True)
class Read:
    """How an article was read, and the candidates that follow."""

    reading: Reading
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an article was read, and what every watch made of it."""

    reading: Reading
    evaluations: tuple[Evaluation, ...]


class Reader:
    """Everything that reading needs, compiled into one automaton."""

    @classmethod
    def build(
        cls,
        *,
        taxonomies: Taxonomies,
        registry: Registry,
        watches: Sequence[Watch],
        terms: Mapping[str, Sequence[str]] | None = None,
        classifier: Classifier | None = None,
    ) -> Reader:
        """Compile. Raises QueryError where a watch cannot be understood."""
        return cls(taxonomies, registry, watches, terms or {}, classifier)

    def __init__(
        self,
        taxonomies: Taxonomies,
        registry: Registry,
        watches: Sequence[Watch],
        terms: Mapping[str, Sequence[str]],
        classifier: Classifier | None,
    ) -> None:
        table = LiteralTable()
        self._classifier = classifier or TopicClassifier(taxonomies, table)
        self._actors = ActorMatcher(registry, table)
        self._watches = [
            CompiledWatch(watch, terms.get(watch.id, watch.terms), table)
            for watch in watches
            if watch.enabled
        ]
        self._by_topic: defaultdict[str, list[int]] = defaultdict(list)
        self._by_actor: defaultdict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        anchored: defaultdict[int, list[int]] = defaultdict(list)
        for index, watch in enumerate(self._watches):
            anchors = watch.anchors()
            for number in anchors.literals:
                anchored[number].append(index)
            for topic in anchors.topics:
                self._by_topic[topic].append(index)
            for actor in anchors.actors:
                self._by_actor[actor].append(index)
            if anchors.always:
                self._always.append(index)
        self._anchored = dict(anchored)
        self._term_owner, self._term_owners = self._own_terms(len(table))
        self._automaton = table.build()

    def _own_terms(self, literals: int) -> tuple[array[int], dict[int, tuple[int, ...]]]:
        """Which watch has each literal among its terms: one number a literal, so that a million cost 4 MB."""
        owner = array("i", [_NONE]) * literals
        several: dict[int, tuple[int, ...]] = {}
        for index, watch in enumerate(self._watches):
            for number in watch.terms:
                if owner[number] == _NONE:
                    owner[number] = index
                elif owner[number] == _SEVERAL:
                    several[number] = (*several[number], index)
                elif owner[number] != index:
                    several[number] = (owner[number], index)
                    owner[number] = _SEVERAL
            watch.terms = watch.terms[:1]  # that it has terms is all it needs to know from here on
        return owner, several

    def read(self, article: Article, seen_at: datetime, *, everything: bool = False) -> Read | None:
        """Read one article; None where it has neither a topic nor a hit, unless `everything` is wanted."""
        title, body, found_title, found_body = self._find(article)
        if not found_title and not found_body and not self._always and not everything:
            return None
        language = ""
        topics: tuple[TopicReading, ...] = ()
        topics = self._classifier.classify(title, body, found_title, found_body, article.language)
        called, term_spans = self._called(title, body, found_title, found_body, topics)
        if not topics and not called and not self._by_actor and not everything:
            return None
        actors = self._actors.find(title, body, found_title, found_body)
        for actor in actors:
            called.update(self._by_actor.get(actor.id, ()))
        if not topics and not called and not everything:
            return None
        language = identify(f"{article.title} {article.body[:2000]}", article.language)
        scene = self._scene(article, language, title, body, found_title, found_body, topics, actors)
        evaluations = [
            self._watches[index].evaluate(scene, term_spans.get(index, ())) for index in sorted(called)
        ]
        hits = [evaluation for evaluation in evaluations if evaluation.matched]
        if not topics and not hits and not everything:
            return None
        reading = _reading(article, language, topics, actors, hits, seen_at)
        return Read(reading, self._candidates(article, reading, hits, body, seen_at))

    def explain(self, article: Article, seen_at: datetime) -> Explanation:
        """Read one article, and evaluate every watch, called or not."""
        title, body, found_title, found_body = self._find(article)
        topics = self._classifier.classify(title, body, found_title, found_body, article.language)
        actors = self._actors.find(title, body, found_title, found_body)
        language = identify(f"{article.title} {article.body[:2000]}", article.language)
        _, term_spans = self._called(title, body, found_title, found_body, topics)
        scene = self._scene(article, language, title, body, found_title, found_body, topics, actors)
        evaluations = tuple(
            watch.evaluate(scene, term_spans.get(index, ())) for index, watch in enumerate(self._watches)
        )
        hits = [evaluation for evaluation in evaluations if evaluation.matched]
        return Explanation(_reading(article, language, topics, actors, hits, seen_at), evaluations)

    def _find(self, article: Article) -> tuple[FoldedText, FoldedText, list[Found], list[Found]]:
        title, body = fold_text(article.title), fold_text(article.body)
        found_title = self._automaton.find(title.text)
        found_body = self._automaton.find(body.text)
        if article.body_start:
            found_body = [found for found in found_body if body.origin(found[1]) >= article.body_start]
        return title, body, found_title, found_body

    def _called(
        self,
        title: FoldedText,
        body: FoldedText,
        found_title: Sequence[Found],
        found_body: Sequence[Found],
        topics: Sequence[TopicReading],
    ) -> tuple[set[int], dict[int, list[Span]]]:
        """The watches that are called, and where each has its terms."""
        called = set(self._always)
        term_spans: defaultdict[int, list[Span]] = defaultdict(list)
        anchored, owner = self._anchored, self._term_owner
        for name, text, found in (("title", title.text, found_title), ("body", body.text, found_body)):
            for number, start, end in found:
                called.update(anchored.get(number, ()))
                index = owner[number]
                if index != _NONE:
                    stop = term_end(text, start, end)
                    if stop is not None:
                        for own in self._term_owners[number] if index == _SEVERAL else (index,):
                            term_spans[own].append(("title" if name == "title" else "body", start, stop))
        called.update(term_spans)
        for topic in topics:
            called.update(self._by_topic.get(topic.topic, ()))
        return called, term_spans

    @staticmethod
    def _scene(
        article: Article,
        language: str,
        title: FoldedText,
        body: FoldedText,
        found_title: Sequence[Found],
        found_body: Sequence[Found],
        topics: Sequence[TopicReading],
        actors: Sequence[ActorReading],
    ) -> Scene:
        spans: defaultdict[int, list[Span]] = defaultdict(list)
        for number, start, end in found_title:
            spans[number].append(("title", start, end))
        for number, start, end in found_body:
            spans[number].append(("body", start, end))
        return Scene(article, language, {"title": title, "body": body}, spans, topics, actors)

    @staticmethod
    def _candidates(
        article: Article, reading: Reading, hits: Sequence[Evaluation], body: FoldedText, seen_at: datetime
    ) -> tuple[Candidate, ...]:
        if not hits:
            return ()
        text = article.body[article.body_start :]
        signature = fingerprint(f"{article.title} {text}")
        version = derive_id(
            "ver", article.title, article.body, *(str(c) for c in (article.updated_at, article.url))
        )
        return tuple(
            Candidate(
                candidate_id=derive_id("cnd", hit.watch.id, article.id, version),
                watch=hit.watch.id,
                article=reading.article,
                topics=reading.topics,
                actors=reading.actors,
                because=hit.clauses,
                sentence=_sentence(article, body, reading, hit),
                fingerprint=signature,
                seen_at=seen_at,
            )
            for hit in hits
        )


def _reading(
    article: Article,
    language: str,
    topics: tuple[TopicReading, ...],
    actors: tuple[ActorReading, ...],
    hits: Sequence[Evaluation],
    seen_at: datetime,
) -> Reading:
    return Reading(
        article=ArticleRef(
            id=article.id,
            title=article.title[:TITLE_KEPT],
            url=article.url,
            source=article.source,
            language=language,
            published_at=article.published_at,
        ),
        topics=topics,
        actors=actors,
        keywords=_keywords(hits),
        watches=tuple(hit.watch.id for hit in hits),
        read_at=seen_at,
    )


def _keywords(hits: Sequence[Evaluation]) -> tuple[KeywordReading, ...]:
    """The words that made queries and terms hold, by their folded form."""
    by_term: defaultdict[str, dict[Evidence, None]] = defaultdict(dict)
    for hit in hits:
        for clause in hit.clauses:
            if clause.clause.startswith(("query:", "terms:")) and clause.held:
                for evidence in clause.evidence:
                    by_term[evidence.text.casefold()][evidence] = None
    return tuple(KeywordReading(term=term, evidence=tuple(found)) for term, found in by_term.items())


def _sentence(article: Article, body: FoldedText, reading: Reading, hit: Evaluation) -> str:
    """The sentence of the body around the first evidence there is; the title where none is in the body."""
    evidence = [
        *(e for t in reading.topics for e in t.evidence),
        *(e for c in hit.clauses for e in c.evidence),
    ]
    place = next((e.start for e in evidence if e.field == "body"), None)
    if place is None:
        return article.title[:SENTENCE_KEPT]
    for start, end in sentence_spans(body.text):
        first, last = body.span(start, end)
        if first <= place < last:
            sentence = " ".join(article.body[first:last].split())
            return sentence if len(sentence) <= SENTENCE_KEPT else sentence[: SENTENCE_KEPT - 1] + "…"
    return article.title[:SENTENCE_KEPT]
