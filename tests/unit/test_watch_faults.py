"""What `tocsin check` says of a watch whose query names what is not there."""

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
