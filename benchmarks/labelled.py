"""Labelled texts, for measuring how well articles are read and for training the weights.

Two sets lie beside the repository where they are at hand, in `../shared/data`; the others in `tests/fixtures` are our
own: `topics_labelled.jsonl`, `look_alikes_labelled.jsonl`, `eastern_labelled.jsonl` (Ukrainian, Russian, Arabic),
`wire_labelled.jsonl`, `headlines_labelled.jsonl` without bodies, `leads_labelled.jsonl` with nothing but a first
sentence, `unseen_labelled.jsonl`, a test alone, `beside_labelled.jsonl`, look-alikes and news among the same words, and
`flashes_labelled.jsonl`, English flashes, wires, bulletins, advice to travellers and live blogs, and
`usual_labelled.jsonl`, plain news and look-alikes in all languages but English, `freely_labelled.jsonl`, English
headlines and short reports that are worded freely, `papers_labelled.jsonl`, in all languages but English, what is as
long as agencies' short items, `promises_labelled.jsonl`, in these languages, what is promised and whom one invites,
among other news, and `desks_labelled.jsonl`, English as desks word it for a day's work. An item: `id`,
`lang`, `title`, `body`, 0 or 1 for each topic, `debatable` topics, `stages` by topic. Of the articles of a real
stream `stream_labelled.jsonl` has the labels only; the texts are read from `../shared/data`. What is marked as `half:
test` (or `late`, written after a first measure), the sets whose names end so, is never trained on, nor are its errors
looked at when words are chosen.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from agents.reading.article import Article, read_article  # noqa: E402
from agents.reading.automaton import LiteralTable  # noqa: E402
from agents.reading.scene import Scene  # noqa: E402
from agents.reading.taxonomy import Taxonomies, load_taxonomies  # noqa: E402
from agents.reading.topics import TopicClassifier  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
TOPICS = ("ceasefire", "mediation", "evacuation")
TOPICS_FOLDER = ROOT / "deploy" / "config" / "topics"
SAMPLES = ROOT / "deploy" / "samples" / "articles.jsonl"
EXPECTED = ROOT / "tests" / "fixtures" / "samples_expected.jsonl"
STREAM = DATA / "stream_sample.jsonl.gz"
STREAM_LABELS = ROOT / "tests" / "fixtures" / "stream_labelled.jsonl"
EASTERN = ROOT / "tests" / "fixtures" / "eastern_labelled.jsonl"
WIRE = ROOT / "tests" / "fixtures" / "wire_labelled.jsonl"
HEADLINES = ROOT / "tests" / "fixtures" / "headlines_labelled.jsonl"
LEADS = ROOT / "tests" / "fixtures" / "leads_labelled.jsonl"
UNSEEN = ROOT / "tests" / "fixtures" / "unseen_labelled.jsonl"
BESIDE = ROOT / "tests" / "fixtures" / "beside_labelled.jsonl"
FLASHES = ROOT / "tests" / "fixtures" / "flashes_labelled.jsonl"
USUAL = ROOT / "tests" / "fixtures" / "usual_labelled.jsonl"
FREELY = ROOT / "tests" / "fixtures" / "freely_labelled.jsonl"
PAPERS = ROOT / "tests" / "fixtures" / "papers_labelled.jsonl"
PROMISES = ROOT / "tests" / "fixtures" / "promises_labelled.jsonl"
DESKS = ROOT / "tests" / "fixtures" / "desks_labelled.jsonl"
HALVES = {
    "stream": "tune", "stream_test": "test", "eastern": "tune", "eastern_test": "test", "wire": "tune",
    "wire_test": "test", "headlines": "tune", "headlines_test": "test",
    "leads": "tune", "leads_test": "test", "unseen": "test",
    "beside": "tune", "beside_test": "test", "beside_late": "late",
    "flashes": "tune", "flashes_late": "late", "usual": "tune", "usual_test": "test",
    "usual_late": "late", "freely": "tune", "freely_test": "test", "papers": "tune", "papers_test": "test",
    "promises": "tune", "promises_test": "test",
    "desks": "tune", "desks_test": "test",
}  # fmt: skip
SETS = {
    "dev_labelled": DATA / "dev_labelled.jsonl",
    "dev_written": DATA / "dev_written.jsonl",
    "own": ROOT / "tests" / "fixtures" / "topics_labelled.jsonl",
    "look_alikes": ROOT / "tests" / "fixtures" / "look_alikes_labelled.jsonl",
    "eastern": EASTERN,
    "eastern_test": EASTERN,
    "samples": EXPECTED,
    "stream": STREAM_LABELS,
    "stream_test": STREAM_LABELS,
    "wire": WIRE,
    "wire_test": WIRE,
    "leads": LEADS,
    "leads_test": LEADS,
    "headlines": HEADLINES,
    "headlines_test": HEADLINES,
    "unseen": UNSEEN,
    "beside": BESIDE,
    "beside_test": BESIDE,
    "beside_late": BESIDE,
    "flashes": FLASHES,
    "flashes_late": FLASHES,
    "usual": USUAL,
    "usual_test": USUAL,
    "usual_late": USUAL,
    "freely": FREELY,
    "freely_test": FREELY,
    "papers": PAPERS,
    "papers_test": PAPERS,
    "promises": PROMISES,
    "promises_test": PROMISES,
    "desks": DESKS,
    "desks_test": DESKS,
}
TRAINED_ON = tuple(
    name
    for name in SETS
    if HALVES.get(name) in (None, "tune")
    and name not in ("leads", "beside", "flashes", "usual", "freely", "papers", "desks", "promises")
)
"""What weights are trained on. By the others that are marked so only words are chosen: weights that fit them read whole
articles worse."""
REAL = frozenset({"dev_labelled", "stream"})
"""Sets of real news."""


@dataclass(frozen=True)
class Item:
    """One labelled text. `group` is what is held out together: its source, or its language where we wrote it."""

    set: str
    id: str
    lang: str
    title: str
    body: str
    topics: dict[str, bool]
    debatable: frozenset[str]
    stages: dict[str, tuple[str, ...]]
    look_alike: bool
    group: str

    def settled(self) -> Iterator[str]:
        """The topics on which nobody would differ."""
        return (topic for topic in TOPICS if topic not in self.debatable)


def items_of(name: str) -> list[Item]:
    """The items of a set; empty where it is not here."""
    path = SETS[name]
    if not path.exists():
        return []
    raws = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if name in HALVES:
        raws = [raw for raw in raws if raw["half"] == HALVES[name]]
    if path == STREAM_LABELS:
        return _of_stream(name, raws)
    return _samples(raws) if name == "samples" else [_item(name, raw) for raw in raws]


def _of_stream(name: str, labels: Sequence[dict[str, Any]]) -> list[Item]:
    """Articles of the stream with their labels; none where the stream is not here."""
    if not STREAM.exists():
        return []
    by_id = {label["id"]: label for label in labels}
    with gzip.open(STREAM, "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    return [
        _item(name, {**article, **by_id[article["id"]]}) for article in articles if article["id"] in by_id
    ]


def _samples(expected: list[dict[str, Any]]) -> list[Item]:
    """The sample articles with what is expected of them: every stage of a topic is as good as another."""
    articles = [read_article(line) for line in SAMPLES.read_bytes().splitlines()]
    items = {}
    for article, raw in zip(articles, expected, strict=True):
        stages = raw["topics"]
        labels = {topic: int(topic in stages) for topic in TOPICS}
        values = {
            "id": article.id,
            "lang": article.language[:2],
            "title": article.title,
            "body": article.body,
        }
        items[article.id] = _item(
            "samples", {**values, **labels, "stages": stages, "look_alike": raw["look_alike"]}
        )
    return list(items.values())


def _item(name: str, raw: dict[str, Any]) -> Item:
    lang = raw["lang"]
    return Item(
        set=name,
        id=raw["id"],
        lang=lang,
        title=raw["title"],
        body=raw["body"],
        topics={topic: bool(raw.get(topic)) for topic in TOPICS},
        debatable=frozenset(raw.get("debatable", ())),
        stages={topic: tuple(stages) for topic, stages in raw.get("stages", {}).items() if stages},
        look_alike=bool(raw.get("look_alike")) or str(raw.get("kind", "")).startswith("look"),
        group=raw.get("source") or f"{name}-{lang}",
    )


class Bench:
    """The classifier alone, over labelled items."""

    def __init__(self, folder: Path = TOPICS_FOLDER, taxonomies: Taxonomies | None = None) -> None:
        table = LiteralTable()
        self.taxonomies = taxonomies or load_taxonomies(folder)
        self.classifier = TopicClassifier(self.taxonomies, table)
        self._automaton = table.build()

    def scene(self, item: Item) -> Scene:
        """The item as the classifier sees it. Its language is not told: it must be found out."""
        return self.scene_of(Article(id=item.id, title=item.title, body=item.body))

    def scene_of(self, article: Article) -> Scene:
        """An article as the classifier sees it."""
        return Scene.of(article, self._automaton)


def all_items(names: Sequence[str] = tuple(SETS)) -> list[Item]:
    """The items of several sets."""
    return [item for name in names for item in items_of(name)]
