"""`make weights`: the weights of the topic classifier, from the labelled texts, as `deploy/config/topics/weights.yaml`.

Two linear models a topic: a logistic regression over the features of an article (is it about the topic?), in which no
cue ever counts against its own topic, and a multinomial one over those of the stage. Features have the same names in
every language, so that what is learnt in one serves all. Debatable judgements are left out. `held_out` gives the
reading of each text by weights that were trained without its source (real texts) or its language (written ones).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.optimize import minimize
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from agents.reading.features import GENERIC, said_stages, stage_features, topic_features
from agents.reading.taxonomy import (
    EARNEST,
    GRAMMAR,
    LINK,
    SUPPORTING,
    Taxonomies,
    TopicWeights,
    load_taxonomies,
)
from agents.reading.topics import DEFAULT
from benchmarks.labelled import REAL, TOPICS, TOPICS_FOLDER, TRAINED_ON, Bench, Item, all_items

STRENGTH = 0.5
"""Inverse of the regularisation of the topic models (the smaller, the flatter the weights)."""

NEVER_AGAINST = ("cues", "strong.", "likely.", "weak.", "other.")
"""How the names of those features begin whose weights may not be negative. With few texts, chance could make a truce in
the lead speak against a ceasefire, or one topic against every other.
"""

USUAL: Mapping[str, float] = {
    "strong.title.with": 1.5, "strong.title.bare": 1.0, "strong.lead.with": 1.2, "strong.lead.bare": 0.8,
    "strong.early.with": 0.5, "likely.title.with": 0.7, "likely.lead.with": 0.5,
}  # fmt: skip
"""What these features weigh as long as no text says otherwise: the regularisation draws their weights there, and all
others to zero.
"""

REAL_WEIGHT = 2.0
"""The weight in training of a real text, beside 1 for one that was written for it. The sample articles, which everybody
sees first, count as real.
"""

FULL_WEIGHT = REAL | {"samples"}

HEADLINES = "headlines"
HEADLINE_WEIGHT = 0.1
"""The weight in training of a headline alone, for its topic. For the stage it has none: most headlines tell it in plain
words, and weights that fit them read long texts worse.
"""

NEGATIVE_WEIGHT = 1.5
"""What a text of no topic counts beside one of some: a false alarm costs more than a story told by the next article."""

STAGE_STRENGTH = 1.0
LEAST = 0.005
"""Weights nearer to nothing than this are left out of the file."""

TAIL_SHARE = 0.2
"""What a text with a tail counts, of what the text counts in all.

Under articles stand lines that are about something else (`Read more: World Cup final, Oscars`), and a siege too is told
by a film-maker. Without tails such a line cost one alert in five.
"""

TAIL_WORDS = 2
"""Words of something else in a tail at most."""

NEIGHBOURS = ("bilateral",)
"""Context that is something else to a topic and yet of the same world: no line under an article is made of it."""

FOLDS = 10


@dataclass(frozen=True)
class Example:
    """Features of one text for one topic, and what they should say."""

    item: Item
    topic: str
    features: Mapping[str, float]
    stage_features: Mapping[str, float]
    share: float = 1.0


def training_examples(items: Sequence[Item], bench: Bench) -> list[Example]:
    """The examples of all texts, and of those with a body once more with a tail."""
    plain = examples_of(items, bench)
    tailed = examples_of([_tailed(item, bench.taxonomies) for item in items if item.body], bench)
    return [
        *(replace(example, share=1 - TAIL_SHARE) if example.item.body else example for example in plain),
        *(replace(example, share=TAIL_SHARE, stage_features={}) for example in tailed),
    ]


def _tailed(item: Item, taxonomies: Taxonomies) -> Item:
    """A text with a line under it that is about something else, in some words of one class of context."""
    rng = random.Random(crc32(item.id.encode()))
    supporting = (name for topic in taxonomies.topics for name in topic.support)
    near = {*GRAMMAR, *SUPPORTING, EARNEST, LINK, *NEIGHBOURS, *supporting}
    about_else = {
        name: [phrase.rstrip("*") for phrase in phrases if "*" not in phrase[:-1]]
        for name, phrases in taxonomies.context.get(item.lang, taxonomies.context["en"]).items()
        if name not in near
    }
    words = about_else[rng.choice(sorted(about_else))]
    line = ", ".join(rng.sample(words, min(rng.randint(1, TAIL_WORDS), len(words))))
    return replace(item, body=f"{item.body}\n\n{line.capitalize()}.")


def examples_of(items: Sequence[Item], bench: Bench) -> list[Example]:
    """The examples of all texts in which the topic has a cue at all."""
    topics = bench.taxonomies.topics
    found = []
    for item in items:
        sighting = bench.classifier.look(bench.scene(item))
        if sighting is None:
            continue
        for number, topic in enumerate(topics):
            features = topic_features(sighting, number, topics)
            if features and topic.topic in TOPICS:
                said = said_stages(sighting, number)
                found.append(Example(item, topic.topic, features, stage_features(sighting, number, said)))
    return found


def train(examples: Sequence[Example]) -> dict[str, TopicWeights]:
    """Weights for each topic, and the default ones for topics of a user's own."""
    weights = {topic: _train_topic([e for e in examples if e.topic == topic]) for topic in TOPICS}
    pooled = [replace(e, features=_generic(e.features)) for e in examples]
    weights[DEFAULT] = TopicWeights(**_fit_topic(pooled))
    return weights


def _generic(features: Mapping[str, float]) -> dict[str, float]:
    """The features that mean the same for every topic."""
    return {name: value for name, value in features.items() if name.startswith(GENERIC)}


