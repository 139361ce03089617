"""Texts as one byte a character, and literals that are found in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.automaton import LiteralTable
from agents.reading.joined import CodedTexts
from agents.reading.letters import coded, spaced


@given(st.text())
def test_every_character_is_a_byte(text: str) -> None:
    assert len(coded(text)) == len(text)
    assert len(CodedTexts([text, text]).letters()) == len(CodedTexts([text, text]).text)


@given(st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])))
def test_what_is_a_space_is_one_in_spaced_texts_too(text: str) -> None:
    assert [byte == 0 for byte in coded(text.replace("\0", ""))] == [
        character == " " for character in spaced(text.replace("\0", ""))
    ]


@pytest.mark.parametrize(
    ("literal", "text", "places"),
    [
        (" truce ", "truce", [(0, 5)]),
        (" truce ", "«truce», truces, a truce", [(1, 6), (19, 24)]),
        (" truce", "untruce; truces", [(9, 14)]),
        (" cease fire ", "cease-fire, cease, fire", [(0, 10)]),
        (" ъ ", "ь ъ", [(2, 3)]),
        ("هدنه ", "والهدنه", [(3, 7)]),
    ],
)
def test_spaces_of_a_spaced_literal_are_whatever_is_no_letter(
    literal: str, text: str, places: list[tuple[int, int]]
) -> None:
    table = LiteralTable()
    number = table.add_spaced(literal)
    assert table.build().find(text) == [(number, start, end) for start, end in places]


@pytest.mark.parametrize(("literal", "text"), [("ћа", "еа"), ("o'neil", "o neil"), ("停火", "合意")])
def test_letters_that_share_a_byte_are_told_apart(literal: str, text: str) -> None:
    table = LiteralTable()
    table.add(literal)
    assert table.build().find(text) == []
