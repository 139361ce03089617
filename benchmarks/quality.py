"""`make quality`: how well articles are read, on labelled texts: topics, stages, and what is turned away.

Debatable judgements are left out of the figures. A stage counts as right when it is one of those labelled.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from agents.reading.automaton import LiteralTable  # noqa: E402
from agents.reading.fold import fold_text  # noqa: E402
from agents.reading.language import identify  # noqa: E402
from agents.reading.taxonomy import load_taxonomies  # noqa: E402
from agents.reading.topics import TopicClassifier  # noqa: E402
from streams.wire import TopicReading  # noqa: E402

TOPICS = ("ceasefire", "mediation", "evacuation")
DATA = ROOT.parent / "shared" / "data"


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


class Reading:
    """Reads a labelled item with the classifier alone."""

    def __init__(self, folder: Path) -> None:
        table = LiteralTable()
        self._classifier = TopicClassifier(load_taxonomies(folder), table)
        self._automaton = table.build()

    def __call__(self, item: dict[str, Any]) -> tuple[TopicReading, ...]:
        title, body = fold_text(item["title"]), fold_text(item["body"])
        language = identify(f"{item['title']} {item['body']}", item.get("lang", ""))
        find = self._automaton.find
        return self._classifier.classify(title, body, find(title.text), find(body.text), language)


def measure(items: list[dict[str, Any]], reading: Reading) -> Report:
    """Compare readings with labels."""
    report = Report()
    for item in items:
        read = {topic.topic: topic for topic in reading(item)}
        for topic in TOPICS:
            if topic in item["debatable"]:
                continue
            compare(report, item, topic, read.get(topic))
        if item.get("look_alike") or item.get("kind") in ("look_alike", "look-alike"):
            settled = [t for t in TOPICS if not item[t] and t not in item["debatable"]]
            report.turned_away["all"] += 1
            report.turned_away["away"] += not any(t in read for t in settled)
        if not any(item[t] or t in item["debatable"] for t in TOPICS):
            report.turned_away["negatives"] += 1
            report.turned_away["left alone"] += not read
    return report


def compare(report: Report, item: dict[str, Any], topic: str, read: TopicReading | None) -> None:
    """Count one topic of one text."""
    due = bool(item[topic])
    groups = (
        "all",
        f"topic {topic}",
        f"language {item['lang']}",
        f"source {item.get('source', 'written')}"[:44],
    )
    groups += ("not English",) if item["lang"] != "en" else ()
    for group in groups:
        score = report.by[group]
        score.hit += due and read is not None
        score.spurious += read is not None and not due
        score.missed += due and read is None
    labelled = item.get("stages", {}).get(topic, [])
    if due and read is not None and labelled:
        report.stages[f"{topic} all"] += 1
        report.stages[f"{topic} right"] += read.stage in labelled
        report.stages[f"{topic} first"] += read.stage == labelled[0]
        if read.stage not in labelled:
            report.errors.append(f"STAGE {topic} {read.stage} for {labelled}: {describe(item, read)}")
    if due != (read is not None):
        report.errors.append(f"{'MISSED' if due else 'SPURIOUS'} {topic}: {describe(item, read)}")


def describe(item: dict[str, Any], read: TopicReading | None) -> str:
    """The text's beginning and the evidence."""
    words = [evidence.text for evidence in read.evidence] if read else []
    text = " ".join(f"{item['title']} ¶ {item['body']}".split())[:330]
    return f"[{item['lang']} {item['id']}] {words} {text}"


def show(name: str, report: Report, *, errors: bool) -> None:
    """Print the figures."""
    print(name)
    for group in sorted(report.by, key=lambda g: (g != "all", g)):
        if not group.startswith("source") or report.by[group].hit + report.by[group].missed > 4:
            print(report.by[group].line(group))
    away = report.turned_away
    if away["all"]:
        print(f"  look-alikes turned away {away['away'] / away['all']:.3f} of {away['all']}")
    if away["negatives"]:
        print(f"  negatives left alone {away['left alone'] / away['negatives']:.3f} of {away['negatives']}")
    total = sum(report.stages[f"{t} all"] for t in TOPICS)
    if total:
        right, first = (sum(report.stages[f"{t} {k}"] for t in TOPICS) / total for k in ("right", "first"))
        each = ", ".join(
            f"{t} {report.stages[f'{t} right'] / max(1, report.stages[f'{t} all']):.2f}" for t in TOPICS
        )
        print(f"  stage right {right:.3f} (the first one {first:.3f}) of {total}: {each}")
    if errors:
        print("\n".join(sorted(report.errors)))


def main() -> None:
    """Run over the sets that are here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list every error with its evidence")
    parser.add_argument("--lang", help="only this language")
    parser.add_argument("--set", help="only the set whose name begins so")
    parser.add_argument("--topics", type=Path, default=ROOT / "deploy" / "config" / "topics")
    options = parser.parse_args()
    reading = Reading(options.topics)
    for name in ("dev_labelled", "dev_written"):
        path = DATA / f"{name}.jsonl"
        if options.set and not name.startswith(options.set):
            continue
        if not path.exists():
            print(f"{name}: not here, left out")
            continue
        items = [json.loads(line) for line in path.open(encoding="utf-8")]
        if options.lang:
            items = [item for item in items if item["lang"] == options.lang]
        show(name, measure(items, reading), errors=options.errors)


if __name__ == "__main__":
    main()
