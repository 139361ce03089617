"""A watched word is found in its cases, and short ones in nothing that is another word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reading.endings import LONGEST_CYRILLIC_ENDING, form_of
from agents.reading.fold import fold
from agents.reading.keywords import literals_of, words_of

FORMS = {
    "Київ": "Києва Києву Києві Києвом",
    "Львів": "Львова Львові Львовом",
    "Харків": "Харкова Харкові",
    "Миколаїв": "Миколаєва Миколаєві",
    "Ірпінь": "Ірпеня Ірпені",
    "Бориспіль": "Борисполя Борисполем",
    "Ріг": "Рогу Розі",
    "схід": "сходу сході",
    "обстріл": "обстрілу обстрілами обстрілів",
    "незалежність": "незалежності незалежністю",
    "Прага": "Празі Праги",
    "Сумська": "Сумської Сумській",
    "Середня": "Середньої",
    "Волноваха": "Волновасі Волноваху",
    "біженець": "біженця біженців біженцями",
    "палестинец": "палестинца палестинцев палестинцами",
    "кузнец": "кузнеца кузнецов",
    "войска": "войск войсками",
    "Юрий": "Юрия Юрию Юрием",
    "Сергій": "Сергія Сергієм Сергієві",
    "Дмитрий": "Дмитрия Дмитрием",
    "Николай": "Николая Николаем",
    "водій": "водія водіями",
    "санкции": "санкций санкциями санкциях",
    "Толстой": "Толстого Толстому",
    "застой": "застоя застое",
    "белый": "белого белом белых",
    "новая": "новой новую",
    "нова": "нової новій",
    "Газа": "Газы Газе Газі Газою",
    "Азія": "Азії Азію Азією",
    "Уфа": "Уфы Уфе Уфой",
    "Суми": "Сумах Сумами",
    "люди": "людей людям",
}
OTHERS = {
    "Газа": "газ газом газу газами газета",
    "Мали": "мал малых малым мало",
    "Осло": "осла ослы",
    "водій": "вода води водою",
    "подій": "подих",
    "Николай": "никола",
    "между": "межа",
    "Київ": "кив києвський киянин",
    "від": "веде ведь",
    "ЕС": "еса еси",
    "переговоры": "переговор",
}


@pytest.mark.parametrize("word", FORMS)
def test_a_cyrillic_word_is_found_in_its_cases(word: str) -> None:
    form = form_of(fold(word))
    forms = [word, *FORMS[word].split()]
    assert [
        each
        for each in map(fold, forms)
        if not (each.startswith(form.stem) and each[len(form.stem) :] in form.endings)
    ] == []


@pytest.mark.parametrize("word", OTHERS)
def test_a_short_word_is_found_in_no_other(word: str) -> None:
    form = form_of(fold(word))
    others = [fold(other) for other in OTHERS[word].split()]
    assert [
        each for each in others if each.startswith(form.stem) and each[len(form.stem) :] in form.endings
    ] == []


@given(
    st.one_of(st.from_regex(re.compile("[а-яіїєґ']{2,9}"), fullmatch=True), st.text(min_size=1, max_size=9))
)
def test_a_word_is_among_its_own_forms_and_searched_by_what_begins_it(text: str) -> None:
    for word in words_of(text):
        form = form_of(word)
        assert word.startswith(form.stem)
        assert word[len(form.stem) :] in form.endings
        assert max(map(len, form.endings)) <= LONGEST_CYRILLIC_ENDING
        assert any(literal in word for literal in literals_of(word))
