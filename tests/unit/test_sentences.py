"""Sentences of folded text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.sentences import SENTENCE_END, sentence_at


@given(
    st.lists(st.sampled_from(["word ", "x", ". ", ".", "… ", '."', "\n", "。", " " * 700, "y" * 600])),
    st.integers(0, 10_000),
)
def test_a_sentence_reaches_from_the_end_before_to_the_end_behind(parts: list[str], at: int) -> None:
    text = "".join(parts) + "end"
    position = at % len(text)
    ends = [0, *(found.end() for found in SENTENCE_END.finditer(text)), len(text)]
    start, end = sentence_at(text, position)
    assert start <= position < end
    assert start in ends
    assert end in ends
    assert not any(start < other < end for other in ends)


def test_a_run_of_dots_is_tried_once() -> None:
    """A run that no space ends would cost its square if each of its dots were a beginning."""
    assert SENTENCE_END.search("..." * 10, 1) is None
    assert [found.span() for found in SENTENCE_END.finditer('well...... " so?!) yes')] == [(4, 11), (15, 19)]


def test_an_abbreviation_ends_no_sentence() -> None:
    wire = (
        "dubai, oct. 3 (ap) - the u.s. embassy told gen. j. doe of the u.n. mission. it was no. 7. "
        "в. петренко: 2 тыс. человек. he said no. then he left."
    )
    ends = [0, *(found.end() for found in SENTENCE_END.finditer(wire)), len(wire)]
    assert [wire[start:end].strip() for start, end in pairwise(ends)] == [
        "dubai, oct. 3 (ap) - the u.s. embassy told gen. j. doe of the u.n. mission.",
        "it was no. 7.",
        "в. петренко: 2 тыс. человек.",
        "he said no.",
        "then he left.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "bis zum 14. marz soll es eine waffenruhe geben.",
        "in der 3. runde der gesprache sprachen ca. 300 delegierte.",
        "der rat tritt am 103. tag des krieges zusammen.",
        "heyetler 6. kasim tarihinde, ikinci tur icin 24. agir ceza binasinda bulusacak.",
        "iran y ee. uu. negocian en oman, dijo el gral. lopez.",
        "mm. poutine et zelensky se verront a istanbul.",
        "на вул. шевченка пожежа, каже проф. коваль.",
    ],
)
def test_an_ordinal_and_an_abbreviation_of_other_languages_end_no_sentence(sentence: str) -> None:
    assert [found.end() for found in SENTENCE_END.finditer(f" {sentence} ")] == [len(sentence) + 2]


def test_a_number_at_its_end_ends_a_sentence() -> None:
    ends = [found.end() for found in SENTENCE_END.finditer("it killed 14. the army left. ")]
    assert ends == [14, 29]
