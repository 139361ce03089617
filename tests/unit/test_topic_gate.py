"""The gate of topics: it opens for what makes a cue that is more than weak, and for nothing that only resembles one."""

from __future__ import annotations

import pytest

from agents.reading.automaton import LiteralTable
from agents.reading.phrases import Parser
from agents.reading.topic_gate import TopicGate
from tests.taxonomies import TRUCE, taxonomies

LANGUAGES = TRUCE["languages"] | {
    "fr": {"strong": [], "parts": {"stop": ["arret*"], "fighting": ["tirs"]}, "stages": {}}
}


@pytest.mark.parametrize(
    ("title", "body", "opens"),
    [
        ("They halt the fighting", "", True),
        ("They halt", "The fighting is over", False),
        ("", "They halt. The fighting is over", False),
        ("", "It is warm. They halt the fighting.", True),
        ("", "On Monday they will halt,\nif all goes well, the fighting.", True),
        ("", "They halt:\nthe fighting", False),
        ("They halt the tirs", "", False),
        ("Arret des tirs", "", True),
        ("They halt many a long and weary march before the fighting", "", False),
        ("They lay all of them down their arms", "", True),
        ("They lay all of them down", "", False),
        ("A truce", "", True),
    ],
)
def test_parts_of_a_pattern_open_it_where_they_meet(title: str, body: str, opens: bool) -> None:
    gate = TopicGate(taxonomies(languages=LANGUAGES).topics, LiteralTable(), Parser())
    others = ("They halt", "until monday")
    assert gate.opened([others, (title.lower(), body.lower()), others]) == ({1} if opens else set())
