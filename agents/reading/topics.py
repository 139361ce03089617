"""Which topics an article is about, and at which stage.

1. Gate: a strong phrase anywhere, or something promising in the title or at the head of the body
   (`agents.reading.topic_gate`). Most articles end here.
2. Cues: in the title, the head and the sentences around strong phrases, phrases and patterns of each topic, and what
   surrounds them (`agents.reading.cues`).
3. Score: features of these (`agents.reading.features`) weighed by a linear model; a topic holds from 0.5 on.
4. Stage: the words of stages around the cues, weighed likewise.

No claim without evidence: a topic shows its cues, each stage the words that speak for it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import chain, islice
from math import exp
from typing import Final, Protocol

from agents.reading.automaton import LiteralTable
from agents.reading.cues import RANK, Cue, CueFinder, Sighting
from agents.reading.excerpt import HEAD, LONGEST_TITLE, Excerpt, without_quotes
from agents.reading.features import (
    SaidBySentence,
    distance_to_cues,
    said_stages,
    stage_features,
    topic_features,
)
from agents.reading.links import Links
from agents.reading.phrases import Parser
from agents.reading.scene import Scene, Text
from agents.reading.taxonomy import LINK, Taxonomies, TopicFile, TopicWeights
from agents.reading.topic_gate import TopicGate
from streams.wire import Evidence, StageReading, TopicReading

ENOUGH: Final = 0.5
"""Score from which on an article is about a topic."""
HEADLINE_ALONE: Final = 0.85
"""What is added to the logit of a text of one sentence (a headline without a body, or a body that says no more), which
is all there is to speak for a topic.

The weights are those of whole articles. With it a headline holds from what would be 0.3 on. With 1.0 as many more
would be found again, but three headlines of 10,000 of a plain stream would be told for words that mean nothing there.
"""
NEARLY: Final = 0.2
"""Score from which on a topic that an article is not about is worth a word in an explanation."""
EVIDENCE_KEPT: Final = 6
STAGE_EVIDENCE_KEPT: Final = 3
OTHER_STAGES: Final = 3
"""Pieces of evidence of a topic and of a stage, and stages besides the dominant one, at most."""
UNSAID: Final = 1.0
"""What is taken from the logit of a stage that no words say where words say others: that it happened (`was`, `on
Monday`) speaks for what is over, but no more than for what they say.
"""
OTHER_STAGE_ENOUGH: Final = 0.15
"""Share of the stage model's probability from which another stage is listed too."""

DEFAULT: Final = "default"


class Classifier(Protocol):
    """What reads topics. One of a user's own is offered through the entry point group `tocsin.classifiers`."""

    def classify(self, scene: Scene) -> tuple[TopicReading, ...]:
        """The topics of an article (`scene.article`), strongest first; evidence points into its title and body."""
        ...


class SiftingClassifier(Protocol):
    """One that tells first, of many articles at once, which of them it need not be asked about."""

    def sift(self, scenes: Sequence[Scene]) -> list[bool]:
        """Which of several articles may be about a topic at all."""
        ...

    def classify_sifted(self, scene: Scene) -> tuple[TopicReading, ...]:
        """The topics of an article that may be about one, strongest first."""
        ...


