"""What must hold between the files of topics and of actors is told with file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.errors import ConfigurationError
from tests.configurations import load


def said(folder: Path, files: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, files)
    return [str(fault) for fault in caught.value.faults]


def test_two_topics_of_one_id_are_a_fault(tmp_path: Path) -> None:
    files = {"topics/a.yaml": "topic: x\nstages: [on]\ndefault_stage: on\n"}
    files["topics/b.yaml"] = "# another\n" + files["topics/a.yaml"]
    assert said(tmp_path, files) == [
        "topics/b.yaml:2: topic: 'x' is taken, see topics/a.yaml:1; an id must be unique"
    ]


def test_what_a_topic_refers_to_must_be_there(tmp_path: Path) -> None:
    topic = """\
topic: sanctions
stages: [called_for, announced]
default_stage: announced
support: [interstat, armed, gardening]
patterns:
  - {parts: [freeze, assets]}
codes:
  cameo: {called: ["1031"]}
languages:
  english:
    parts: {freze: [freeze], assets: [assets]}
"""
    files = {
        "topics/s.yaml": topic,
        "topics/two/topic.yaml": "topic: two\nstages: [on]\ndefault_stage: on\n",
        "topics/two/en.yaml": "strong: [truce]\nstages:\n  unheard: [word]\n",
        "topics/two/de.yaml": "",
        "topics/two/more/fr.yaml": "strong: [trêve]\n",
        "topics/context/en.yaml": {"gardening": ["hedge"]},
    }
    assert [fault.partition("; ")[0] for fault in said(tmp_path, files)] == [
        "topics/s.yaml:4: support[0]: no file of context/ has this class",
        "topics/s.yaml:6: patterns[0].parts[0]: no language has this part",
        "topics/s.yaml:8: codes.cameo.called: is none of the stages",
        "topics/s.yaml:10: languages.english: must be a language tag in small letters, such as en",
        "topics/two/en.yaml:3: stages.unheard: is none of the stages",
        "topics/two/more/fr.yaml:1: this file is not read: it is a folder too deep",
    ]


def test_a_phrase_that_nothing_could_find_is_a_fault_and_one_that_is_rarely_found_a_warning(
    tmp_path: Path,
) -> None:
    topic = "topic: x\nstages: [on]\ndefault_stage: on\nlanguages:\n  en:\n"
    wrong = """\
    strong: [truce, "*fire", U.N. ... truce, "evac*te"]
    parts:
      halt: [halt*, "halt ...", "... halt", "!"]
"""
    assert said(tmp_path, {"topics/x.yaml": topic + wrong}) == [
        f"topics/x.yaml:{line}: languages.en.{key}: must begin and end with a word: nothing could find it"
        for line, key in ((6, "strong[1]"), (8, "parts.halt[1]"), (8, "parts.halt[2]"), (8, "parts.halt[3]"))
    ]
    (warning,) = (
        one
        for one in load(tmp_path, {"topics/x.yaml": topic + "    weak: [停火, 停火*]\n"}).warnings
        if one.file == "topics/x.yaml"
    )
    assert (warning.line, warning.key) == (6, "languages.en.weak[1]")
    assert "leave them out" in warning.message


def test_a_topic_folder_without_its_topic_file_is_a_fault(tmp_path: Path) -> None:
    files = {"topics/two/en.yaml": "strong: [truce]\n"}
    assert said(tmp_path, files) == ["topics: two: the folder of a topic needs a file topic.yaml"]


ANN = "actors:\n  - {id: ann, kind: person, name: Ann Bell}\n"


def test_two_actors_of_one_id_and_a_country_that_is_not_there_are_faults(tmp_path: Path) -> None:
    files = {
        "actors/a.yaml": ANN,
        "actors/b.yaml": ANN + "  - {id: bob, kind: person, name: Bob Bell, country: anna}\n",
    }
    assert said(tmp_path, files) == [
        "actors/b.yaml:2: actors[0].id: 'ann' is taken, see actors/a.yaml:2; an id must be unique",
        "actors/b.yaml:3: actors[1].country: unknown country; did you mean 'ann'?",
    ]


def test_actors_of_folders_below_are_read(tmp_path: Path) -> None:
    assert load(tmp_path, {"actors/own/a.yaml": ANN}).registry.actors["ann"].name == "Ann Bell"
