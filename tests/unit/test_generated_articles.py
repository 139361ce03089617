"""What the generators of the broker tests and of the chaos runs say is owed is what reading and policy make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from agents.reading.article import read_article
from agents.reading.reader import Reader
from alerting.policy import Decision, decide, notifications
from alerting.stories import Stories
from streams.configuration import Configuration, load_configuration
from streams.errors import UnreadableArticle
from streams.reading import build_reader
from streams.wire import Candidate, Notification, from_bytes
from tests.broker.harness import make_articles, write_configuration
from tests.builders import MOMENT
from tests.chaos.inputs import make_inputs
from tests.chaos.service import write_configuration as write_chaos_configuration

SEEDS = range(50)


def loaded(folder: Path) -> tuple[Configuration, Reader]:
    configuration = load_configuration(folder, {}, resolve_secrets=False)
    return configuration, build_reader(configuration)


def decided(messages: Iterable[bytes], configuration: Configuration, reader: Reader) -> list[Decision]:
    """All decisions of a worker that takes a message each second."""
    watches = {watch.id: watch for watch in configuration.watches}
    stories = Stories()
    decisions = []
    for number, message in enumerate(messages):
        try:
            article = read_article(message)
        except UnreadableArticle:
            continue
        read = reader.read(article, MOMENT + timedelta(seconds=number))
        for candidate in read.candidates if read is not None else ():
            decision = decide(stories, candidate, watches[candidate.watch])
            stories.put(decision.story)
            decisions.append(decision)
    return decisions


@pytest.mark.parametrize("seed", SEEDS)
def test_each_due_article_of_the_broker_tests_opens_an_alert_and_no_other_does(
    seed: int, broker_tests: tuple[Configuration, Reader]
) -> None:
    articles = make_articles(60, seed=seed, matching=0.3, unreadable_every=10)
    decisions = decided(articles.messages, *broker_tests)
    assert {decision.ruling for decision in decisions} == {"opened"}
    told = [decision.alert.article_id for decision in decisions if decision.alert is not None]
    assert sorted(told) == sorted(articles.due)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_story_of_a_chaos_run_makes_the_alert_events_that_it_owes(
    seed: int, chaos_runs: tuple[Configuration, Reader]
) -> None:
    inputs = make_inputs(200, seed)
    decisions = decided((message.value for message in inputs.messages), *chaos_runs)
    owed = Counter({(story.watch, story.articles[0]): story.events for story in inputs.stories})
    first: dict[str, str] = {}
    events: Counter[tuple[str, str]] = Counter()
    for decision in decisions:
        if decision.alert is not None:
            opener = first.setdefault(decision.alert.alert_id, decision.alert.article_id)
            events[decision.alert.watch.id, opener] += 1
    assert events == owed


@pytest.fixture(scope="module")
def broker_tests(tmp_path_factory: pytest.TempPathFactory) -> tuple[Configuration, Reader]:
    folder = tmp_path_factory.mktemp("broker") / "config"
    return loaded(write_configuration(folder, servers="127.0.0.1:9", prefix="p", group="g"))


@pytest.fixture(scope="module")
def chaos_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Configuration, Reader]:
    folder = tmp_path_factory.mktemp("chaos") / "config"
    return loaded(write_chaos_configuration(folder, servers="127.0.0.1:9", prefix="p", group="g"))


@pytest.mark.parametrize("seed", range(5))
def test_what_one_agent_hands_another_is_equal_to_what_would_be_read_from_the_topic(
    seed: int, chaos_runs: tuple[Configuration, Reader]
) -> None:
    configuration, reader = chaos_runs
    watches = {watch.id: watch for watch in configuration.watches}
    messages = [message.value for message in make_inputs(100, seed).messages]
    for decision in decided(messages, configuration, reader):
        if decision.alert is not None:
            for bound in notifications(decision.alert, watches[decision.alert.watch.id]):
                assert from_bytes(Notification, bound.to_bytes()) == bound
    for message in messages:
        try:
            read = reader.read(read_article(message), MOMENT)
        except UnreadableArticle:
            continue
        for candidate in read.candidates if read is not None else ():
            assert from_bytes(Candidate, candidate.to_bytes()) == candidate
