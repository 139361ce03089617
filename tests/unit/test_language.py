"""The language of an article: told by letters and small words where that is sure, by py3langid where it is not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.reading import language
from agents.reading.language import identify

OF_THE_TOPICS = {
    "en": "The ministers said that the talks will go on after the weekend, and that they have not given up.",
    "de": "Die Minister sagten, dass die Gespräche nach dem Wochenende weitergehen und nicht abgebrochen sind.",
    "fr": "Les ministres ont dit que les pourparlers se poursuivent après le week-end dans la capitale et ne sont pas "
    "rompus.",
    "es": "Los ministros dijeron que las conversaciones siguen después del fin de semana y no se han roto, según el "
    "portavoz.",
    "tr": "Bakanlar görüşmelerin hafta sonundan sonra süreceğini ve kapının açık olduğunu söyledi.",
    "uk": "Міністри сказали, що переговори триватимуть після вихідних і що їх не припинено.",
    "ru": "Министры сказали, что переговоры продолжатся после выходных и что они не сорваны.",
    "ar": "قال الوزراء إن المحادثات ستستمر بعد نهاية الأسبوع وإن الأبواب لم تغلق في العاصمة.",
}
OTHERS = {
    "pt": "O presidente disse nesta terça-feira que o governo vai enviar uma proposta ao Congresso para mudar a lei.",
    "it": "Il presidente ha detto martedì che il governo presenterà una proposta al Parlamento per cambiare la legge.",
    "nl": "De president zei dinsdag dat de regering een voorstel naar het parlement zal sturen om de wet te wijzigen.",
    "ca": "El president ha dit aquest dimarts que el govern enviarà una proposta al Parlament per canviar la llei.",
    "ro": "Președintele a declarat marți că guvernul va trimite parlamentului o propunere de modificare a legii.",
    "sv": "Presidenten sade på tisdagen att regeringen ska skicka ett förslag till parlamentet om att ändra lagen.",
    "bg": "Президентът каза във вторник, че правителството ще изпрати в парламента предложение за промяна на закона.",
    "sr": "Председник је у уторак рекао да ће влада послати парламенту предлог за промену закона.",
    "fa": "رئیس جمهور روز سه شنبه گفت که دولت پیشنهادی برای تغییر قانون به مجلس خواهد فرستاد.",
    "az": "Prezident bildirib ki, hökumət qanunu dəyişmək üçün parlamentə təklif göndərəcək və bu bir addımdır.",
}


@pytest.fixture
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Callable[[str], None]:
        raise AssertionError("py3langid was asked")

    monkeypatch.setattr(language, "_identifier", refuse)


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("tag", OF_THE_TOPICS)
def test_a_language_of_the_topics_is_told_without_the_model(tag: str) -> None:
    assert identify(OF_THE_TOPICS[tag]) == tag


@pytest.mark.parametrize("tag", OF_THE_TOPICS)
def test_letters_and_words_tell_what_the_model_tells(tag: str) -> None:
    assert language._identifier().classify(OF_THE_TOPICS[tag])[0] == tag


@pytest.mark.parametrize("tag", OTHERS)
def test_another_language_of_the_same_script_is_not_mistaken(tag: str) -> None:
    assert identify(OTHERS[tag]) == tag


@pytest.mark.parametrize(
    ("headline", "tag"),
    [
        ("Ukraine crisis: EU signs association deal", "en"),
        ("M23 rebels quit talks", "en"),
        ("Grindavik evacuated", "en"),
        ("Профсоюз и дирекция завода сели за стол переговоров", "ru"),
        ("В Госдуме примирили фракции", "ru"),
    ],
)
def test_a_headline_is_in_a_language_of_the_topics_sooner_than_in_another(headline: str, tag: str) -> None:
    assert language._identifier().classify(headline)[0] != tag
    assert identify(headline) == tag


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize(("declared", "tag"), [("pt-BR", "pt"), ("de_AT", "de"), ("EN", "en")])
def test_what_the_sender_says_is_taken(declared: str, tag: str) -> None:
    assert identify(OF_THE_TOPICS["uk"], declared) == tag


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("text", ["", "12:30", "3 — 2", "Oslo 5"])
def test_a_few_letters_tell_nothing(text: str) -> None:
    assert identify(text) == "und"


def test_the_model_is_loaded_where_no_temporary_file_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # as in a read-only root file system
    assert language._identifier.__wrapped__().classify(OTHERS["az"])[0] == "az"
