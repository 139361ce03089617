"""Wildcards: a pattern fits what a regular expression of the same meaning fits, in linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.wildcards import Wildcards
from tests.steps import grows_linearly


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_a_pattern_fits_what_its_regular_expression_does(pattern: str, text: str) -> None:
    expression = pattern.replace("*", ".*").replace("?", ".")
    assert Wildcards(pattern).fits(text) == (re.fullmatch(expression, text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("news.*", "news.example", True),
        ("news.*", "newsxexample", False),
        (r"what\?", "what?", True),
        (r"what\?", "whatx", False),
        ("[AP]*", "[ap] wire", True),
        ("*Straße", "die strasse", True),
        ("*", "", True),
    ],
)
def test_all_but_wildcards_stand_for_themselves_folded(pattern: str, text: str, *, fits: bool) -> None:
    assert Wildcards(pattern).fits(text) is fits


def test_many_stars_take_steps_in_proportion_to_the_text() -> None:
    pattern = Wildcards("a*" * 20 + "b")
    assert grows_linearly(lambda n: pattern.fits("a" * n), 300)
