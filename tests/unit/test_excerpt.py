"""The sentences that topics are read from."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.excerpt import HEAD, LONGEST, MOST, Excerpt, unwrapped, without_quotes
from agents.reading.fold import fold, fold_text
from agents.reading.letters import BREAK, spaced

FILLER = "Nothing of note was said here. " * 60


def texts(excerpt: Excerpt) -> list[str]:
    return [excerpt.text[s.at : s.end].strip() for s in excerpt.sentences]


def test_title_and_lead_are_always_there_and_the_rest_only_around_marks() -> None:
    body = f"First one. Second. {FILLER}The army agreed a truce. {FILLER}"
    excerpt = Excerpt("title", body, 0, [body.index("truce")])
    assert texts(excerpt)[:3] == ["title", "First one", "Second"]
    assert texts(excerpt)[-1] == "The army agreed a truce"
    assert [s.place for s in excerpt.sentences[:4]] == ["title", "lead", "lead", "early"]
    assert excerpt.sentences[-1].place == "late"
    assert len(excerpt.text) < HEAD * 2


def test_a_position_leads_back_to_the_field() -> None:
    body = f"{FILLER}Both sides kept the truce."
    excerpt = Excerpt("a truce", body, 0, [body.index("truce")])
    at = excerpt.text.rindex("truce")
    number = len(excerpt.sentences) - 1
    assert excerpt.origin(number, at) == body.index("truce")
    assert excerpt.origin(0, excerpt.text.index("truce")) == 2


def test_reading_begins_where_the_body_begins() -> None:
    body = "title. the news."
    assert texts(Excerpt("title", body, body.index("the"), [])) == ["title", "the news"]


def test_a_sentence_without_end_is_cut_and_many_marks_are_bounded() -> None:
    endless = "word " * 20_000
    excerpt = Excerpt("", endless, 0, range(0, len(endless), 40))
    assert len(excerpt.sentences) <= MOST + 1
    assert all(s.end - s.at <= LONGEST for s in excerpt.sentences)


def test_a_line_that_goes_on_is_no_end_of_a_sentence() -> None:
    body = "The Armies agreed a\r\ntruce. The guns\nfall silent\nResidents come home:\nall of them\n- and\n\nmore"
    assert unwrapped(fold_text(body)) == fold(
        "The Armies agreed a truce. The guns fall silent\nResidents come home:\nall of them\n- and\n\nmore"
    )
    wide = "An order to leave was given to all who live in the\nTown of Tyre and\nits suburbs"
    assert "\n" not in unwrapped(fold_text(wide))
    assert (
        unwrapped(fold_text("A headline as long as any that wires have sent out\nAnother one")).count("\n")
        == 1
    )


def test_lines_of_one_width_go_on_in_scripts_without_small_letters() -> None:
    wide = (
        "أعلنت وزارة الخارجية القطرية مساء الثلاثاء أن الجانبين اتفقا على وقف\n"
        "إطلاق النار في القطاع لمدة ستين يوما تبدأ صباح الغد بعد مفاوضات جرت\n"
        "في الدوحة"
    )
    assert "\n" not in unwrapped(fold_text(wide))
    headlines = "وقف إطلاق النار في غزة يدخل حيز التنفيذ صباح اليوم\nالطقس غدا\nأسعار الذهب اليوم في مصر"
    assert unwrapped(fold_text(headlines)) == fold(headlines)


@given(st.text(alphabet="aB.\n\rßé -"))
def test_positions_stay_where_lines_go_on(body: str) -> None:
    folded = fold_text(body)
    joined = unwrapped(folded)
    assert len(joined) == len(folded.text)
    assert joined.replace("\n", " ") == folded.text.replace("\n", " ")


def test_what_has_no_letter_is_no_sentence() -> None:
    assert texts(Excerpt("title", "14:05\n\nShells fall.\n* * *\n13:02 Buses leave.", 0, [])) == [
        "title",
        "Shells fall",
        "13 02 Buses leave",
    ]


@pytest.mark.parametrize(
    ("title", "credit"),
    [
        ("ceasefire agreed in gaza - the wall street journal", "the wall street journal"),
        ("ceasefire agreed in gaza | world news | the guardian", "the guardian"),
        ("ceasefire agreed in gaza", ""),
        ("ceasefire - hollywood reporter", ""),
        ("russia, ukraine hold ceasefire talks-kremlin", ""),
    ],
)
def test_a_title_may_end_with_a_credit(title: str, credit: str) -> None:
    excerpt = Excerpt(title, "", 0, [])
    assert excerpt.text[excerpt.credit.start : excerpt.credit.stop].strip() == credit


@given(st.text(), st.text(alphabet="ab .\n!؟", max_size=3000), st.data())
def test_sentences_are_pieces_of_their_field_that_never_overlap(
    title: str, body: str, data: st.DataObject
) -> None:
    marks = sorted(data.draw(st.lists(st.integers(0, max(0, len(body) - 1)), max_size=5))) if body else []
    excerpt = Excerpt(title, body, 0, marks)
    end = 0
    for sentence in excerpt.sentences:
        if sentence.field == "body":
            assert sentence.start >= end
            end = sentence.start + sentence.end - sentence.at
            assert end <= len(body)


@pytest.mark.parametrize("title", ["", "A lawn"])
def test_a_sentence_counts_by_its_place_and_without_a_title_the_first_stands_for_it(title: str) -> None:
    sentence = "The lawn by the lake was mown at noon. "
    body = sentence * 60
    found = Excerpt(title, body, 0, marks=[100, 900, 1700]).sentences
    assert [one.place for one in found[:4]] == ["title", "lead", "lead", "early"]
    assert [one.place for one in found[-2:]] == ["early", "late"]
    starts = [one.start for one in found if one.field == "body"]
    assert starts == sorted({*starts}), "what is looked for in the head stands there already"
    assert starts[-2] <= 900 < starts[-1] <= 1700


@pytest.mark.parametrize("title", ["rivals 'agree' to \"truce\" deal", "the rebels' truce, 'army' says"])
def test_quotation_marks_part_no_words_and_keep_their_place(title: str) -> None:
    excerpt = Excerpt(title, "no 'one' may leave", 0, [])
    assert excerpt.text.split(BREAK)[0] == f" {spaced(without_quotes(title))} "
    for number, text in ((0, title), (1, "no 'one' may leave")):
        sentence = excerpt.sentences[number]
        shown = excerpt.text[sentence.at : sentence.end]
        for word in re.finditer(r"\w+", shown):
            first = excerpt.origin(number, sentence.at + word.start())
            last = excerpt.origin(number, sentence.at + word.end() - 1)
            assert text[first : last + 1] == word[0]
