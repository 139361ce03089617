"""Literals by the words that they begin with are those that an automaton finds where words begin."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reading.automaton import Automaton, Found
from agents.reading.joined import Joined
from agents.reading.keywords import starts_word
from agents.reading.literals import LiteralTable
from tests.steps import grows_linearly

WORDS = st.lists(
    st.sampled_from(
        "truce|tru|cease|ceasefire|fire|a|b|وقف|هدنة|والهدنة|停火|停|5|o'neil|перемирие".split("|")
    ),
    min_size=1,
    max_size=3,
)
LITERALS = st.lists(WORDS.map(" ".join), min_size=1, max_size=6)
TEXTS = st.lists(
    st.tuples(WORDS, st.sampled_from([" ", "-", "\n", ". ", "", "_", "🕊", "'"])), max_size=8
).map(lambda parts: "".join(f"{between.join(words)}{between}" for words, between in parts))


def found_by_automaton(literals: list[str], text: str) -> set[Found]:
    return {found for found in Automaton([*literals]).find(text) if starts_word(text, found[1])}


@given(LITERALS, st.lists(TEXTS, max_size=4), st.data())
@settings(deadline=None)
def test_every_literal_that_begins_a_word_is_found_in_each_of_several_texts(
    words: list[str], texts: list[str], data: st.DataObject
) -> None:
    table = LiteralTable()
    literals = [*dict.fromkeys(words)]
    for literal in literals:
        table.add(literal, within=data.draw(st.booleans()))
    found = table.build().find_joined(Joined(texts))
    for number, text in enumerate(texts):
        own = found.get(number, [])
        assert {one for one in own if starts_word(text, one[1])} == found_by_automaton(literals, text)
        assert own == sorted(own, key=lambda one: (one[2], one[1]))


def test_a_literal_is_found_within_a_word_only_where_that_is_asked_for() -> None:
    for within, found in ((False, []), (True, [(0, 2, 7)])):
        table = LiteralTable()
        table.add("truce", within=within)
        assert table.build().find("a truce untruced"[8:]) == found


def test_a_table_takes_nothing_more_once_it_is_built() -> None:
    table = LiteralTable()
    table.add("truce")
    table.build()
    with pytest.raises(ValueError, match="built already"):
        table.add("ceasefire")


@pytest.mark.parametrize("unit", ["a", "a ", "truce ", "truce-", "cease fire ", "والهدنة ", "停"])
def test_finding_literals_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    table = LiteralTable()
    for literal in ("truce", "truce truce truce", "cease fire", "هدنه", "停火"):
        table.add(literal)
    literals = table.build()
    assert grows_linearly(lambda n: literals.find(unit * n), 300)
