"""`make quality`: how well articles are read, on labelled texts: topics, stages, and what is turned away.

Debatable judgements are left out of the figures and reported apart. A stage counts as right when it is one of those
labelled; the first one is reported apart. With `--held-out` each text is read with weights that were trained without
its source (or, of written texts, its language).
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from agents.reading.taxonomy import load_taxonomies
from benchmarks.labelled import SETS, TOPICS, TOPICS_FOLDER, TRAINED_ON, Bench, Item, all_items, items_of
from streams.wire import TopicReading

Read = Callable[[Item], tuple[TopicReading, ...]]


@dataclass
class Score:
    """Counts of right and wrong."""

    hit: int = 0
    spurious: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.spurious) if self.hit + self.spurious else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0

    def line(self, name: str) -> str:
        counts = f"{self.hit:5} hit {self.spurious:4} spurious {self.missed:4} missed"
        return f"  {name:44} P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}  {counts}"


@dataclass
class Report:
    """All figures of one set of texts."""

    by: defaultdict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    stages: Counter[str] = field(default_factory=Counter)
    turned_away: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def measure(items: Iterable[Item], read: Read) -> Report:
    """Compare readings with labels."""
    report = Report()
    for item in items:
        topics = {topic.topic: topic for topic in read(item)}
        for topic in TOPICS:
            if topic in item.debatable:
                report.turned_away["debatable"] += 1
                report.turned_away["debatable agreed"] += (topic in topics) == item.topics[topic]
            else:
                _compare(report, item, topic, topics.get(topic))
        if item.look_alike:
            report.turned_away["look-alikes"] += 1
            report.turned_away["look-alikes away"] += not any(
                topic in topics and not item.topics[topic] for topic in item.settled()
            )
        if not any(item.topics[topic] or topic in item.debatable for topic in TOPICS):
            report.turned_away["negatives"] += 1
            report.turned_away["negatives away"] += not topics
    return report


def _compare(report: Report, item: Item, topic: str, read: TopicReading | None) -> None:
    due = item.topics[topic]
    groups = ["all", f"topic {topic}", f"language {item.lang}", f"source {item.group}"[:44]]
    if item.lang != "en":
        groups.append("not English")
    for group in groups:
        score = report.by[group]
        score.hit += due and read is not None
        score.spurious += read is not None and not due
        score.missed += due and read is None
    labelled = item.stages.get(topic, ())
    if due and read is not None and labelled:
        report.stages[f"{topic} all"] += 1
        report.stages[f"{topic} right"] += read.stage in labelled
        report.stages[f"{topic} first"] += read.stage == labelled[0]
        if read.stage not in labelled:
            report.errors.append(f"STAGE {topic} {read.stage} for {labelled}: {_describe(item, read)}")
    if due != (read is not None):
        report.errors.append(f"{'MISSED' if due else 'SPURIOUS'} {topic}: {_describe(item, read)}")


def _describe(item: Item, read: TopicReading | None) -> str:
    words = [evidence.text for evidence in read.evidence] if read else []
    score = f"{read.score:.2f} " if read else ""
    text = " ".join(f"{item.title} ¶ {item.body}".split())[:330]
    return f"[{item.lang} {item.id}] {score}{words} {text}"


def show(name: str, report: Report, *, errors: bool) -> None:
    """Print the figures."""
    print(name)
    for group in sorted(report.by, key=lambda g: (g != "all", g)):
        if not group.startswith("source") or report.by[group].hit + report.by[group].missed > 4:
            print(report.by[group].line(group))
    counts = report.turned_away
    for kind in ("look-alikes", "negatives"):
        if counts[kind]:
            print(f"  {kind} turned away {counts[f'{kind} away'] / counts[kind]:.3f} of {counts[kind]}")
    if counts["debatable"]:
        agreed = counts["debatable agreed"] / counts["debatable"]
        print(f"  debatable judgements (not counted above): agreed {agreed:.3f} of {counts['debatable']}")
    total = sum(report.stages[f"{t} all"] for t in TOPICS)
    if total:
        right, first = (sum(report.stages[f"{t} {k}"] for t in TOPICS) / total for k in ("right", "first"))
        each = ", ".join(
            f"{t} {report.stages[f'{t} right'] / max(1, report.stages[f'{t} all']):.2f}" for t in TOPICS
        )
        print(f"  stage right {right:.3f} (the first one {first:.3f}) of {total}: {each}")
    if errors:
        print("\n".join(sorted(report.errors)))


def _plain(bench: Bench) -> Read:
    return lambda item: bench.classifier.classify(bench.scene(item))


def _held_out(folder: Path) -> Read:
    from benchmarks.train_topics import held_out, training_examples  # noqa: PLC0415 - needs scikit-learn

    taxonomies = load_taxonomies(folder)
    by_group = held_out(training_examples(all_items(TRAINED_ON), Bench(taxonomies=taxonomies)))
    usual = Bench(taxonomies=taxonomies)
    benches: dict[int, Bench] = {}

    def read(item: Item) -> tuple[TopicReading, ...]:
        weights = by_group.get(item.group)
        if weights is None:  # no text of this group has a cue
            return usual.classifier.classify(usual.scene(item))
        bench = benches.get(id(weights))
        if bench is None:
            bench = benches[id(weights)] = Bench(taxonomies=replace(taxonomies, weights=weights))
        return bench.classifier.classify(bench.scene(item))

    return read


def main() -> None:
    """Run over the sets that are here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list every error with its evidence")
    parser.add_argument("--held-out", action="store_true", help="weights trained without the text's source")
    parser.add_argument("--lang", help="only this language")
    parser.add_argument("--set", help="only the set whose name begins so")
    parser.add_argument("--topics", type=Path, default=TOPICS_FOLDER)
    options = parser.parse_args()
    read = _held_out(options.topics) if options.held_out else _plain(Bench(options.topics))
    for name in SETS:
        if options.set and not name.startswith(options.set):
            continue
        items = [item for item in items_of(name) if not options.lang or item.lang == options.lang]
        if not items:
            print(f"{name}: not here, left out")
            continue
        show(name, measure(items, read), errors=options.errors)


if __name__ == "__main__":
    main()
