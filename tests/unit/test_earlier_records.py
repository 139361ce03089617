"""Records as earlier versions wrote them (tests/fixtures/records/, one file a version, by its date).

An upgrade finds such records in Kafka, and until it is done workers of both versions read each other's; after a
rollback an earlier version reads what this one wrote. So each record is read, what is decided from it is the same, and
what is written of it again has every field that it had.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agents.reading.article import read_article
from alerting.pending import EndpointState, Settled, Waiting, newer, parse_held, parse_pending
from alerting.policy import decide
from alerting.stories import Stories
from alerting.story import Story
from streams.state import StateReader
from streams.topics import (
    ALERTS,
    CANDIDATES,
    CLASSIFIED,
    DELIVERIES,
    NOTIFICATIONS,
    PENDING,
    STORIES,
    UNDELIVERED,
    Topic,
)
from streams.wire import Alert, Attempt, Candidate, Notification, Reading, Undelivered
from tests import sample
from tests.builders import watch

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "tests" / "fixtures" / "records"
VERSIONS = sorted(path.stem for path in RECORDS.glob("*.jsonl"))
TRUCES = watch(id="truces", title="Truces", notify=("desk", "away", "shut"), severity="high")
"""The watch that the candidates are of."""

REMEMBERED_LESS = {"2026-11-30"}
"""Versions whose stories lack what is remembered of them by now: the names that stand by the words that decided. They
may be news, so the next copy is told as an update of the same alert, once.
"""

READERS: dict[Topic, Callable[[bytes], Any]] = {
    CLASSIFIED: Reading.model_validate_json,
    CANDIDATES: Candidate.model_validate_json,
    STORIES: Story.from_bytes,
    ALERTS: Alert.model_validate_json,
    NOTIFICATIONS: Notification.model_validate_json,
    PENDING: parse_pending,
    DELIVERIES: Attempt.model_validate_json,
    UNDELIVERED: Undelivered.model_validate_json,
}


class Record(NamedTuple):
    """A record of a topic, with as much of a Kafka record as reading state needs."""

    name: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    topic: str = "t.state"
    partition: int = 0
    offset: int = 0


def records(version: str, topic: Topic) -> list[Record]:
    lines = (RECORDS / f"{version}.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Record(
            line["topic"],
            line["key"].encode(),
            json.dumps(line["value"], separators=(",", ":")).encode(),
            tuple((name, value.encode()) for name, value in line["headers"].items()),
        )
        for line in map(json.loads, lines)
        if line["topic"] == topic.name
    ]


def lacking(earlier: Any, now: Any, path: str = "") -> list[str]:
    """What a value had and lacks now, or has otherwise. A moment may be written in another way."""
    if isinstance(earlier, dict) and isinstance(now, dict):
        # What is null is left out where it may be.
        return [
            fault
            for name, value in earlier.items()
            if value is not None
            for fault in (
                lacking(value, now[name], f"{path}.{name}") if name in now else [f"{path}.{name} is gone"]
            )
        ]
    if isinstance(earlier, list) and isinstance(now, list) and len(earlier) == len(now):
        return [
            fault
            for number, (one, other) in enumerate(zip(earlier, now, strict=True))
            for fault in lacking(one, other, f"{path}[{number}]")
        ]
    return [] if now == earlier or _same_moment(earlier, now) else [f"{path} is {now!r}, was {earlier!r}"]


def _same_moment(one: Any, other: Any) -> bool:
    try:
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except (TypeError, ValueError):
        return False


@pytest.mark.parametrize("topic", READERS, ids=lambda topic: topic.name)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_record_is_read_and_what_is_written_of_it_has_every_field_that_it_had(
    version: str, topic: Topic
) -> None:
    found = records(version, topic)
    assert found
    for record in found:
        written = READERS[topic](record.value).to_bytes()
        assert lacking(json.loads(record.value), json.loads(written)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_decided_again_has_the_ids_that_it_had(version: str) -> None:
    """As when a worker of that version is killed between an alert and its commit, and one of this comes after it."""
    candidate = Candidate.model_validate_json(records(version, CANDIDATES)[0].value)
    [alert] = (Alert.model_validate_json(record.value) for record in records(version, ALERTS))
    [story] = (Story.from_bytes(record.value) for record in records(version, STORIES))
    decision = decide(Stories(), candidate, TRUCES)
    assert decision.alert is not None
    assert (decision.alert.webhook_id, decision.alert.alert_id) == (alert.webhook_id, alert.alert_id)
    assert decision.story.story_id == story.story_id
    assert decide(Stories([story]), candidate, TRUCES).ruling == "repeat"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_copy_that_comes_after_the_upgrade_belongs_to_the_story_and_is_not_told(version: str) -> None:
    [story] = (Story.from_bytes(record.value) for record in records(version, STORIES))
    for copy in (copy_read_now(), Candidate.model_validate_json(records(version, CANDIDATES)[1].value)):
        later = copy.model_copy(
            update={
                "watch": story.watch,
                "candidate_id": "cnd_another",
                "article": copy.article.model_copy(update={"id": "another", "source": "Another Paper"}),
                "seen_at": story.last_seen_at + timedelta(minutes=1),
            }
        )
        decision = decide(Stories([story]), later, TRUCES)
        assert decision.story.story_id == story.story_id
        assert decision.ruling == "throttled" or version in REMEMBERED_LESS, decision.reason


def copy_read_now() -> Candidate:
    """The article that the story tells (it is one of the samples), as this version reads it."""
    lines = (ROOT / "deploy" / "samples" / "articles.jsonl").read_bytes().splitlines()
    [article] = [line for line in lines if json.loads(line).get("id") == "dara-ceasefire-agreed"]
    now = datetime.fromisoformat("2026-12-01T00:00:00Z")
    read = sample.reader().read(read_article(article), now)
    assert read is not None
    return read.candidates[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_owed_and_what_was_settled_and_which_endpoint_was_disabled_is_known(version: str) -> None:
    reader = StateReader(parse_held, newer)
    for record in records(version, PENDING):
        reader.add(record)
    loaded = reader.loaded()
    held = {key: value for key, value in loaded.values.items() if not isinstance(value, EndpointState)}
    assert {key.split("/")[0]: type(value) for key, value in held.items()} == {
        "away": Waiting,
        "desk": Settled,
    }
    [owed] = (value for value in held.values() if isinstance(value, Waiting))
    assert (owed.endpoint, owed.made) == ("away", 1)
    assert loaded.mark == max(
        int(dict(record.headers)["tocsin-offset"]) for record in records(version, PENDING)
    )
    shut, away = loaded.values["shut"], loaded.values["away"]
    assert isinstance(shut, EndpointState)
    assert isinstance(away, EndpointState)
    assert (bool(shut.breaker.disabled), bool(away.breaker.disabled)) == (True, False)
    assert shut.unannounced is not None
