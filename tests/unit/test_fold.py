"""Folding, and finding literals in folded text: whatever the text, positions point at the words of the original."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.automaton import LiteralTable
from agents.reading.fold import FoldedText, fold, fold_text
from agents.reading.joined import CodedTexts

TEXTS = st.text(
    st.one_of(
        st.characters(),  # every code point, lone surrogates included
        st.sampled_from(
            "aßﬁİıçğşœ…\u0301\u200d\u202e\ufdfaيئё й-\n\t'’“ЇΣς漢한🕊\x00ガカｶﾞﾟ\u3099\u1100\u1161\u11a8가ㄱㅏिी्ो\u09cbน้ำ"
            "   \r"
        ),
    ),
    max_size=60,
)


@given(TEXTS)
def test_a_text_and_a_literal_fold_alike(text: str) -> None:
    assert fold_text(text).text == fold(text)


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS, st.data())
def test_a_span_of_the_folded_text_is_cut_from_words_that_fold_to_it(text: str, data: st.DataObject) -> None:
    folded = fold_text(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first < last <= len(text)
    # One character may have become several, of which the span takes a part. Of a part it may not be seen that its
    # text has spaces in a row, and its word letters of another script.
    assert _alike(folded.text[start:end]) in _alike(fold(text[first:last]))


def _alike(text: str) -> str:
    return text.translate(str.maketrans("асеіорхукмтнв", "aceiopxykmthb", " \t\r"))


def test_spaces_in_a_row_are_one_where_a_text_begins_with_such() -> None:
    folded = fold_text("    The  United \u00a0 Nations\tand \r\n\r\n    Ägypten  ﬁnd  \n  a way.  ")
    assert folded.text == " the united nations\tand\n\nagypten find\na way. "
    assert fold_text(folded.text) == FoldedText(folded.text, folded.text)
    for word in ("United \u00a0 Nations", "Ägypten  ﬁnd", "way"):
        at = folded.text.index(fold(word))
        first, last = folded.span(at, at + len(fold(word)))
        assert folded.original[first:last] == word
    assert folded.aligned == " The United Nations\tand\n\nÄgypten ﬁﬁnd\na way. "


@pytest.mark.parametrize("letter", ["\n ", " \n", "\n"])
def test_a_text_that_begins_without_them_keeps_its_spaces(letter: str) -> None:
    text = f"a{letter}" * 200
    assert fold_text(f"{text}b  c") == FoldedText(f"{text}b  c", f"{text}b  c")


def test_words_parted_at_the_ends_of_lines_are_put_together() -> None:
    text = "The governor ordered the evacua-\ntion of the town, and sol-\r\ndiers knocked at doors."
    folded = fold_text(text)
    assert folded.text == "the governor ordered the evacuation of the town, and soldiers knocked at doors."
    start = folded.text.index("evacuation")
    first, last = folded.span(start, start + len("evacuation"))
    assert text[first:last] == "evacua-\ntion"


@pytest.mark.parametrize(
    "text",
    [
        "Qatari-\nled talks" + "\ngo on in a line of few words" * 20,  # one hyphen of many lines
        "one -\ntwo -\nthree",
        "5-\n6",
    ],
)
def test_hyphens_stay_that_part_no_word(text: str) -> None:
    assert fold_text(text).text == text.lower()


def test_letters_that_do_not_decompose_have_their_stand_in() -> None:
    assert fold("Iğdır ŁÓDŹ Straße Øresund İZMİR") == "igdir lodz strasse oresund izmir"


@pytest.mark.parametrize("mark", "’‘ʼʹ´ʻ＇′‛`ʾʿ")
@pytest.mark.parametrize("rest", ["", "é"])
def test_whatever_is_typed_for_an_apostrophe_is_one(mark: str, rest: str) -> None:
    assert fold(f"a{mark}b{rest}") == fold(f"a'b{rest}") == fold_text(f"a{mark}b{rest}").text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("दल", "दिल"),  # party, heart
        ("खान", "खून"),  # a name, blood
        ("ข่าว", "ข้าว"),  # news, rice
        ("คน", "คืน"),  # people, night
        ("パリ", "バリ"),  # Paris, Bali
        ("போர்", "பார்"),
        ("অন", "অনু"),
        ("စစ်", "စာစ်"),
    ],
)
def test_marks_that_tell_words_apart_stay(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    "one", ["ガザ地区", "휴전이", "हिंदी", "ক্ষোভ", "น้ำท่วม", "မြန်မာ", "Перемирʼя й їжа", "Đà Nẵng"]
)
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_a_text_folds_alike_in_every_normal_form(
    one: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    assert fold(unicodedata.normalize(form, one)) == fold(one)


def test_digits_are_the_same_in_every_script() -> None:
    assert [fold(digits) for digits in ("١٧٠١", "۱۷۰۱", "१७०१", "১৭০১", "๑๗๐๑", "１７０１", "𝟏𝟕𝟎𝟏")] == [
        "1701"
    ] * 7


def test_kana_of_half_width_fold_as_those_of_full_width_do() -> None:
    assert fold("ｶﾞｻﾞ ﾊﾟﾘ ｳｸﾗｲﾅ") == fold("ガザ パリ ウクライナ")


@pytest.mark.parametrize(
    "text", ["ｶﾞｻﾞ", unicodedata.normalize("NFD", "ガザ"), unicodedata.normalize("NFD", "휴전")]
)
def test_evidence_holds_its_last_letter_with_all_its_parts(text: str) -> None:
    folded = fold_text(f"- {text} -")
    assert folded.span(2, 4) == (2, 2 + len(text))


def test_a_character_is_learnt_once_and_folds_the_same_ever_after() -> None:
    text = "Ệ Ǻ ẛ"
    assert [fold_text(text).text for _ in range(3)] == ["e a s"] * 3


def naive(literals: list[str], text: str) -> set[tuple[int, int, int]]:
    spaced = text.replace("-", " ").replace("\n", " ").replace("\t", " ")
    return {
        (number, at, at + len(literal))
        for number, literal in enumerate(literals)
        for at in range(len(spaced))
        if spaced.startswith(literal, at)
    }


LETTERS = st.text("ab é漢🕊-", min_size=1, max_size=4)


@given(st.lists(LETTERS, min_size=1, max_size=8), st.text("ab é漢🕊-\n\t", max_size=40))
def test_every_occurrence_of_every_literal_is_found_at_its_characters(words: list[str], text: str) -> None:
    table = LiteralTable()
    literals = [*dict.fromkeys(word.replace("-", " ") for word in words)]
    numbers = [table.add(literal) for literal in literals]
    assert numbers == [*range(len(literals))]
    found = table.build().find(text)
    assert set(found) == naive(literals, text)
    assert len(found) == len(set(found))
    assert [end for *_, end in found] == sorted(end for *_, end in found)


@given(st.lists(LETTERS, min_size=1, max_size=8), st.lists(st.text("ab é漢🕊-\n\t", max_size=40), max_size=5))
def test_texts_searched_at_once_hold_what_each_holds_alone(words: list[str], texts: list[str]) -> None:
    table = LiteralTable()
    for word in words:
        table.add(word)
    automaton = table.build()
    assert automaton.find_all(CodedTexts(texts)) == [automaton.find(text) for text in texts]


def test_a_table_takes_nothing_more_once_it_is_built() -> None:
    table = LiteralTable()
    table.add("truce")
    table.build()
    with pytest.raises(ValueError, match="built already"):
        table.add("ceasefire")


def test_a_table_without_literals_finds_nothing() -> None:
    assert LiteralTable().build().find("truce") == []
