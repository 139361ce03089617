"""Labelled texts, for measuring how well articles are read and for training the weights.

Two files lie beside the repository where they are at hand, in `../shared/data`; the others in `tests/fixtures` are our
own. docs/quality.md says what is in each. An item: `id`, `lang`, `title`, `body`, 0 or 1 for each topic, `debatable`
topics, `stages` by topic. Of the articles of a real stream `stream_labelled.jsonl` has the labels only; the texts are
read from `../shared/data`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from agents.reading.article import Article, read_article
from agents.reading.automaton import LiteralTable
from agents.reading.scene import Scene
from agents.reading.taxonomy import Taxonomies, load_taxonomies
from agents.reading.topics import TopicClassifier

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
TOPICS = ("ceasefire", "mediation", "evacuation")
TOPICS_FOLDER = ROOT / "deploy" / "config" / "topics"
SAMPLES = ROOT / "deploy" / "samples" / "articles.jsonl"
STREAM = DATA / "stream_sample.jsonl.gz"
FIXTURES = ROOT / "tests" / "fixtures"
STREAM_LABELS = FIXTURES / "stream_labelled.jsonl"


class Texts(NamedTuple):
    """A file of labelled texts. Each of its halves, which its items name, is a set: the first has the file's name, any
    other its own behind that. `test` (or `late`: written after a first measure) is never trained on, nor are its errors
    looked at when words are chosen. Of what is not `taught` no weights learn: those that fit it read whole articles
    worse.
    """

    path: Path
    halves: tuple[str, ...] = ("",)
    taught: bool = True


def _own(name: str, *halves: str, taught: bool = True) -> Texts:
    return Texts(FIXTURES / f"{name}_labelled.jsonl", halves or ("",), taught)


FILES = {
    "dev_labelled": Texts(DATA / "dev_labelled.jsonl"),
    "dev_written": Texts(DATA / "dev_written.jsonl"),
    "own": _own("topics"),
    "look_alikes": _own("look_alikes"),
    "eastern": _own("eastern", "tune", "test"),
    "samples": Texts(FIXTURES / "samples_expected.jsonl"),
    "stream": Texts(STREAM_LABELS, ("tune", "test")),
    "wire": _own("wire", "tune", "test"),
    "leads": _own("leads", "tune", "test", taught=False),
    "headlines": _own("headlines", "tune", "test"),
    "unseen": _own("unseen", "test"),
    "beside": _own("beside", "tune", "test", "late", taught=False),
    "flashes": _own("flashes", "tune", "late", taught=False),
    "usual": _own("usual", "tune", "test", "late", taught=False),
    "freely": _own("freely", "tune", "test", taught=False),
    "papers": _own("papers", "tune", "test", taught=False),
    "promises": _own("promises", "tune", "test", taught=False),
    "desks": _own("desks", "tune", "test", taught=False),
    "denials": _own("denials", "tune", "test", taught=False),
    "bulletins": _own("bulletins", "tune", "test", taught=False),
    "mixed": _own("mixed", "tune", "test", taught=False),
}
SETS = {
    name if half == texts.halves[0] else f"{name}_{half}": (texts, half)
    for name, texts in FILES.items()
    for half in texts.halves
}
"""By name the file of a set, and which half of it the set is."""
TRAINED_ON = tuple(name for name, (texts, half) in SETS.items() if texts.taught and half in ("", "tune"))
"""What weights are trained on."""
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
    texts, half = SETS[name]
    if not texts.path.exists():
        return []
    raws = [json.loads(line) for line in texts.path.read_text(encoding="utf-8").split("\n") if line.strip()]
    if half:
        raws = [raw for raw in raws if raw["half"] == half]
    if texts.path == STREAM_LABELS:
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
