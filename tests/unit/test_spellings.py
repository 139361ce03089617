"""Texts as keyboards, tickers and feeds write them: what is read is the same."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from agents.reading.article import Article
from agents.reading.fold import fold
from agents.reading.plain_spellings import plain_spelling
from agents.reading.scripts import of_one_script
from agents.reading.taxonomy import TopicWords, load_taxonomies
from benchmarks.quality_actors import Naming, namer
from tests import sample


@cache
def name() -> Naming:
    return namer(sample.registry())


def told(title: str, body: str = "") -> dict[str, str]:
    bench, article = sample.bench(), Article(id="a", title=title, body=body)
    return {topic.topic: topic.stage for topic in bench.classifier.classify(bench.scene_of(article))}


def test_german_is_spelt_out_where_it_has_letters_of_its_own() -> None:
    assert plain_spelling("Äußerste Nähe, über Öl", "de") == "Aeußerste Naehe, ueber Oel"
    assert (
        plain_spelling("Gül", "tr")
        == plain_spelling("Außenamt", "de")
        == plain_spelling("Waffenruhe", "de")
        == ""
    )


def test_ukrainian_leaves_its_apostrophe_and_arabic_its_last_hamza_out() -> None:
    assert plain_spelling("крихк* перемир'*, п’ять", "uk") == "крихк* перемир*, пять"
    assert plain_spelling("إخلاء ... الأنباء", "ar") == "إخلا ... الأنبا"
    assert plain_spelling("إنهاء", "ar") == plain_spelling("مساء", "fr") == plain_spelling("بدء", "ar") == ""


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Перемиря в Алеппо тримається другу добу", "ceasefire"),
        ("Великоднє перемиря: росіяни обстріляли Оріхів", "ceasefire"),
        ("اجلا مئات السكان من قرى غمرتها السيول", "evacuation"),
        ("اوامر باخلا ثلاث بلدات بسبب الحرائق", "evacuation"),
    ],
)
def test_ukrainian_and_arabic_in_a_hurry_are_read(title: str, topic: str) -> None:
    assert topic in told(title)


def test_words_of_a_language_have_its_spellings_behind_them() -> None:
    words = TopicWords(strong=("Rückzug", "Abzug"), stages={"agreed": ("Erklärung",)})
    spelt = words.in_language("de")
    assert spelt.strong == ("Rückzug", "Abzug", "Rueckzug")
    assert spelt.stages == {"agreed": ("Erklärung", "Erklaerung")}
    assert words.in_language("tr") == words


def test_topics_in_either_form_and_their_context_are_read_with_their_spellings(tmp_path: Path) -> None:
    topic = "topic: t\nstages: [s]\ndefault_stage: s\n"
    (tmp_path / "one.yaml").write_text(f"{topic}languages: {{de: {{strong: [Räumung]}}}}", encoding="utf-8")
    for name, content in (
        ("t/topic.yaml", topic),
        ("t/de.yaml", "likely: [Küste]"),
        ("context/de.yaml", "sport: [Spiel, Läufer]"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    taxonomies = load_taxonomies(tmp_path)
    assert {
        words.strong + words.likely for topic in taxonomies.topics for words in topic.languages.values()
    } == {
        ("Räumung", "Raeumung"),
        ("Küste", "Kueste"),
    }
    assert taxonomies.context == {"de": {"sport": ("Spiel", "Läufer", "Laeufer")}}


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("Kämpfe in Aleppo: Rebellen kündigen einseitig Feuerpause an", {"ceasefire"}),
        ("Ägypten drängt Israel und Hamas zu Gesprächen in Kairo", {"mediation"}),
        ("Behörden räumen nach Bombenfund Häuser in Köln", {"evacuation"}),
    ],
)
def test_german_without_its_letters_is_read_as_german(title: str, topics: set[str]) -> None:
    assert told(plain_spelling(title, "de")) == told(title)
    assert topics <= told(title).keys()


def test_actors_are_named_in_german_without_its_letters() -> None:
    text = "Vertreter der Tuerkei, Aegyptens und Suedkoreas trafen Daenen; das Auswaertige Amt schwieg."
    assert {actor.id: actor.match for actor in name()("", text)} == {
        "turkey": "folded",
        "egypt": "inflected",
        "south-korea": "inflected",
        "denmark": "alias",
        "germany": "alias",
    }


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Укpaїнa", "Україна"),
        ("Росiя", "Росія"),
        ("пepeмиpиe", "перемирие"),
        ("XАМАС", "ХАМАС"),
        ("Zеlеnsky", "Zelensky"),
        ("о", "о"),
        ("война", "война"),
    ],
)
def test_a_word_of_letters_that_look_alike_is_of_the_script_it_can_be_written_in(
    word: str, meant: str
) -> None:
    assert fold(f"{word} до {word}") == fold(f"{meant} до {meant}")


@pytest.mark.parametrize("text", ["cop и топ", "iOSный до", "СМИ о NATO", "cafe о", "ЦРУшник о"])
def test_words_of_one_script_and_what_is_of_neither_stay(text: str) -> None:
    assert of_one_script(text.lower()) == text.lower()


def test_ukrainian_typed_with_latin_letters_is_read_and_quoted_as_it_stands() -> None:
    title = "Iзраїль i ХАМАС погодили припинення вогню на 60 днiв"
    bench = sample.bench()
    [topic] = bench.classifier.classify(bench.scene_of(Article(id="a", title=title, body="")))
    assert (topic.topic, topic.stage) == ("ceasefire", "agreed")
    assert topic.evidence[0].text in title
    assert {actor.id for actor in name()(title, "")} == {"israel", "hamas"}
