"""`make quality-actors`: how well actors are named, on labelled texts: precision, recall, F1 by language and kind.

The items are tests/fixtures/actors_labelled.jsonl: own texts, each with every actor that it names and, where it is
settled, how the best mention matches. Those `written` before the matcher was first run on them are reported apart
from those written after: only the former tell what a text that nobody has seen would get. Beside them, where the data
is here, the share of the actors listed in dev_labelled.jsonl that is found.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from agents.reading.actors.matcher import ActorMatcher
from agents.reading.actors.registry import Registry, load_registry
from agents.reading.fold import fold, fold_text
from benchmarks.quality import Score
from streams.wire import ActorReading

ROOT: Final = Path(__file__).resolve().parent.parent
ITEMS: Final = ROOT / "tests" / "fixtures" / "actors_labelled.jsonl"
SEEN: Final = ROOT.parent / "shared" / "data" / "dev_labelled.jsonl"

Naming = Callable[[str, str], tuple[ActorReading, ...]]


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def namer(registry: Registry) -> Naming:
    """Names the actors of a title and a body."""
    matcher = ActorMatcher(registry)

    def name(title: str, body: str) -> tuple[ActorReading, ...]:
        return matcher.find(fold_text(title), fold_text(body))

    return name


def measure(items: list[dict[str, Any]], name: Naming) -> tuple[dict[str, Score], Counter[str], list[str]]:
    """Compare readings with labels: scores by group, how often the match is the labelled one, every error."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    matches: Counter[str] = Counter()
    errors = []
    for item in items:
        read = {actor.id: actor for actor in name("", item["text"])}
        due = item["actors"]
        groups = (
            f"written {item['written']}",
            f"language {item['lang']}",
            f"kind {item['kind']}",
        )
        for group in ("all", *groups):
            scores[group].hit += len(read.keys() & due.keys())
            scores[group].spurious += len(read.keys() - due.keys())
            scores[group].missed += len(due.keys() - read.keys())
        for actor, match in due.items():
            if match is not None and actor in read:
                matches["all"] += 1
                matches["right"] += read[actor].match == match
                if read[actor].match != match:
                    errors.append(f"MATCH {actor} {read[actor].match}, not {match}: {item['text']}")
        errors += [f"MISSED {actor} [{item['id']}]: {item['text']}" for actor in due.keys() - read.keys()]
        errors += [
            f"SPURIOUS {actor} by {read[actor].evidence[0].text!r} [{item['id']}]: {item['text']}"
            for actor in read.keys() - due.keys()
        ]
    return dict(scores), matches, errors


def recall_of_seen(path: Path, registry: Registry, name: Naming) -> tuple[int, int, list[str]]:
    """Of the actors that somebody listed in real texts: how many are found, how many there are, which are missed."""
    ids = {
        fold(spelt.partition(",")[0] if actor.kind != "person" else spelt): actor.id
        for actor in registry.actors.values()
        for spelt in (
            actor.name,
            *(n for own in (actor.names, actor.aliases) for ns in own.values() for n in ns),
        )
    }
    found = listed = 0
    missed = []
    for item in lines_of(path):
        if not item.get("actors_seen"):
            continue
        read = {actor.id for actor in name(item["title"], item["body"])}
        for spelt in item["actors_seen"]:
            listed += 1
            actor = ids.get(fold(spelt))
            if actor in read:
                found += 1
            else:
                missed.append(f"[{item['lang']} {item['id']}] {spelt} ({actor or 'not in the registry'})")
    return found, listed, missed


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="list every error")
    parser.add_argument("--actors", type=Path, default=ROOT / "deploy" / "config" / "actors")
    options = parser.parse_args()
    registry = load_registry(options.actors)
    name = namer(registry)
    items = lines_of(ITEMS)
    scores, matches, errors = measure(items, name)
    print(f"{len(items)} labelled items, {len(registry.actors)} actors in the registry")
    for group in sorted(scores, key=lambda g: (g != "all", g)):
        print(scores[group].line(group))
    print(f"  match as labelled {matches['right'] / max(1, matches['all']):.3f} of {matches['all']}")
    if options.errors:
        print("\n".join(errors))
    if not SEEN.exists():
        print(f"{SEEN.name}: not here, left out")
        return
    found, listed, missed = recall_of_seen(SEEN, registry, name)
    print(f"{SEEN.name}: {found} of {listed} listed actors found, {found / max(1, listed):.3f}")
    if options.errors:
        print("\n".join(missed))


if __name__ == "__main__":
    main()
