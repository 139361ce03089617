"""Phrases of the taxonomy files, found in spaced excerpts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.reading.fold import fold
from agents.reading.letters import BREAK, spaced
from agents.reading.phrases import Parser, PhraseSet, anywhere
from tests.taxonomies import hits


def found(phrase: str, text: str) -> list[str]:
    """What a phrase finds in a text."""
    excerpt = f" {spaced(fold(text))} "
    return [excerpt[start:end] for start, end, _ in hits(PhraseSet([((phrase,), None)], Parser()), excerpt)]


@pytest.mark.parametrize(
    ("phrase", "text", "what"),
    [
        ("truce", "A truce holds.", ["truce"]),
        ("truce", "Two truces hold.", []),
        ("truce", "An untruce", []),
        ("truce*", "Two truces hold", ["truces"]),
        ("cease-fire", "a cease fire, a cease-fire", ["cease fire", "cease fire"]),
        ("halt ... fighting", "Halt all the fighting now", ["halt all the fighting"]),
        ("halt ... fighting", "halt fighting", ["halt fighting"]),
        ("go now officials", "Go now, officials say", []),
        ("go now ... officials", "Go now, officials say", ["go now  officials"]),
        ("halt ... fighting", "halt " + "x" * 80 + " fighting", []),
        ("truce with ... over,", "Truce with the rebels over, army says", ["truce with the rebels over"]),
        ("truce with ... over,", "Truce with the rebels over", ["truce with the rebels over"]),
        ("truce with ... over,", "Is the truce with the rebels over?", ["truce with the rebels over"]),
        ("truce with ... over,", "Truce with the rebels over the border, army says", []),
        ("truce over,", "“Truce over”, army says", ["truce over"]),
        ("truce over,", "Truce over Kashmir", []),
        ("truce, over", "A truce over Kashmir", ["truce over"]),
        ("collaps*,", "Truce collapses; truce collapsed in May", ["collapses"]),
        ("мирн* переговор*", "О мирных переговорах", ["мирных переговорах"]),
        ("ateşkes*", "ATEŞKESİN", ["ateskesin"]),
        ("перемир'я", "Перемир’я діє", ["перемир я"]),
        ("Feuerpause", "Eine Feuerpause.", ["feuerpause"]),
        ("هدنة", "والهدنة بين", ["والهدنه"]),
        ("هدنة", "للهدنة", ["للهدنه"]),
        ("هدنة", "مهدنة", []),
        ("停火", "双方同意立即停火协议，停火", ["停火", "停火"]),
        ("停火 协议", "停火 协议, 停火协议", ["停火 协议"]),
        ("хай停火", "охай停火", []),
        ("หยุดยิง", "ตกลงหยุดยิงทันที", [fold("หยุดยิง")]),
        ("คน", "คืน", []),
    ],
)
def test_a_phrase_finds_its_words_and_no_others(phrase: str, text: str, what: list[str]) -> None:
    assert found(phrase, text) == what


def test_no_gap_goes_over_the_end_of_a_sentence() -> None:
    excerpt = f" halt it {BREAK} the fighting "
    assert hits(PhraseSet([(("halt ... fighting",), None)], Parser()), excerpt) == []


def test_the_end_of_a_sentence_is_one_of_a_clause() -> None:
    excerpt = f" the truce is over {BREAK} and the war "
    assert hits(PhraseSet([(("truce is over,", "the war,"), "end")], Parser()), excerpt) == [
        (5, 18, "end"),
        (25, 32, "end"),
    ]


def test_hits_come_in_order_with_all_meanings_of_a_phrase() -> None:
    phrases = PhraseSet([(("war",), "b"), (("truce",), "a"), (("war",), "c")], Parser())
    assert hits(phrases, " truce war ") == [(1, 6, "a"), (7, 10, "b"), (7, 10, "c")]


@pytest.mark.parametrize(
    ("phrase", "literal"),
    [
        ("truce*", " truce"),
        ("Good Offices", " good offices "),
        ("мирн* переговор*", None),
        ("halt ... it", None),
        ("no*", None),
        ("truce over,", None),
    ],
)
def test_a_phrase_without_gap_and_inner_star_can_be_searched_anywhere(
    phrase: str, literal: str | None
) -> None:
    assert [*anywhere([phrase], Parser())] == [*filter(None, [literal])]


@given(st.text())
def test_spacing_keeps_every_position(text: str) -> None:
    kept = spaced(text)
    assert len(kept) == len(text)
    assert all(new in (old, " ") for old, new in zip(text, kept, strict=True))


PIECES = st.sampled_from(("halt", "halt", "halts", "fighting", "fighting", "fights", "the", ".", "\n", "*"))


@given(st.lists(PIECES, max_size=60).map(" ".join))
@example("halt the fighting")
def test_whatever_is_found_in_any_text_begins_and_ends_as_the_phrase(text: str) -> None:
    every = found("halt ... fighting", text)
    assert every or " halt the fighting " not in f" {text} "
    for hit in every:
        assert hit.startswith("halt")
        assert hit.endswith("fighting")