def _train_topic(examples: Sequence[Example]) -> TopicWeights:
    return TopicWeights(**_fit_topic(examples), stages=_fit_stages(examples))


def _fit_topic(examples: Sequence[Example]) -> dict[str, object]:
    settled = [e for e in examples if e.topic not in e.item.debatable]
    vectors = DictVectorizer(sparse=False)
    x = vectors.fit_transform([dict(e.features) for e in settled])
    y = np.array([e.item.topics[e.topic] for e in settled])
    counts = [e.share * _count(e.item) for e in settled]
    names = vectors.get_feature_names_out()
    bounds = [(0.0 if name.startswith(NEVER_AGAINST) else None, None) for name in names]
    usual = np.array([USUAL.get(name, 0.0) for name in names])
    bias, coefficients = _logistic(x, y, np.array(counts), usual, bounds)
    return {"bias": bias, "features": _named(vectors, coefficients)}


def _count(item: Item) -> float:
    of_its_set = HEADLINE_WEIGHT if item.set == HEADLINES else REAL_WEIGHT if item.set in FULL_WEIGHT else 1.0
    return of_its_set * (1.0 if any(item.topics.values()) else NEGATIVE_WEIGHT)


def _logistic(
    x: np.ndarray,
    y: np.ndarray,
    counts: np.ndarray,
    usual: np.ndarray,
    bounds: Sequence[tuple[float | None, None]],
) -> tuple[float, np.ndarray]:
    """A logistic regression whose coefficients are drawn to `usual` and bounded: the bias, and the coefficients."""
    sign = np.where(y, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ weights[:-1] + weights[-1])
        pull = -sign * counts / (1 + np.exp(margin))
        away = weights[:-1] - usual
        penalty = away @ away / (2 * STRENGTH)
        gradient = np.append(x.T @ pull + away / STRENGTH, pull.sum())
        return float(counts @ np.logaddexp(0, -margin) + penalty), gradient

    found = minimize(
        loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)],
        options={"maxiter": 2000},
    )  # fmt: skip
    return float(found.x[-1]), found.x[:-1]


def _fit_stages(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    rows = [
        (dict(e.stage_features), stage, weight)
        for e in examples
        if e.stage_features and e.item.topics[e.topic] and e.item.set != HEADLINES
        for stage, weight in zip(e.item.stages.get(e.topic, ())[:3], (1.0, 0.25, 0.1), strict=False)
    ]
    vectors = DictVectorizer(sparse=False)
    x = vectors.fit_transform([row[0] for row in rows])
    # Half-way to stages of equal weight: how often each stands in these texts says little about other texts.
    totals: dict[str, float] = {}
    for _, stage, weight in rows:
        totals[stage] = totals.get(stage, 0.0) + weight
    counts = [weight / totals[stage] ** 0.5 for _, stage, weight in rows]
    scale = sum(totals.values()) / sum(counts)
    model = LogisticRegression(C=STAGE_STRENGTH, max_iter=5000).fit(
        x, [row[1] for row in rows], sample_weight=[count * scale for count in counts]
    )
    return {
        str(stage): {"bias": round(float(model.intercept_[k]), 3), **_named(vectors, model.coef_[k])}
        for k, stage in enumerate(model.classes_)
    }


def _named(vectors: DictVectorizer, coefficients: np.ndarray) -> dict[str, float]:
    names = vectors.get_feature_names_out()
    return {
        str(name): round(float(value), 3)
        for name, value in zip(names, coefficients, strict=True)
        if abs(value) >= LEAST
    }


def held_out(examples: Sequence[Example]) -> dict[str, dict[str, TopicWeights]]:
    """For every group of texts, the weights trained without it (groups share a fold so that there are few)."""
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.item.group] = sizes.get(example.item.group, 0) + 1
    folds: list[list[str]] = [[] for _ in range(FOLDS)]
    for group in sorted(sizes, key=lambda g: -sizes[g]):
        min(folds, key=lambda fold: sum(sizes[g] for g in fold)).append(group)
    weights = {}
    for fold in folds:
        without = train([e for e in examples if e.item.group not in fold])
        weights.update(dict.fromkeys(fold, without))
    return weights


def write(weights: Mapping[str, TopicWeights], path: Path) -> None:
    """Write the weights as YAML that a person can read, the heaviest first."""
    lines = [
        "# What each feature of an article counts, by topic. Made by `make weights` from labelled texts; the names are",
        "# told in agents/reading/features.py. `default` serves topics that have no weights of their own.",
        "weights:",
    ]
    for topic in sorted(weights):
        own = weights[topic]
        lines += [f"  {topic}:", f"    bias: {own.bias:.3f}", f"    features: {_flow(own.features)}"]
        if own.stages:
            lines.append("    stages:")
            lines += [f"      {stage}: {_flow(values)}" for stage, values in own.stages.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _flow(values: Mapping[str, float]) -> str:
    order = sorted(values, key=lambda name: (name != "bias", -abs(values[name]), name))
    return "{" + ", ".join(f"{name}: {values[name]:.3f}" for name in order) + "}"


def main() -> None:
    """Train on everything that is here and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=Path, default=TOPICS_FOLDER)
    options = parser.parse_args()
    bench = Bench(taxonomies=load_taxonomies(options.topics))
    examples = training_examples(all_items(TRAINED_ON), bench)
    write(train(examples), options.topics / "weights.yaml")
    print(f"{len(examples)} examples → {options.topics / 'weights.yaml'}")


if __name__ == "__main__":
    main()
