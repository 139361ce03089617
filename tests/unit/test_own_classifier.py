"""A classifier of the user's own takes the place of the taxonomy's."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

import streams.reading
from agents.reading.actors.registry import Registry
from agents.reading.article import Article
from agents.reading.scene import Scene
from agents.reading.taxonomy import Taxonomies
from alerting.watch import TopicsWanted, Watch
from streams.backtest import Side
from streams.configuration import Configuration
from streams.errors import ConfigurationError, UnreadableArticle
from streams.reading import build_reader
from streams.wire import Evidence, TopicReading
from tests import sample
from tests.builders import MOMENT
from tests.taxonomies import taxonomies


class Gardens:
    """Finds one topic that the taxonomy does not have."""

    def __init__(self, taxonomies: Taxonomies) -> None:
        self.topics = taxonomies.topics

    def classify(self, scene: Scene) -> tuple[TopicReading, ...]:
        at = scene.article.title.find("hedge")
        if at < 0:
            return ()
        evidence = Evidence(field="title", start=at, end=at + 5, text="hedge")
        return (TopicReading(topic="gardens", score=1, stage="trimmed", evidence=(evidence,)),)


def without_actors() -> Configuration:
    """The sample's configuration; without its actors, which are not asked for here, a reader is built sooner."""
    return replace(sample.configuration(), registry=Registry())


def configured(**service: object) -> Configuration:
    configuration = without_actors()
    settings = configuration.settings
    settings = settings.model_copy(update={"service": settings.service.model_copy(update=service)})
    return replace(configuration, settings=settings)


def offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("gardens", value, streams.reading.GROUP)
    monkeypatch.setattr(streams.reading, "entry_points", lambda group: [entry])


def test_an_offered_classifier_reads_the_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, f"{__name__}:Gardens")
    reader = build_reader(configured(classifier="gardens"))
    read = reader.read(Article("a", "The hedge was cut", ""), MOMENT)
    assert read is not None
    assert [topic.topic for topic in read.reading.topics] == ["gardens"]
    assert reader.read(Article("a", "The lawn was cut", ""), MOMENT) is None


def test_past_articles_are_read_by_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, f"{__name__}:Gardens")
    watch = Watch(id="hedges", title="Hedges", topics=TopicsWanted(any=("gardens",)))
    side = Side(replace(configured(classifier="gardens"), watches=(watch,)))
    side.feed(Article("a", "The hedge was cut", ""), MOMENT)
    assert [raised.watch for raised in side.raised] == ["hedges"]


class Breaking:
    """Does with an article what its title says."""

    def __init__(self, taxonomies: Taxonomies) -> None:
        self.topics = taxonomies.topics

    def classify(self, scene: Scene) -> tuple[TopicReading, ...]:
        good = TopicReading(
            topic="ceasefire",
            score=1,
            stage="agreed",
            evidence=(Evidence(field="title", start=0, end=4, text=scene.article.title[:4]),),
        )
        apart = Evidence(field="body", start=0, end=4, text="gone")
        match scene.article.title:
            case "raise":
                raise RuntimeError("the model is away")
            case "elsewhere":
                return (good.model_copy(update={"evidence": (apart,)}),)
            case "twice":
                return (good, good)
            case "nothing":
                return None  # type: ignore[return-value]
            case "words":
                return ("ceasefire",)  # type: ignore[return-value]
        return (good,)


@pytest.mark.parametrize(
    ("title", "fault"),
    [
        ("raise", "the classifier failed with RuntimeError: the model is away"),
        ("elsewhere", "evidence of 'ceasefire' that is not cut from the body"),
        ("twice", "the topic 'ceasefire' twice"),
        ("nothing", "the classifier failed with TypeError"),
        ("words", "str instead of TopicReading"),
    ],
)
def test_what_a_classifier_does_wrong_is_said_of_the_article(
    monkeypatch: pytest.MonkeyPatch, title: str, fault: str
) -> None:
    offer(monkeypatch, f"{__name__}:Breaking")
    reader = build_reader(configured(classifier="gardens"))
    for read in (reader.read, reader.explain):
        with pytest.raises(UnreadableArticle, match=re.escape(fault)) as caught:
            read(Article("a", title, "Nothing."), MOMENT)
        assert caught.value.reason == "classifier"
    assert reader.read(Article("b", "sound", "Nothing."), MOMENT) is not None


def test_the_taxonomys_codes_are_given_where_the_classifier_gives_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer(monkeypatch, f"{__name__}:Breaking")
    read = build_reader(configured(classifier="gardens")).read(Article("b", "sound", ""), MOMENT)
    assert read is not None
    assert read.reading.topics[0].codes.cameo == ("0871",)


def test_the_classifier_of_the_documentation_reads_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "taxonomy-format.md").read_text("utf-8")
    (source,) = re.findall(r"```python\n(# sirens\.py\n.*?)```", page, re.DOTALL)
    module = ModuleType("sirens")
    exec(source, module.__dict__)
    monkeypatch.setitem(sys.modules, "sirens", module)
    offer(monkeypatch, "sirens:Sirens")
    read = build_reader(configured(classifier="gardens")).read(
        Article("a", "At night", "The sirens began."), MOMENT
    )
    assert read is not None
    (topic,) = read.reading.topics
    assert (topic.topic, topic.stage, topic.evidence[0].text) == ("evacuation", "under_way", "sirens")
    assert "evacuation-orders" in read.reading.watches


def test_a_classifier_that_nobody_offers_or_that_fails_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"no installed package offers the classifier 'gardens'"):
        build_reader(configured(classifier="gardens"))
    offer(monkeypatch, f"{__name__}:nothing")
    with pytest.raises(ConfigurationError, match="does not load: AttributeError"):
        build_reader(configured(classifier="gardens"))


def test_all_articles_are_read_where_that_is_configured() -> None:
    article = Article("a", "The hedge was cut", "")
    everything, topical = (
        build_reader(replace(configured(classify_all=every), taxonomies=taxonomies()))
        for every in (True, False)
    )
    read = everything.read(article, MOMENT)
    assert read is not None
    assert read.reading.topics == ()
    assert topical.read(article, MOMENT) is None
