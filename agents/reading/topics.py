"""Which topics an article is about, and at which stage: phrases in sentences, weighed by where they stand.

1. Gate: the shared automaton has found a strong or weak phrase of a topic, in the article's language or one whose words
   it shares. Most articles end here.
2. Context: a second automaton, over the article's own words, counts what speaks for a conflict or danger, and what for
   something else (sport, labour, courts, …), by sentence.
3. Weight: a phrase in the title counts most, in the lead more than further down; in a sentence about something else,
   without a word of conflict, it counts nothing. A weak phrase needs conflict in its sentence or the article's title.
4. Stage: the stage phrases of the sentences that decided, the earlier and the more the better.

No claim without evidence: what a topic was weighed by is what it shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

from agents.reading.automaton import Found, LiteralTable
from agents.reading.fold import FoldedText
from agents.reading.phrases import Hit, PhraseSet
from agents.reading.taxonomy import Taxonomies, TopicFile
from agents.reading.words import sentence_spans
from streams.wire import Evidence, TopicReading

Strength = Literal["strong", "weak", "never"]

T = TypeVar("T")

LEAD: Final = 500
"""Characters of the body that count as the lead."""

WEIGHT: Final = {"title": 1.0, "lead": 0.7, "body": 0.3}
ENOUGH: Final = 0.5
EVIDENCE_KEPT: Final = 6


class Classifier(Protocol):
    """What reads topics. One of a user's own is offered through the entry point group `tocsin.classifiers`."""

    def classify(
        self,
        title: FoldedText,
        body: FoldedText,
        found_title: Sequence[Found],
        found_body: Sequence[Found],
        language: str,
    ) -> tuple[TopicReading, ...]:
        """The topics of an article, strongest first."""
        ...


@dataclass(frozen=True, slots=True)
class _Gate:
    topic: int
    strength: Strength
    language: str


@dataclass(frozen=True, slots=True)
class _Sentence:
    field: Literal["title", "body"]
    start: int
    end: int
    place: Literal["title", "lead", "body"]


@dataclass(slots=True)
class _Weighed:
    """A gate hit in its sentence, and what it weighs."""

    hit: Hit[_Gate]
    sentence: int
    weight: float


class TopicClassifier:
    """The classifier of the taxonomy files."""

    def __init__(self, taxonomies: Taxonomies, table: LiteralTable) -> None:
        self._taxonomies = taxonomies
        self._topics = taxonomies.topics
        self._gate = PhraseSet(_gate_phrases(taxonomies.topics), table)
        own = LiteralTable()
        self._context = PhraseSet(_context_phrases(taxonomies), own)
        self._stages = PhraseSet(_stage_phrases(taxonomies.topics), own)
        self._own = own.build()

    def classify(
        self,
        title: FoldedText,
        body: FoldedText,
        found_title: Sequence[Found],
        found_body: Sequence[Found],
        language: str,
    ) -> tuple[TopicReading, ...]:
        """The topics of an article, strongest first; empty for most."""
        del language  # the words of all languages are looked for at once
        title_hits = self._gate_hits(title, found_title)
        body_hits = self._gate_hits(body, found_body)
        if not title_hits and not body_hits:
            return ()
        reading = _Article(title, body)
        reading.place_hits(title_hits, body_hits)
        for field, text in (("title", title), ("body", body)):
            found = self._own.find(text.text)
            reading.place_context(field, self._context.hits(text.text, found))
            reading.place_stages(field, self._stages.hits(text.text, found))
        readings = [
            reading_of
            for number, topic in enumerate(self._topics)
            if (reading_of := self._read(reading, number, topic)) is not None
        ]
        return tuple(sorted(readings, key=lambda r: -r.score))

    def _gate_hits(self, text: FoldedText, found: Sequence[Found]) -> list[Hit[_Gate]]:
        hits = self._gate.hits(text.text, found)
        nevers = [hit for hit in hits if hit.meaning.strength == "never"]
        return [
            hit
            for hit in hits
            if hit.meaning.strength != "never"
            and not any(
                never.start <= hit.start and hit.end <= never.end and never.meaning.topic == hit.meaning.topic
                for never in nevers
            )
        ]

    def _read(self, article: _Article, number: int, topic: TopicFile) -> TopicReading | None:
        weighed = [w for w in article.weigh(number, topic.needs_context) if w.weight > 0]
        score = min(1.0, sum(w.weight for w in weighed))
        if score < ENOUGH:
            return None
        stages = article.stages_of(number, weighed)
        order = sorted(stages, key=lambda stage: (-stages[stage], topic.stages.index(stage)))
        stage = order[0] if order else topic.default_stage
        weighed.sort(key=lambda w: (-w.weight, w.sentence, w.hit.start))
        return TopicReading(
            topic=topic.topic,
            score=round(score, 3),
            stage=stage,
            other_stages=tuple(order[1:4]),
            evidence=tuple(article.evidence(w) for w in weighed[:EVIDENCE_KEPT]),
            codes=self._taxonomies.codes(topic, stage),
        )


