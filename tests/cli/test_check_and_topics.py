"""`tocsin check` names every fault and every failed example; `tocsin topics` every difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.embedded import EmbeddedBroker
from streams.topics import ALL
from tests.cli.conftest import Call, Kafka
from tests.configurations import SECRET, SMALL, watch, write

pytestmark = pytest.mark.usefixtures("desk_environ")


def test_the_sample_configuration_holds(call: Call) -> None:
    result = call("check")
    assert result.exit_code == 0, result.output
    assert "examples hold" in result.stdout


def test_a_failed_example_names_its_place_and_the_clause(call: Call, tmp_path: Path) -> None:
    examples = [{"text": "A truce was agreed.", "match": True}, {"text": "A ceasefire.", "match": False}]
    folder = write(tmp_path, SMALL | {"watches.yaml": {"watches": [watch(examples=examples)]}})
    result = call("check", "--config", folder)
    assert result.exit_code == 1
    assert "truce: must match, and does not: “A truce was agreed.”" in result.stdout
    assert "not held  query: ceasefire" in result.stdout
    assert "truce: must not match, and does: “A ceasefire.”" in result.stdout
    assert "0 of 2 examples hold" in result.stdout
    report = json.loads(call("check", "--config", folder, "--json").stdout)
    assert report["ok"] is False
    assert [(each["expected"], each["matched"]) for each in report["examples"]] == [
        (True, False),
        (False, True),
    ]
    assert all(each["place"].startswith("watches.yaml:") for each in report["examples"])


def test_every_fault_of_every_file_is_one_line_with_its_place(call: Call, tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "tocsin.yaml": {"broker": {"servers": ["no port"]}},
        "watches.yaml": {"watches": [watch(qurey="x"), watch(id="Other Id")]},
        "endpoints.yaml": {
            "endpoints": [{"id": "desk", "url": "https://hooks.example/s3cret", "titel": "Desk"}]
        },
    }
    folder = write(tmp_path, SMALL | files)
    result = call("check", "--config", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert all(line.startswith("tocsin: ") for line in lines)
    for place in ("tocsin.yaml:", "watches.yaml:", "endpoints.yaml:"):
        assert any(line.startswith(f"tocsin: {place}") for line in lines), lines
    assert any("did you mean 'query'?" in line for line in lines)
    assert any("watches[1].id" in line for line in lines)
    report = json.loads(call("check", "--config", folder, "--json").stdout)
    assert report["ok"] is False
    assert len(report["faults"]) == len(lines)


def test_a_key_neither_forges_a_line_nor_moves_the_cursor(call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path, SMALL | {"watches.yaml": '"\\e[2J\\ntocsin: all is well": 1\nwatches: []\n'})
    result = call("check", "--config", folder)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(r"tocsin: watches.yaml:1: \u001b[2J\u000atocsin: all is well: unknown key")


def test_secrets_are_looked_up_unless_told_not_to_and_never_shown(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, SMALL)
    assert SECRET not in call("check", "--config", folder).output
    monkeypatch.delenv("DESK_SECRET")
    result = call("check", "--config", folder)
    assert result.exit_code == 2
    assert "DESK_SECRET" in result.stderr
    assert call("check", "--config", folder, "--no-secrets").exit_code == 0


def test_missing_topics_are_named_and_what_to_do(
    call: Call, embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_BROKER__SERVERS", embedded.servers)
    monkeypatch.setenv("TOCSIN_TOPICS__PREFIX", "not-there.")
    result = call("topics")
    assert result.exit_code == 1
    assert result.stdout.count("does not exist; run `tocsin topics --create`") == len(ALL)


def test_where_no_broker_is_the_controller_it_is_said_that_topics_cannot_be_made(
    call: Call, embedded: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_BROKER__SERVERS", embedded.servers)
    monkeypatch.setenv("TOCSIN_TOPICS__PREFIX", "cannot-be-made.")
    result = call("topics", "--create")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "the cluster has no controller" in line


def test_topics_that_are_as_they_should_be_are_exit_code_0(
    call: Call, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOPICS__PARTITIONS", "4")
    result = call("topics")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("as it should be") == len(ALL)
    monkeypatch.setenv("TOCSIN_TOPICS__PARTITIONS", "6")
    result = call("topics")
    assert result.exit_code == 1
    assert "has 4 partitions, topics.partitions says 6" in result.stdout


@pytest.mark.parametrize(
    ("servers", "says"),
    [
        ("kafka-1", "--brokers: 'kafka-1' has no port: write host:port, such as kafka-1:9092"),
        ("kafka 1:9092", "--brokers: 'kafka 1:9092' is no host:port"),
        ("ok:9092,kafka:99999", "--brokers: the port of 'kafka:99999' must be from 1 to 65535"),
        ("kafka://user:word@host", "--brokers: 'host' must be host:port alone, without a scheme or a user"),
    ],
)
def test_an_address_that_is_none_is_said_to_be_one(call: Call, servers: str, says: str) -> None:
    result = call("topics", "--brokers", servers)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"tocsin: {says}")


def test_without_a_broker_topics_is_one_line_and_exit_code_1(call: Call, nobody: str) -> None:
    result = call("topics")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert nobody in line
