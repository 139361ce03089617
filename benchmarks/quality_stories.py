"""`make quality-stories`: how well articles are grouped into stories, on a labelled stream of many outlets.

Each labelled item is read with the sample's topics and actors and decided by the policy, in time order, as a worker
would. The groups are those of the alerts; against the labelled happenings they give B-cubed precision (of an item's
group, the share that tells the same happening), recall (of its happening, the share in its group) and F1 (Bagga and
Baldwin, 1998). Told are the items that made an alert event; of the happenings, how many were told at all.

A second stream is written: reports of many outlets on fires, floods, leaks and evacuations that name hardly an actor,
each with what an editor wants of it: an alert, an update, or nothing. Two happenings of it are often alike but for a
name.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agents.reading.actors.registry import load_registry
from agents.reading.article import read_article
from agents.reading.reader import Reader
from agents.reading.taxonomy import load_taxonomies
from alerting.policy import Decision, decide
from alerting.stories import Stories
from alerting.watch import TopicsWanted, Watch

ROOT: Final = Path(__file__).resolve().parent.parent
STREAM: Final = ROOT.parent / "shared" / "data" / "stories_dev.jsonl"
WRITTEN: Final = ROOT / "tests" / "fixtures" / "outlets.jsonl"
CONFIG: Final = ROOT / "deploy" / "config"

ARTICLE: Final = ("id", "title", "body", "url", "source", "language")

Item = dict[str, Any]


def b_cubed(groups: Sequence[Hashable], labels: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 of a grouping of items against their labels."""
    of_group, of_label = Counter(groups), Counter(labels)
    both: defaultdict[tuple[Hashable, Hashable], int] = defaultdict(int)
    for pair in zip(groups, labels, strict=True):
        both[pair] += 1
    precision = sum(n * n / of_group[group] for (group, _), n in both.items()) / len(groups)
    recall = sum(n * n / of_label[label] for (_, label), n in both.items()) / len(groups)
    return precision, recall, 2 * precision * recall / (precision + recall)


ENGLISH: Final = Watch(id="all", title="Everything", query="language:en")
EVACUATIONS: Final = Watch(id="all", title="Evacuations", topics=TopicsWanted(any=("evacuation",)))


def run(items: Sequence[Item], watch: Watch = ENGLISH) -> list[Decision]:
    """Read and decide every item under one watch that wants them all."""
    reader = Reader(
        taxonomies=load_taxonomies(CONFIG / "topics"),
        registry=load_registry(CONFIG / "actors"),
        watches=[watch],
    )
    stories = Stories()
    decisions = []
    for item in items:
        article = {"language": "en"} | {key: item[key] for key in ARTICLE if key in item}
        read = reader.read(
            read_article(json.dumps(article).encode()), datetime.fromisoformat(item["seen_at"])
        )
        if read is None or not read.candidates:
            raise ValueError(f"item {item['id']} was not read")
        decision = decide(stories, read.candidates[0], watch)
        stories.put(decision.story)
        decisions.append(decision)
    return decisions


def show(name: str, items: Sequence[Item], decisions: Sequence[Decision]) -> None:
    """Print the figures of some of the items."""
    events = [item["event"] for item in items]
    precision, recall, f1 = b_cubed([decision.story.story_id for decision in decisions], events)
    told = [event for event, decision in zip(events, decisions, strict=True) if decision.alert is not None]
    print(f"  {name:20} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  of {len(items)} items")
    print(f"  {'':20} {len(told)} told; {len(set(told))} of {len(set(events))} happenings told")


def read_written() -> list[Item]:
    """The written reports, in order of time."""
    return [json.loads(line) for line in WRITTEN.read_text(encoding="utf-8").split("\n") if line]


def wanted_and_told(items: Sequence[Item], decisions: Sequence[Decision]) -> Counter[tuple[str, str]]:
    """How often what was wanted of an item was ruled what."""
    return Counter((item["wanted"], decision.ruling) for item, decision in zip(items, decisions, strict=True))


def show_written() -> None:
    """Print what was told of the written reports, by what was wanted."""
    items = read_written()
    counts = wanted_and_told(items, run(items, EVACUATIONS))
    print(WRITTEN.name)
    for wanted in ("alert", "update", "nothing"):
        of_these = {ruling: count for (what, ruling), count in sorted(counts.items()) if what == wanted}
        told = ", ".join(f"{count} {ruling}" for ruling, count in of_these.items())
        print(f"  {wanted:20} {told} of {sum(of_these.values())}")


def main() -> None:
    """Print the figures, all and by year; the parameters were chosen on all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--groups", action="store_true", help="list every happening and the stories that tell it"
    )
    options = parser.parse_args()
    show_written()
    if not STREAM.exists():
        print(f"{STREAM.name}: not here, left out")
        return
    lines = STREAM.read_text(encoding="utf-8").split("\n")
    items = [item for line in lines if line and (item := json.loads(line))["event"]]
    decisions = run(items)
    print(STREAM.name)
    alone = b_cubed(range(len(items)), [item["event"] for item in items])
    print(f"  {'each alone':20} P {alone[0]:.3f}  R {alone[1]:.3f}  F1 {alone[2]:.3f}")
    show("all", items, decisions)
    for year in sorted({item["seen_at"][:4] for item in items}):
        chosen = [n for n, item in enumerate(items) if item["seen_at"].startswith(year)]
        show(year, [items[n] for n in chosen], [decisions[n] for n in chosen])
    if options.groups:
        groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for item, decision in zip(items, decisions, strict=True):
            groups[item["event"], decision.story.story_id[-6:]].append(item["title"])
        for (event, story), titles in sorted(groups.items()):
            print(f"{event} {story}: {' | '.join(titles)}"[:300])


if __name__ == "__main__":
    main()
