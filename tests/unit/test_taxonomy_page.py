"""docs/taxonomy-format.md: its example is a topic that works as the page says, and its lists are complete."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from agents.reading.article import Article
from agents.reading.automaton import LiteralTable
from agents.reading.scene import Scene
from agents.reading.taxonomy import (
    GRAMMAR,
    SUPPORTING,
    TopicFile,
    TopicWords,
    load_taxonomies,
)
from agents.reading.topics import TopicClassifier
from streams.wire import TopicReading
from tests import sample

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "taxonomy-format.md").read_text(encoding="utf-8")
SAMPLE = ROOT / "deploy" / "config" / "topics"


@pytest.fixture(scope="module")
def classify(tmp_path_factory: pytest.TempPathFactory) -> object:
    """The sample's topics and the one of the page."""
    folder = tmp_path_factory.mktemp("own") / "topics"
    shutil.copytree(SAMPLE, folder)
    (example,) = re.findall(r"```yaml\n(topic: .*?)```", PAGE, re.DOTALL)
    (folder / "sanctions.yaml").write_text(example, encoding="utf-8")
    table = LiteralTable()
    classifier = TopicClassifier(load_taxonomies(folder), table)
    automaton = table.build()

    def classify(title: str, body: str = "") -> dict[str, TopicReading]:
        readings = classifier.classify(Scene.of(Article("a", title, body), automaton))
        return {reading.topic: reading for reading in readings}

    return classify


@pytest.mark.parametrize(
    ("title", "stage"),
    [
        *re.findall(r"`([^`]+)` is read as `sanctions`, `(\w+)`", PAGE),
        ("EU foreign ministers froze the assets of four generals", "in_force"),
        ("EU verhängt Sanktionen gegen russische Generäle", "announced"),
        ("Washington lifts sanctions on Damascus, the foreign minister says", "lifted"),
    ],
)
def test_the_topic_of_the_page_is_read(classify, title: str, stage: str) -> None:  # type: ignore[no-untyped-def]
    assert classify(title)["sanctions"].stage == stage


@pytest.mark.parametrize(
    "title", ["The club faces disciplinary sanctions", "Army and rebels sign a ceasefire in the valley"]
)
def test_what_is_not_that_topic_is_not_read_as_it(classify, title: str) -> None:  # type: ignore[no-untyped-def]
    assert "sanctions" not in classify(title)


def test_every_key_and_every_class_of_context_is_explained() -> None:
    for key in (*TopicFile.model_fields, *TopicWords.model_fields):
        assert f"| `{key}` |" in PAGE or f"`{key}`" in PAGE, key
    classes = {name for by_class in sample.taxonomies().context.values() for name in by_class}
    told = set(re.findall(r"`(\w+)`", PAGE[PAGE.index("## Context") : PAGE.index("## Weights")]))
    assert classes | set(SUPPORTING) | set(GRAMMAR) <= told
