"""Loading the folder of topics."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from agents.reading.taxonomy import (
    ContextWords,
    TopicFile,
    TopicWords,
    WeightsFile,
    load_taxonomies,
    model_of,
)
from tests import sample
from tests.taxonomies import TRUCE


def write(folder: Path, name: str, value: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")


def test_a_topic_is_a_file_or_a_folder_with_a_file_for_each_language(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", TRUCE | {"topic": "one"})
    write(tmp_path, "two/topic.yaml", {k: v for k, v in TRUCE.items() if k != "languages"} | {"topic": "two"})
    write(tmp_path, "two/en.yaml", {"strong": ["truce"]})
    write(tmp_path, "context/en.yaml", {"armed": ["army"], "gardening": ["hedge"]})
    write(tmp_path, "weights.yaml", {"weights": {"default": {"bias": -1, "features": {"share": 2.5}}}})
    taxonomies = load_taxonomies(tmp_path)
    assert [topic.topic for topic in taxonomies.topics] == ["one", "two"]
    assert taxonomies.topics[1].languages["en"].strong == ("truce",)
    assert taxonomies.context["en"]["gardening"] == ("hedge",)
    assert taxonomies.weights["default"].features == {"share": 2.5}


@pytest.mark.parametrize(
    "change",
    [
        {"default_stage": "unheard"},
        {"languages": {"en": {"stages": {"unheard": ["word"]}}}},
        {"patterns": [{"parts": ["stop"]}]},
        {"patterns": [{"parts": ["stop", "fighting"], "strength": "mighty"}]},
        {"unknown": 1},
    ],
)
def test_what_fits_no_topic_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TopicFile.model_validate(TRUCE | change)


def test_a_topic_folder_without_its_topic_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "two/en.yaml", {"strong": ["truce"]})
    with pytest.raises(ValueError, match=r"two: the folder of a topic needs a file topic\.yaml"):
        load_taxonomies(tmp_path)


def test_what_a_file_must_be_is_told_by_its_path() -> None:
    paths = ("context/en.yaml", "truce/topic.yaml", "truce/en.yaml", "weights.yaml", "truce.yaml")
    assert [model_of(Path(path)) for path in paths] == [
        ContextWords, TopicFile, TopicWords, WeightsFile, TopicFile,
    ]  # fmt: skip


def test_the_sample_has_three_topics_in_eight_languages_with_words_for_every_stage_and_part() -> None:
    assert [topic.topic for topic in sample.taxonomies().topics] == ["ceasefire", "evacuation", "mediation"]
    for topic in sample.taxonomies().topics:
        assert set(topic.languages) == set("en tr uk ru fr es de ar".split())
        parts = {part for pattern in topic.patterns for part in pattern.parts}
        for language, words in topic.languages.items():
            assert set(words.stages) == set(topic.stages), (topic.topic, language)
            assert parts <= set(words.parts), (topic.topic, language)
        assert topic.topic in sample.taxonomies().weights