class _Article:
    """The sentences of one article, and what stands in each."""

    def __init__(self, title: FoldedText, body: FoldedText) -> None:
        self._texts = {"title": title, "body": body}
        self._sentences = [_Sentence("title", 0, len(title.text), "title")] if title.text else []
        for start, end in sentence_spans(body.text):
            place: Literal["lead", "body"] = "lead" if start < LEAD else "body"
            self._sentences.append(_Sentence("body", start, end, place))
        self._hits: defaultdict[int, list[tuple[int, Hit[_Gate]]]] = defaultdict(list)
        self._conflict: defaultdict[int, int] = defaultdict(int)
        self._elsewhere: defaultdict[int, int] = defaultdict(int)
        self._stage_hits: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)

    def _locate(self, field: str, hits: Iterable[Hit[T]]) -> Iterable[tuple[int, Hit[T]]]:
        """Each hit with the number of its sentence; hits and sentences both go from left to right."""
        numbers = [n for n, sentence in enumerate(self._sentences) if sentence.field == field]
        at = 0
        for hit in sorted(hits, key=lambda h: h.start):
            while at < len(numbers) and self._sentences[numbers[at]].end <= hit.start:
                at += 1
            if at == len(numbers):
                return
            yield numbers[at], hit

    def place_hits(self, title_hits: list[Hit[_Gate]], body_hits: list[Hit[_Gate]]) -> None:
        for field, hits in (("title", title_hits), ("body", body_hits)):
            for sentence, hit in self._locate(field, hits):
                gate = hit.meaning
                if isinstance(gate, _Gate):
                    self._hits[gate.topic].append((sentence, Hit(hit.start, hit.end, gate)))

    def place_context(self, field: str, hits: list[Hit[bool]]) -> None:
        for sentence, hit in self._locate(field, hits):
            (self._conflict if hit.meaning else self._elsewhere)[sentence] += 1

    def place_stages(self, field: str, hits: list[Hit[tuple[int, str]]]) -> None:
        for sentence, hit in self._locate(field, hits):
            if isinstance(hit.meaning, tuple):
                self._stage_hits[sentence].append(hit.meaning)

    def weigh(self, topic: int, needs_context: bool) -> Iterable[_Weighed]:
        conflict, elsewhere = sum(self._conflict.values()), sum(self._elsewhere.values())
        about_elsewhere = elsewhere > conflict
        counted: set[tuple[int, str]] = set()
        for sentence, hit in self._hits[topic]:
            weight = WEIGHT[self._sentences[sentence].place]
            near = self._conflict[sentence]
            if self._elsewhere[sentence] > near or (about_elsewhere and not near):
                weight = 0.0
            elif hit.meaning.strength == "weak":
                weight = weight * 0.7 if near or (conflict and conflict >= 2 * elsewhere) else 0.0
            elif needs_context and not conflict:
                weight *= 0.6
            kind = (sentence, hit.meaning.strength)
            if kind in counted:
                weight *= 0.2  # more of the same in one sentence says little more
            counted.add(kind)
            yield _Weighed(hit, sentence, weight)

    def stages_of(self, topic: int, weighed: list[_Weighed]) -> dict[str, float]:
        totals: defaultdict[str, float] = defaultdict(float)
        for number in {w.sentence for w in weighed}:
            place = WEIGHT[self._sentences[number].place] / (1 + number / 8)
            for stage_topic, stage in self._stage_hits[number]:
                if stage_topic == topic:
                    totals[stage] += place
        return dict(totals)

    def evidence(self, weighed: _Weighed) -> Evidence:
        field = self._sentences[weighed.sentence].field
        text = self._texts[field]
        start, end = text.span(weighed.hit.start, weighed.hit.end)
        return Evidence(field=field, start=start, end=end, text=text.original[start:end])


def _gate_phrases(topics: Sequence[TopicFile]) -> Iterable[tuple[str, _Gate]]:
    for number, topic in enumerate(topics):
        for language, words in topic.languages.items():
            for strength, phrases in (("strong", words.strong), ("weak", words.weak), ("never", words.never)):
                for phrase in phrases:
                    yield phrase, _Gate(number, strength, language)  # type: ignore[arg-type]  # the three of Strength


def _context_phrases(taxonomies: Taxonomies) -> Iterable[tuple[str, bool]]:
    for words in taxonomies.context.values():
        for phrase in words.conflict:
            yield phrase, True
        for phrase in words.elsewhere:
            yield phrase, False


def _stage_phrases(topics: Sequence[TopicFile]) -> Iterable[tuple[str, tuple[int, str]]]:
    for number, topic in enumerate(topics):
        for words in topic.languages.values():
            for stage, phrases in words.stages.items():
                for phrase in phrases:
                    yield phrase, (number, stage)
