"""What `tocsin check` says of what is misspelt: names in queries, words that have a spelling, variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.configurations import faults, load, watch

STAGES = {
    "ceasefire": ["agreed", "violated"],
    "evacuation": ["ordered"],
    "mediation": ["offered"],
}

ACTORS = [
    {"id": "vladimir-putin", "kind": "person", "name": "Vladimir Putin"},
    {"id": "sergey-lavrov", "kind": "person", "name": "Sergey Lavrov"},
    {"id": "turkey", "kind": "country", "name": "Turkey"},
    # So many that a fault does not list them all.
    *({"id": f"body-{number}", "kind": "organisation", "name": f"Body {number}"} for number in range(30)),
]

KNOWN = {
    f"topics/{topic}.yaml": {
        "topic": topic,
        "stages": stages,
        "default_stage": stages[0],
        "languages": {"en": {"strong": [topic]}},
    }
    for topic, stages in STAGES.items()
} | {"actors/known.yaml": {"actors": ACTORS}}
"""Topics and actors of the sample by name: what may be meant is one of them."""


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
    (said,) = faults(tmp_path, KNOWN | {"watches.yaml": {"watches": [watch(query=query, examples=None)]}})
    assert said.startswith("watches.yaml: watches[0].query: ")
    assert fault in said


def test_a_query_may_ask_for_what_is_there(tmp_path: Path) -> None:
    query = 'topic:ceasefire AND (actor:vladimir-putin OR actor:"Sergey Lavrov" OR source:*.example)'
    assert load(tmp_path, KNOWN | {"watches.yaml": {"watches": [watch(query=query, examples=None)]}})


def test_a_spelling_is_asked_for_in_words(tmp_path: Path) -> None:
    example = {"text": "x", "match": True, "language": "english"}
    files = KNOWN | {
        "watches.yaml": {"watches": [watch(id="A b", languages=["english", "pt-BR"], examples=[example])]},
        "tocsin.yaml": {
            "broker": {"client_id": "a b"},
            "topics": {"prefix": "a/b"},
            "service": {"group": ""},
        },
        "actors/some.yaml": {
            "actors": [{"id": "a", "kind": "country", "name": "7", "wikidata": "212", "aliases": ["B"]}]
        },
    }
    tag = "must be a language tag such as en or pt-BR"
    name = "must be at most 200 letters, digits, dots, dashes and underscores"
    small = "must be small letters, digits, dots, dashes and underscores, and begin with a letter or digit"
    assert sorted(faults(tmp_path, files)) == [
        "actors/some.yaml: actors[0].aliases: must be by language, such as {en: [Kremlin, MBS]}",
        "actors/some.yaml: actors[0].name: must be a name, with a letter",
        "actors/some.yaml: actors[0].wikidata: must be an item of Wikidata, such as Q212",
        f"tocsin.yaml: broker.client_id: {name}",
        f"tocsin.yaml: service.group: {name}",
        f"tocsin.yaml: topics.prefix: {name}",
        f"watches.yaml: watches[0].examples[0].language: {tag}",
        f"watches.yaml: watches[0].id: {small}",
        f"watches.yaml: watches[0].languages[0]: {tag}",
    ]


def test_a_language_that_no_article_can_have_is_a_fault(tmp_path: Path) -> None:
    watches = [
        watch(id="a", languages=["uk", "ua", "jp", "und", "ckb"]),
        watch(id="b", query="truce AND language:jp"),
    ]
    assert faults(tmp_path, KNOWN | {"watches.yaml": {"watches": watches}}) == [
        "watches.yaml: watches[0].languages[2]: no language has this tag, so nothing would match",
        "watches.yaml: watches[1].query: column 20: 'jp' is no language tag such as en or pt-BR",
    ]


BESIDES = {
    "actors.any[0]": "unknown actor",
    "examples[1]": "has no text",
    "notify[2]": "unknown endpoint; did you mean 'desk'?",
    "query": "column 12: the query ends too early: a parenthesis is not closed",
    "terms_file": "none.txt: there is no such file",
    "topics.any[2]": "unknown topic; did you mean 'mediation'?",
    "topics.stages[1]": "no stage of ceasefire, evacuation, mediation; did you mean 'agreed'?",
}


def test_what_is_wrong_in_itself_hides_nothing_that_is_wrong_besides(tmp_path: Path) -> None:
    faulty = watch(
        id="A b",
        title=None,
        severity="urgent",
        topics={"any": ["ceasefire", 7, "mediaton"], "stages": ["agreed", "agred"], "min_score": 2},
        actors={"any": ["nobody-at-all"], "oll": ["turkey"]},
        query="truce AND (",
        terms_file="none.txt",
        notify=["desk", "De sk", "dsk"],
        examples=[{"text": "A"}, {"text": " ", "match": True}, {"text": "B", "match": "perhaps"}],
    )
    said = dict(
        one.removeprefix("watches.yaml: watches[0].").split(": ", 1) for one in told(tmp_path, faulty)
    )
    assert {key: message for key, message in said.items() if key in BESIDES} == BESIDES
    assert sorted(said.keys() - BESIDES.keys()) == [
        "actors.oll", "examples[0].match", "examples[2].match", "id", "notify[1]", "severity", "title",
        "topics.any[1]", "topics.min_score",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"query": 7},
        {"query": None, "querry": "truce"},
        {"query": None, "topics": {"any": [7]}},
        {"topics": {"an": ["ceasefire"]}},
        {"topics": {"any": ["mediation", 7], "stages": ["violated"]}},
        {"actors": {"any": "turkey"}},
        {"examples": [{"text": 7, "match": True}]},
        {"notify": "desk"},
    ],
)
def test_of_what_may_be_meant_by_a_faulty_key_nothing_is_said_besides(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    assert len(told(tmp_path, watch(**changes))) == 1


def test_a_watch_without_a_title_or_a_condition_is_told_of_both(tmp_path: Path) -> None:
    assert [said.split(": ")[1:] for said in told(tmp_path, watch(title=None, query=None))] == [
        ["watches[0]", "the watch would match everything; give it topics, actors, a query, or terms"],
        ["watches[0].title", "is missing"],
    ]


def test_an_id_that_is_taken_is_said_also_of_a_watch_with_another_fault(tmp_path: Path) -> None:
    watches = {"watches": [watch(), watch(severity=7), watch(id=None), watch(id="x")]}
    said = faults(tmp_path, KNOWN | {"watches.yaml": watches})
    assert [one.split(": ")[1] for one in said] == ["watches[1].id", "watches[1].severity", "watches[2].id"]


def told(folder: Path, faulty: dict[str, object]) -> list[str]:
    """What is wrong with a watch."""
    return faults(folder, KNOWN | {"watches.yaml": {"watches": [faulty]}})


def test_what_is_wrong_with_an_actor_hides_no_unknown_one(tmp_path: Path) -> None:
    known = {"id": "ada-lovelace", "kind": "person", "name": "Ada Lovelace"}
    asks = KNOWN | {"watches.yaml": {"watches": [watch(actors={"any": ["ada-lovelace", "ida-lovelace"]})]}}
    for wrong, hidden in ({"kind": "perso"}, False), ({"name": "7"}, False), ({"id": 7}, True):
        actors = {"actors": [known | wrong]} if "id" not in wrong else {"actors": [known, known | wrong]}
        said = faults(tmp_path, asks | {"actors/some.yaml": actors})
        assert any("actors/some.yaml" in one for one in said)
        assert [one for one in said if "unknown actor" in one] == (
            []
            if hidden
            else ["watches.yaml: watches[0].actors.any[1]: unknown actor; did you mean 'ada-lovelace'?"]
        )


def test_the_authorities_of_receivers_must_be_there_and_be_some(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing\n")
    for file, said in (
        ("none.pem", "there is no such file"),
        (".", "it is not a file"),
        ("empty.pem", "cannot be used: "),
    ):
        settings = {"tocsin.yaml": {"service": {"webhook_ca_file": file}}}
        [fault] = faults(tmp_path, settings)
        assert fault.startswith(f"tocsin.yaml: service.webhook_ca_file: {said}")


def test_what_is_wrong_in_a_setting_hides_nothing_that_is_wrong_besides(tmp_path: Path) -> None:
    settings = {
        "broker": {"servers": ["kafka"], "session_timeout": "1s", "security": "SSL", "ca_file": "none.pem"},
        "topics": {"partitions": 0, "retention": "1s"},
    }
    said = faults(tmp_path, {"tocsin.yaml": settings})
    assert sorted(one.split(": ")[1] for one in said) == [
        "broker.security",
        "broker.servers[0]",
        "broker.session_timeout",
        "topics.partitions",
        "topics.retention",
    ]


def test_a_section_of_settings_whose_keys_are_commented_out_is_empty(tmp_path: Path) -> None:
    text = "broker:\n#  servers: [kafka:9092]\ntopics:\n  partitions: 3\n"
    loaded = load(tmp_path, {"tocsin.yaml": text}).settings
    assert (loaded.broker.servers, loaded.topics.partitions) == (("localhost:9092",), 3)
    [fault] = faults(tmp_path, {"tocsin.yaml": "brokers:\n"})
    assert "brokers: unknown key" in fault


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("TOCSIN_BROKER_SERVERS", ["there is no such setting; did you mean 'TOCSIN_BROKER__SERVERS'?"]),
        ("TOCSIN_BROKER__SERVER", ["there is no such setting; did you mean 'TOCSIN_BROKER__SERVERS'?"]),
        ("TOCSIN_CONIFG", ["there is no such setting; did you mean 'TOCSIN_CONFIG'?"]),
        ("TOCSIN_CONFIG_FOLDER", []),  # of docker-compose.yml
        ("TOCSIN_SERVICE_PORT", []),  # Kubernetes makes such of a service's name
        ("TOCSIN_SAMPLE_URL", []),
    ],
)
def test_a_variable_that_is_nearly_a_setting_is_a_fault(
    tmp_path: Path, variable: str, said: list[str]
) -> None:
    expected = [f"environment: {variable}: {message}" for message in said]
    assert faults(tmp_path, {}, **{variable: "kafka:9092"}) == expected


def test_a_keyword_that_is_written_like_a_query_is_warned_of(tmp_path: Path) -> None:
    listed = "truce\n# a * b\ncorrid*\nTRADE AND INDUSTRY\ntruce AND gaza\nWho?\n"
    files = {
        "watches.yaml": {
            "watches": [
                watch(terms=["wom?n", "AT&T", "to be or not", "*fire"], terms_file="t.txt", query=None)
            ]
        },
        "t.txt": listed,
    }
    said = [str(warning) for warning in load(tmp_path, files).warnings]
    as_it_stands = "is looked for as it stands: only a `query` has wildcards, fields and operators"
    assert [one for one in said if as_it_stands in one] == [
        f"t.txt:3: corrid* {as_it_stands}",
        f"t.txt:5: AND {as_it_stands}",
        f"t.txt:6: Who? {as_it_stands}",
        f"watches.yaml:9: watches[0].terms[0]: wom?n {as_it_stands}",
        f"watches.yaml:12: watches[0].terms[3]: *fire {as_it_stands}",
    ]


@pytest.mark.parametrize(
    ("keyword", "said"),
    [
        ("truce;ceasefire", "the line is one phrase, for all that stands ; in it"),
        ("truce; ceasefire", "the line is one phrase, for all that stands ; in it"),
        ("truce,ceasefire", "the line is one phrase, for all that stands , in it"),
        ("truce\t12", "the line is one phrase, for all that stands a tab in it"),
        ("truce # of those in Gaza", "the line is one phrase, for all that stands # in it"),
        ("停火、撤离", "the line is one phrase, for all that stands 、 in it"),
        ("title:truce", "title: is looked for as it stands"),
        ("ceasefire~1", "e~1 is looked for as it stands"),
        ("WHO", "'who' stands in nearly every article"),
        ("x", "'x' stands in very many articles"),
        ("AL-ASSAD, Bashar", "write Bashar AL-ASSAD, or make it an actor"),
    ],
)
def test_a_keyword_that_is_a_list_or_a_word_of_every_day_is_warned_of(
    tmp_path: Path, keyword: str, said: str
) -> None:
    files = {
        "watches.yaml": {"watches": [watch(terms_file="t.txt", query=None)]},
        "t.txt": f"truce\n{keyword}\nSmith, John\nWashington, D.C.\n10,000 Maniacs\nThe Who\n#truce\n",
    }
    (warning,) = (one for one in load(tmp_path, files).warnings if one.file == "t.txt")
    assert warning.line == 2
    assert said in warning.message


def test_a_part_that_must_be_keys_and_values_is_told_with_its_keys(tmp_path: Path) -> None:
    files = {"watches.yaml": {"watches": [watch(topics="ceasefire")]}}
    (said,) = faults(tmp_path, files)
    assert said.endswith("watches[0].topics: must be keys and values: any, all, stages, min_score")


def test_an_empty_query_is_one_fault(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, {"watches.yaml": {"watches": [watch(query="")]}})
    assert said.endswith("watches[0].query: the query is empty")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "truce\nOR (gaza AND\n\n OR rafah)",
            "line 4 of the query, column 2: OR must stand between two clauses",
        ),
        ("truce OR\n  actor:nobody\n", "line 2 of the query, column 9: unknown actor 'nobody'"),
        ("truce OR\ngaza AND\n", "line 2 of the query, column 9: the query ends too early"),
        ("(truce\n", "column 7: the query ends too early"),
    ],
)
def test_in_a_query_of_several_lines_a_fault_is_told_by_line_and_column(
    tmp_path: Path, query: str, said: str
) -> None:
    (found,) = faults(tmp_path, {"watches.yaml": {"watches": [watch(query=query)]}})
    assert f"watches[0].query: {said}" in found


@pytest.mark.parametrize("wrong", [True, ["1h"], "1:30", {"hours": 1}])
def test_whatever_is_no_span_of_time_is_told_how_one_is_written(tmp_path: Path, wrong: object) -> None:
    (found,) = faults(tmp_path, {"watches.yaml": {"watches": [watch(window=wrong)]}})
    assert found.endswith("window: must be a span of time such as 30s, 15m, 48h or 14d")


def test_actors_that_must_not_be_there_are_no_condition_by_themselves(tmp_path: Path) -> None:
    files = {"watches.yaml": {"watches": [watch(query=None, actors={"none": ["turkey"]})]}}
    (said,) = faults(tmp_path, KNOWN | files)
    assert "watches[0]: the watch would match everything that names none of these actors; give it" in said


def test_truth_is_no_number(tmp_path: Path) -> None:
    files = KNOWN | {
        "watches.yaml": {"watches": [watch(topics={"any": ["ceasefire"], "min_score": True}, query=None)]},
        "tocsin.yaml": {"topics": {"partitions": True}},
    }
    assert sorted(faults(tmp_path, files)) == [
        "tocsin.yaml: topics.partitions: must be a number",
        "watches.yaml: watches[0].topics.min_score: must be a number",
    ]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"window": "10m"}, "window"),
        ({"update_every": "3d"}, "update_every"),
        ({"update_every": "48h"}, None),
    ],
)
def test_a_story_that_ends_before_its_copies_are_told_is_warned_of(
    tmp_path: Path, given: dict[str, str], key: str | None
) -> None:
    files = {"watches.yaml": {"watches": [watch(**given)]}}
    said = [one.key for one in load(tmp_path, files).warnings if "shorter than update_every" in one.message]
    assert said == ([f"watches[0].{key}"] if key else [])
