"""What `tocsin check` says of what is misspelt: names in queries, words that have a spelling, variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.configurations import faults, load, watch


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("truce AND actor:putin", "column 17: unknown actor 'putin'; did you mean 'vladimir-putin'?"),
        (
            "truce AND actor:vladimir-puttin",
            "unknown actor 'vladimir-puttin'; did you mean 'vladimir-putin'?",
        ),
        ("truce -topic:ceasefir", "column 14: unknown topic 'ceasefir'; did you mean 'ceasefire'?"),
        ("truce AND title:(a OR actor:nobody-at-all)", "column 29: unknown actor 'nobody-at-all'"),
    ],
)
def test_a_query_that_asks_for_an_unknown_name_is_a_fault(tmp_path: Path, query: str, fault: str) -> None:
    (said,) = faults(tmp_path, {"watches.yaml": {"watches": [watch(query=query, examples=None)]}})
    assert said.startswith("watches.yaml: watches[0].query: ")
    assert fault in said


def test_a_query_may_ask_for_what_is_there(tmp_path: Path) -> None:
    query = 'topic:ceasefire AND (actor:vladimir-putin OR actor:"Sergey Lavrov" OR source:*.example)'
    assert load(tmp_path, {"watches.yaml": {"watches": [watch(query=query, examples=None)]}})


def test_a_spelling_is_asked_for_in_words(tmp_path: Path) -> None:
    example = {"text": "x", "match": True, "language": "english"}
    files = {
        "watches.yaml": {"watches": [watch(id="A b", languages=["english", "pt-BR"], examples=[example])]},
        "tocsin.yaml": {
            "broker": {"client_id": "a b"},
            "topics": {"prefix": "a/b"},
            "service": {"group": ""},
        },
        "actors/some.yaml": {"actors": [{"id": "a", "kind": "country", "name": "7", "wikidata": "212"}]},
    }
    tag = "must be a language tag such as en or pt-BR"
    name = "must be at most 200 letters, digits, dots, dashes and underscores"
    small = "must be small letters, digits, dots, dashes and underscores, and begin with a letter or digit"
    assert sorted(faults(tmp_path, files)) == [
        "actors/some.yaml: actors[0].name: must be a name, with a letter",
        "actors/some.yaml: actors[0].wikidata: must be an item of Wikidata, such as Q212",
        f"tocsin.yaml: broker.client_id: {name}",
        f"tocsin.yaml: service.group: {name}",
        f"tocsin.yaml: topics.prefix: {name}",
        f"watches.yaml: watches[0].examples[0].language: {tag}",
        f"watches.yaml: watches[0].id: {small}",
        f"watches.yaml: watches[0].languages[0]: {tag}",
    ]


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("TOCSIN_BROKER_SERVERS", ["there is no such setting; did you mean 'TOCSIN_BROKER__SERVERS'?"]),
        ("TOCSIN_BROKER__SERVER", ["there is no such setting; did you mean 'TOCSIN_BROKER__SERVERS'?"]),
        ("TOCSIN_SERVICE_PORT", []),  # Kubernetes makes such of a service's name
        ("TOCSIN_SAMPLE_URL", []),
    ],
)
def test_a_variable_that_is_nearly_a_setting_is_a_fault(
    tmp_path: Path, variable: str, said: list[str]
) -> None:
    expected = [f"environment: {variable}: {message}" for message in said]
    assert faults(tmp_path, None, **{variable: "kafka:9092"}) == expected
