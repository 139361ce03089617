"""Features: what there is to weigh about a topic in an article, by names that are the same in every language.

Both models are linear over these: whether the article is about the topic, and at which stage it is. The names:

- `strong.title.with`: cues by strength, place and surroundings (`with` support in their sentence, `off`: more of
  something else, `bare`: neither), at most two of each
- `cues`: all cues in one figure, each worth what its strength, place and surroundings suggest; `only.weak`: no cue
  is more than weak
- `support`, `elsewhere`, `title.support`, `title.elsewhere`: context of the whole excerpt, and of the title
- `share`, `first`: how much of the excerpt shows the topic, and how early
- `negated`, `contrast`: cues right behind a word of denial or comparison
- those of a topic that has weights of its own: `has.CLASS` (context of the whole excerpt by class), `near.CLASS`
  (supporting context in the sentence of a cue), `pattern.A+B`, `part.NAME`, `stage.NAME`, `other.TOPIC`
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from math import log1p
from operator import attrgetter, itemgetter
from typing import Final

from agents.reading.cues import Cue, Sighting, Surroundings
from agents.reading.excerpt import CLAUSE_END
from agents.reading.fold import Span
from agents.reading.taxonomy import GRAMMAR, SUPPORTING, TopicFile

Features = Mapping[str, float]
Said = Mapping[str, Sequence[Span]]
"""Where words of stages stand in a sentence, by stage."""
SaidBySentence = Mapping[int, Said]

_start: Final = attrgetter("start")
_end: Final = attrgetter("end")

_STRENGTH: Final[Mapping[str, float]] = {"strong": 1.0, "likely": 0.6, "weak": 0.3}
_PLACE: Final[Mapping[str, float]] = {"title": 1.0, "lead": 1.0, "early": 0.65, "late": 0.4}
_SURROUNDED: Final[Mapping[str, float]] = {"with": 1.0, "bare": 0.6, "off": 0.1}
_CUES: Final = 3.0
"""What a strong cue in the title adds to `cues`: more than other features get, so that training relies on it first."""

_NEAR: Final = 40
"""A word of a stage in the clause of a cue is near it with at most so many characters between them."""

_AS_NEAR: Final = 3
"""A word that is so many characters further away than the nearest counts as being as near."""

_BEHIND: Final = 0.65
"""What a sentence of the body weighs that says none of the stages of those before it. It is mostly about what was
before (`An earlier order was lifted in May`), unless it denies something (`Nobody may return yet`).
"""

_BEFORE: Final = 25
"""A word of denial or comparison is about a cue that begins within so many characters behind it."""

_FEW: Final = 8
"""With more cues in a sentence, not each of them is looked at."""

_MOST: Final = 2.0
"""The most that a feature adds up to."""

_ENOUGH_CONTEXT: Final = 4
"""Words of one class of context that count; more say no more."""

GENERIC: Final = (
    "cues", "only.", "strong.", "likely.", "weak.", "support", "elsewhere", "title.support", "title.elsewhere",
    "share", "first", "negated", "contrast",
)  # fmt: skip
"""How the names of features begin that mean the same for every topic, also for one without weights of its own."""


def topic_features(sighting: Sighting, number: int, topics: Sequence[TopicFile]) -> Features:
    """What there is to weigh about topic `number`; empty where it has no cue."""
    cues = sighting.cues[number]
    if not cues:
        return {}
    topic = topics[number]
    features: defaultdict[str, float] = defaultdict(float)
    sentences = sighting.excerpt.sentences
    balance = [
        _balance(around.context, topic) if around.context else (0, 0) for around in sighting.surroundings
    ]
    for cue in cues:
        support, elsewhere = balance[cue.sentence]
        context = "with" if support > elsewhere else "off" if elsewhere > support else "bare"
        name = f"{cue.strength}.{sentences[cue.sentence].place}.{context}"
        features[name] = min(features[name] + 1, _MOST)
        worth = _STRENGTH[cue.strength] * _PLACE[sentences[cue.sentence].place] * _SURROUNDED[context]
        features["cues"] = min(features["cues"] + _CUES * worth, _CUES * _MOST)
        if cue.pattern:
            features[f"pattern.{cue.pattern}"] = 1.0
        around = sighting.surroundings[cue.sentence].context
        for kind, named in (("negation", "negated"), ("contrast", "contrast")):
            if kind in around and _stands_before(around[kind], cue):
                features[named] = min(features[named] + 1, _MOST)
    if {cue.strength for cue in cues} == {"weak"}:
        features["only.weak"] = 1.0
    where = sorted({cue.sentence for cue in cues})
    _of_context(features, sighting, balance)
    features["share"] = len(where) / len(sentences)
    features["first"] = 1 / (1 + where[0])
    for at in where:
        _of_sentence(features, sighting.surroundings[at], number, _PLACE[sentences[at].place])
    for other, theirs in enumerate(sighting.cues):
        if other != number and theirs:
            strongest = max(_STRENGTH[cue.strength] for cue in theirs)
            features[f"other.{topics[other].topic}"] = strongest
    return dict(features)


def _of_sentence(features: defaultdict[str, float], around: Surroundings, number: int, weight: float) -> None:
    """What stands in the sentence of a cue: parts, stages, and context that supports it."""
    names = [f"part.{name}" for name in around.parts.get(number, ())]
    names += [f"stage.{name}" for name in around.stages.get(number, ())]
    names += [f"near.{name}" for name in SUPPORTING if name in around.context]
    for name in names:
        features[name] = max(features[name], weight)


def _balance(context: Mapping[str, Sequence[Span]], topic: TopicFile) -> tuple[int, int]:
    """Words of a sentence that support the topic, and that are about something else."""
    support = elsewhere = 0
    for name, spans in context.items():
        if name in topic.support:
            support += len(spans)
        elif name not in GRAMMAR and name not in SUPPORTING:
            elsewhere += len(spans)
    return support, elsewhere


def _of_context(
    features: defaultdict[str, float], sighting: Sighting, balance: Sequence[tuple[int, int]]
) -> None:
    support, elsewhere = map(sum, zip(*balance, strict=True))
    features["support"] = log1p(min(support, _ENOUGH_CONTEXT))
    features["elsewhere"] = log1p(elsewhere)
    if sighting.excerpt.sentences[0].place == "title":
        features["title.support"], features["title.elsewhere"] = map(log1p, balance[0])
    totals: defaultdict[str, int] = defaultdict(int)
    for around in sighting.surroundings:
        for name, spans in around.context.items():
            if name not in GRAMMAR:
                totals[name] += len(spans)
    for name, total in totals.items():
        features[f"has.{name}"] = log1p(min(total, _ENOUGH_CONTEXT))


def _stands_before(spans: Sequence[Span], cue: Cue) -> bool:
    return any(cue.start - _BEFORE <= end <= cue.start for _, end in spans)


def stage_features(sighting: Sighting, number: int, said_by_sentence: SaidBySentence) -> Features:
    """What there is to weigh about the stage of topic `number`: words of stages, parts and grammar around its cues.

    `said_by_sentence` are the topic's own (`said_stages`).

    `NAME` adds up what stands in the sentences of the cues, more where it is near one and in its clause; `title.NAME`
    what a title has that shows the topic, `untitled.NAME` what any other title has; `nearest.STAGE` the stage whose
    words stand nearest to a cue in the first sentence that has one; `opening.STAGE` the stage whose words come first in
    the sentence of a cue, where the verb stands that governs the others. A sentence weighs less that says none of the
    stages of those before it in the body.
    """
    features: defaultdict[str, float] = defaultdict(float)
    by_sentence: defaultdict[int, list[Cue]] = defaultdict(list)
    for cue in sighting.cues[number]:
        by_sentence[cue.sentence].append(cue)
    text = sighting.excerpt.text
    seen = False
    told: set[str] = set()
    for at, said in said_by_sentence.items():
        sentence = sighting.excerpt.sentences[at]
        cues = by_sentence.get(at)
        around = sighting.surroundings[at]
        named = _named(around, number, said)
        if sentence.place == "title":
            title = "untitled" if cues is None else "title"
            features.update((f"{title}.{name}", 1.0) for name, _ in named)
        if cues is None:
            continue
        place = _PLACE[sentence.place]
        if sentence.place != "title":
            if told and told.isdisjoint(said) and "negation" not in around.context:
                place *= _BEHIND
            told.update(said)
        for name, spans in named:
            weight = place * _nearness(text, spans, cues)
            features[name] = min(features[name] + weight, _MOST)
        for name in _opening(said):
            opening = f"opening.{name}"
            features[opening] = min(features[opening] + place, _MOST)
        if not seen:
            features.update((f"nearest.{name}", 1.0) for name in _nearest(said, cues))
        seen = True
    return dict(features)


def said_stages(sighting: Sighting, number: int) -> SaidBySentence:
    """The words of the stages of topic `number` in the title and the sentences of its cues, by sentence in order."""
    with_cues = {cue.sentence for cue in sighting.cues[number]}
    return {
        at: _said(sighting.surroundings[at], number)
        for at, sentence in enumerate(sighting.excerpt.sentences)
        if at in with_cues or sentence.place == "title"
    }


def _said(around: Surroundings, number: int) -> Said:
    """The words of stages in a sentence. Within longer ones of another stage they mean that one (`not ordered to`)."""
    stages = around.stages.get(number, {})
    if len(stages) < 2:
        return stages
    said: defaultdict[str, list[Span]] = defaultdict(list)
    reached: dict[str, int] = {}
    spans = sorted((start, -end, stage) for stage, places in stages.items() for start, end in places)
    for (start, until), alike in groupby(spans, key=itemgetter(0, 1)):
        names = [stage for *_, stage in alike]
        for name in names:
            if all(-until > end for stage, end in reached.items() if stage != name):
                said[name].append((start, -until))
        reached.update((name, max(-until, reached.get(name, 0))) for name in names)
    return said


def _opening(stages: Said) -> list[str]:
    """The stages whose words come first in a sentence."""
    starts = {name: min(start for start, _ in spans) for name, spans in stages.items()}
    first = min(starts.values(), default=0)
    return [name for name, start in starts.items() if start == first]


def _nearest(stages: Said, cues: Sequence[Cue]) -> list[str]:
    """The stages whose words stand nearest to a cue in a sentence."""
    distances = {name: min(distance_to_cues(span, cues) for span in spans) for name, spans in stages.items()}
    least = max(0, min(distances.values(), default=0))
    return [name for name, distance in distances.items() if distance <= least + _AS_NEAR]


def _named(around: Surroundings, number: int, said: Said) -> list[tuple[str, Sequence[Span]]]:
    found: list[tuple[str, Sequence[Span]]] = [*said.items()]
    found += [(f"part.{name}", spans) for name, spans in around.parts.get(number, {}).items()]
    found += [(name, around.context[name]) for name in GRAMMAR if name in around.context]
    return found


def _nearness(text: str, spans: Sequence[Span], cues: Sequence[Cue]) -> float:
    """How much the nearest of some words says about a cue: all, or less further away and in another clause."""
    most = 0.3
    for begin, stop in spans:
        for cue in cues_within(2 * _NEAR, (begin, stop), cues):
            start, end = min(stop, cue.end), max(begin, cue.start)
            clauses = text.count(CLAUSE_END, start, end + 1)
            if not clauses and end - start <= _NEAR:
                return 1.0
            if clauses <= 1:
                most = 0.5
    return most


def distance_to_cues(span: Span, cues: Sequence[Cue]) -> int:
    """Characters between a span and the nearest cue; below nothing where they overlap."""
    near = cues
    if len(cues) > _FEW:
        at = bisect_left(cues, span[0], key=_end)
        near = cues[max(0, at - 1) : bisect_left(cues, span[1], key=_start) + 1]
    return min(max(span[0], cue.start) - min(span[1], cue.end) for cue in near)


def cues_within(reach: int, span: Span, cues: Sequence[Cue]) -> Sequence[Cue]:
    """The cues with at most so many characters between them and a span. They are in order; none overlaps another."""
    begin, stop = span
    if len(cues) > _FEW:
        return cues[bisect_left(cues, begin - reach, key=_end) : bisect_right(cues, stop + reach, key=_start)]
    return [cue for cue in cues if max(begin, cue.start) - min(stop, cue.end) <= reach]
