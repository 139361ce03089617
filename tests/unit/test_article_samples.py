"""The sample articles: readable, varied, and each with what is expected of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agents.reading.article import Article, read_article
from streams.errors import UnreadableArticle
from tests import sample
from tests.builders import MOMENT

ROOT = Path(__file__).resolve().parents[2]
STAGES = {
    "ceasefire": "called_for proposed negotiating agreed in_force extended violated collapsed rejected",
    "mediation": "called_for offered accepted talks_scheduled talks_held agreement stalled rejected",
    "evacuation": "called_for ordered planned under_way completed suspended blocked lifted rejected",
}


def _lines(path: str) -> list[bytes]:
    return (ROOT / path).read_bytes().splitlines()


def _articles() -> list[Article]:
    return [read_article(line) for line in _lines("deploy/samples/articles.jsonl")]


def _expected() -> list[dict[str, Any]]:
    return [json.loads(line) for line in _lines("tests/fixtures/samples_expected.jsonl")]


def test_every_sample_has_its_expectation_in_the_same_order() -> None:
    assert [article.id for article in _articles()] == [expected["id"] for expected in _expected()]


def test_samples_have_every_language_every_topic_and_several_stages_of_each() -> None:
    languages = Counter(article.language[:2] for article in _articles())
    assert set(languages) == {"en", "tr", "uk", "ru", "fr", "es", "de", "ar"}
    assert min(languages.values()) >= 3
    assert languages.total() >= 48
    for topic, stages in STAGES.items():
        seen = {stage for expected in _expected() for stage in expected["topics"].get(topic, ())}
        assert len(seen) >= 5
        assert seen <= set(stages.split())
    assert sum(expected["look_alike"] for expected in _expected()) >= 10


def test_look_alikes_expect_no_topic_and_the_others_do() -> None:
    assert all(bool(expected["topics"]) != expected["look_alike"] for expected in _expected())


def test_samples_have_wire_copies_an_update_and_names_misspelt() -> None:
    articles = _articles()
    copies = [article for article in articles if article.id.startswith("antalya-offer-")]
    assert len({article.source for article in copies}) == 3
    updated = [article for article in articles if article.id == "antalya-ministers"]
    assert [article.updated_at is not None for article in updated] == [False, True]
    text = " ".join(article.body for article in articles)
    assert "Lavorv" in text
    assert "Çavuşoğu" in text


def test_every_watch_of_the_sample_has_an_article_that_it_matches() -> None:
    matched = {
        watch
        for article in _articles()
        if (read := sample.reader().read(article, MOMENT)) is not None
        for watch in read.reading.watches
    }
    assert matched == {watch.id for watch in sample.configuration().watches}


@pytest.mark.parametrize("line", _lines("deploy/samples/unreadable.jsonl"))
def test_unreadable_sample_is_refused(line: bytes) -> None:
    with pytest.raises(UnreadableArticle):
        read_article(line)


def test_unreadable_samples_have_three_reasons() -> None:
    assert len(_lines("deploy/samples/unreadable.jsonl")) == 3
    reasons = set()
    for line in _lines("deploy/samples/unreadable.jsonl"):
        with pytest.raises(UnreadableArticle) as caught:
            read_article(line)
        reasons.add(caught.value.reason)
    assert reasons == {"not-json", "no-text", "too-deep"}


def test_expected_actors_are_of_the_sample_registry() -> None:
    assert {
        actor for expected in _expected() for actor in expected["actors"]
    } <= sample.registry().actors.keys()
