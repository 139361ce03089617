"""The documents of the contract: as committed, well formed, and true of the values that Tocsin writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from agents.reading.article import read_article
from agents.reading.reader import Read
from agents.reading.shapes import NAMES
from alerting.formats import standard
from alerting.notice import endpoint_disabled
from alerting.policy import decide
from alerting.stories import Stories
from streams.errors import UnreadableArticle
from streams.schemas import ASYNCAPI, MODELS, documents
from streams.topics import ALL, Topic
from streams.wire import Alert, Wire, cloudevent_headers
from tests import sample
from tests.builders import MOMENT, attempt, endpoint, undelivered
from tests.cli.conftest import Call

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "docs" / "schemas"
FORMATS = FormatChecker(())


@FORMATS.checks("date-time", raises=ValueError)  # type: ignore[untyped-decorator]
def is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def schema(name: str) -> Draft202012Validator:
    document = json.loads((COMMITTED / name).read_bytes())
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document, format_checker=FORMATS)


@cache
def asyncapi() -> dict[str, Any]:
    document = yaml.safe_load((COMMITTED / ASYNCAPI).read_text())
    assert isinstance(document, dict)
    return document


@cache
def reads() -> list[Read]:
    lines = (ROOT / "deploy" / "samples" / "articles.jsonl").read_bytes().splitlines()
    return [read for line in lines if (read := sample.reader().read(read_article(line), MOMENT)) is not None]


@cache
def alerts() -> list[Alert]:
    watches = {watch.id: watch for watch in sample.configuration().watches}
    decisions = (
        decide(Stories(), candidate, watches[candidate.watch])
        for read in reads()
        for candidate in read.candidates
    )
    return [decision.alert for decision in decisions if decision.alert is not None]


def valid(validator: Draft202012Validator, value: bytes) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(value))]


def test_the_committed_documents_are_those_that_the_models_make() -> None:
    made = documents()
    committed = {path.name for path in COMMITTED.iterdir()} - {"README.md"}
    assert committed == set(made)
    stale = [name for name, content in made.items() if (COMMITTED / name).read_bytes() != content]
    assert not stale, "run `tocsin schemas`"


def test_the_documents_are_the_same_at_every_call() -> None:
    assert documents() == documents()


def test_no_document_has_the_keyword_that_strict_validators_and_asyncapi_refuse() -> None:
    assert [name for name, content in documents().items() if b"discriminator" in content] == []


def test_readings_and_alerts_of_the_samples_fit_their_schemas() -> None:
    assert len(reads()) > 20
    assert len(alerts()) > 20
    for read in reads():
        assert valid(schema("reading.json"), read.reading.to_bytes()) == []
    for alert in alerts():
        assert valid(schema("alert.json"), alert.to_bytes()) == []
        assert valid(schema("webhook.json"), standard.render(alert)) == []


def test_word_that_an_endpoint_was_disabled_fits_the_schema_of_webhooks() -> None:
    event = endpoint_disabled(endpoint(title="Desk"), "410 gone", MOMENT, MOMENT)
    assert valid(schema("webhook.json"), standard.render(event)) == []
    assert valid(schema("webhook.json"), standard.render(event).replace(b'"reason"', b'"why"'))


def test_attempts_and_what_was_given_up_fit_their_schemas() -> None:
    last = attempt(number=2, outcome="given_up", status=None, next_at=None)
    given_up = undelivered(attempts=(attempt(), last))
    assert valid(schema("attempt.json"), attempt().to_bytes()) == []
    assert valid(schema("attempt.json"), last.to_bytes()) == []
    assert valid(schema("undelivered.json"), given_up.to_bytes()) == []


def test_a_value_that_lacks_what_readers_rely_on_does_not_fit() -> None:
    for name, good in (
        ("alert.json", alerts()[0].to_bytes()),
        ("reading.json", reads()[0].reading.to_bytes()),
    ):
        value = json.loads(good)
        for key in ("alert_id", "article"):
            if key in value:
                assert valid(schema(name), json.dumps({k: v for k, v in value.items() if k != key}).encode())
    assert valid(schema("attempt.json"), attempt().to_bytes().replace(b'"retry"', b'"lost"'))


def sample_lines() -> Iterator[bytes]:
    yield from (ROOT / "deploy" / "samples" / "articles.jsonl").read_bytes().splitlines()
    yield from (json.dumps({name: "Truce holds"}).encode() for name in (*NAMES["title"], *NAMES["body"]))
    yield b'{"@type": "WebPage", "mainEntity": {"@type": "NewsArticle", "headline": "Truce holds"}}'
    yield b'{"@type": "LiveBlogPosting", "liveBlogUpdate": [{"headline": "Truce holds"}]}'
    yield b'{"id": 7, "body": ["one", "two"], "published_at": 1767225600, "tags": "a, b", "more": {}}'


def test_what_is_read_as_an_article_fits_the_schema_of_articles_and_no_text_does_not() -> None:
    for line in sample_lines():
        read_article(line)
        assert valid(schema("article.json"), line) == [], line[:100]
    for line in (b'{"id": "a"}', b"[]", b'{"title": 7}'):
        with pytest.raises(UnreadableArticle):
            read_article(line)
        assert valid(schema("article.json"), line)


# AsyncAPI


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolved(reference: str) -> Any:
    assert reference.startswith("#/")
    value: Any = asyncapi()
    for part in reference[2:].split("/"):
        value = value[part]
    return value


def test_the_asyncapi_document_has_the_parts_that_its_specification_asks_for() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    assert all({"host", "protocol"} <= set(server) for server in document["servers"].values())
    allowed = {
        "asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components",
    }  # fmt: skip
    assert set(document) <= allowed
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        assert all(each["$ref"].startswith(f"{channel}/messages/") for each in operation["messages"])
    used = {operation["channel"]["$ref"] for operation in document["operations"].values()}
    assert used == {f"#/channels/{name}" for name in document["channels"]}


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    found = set(references(asyncapi()))
    assert len(found) > 20
    assert all(resolved(reference) for reference in found)


def test_the_asyncapi_document_has_exactly_the_public_topics() -> None:
    public = {topic.name: topic for topic in ALL if topic.public}
    channels = asyncapi()["channels"]
    assert set(channels) == set(public)
    for name, channel in channels.items():
        assert channel["address"] == f"tocsin.{name}"
        assert channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] == [public[name].cleanup]


def message_of(topic: str) -> dict[str, Any]:
    (reference,) = asyncapi()["channels"][topic]["messages"].values()
    message = resolved(reference["$ref"])
    assert isinstance(message, dict)
    return message


def whole(part: dict[str, Any]) -> Draft202012Validator:
    """A schema of the document, with all that it refers to."""
    return Draft202012Validator({**part, "components": asyncapi()["components"]}, format_checker=FORMATS)


def emitted(topic: str) -> list[Wire]:
    kinds = ("alert.opened", "alert.updated", "alert.retracted")
    values: dict[str, list[Wire]] = {
        "classified": [read.reading for read in reads()],
        "alerts": [alert.model_copy(update={"type": kind}) for kind in kinds for alert in alerts()[:5]],
        "deliveries": [attempt()],
        "undelivered": [undelivered()],
    }
    return values[topic]


@pytest.mark.parametrize("topic", ["classified", "alerts", "deliveries", "undelivered"])
def test_values_and_their_cloudevents_headers_fit_the_message_of_their_topic(topic: str) -> None:
    message = message_of(topic)
    for value in emitted(topic):
        sent = cloudevent_headers(value, event_id="e1", time=MOMENT)
        headers = json.dumps({name: content.decode() for name, content in sent}).encode()
        assert valid(whole(message["headers"]), headers) == []
        assert valid(whole(message["payload"]), value.to_bytes()) == []
        assert set(message["headers"]["properties"]) == {name for name, _ in sent}


def test_headers_of_another_topic_do_not_fit() -> None:
    sent = dict(cloudevent_headers(alerts()[0], event_id="e1", time=MOMENT))
    headers = json.dumps({name: content.decode() for name, content in sent.items()}).encode()
    assert valid(whole(message_of("deliveries")["headers"]), headers)


# The command


def test_the_command_writes_all_and_check_says_what_is_stale(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    result = call("schemas", "--out", folder, "--check")
    assert result.exit_code == 1
    assert result.stdout.count("is missing") == len(MODELS) + 1
    assert call("schemas", "--out", folder).exit_code == 0
    assert {path.name for path in folder.iterdir()} == {*MODELS, ASYNCAPI}
    assert call("schemas", "--out", folder, "--check").exit_code == 0
    (folder / "alert.json").write_text("{}")
    result = call("schemas", "--out", folder, "--check")
    assert result.exit_code == 1
    assert "alert.json is stale" in result.stdout


def test_a_folder_that_cannot_be_made_is_one_line_and_exit_code_2(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = call("schemas", "--out", tmp_path / "file" / "below")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "Not a directory" in line


def test_topics_that_other_applications_read_say_what_their_values_are() -> None:
    def described(topic: Topic) -> str:
        return str(message_of(topic.name)["payload"].get("$ref", "")).rpartition("/")[2]

    for topic in ALL:
        if topic.public and described(topic):
            assert described(topic).lower() in topic.value.lower()