class TopicClassifier:
    """The classifier of the taxonomy files."""

    def __init__(self, taxonomies: Taxonomies, table: LiteralTable) -> None:
        self._taxonomies = taxonomies
        self._topics = taxonomies.topics
        parser = Parser()
        self._finder = CueFinder(taxonomies, parser)
        self._weights = [
            taxonomies.weights.get(topic.topic) or taxonomies.weights.get(DEFAULT) or UNTRAINED
            for topic in taxonomies.topics
        ]
        self._gate = TopicGate(self._topics, table, parser)
        self._links = Links(chain.from_iterable(c.get(LINK, ()) for c in taxonomies.context.values()))

    def sift(self, scenes: Sequence[Scene]) -> list[bool]:
        """Which of several articles may be about a topic at all."""
        doubtful = [number for number, scene in enumerate(scenes) if not self._marks(scene)]
        opened = self._gate.opened([_title_and_head(scenes[number]) for number in doubtful])
        promising = [True] * len(scenes)
        for at, number in enumerate(doubtful):
            promising[number] = at in opened
        return promising

    def classify(self, scene: Scene) -> tuple[TopicReading, ...]:
        """The topics of an article, strongest first; empty for most."""
        return self.classify_sifted(scene) if self.sift([scene])[0] else ()

    def classify_sifted(self, scene: Scene) -> tuple[TopicReading, ...]:
        """The same of an article that may be about a topic."""
        sighting = self._look(scene)
        if sighting is None:
            return ()
        readings = [
            reading
            for number in range(len(self._topics))
            if (reading := self._read(scene, sighting, number)) is not None
        ]
        return tuple(sorted(readings, key=lambda reading: -reading.score))

    def weak(self, scene: Scene) -> tuple[TopicReading, ...]:
        """The topics of which an article has something, but not enough to be about them, strongest first."""
        sighting = self.look(scene)
        if sighting is None:
            return ()
        readings = (self._read(scene, sighting, number, least=NEARLY) for number in range(len(self._topics)))
        return tuple(
            sorted((r for r in readings if r is not None and r.score < ENOUGH), key=lambda r: -r.score)
        )

    def look(self, scene: Scene) -> Sighting | None:
        """What the classifier weighs of an article; None where no topic shows."""
        return self._look(scene) if self.sift([scene])[0] else None

    def _look(self, scene: Scene) -> Sighting | None:
        excerpt = self._excerpt(scene)
        if not excerpt.sentences:
            return None
        return self._finder.look(excerpt, scene.article.language, lambda: scene.language)

    def _marks(self, scene: Scene) -> list[int]:
        """Where strong phrases stand in the body."""
        anywhere = self._gate.anywhere
        return [found[1] for found in scene.body.found if found[0] in anywhere]

    def _excerpt(self, scene: Scene) -> Excerpt:
        """What of an article is to be looked at; no sentence where there is nothing."""
        title, body = scene.title.folded.text, scene.body.folded.text
        start, marks = _folded_start(scene), self._marks(scene)
        until = max(start + HEAD, marks[-1] + 1 if marks else 0)
        scene.elsewhere = self._links.spans(body, start, until)
        return Excerpt(title, scene.unwrapped_body, start, marks, scene.elsewhere)

    def _read(
        self, scene: Scene, sighting: Sighting, number: int, *, least: float = ENOUGH
    ) -> TopicReading | None:
        cues = sighting.cues[number]
        if not cues:
            return None
        weights = self._weights[number]
        logit = weights.bias + _dot(weights.features, topic_features(sighting, number, self._topics))
        score = _probability(logit + HEADLINE_ALONE if len(sighting.excerpt.sentences) == 1 else logit)
        if score < least:
            return None
        topic = self._topics[number]
        said = said_stages(sighting, number)
        stages = _stages(topic, weights, stage_features(sighting, number, said), _said_alone(sighting, said))
        order = sorted(cues, key=lambda cue: (RANK[cue.strength], cue.sentence, cue.start))
        spans = dict.fromkeys((cue.sentence, cue.start, cue.end) for cue in order)
        own_evidence = tuple(_evidence(scene, sighting, *span) for span in islice(spans, EVIDENCE_KEPT))
        return TopicReading(
            topic=topic.topic,
            score=round(score, 3),
            stage=stages[0],
            other_stages=tuple(stages[1:]),
            evidence=own_evidence,
            stages=tuple(
                StageReading(
                    stage=stage,
                    evidence=_stage_evidence(scene, sighting, said, stage, cues) or own_evidence[:1],
                    codes=self._taxonomies.codes(topic, stage),
                )
                for stage in stages
            ),
            codes=self._taxonomies.codes(topic, stages[0]),
        )


