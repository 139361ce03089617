"""Choices within the phrases of a taxonomy."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agents.reading.choices import LONGEST, MOST, spelled_out
from agents.reading.taxonomy import TopicWords


@pytest.mark.parametrize(
    ("phrase", "stands_for"),
    [
        ("call* for", ["call* for"]),
        ("(agree|agrees) to talks", ["agree to talks", "agrees to talks"]),
        (
            "(halt|halts) (the|its) fire",
            ["halt the fire", "halt its fire", "halts the fire", "halts its fire"],
        ),
        ("sign (a|the|) truce", ["sign a truce", "sign the truce", "sign truce"]),
        ("violat(e|es|ed|ing)", ["violate", "violates", "violated", "violating"]),
        ("declare ... (over|dead)", ["declare ... over", "declare ... dead"]),
        ("(read|see) also:", ["read also:", "see also:"]),
    ],
)
def test_a_phrase_stands_for_all_its_choices_in_their_order(phrase: str, stands_for: list[str]) -> None:
    assert list(spelled_out(phrase)) == stands_for


@pytest.mark.parametrize("phrase", ["(one", "one)", "one|other", "(one)", "((one|two)|three)", "()"])
def test_a_choice_that_is_none_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"a choice is written \(one\|other\)"):
        spelled_out(phrase)


def test_a_phrase_does_not_stand_for_all_the_world() -> None:
    choice = f"({'|'.join('abcdefghij')})"
    with pytest.raises(ValueError, match=f"stands for 1000 phrases; {MOST} are allowed"):
        spelled_out(" ".join([choice] * 3))


@pytest.mark.parametrize("phrase", ["", "(a|)", "a" * (LONGEST + 1), f"(a|{'b' * LONGEST}) c"])
def test_what_stands_for_an_empty_or_too_long_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=f"of 1 to {LONGEST} characters"):
        spelled_out(phrase)


def test_words_of_a_topic_have_their_choices_spelled_out() -> None:
    words = TopicWords.model_validate(
        {"strong": ["(end|stop) it", "truce"], "stages": {"agreed": ["sign(s|ed)"]}}
    )
    assert words.strong == ("end it", "stop it", "truce")
    assert words.stages == {"agreed": ("signs", "signed")}


def test_a_fault_names_the_phrase_as_it_is_written() -> None:
    with pytest.raises(ValidationError) as error:
        TopicWords.model_validate({"strong": ["truce", "(end|stop it"]})
    assert error.value.errors()[0]["loc"] == ("strong", 1)