UNTRAINED: Final = TopicWeights(
    bias=-1.5,
    features={
        "strong.title.with": 2.5, "strong.title.bare": 2.0, "strong.lead.with": 2.0, "strong.lead.bare": 1.6,
        "strong.early.with": 1.0, "strong.early.bare": 0.6, "likely.title.with": 2.0, "likely.title.bare": 1.0,
        "likely.lead.with": 1.6, "likely.lead.bare": 0.6, "likely.early.with": 0.6, "weak.title.with": 0.5,
        "weak.lead.with": 0.4, "elsewhere": -0.5,
    },
)  # fmt: skip
"""What counts where `weights.yaml` says nothing."""


def _folded_start(scene: Scene) -> int:
    """Where reading the body begins, in its folded text."""
    start = scene.article.body_start
    return scene.body.folded.position(start) if start else 0


def _title_and_head(scene: Scene) -> tuple[str, str]:
    start = _folded_start(scene)
    title = without_quotes(scene.title.folded.text[:LONGEST_TITLE])
    return title, scene.body.folded.text[start : start + HEAD]


def _dot(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    total = 0.0
    weight = weights.get
    for name, value in features.items():
        total += value * weight(name, 0.0)
    return total


def _probability(logit: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, logit))))


def _said_alone(sighting: Sighting, said: SaidBySentence) -> set[str]:
    """The stages that a sentence of the body says which says no other."""
    sentences = sighting.excerpt.sentences
    return {
        stage
        for at, stages in said.items()
        if len(stages) == 1 and sentences[at].place != "title"
        for stage in stages
    }


def _stages(
    topic: TopicFile, weights: TopicWeights, features: Mapping[str, float], alone: Container[str] = ()
) -> list[str]:
    """The stages that an article reports, the dominant one first; `alone` are those that have a sentence of their own,
    which are reported however much the others say: it may be the last line of a page.

    Where words of one stage alone stand near, it is that one. Among several the weights decide; without weights the
    one whose words say most. It is the topic's default where no word says any, in a title without cues either.
    """
    said = {
        stage: worth
        for stage in topic.stages
        if (worth := features.get(stage, 0.0) + features.get(f"title.{stage}", 0.0)) > 0
    }
    if len(said) == 1:
        return list(said)
    if not said and (
        not weights.stages or not any(f"untitled.{stage}" in features for stage in topic.stages)
    ):
        return [topic.default_stage]
    if not weights.stages:
        return sorted(said, key=lambda stage: -said[stage])[: 1 + OTHER_STAGES]
    logits = {
        stage: own.get("bias", 0.0) + _dot(own, features)
        for stage, own in weights.stages.items()
        if stage in topic.stages
    }
    for stage in logits.keys() - said.keys() if said else ():
        if f"untitled.{stage}" not in features:
            logits[stage] -= UNSAID
    top = max(logits.values(), default=0.0)
    odds = {stage: exp(logit - top) for stage, logit in logits.items()}
    total = sum(odds.values()) or 1.0
    order = sorted(odds, key=lambda stage: -odds[stage])
    others = [stage for stage in order[1:] if odds[stage] / total >= OTHER_STAGE_ENOUGH or stage in alone]
    return [*(order[:1] or [topic.default_stage]), *others[:OTHER_STAGES]]


def _evidence(scene: Scene, sighting: Sighting, sentence: int, start: int, end: int) -> Evidence:
    place = sighting.excerpt.sentences[sentence]
    text: Text = scene.text(place.field)
    excerpt = sighting.excerpt
    first, last = text.folded.span(excerpt.origin(sentence, start), excerpt.origin(sentence, end - 1) + 1)
    return Evidence.cut(place.field, text.folded.original, first, last)


def _stage_evidence(
    scene: Scene, sighting: Sighting, said: SaidBySentence, stage: str, cues: Sequence[Cue]
) -> tuple[Evidence, ...]:
    """The words of a stage in the sentences of the cues and the title, those first that stand nearest to a cue."""
    near = [
        (max(0, distance_to_cues(span, cues)), at, span)
        for at, stages in said.items()
        for span in stages.get(stage, ())
    ]
    near.sort()
    return tuple(_evidence(scene, sighting, at, *span) for _, at, span in near[:STAGE_EVIDENCE_KEPT])
