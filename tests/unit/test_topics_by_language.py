"""News as agencies and authorities of each language word it, and what only sounds like it."""

from __future__ import annotations

import pytest

from agents.reading.article import Article
from tests import sample


def read(title: str, body: str = "") -> dict[str, str]:
    bench = sample.bench()
    scene = bench.scene_of(Article(id="x", title=title, body=body))
    return {topic.topic: topic.stage for topic in bench.classifier.classify(scene)}


@pytest.mark.parametrize(
    ("title", "topic", "stage"),
    [
        ("Кличко: евакуації Києва не планують", "evacuation", "rejected"),
        ("Відбувся обмін полоненими: додому повернулися 84 захисники", "mediation", "agreement"),
        ("Тишу в Газі продовжено ще на дві доби", "ceasefire", "extended"),
        ("Кремль відкинув ідею 30-денної тиші", "ceasefire", "rejected"),
        ("Из Глушковского района вывезли более двухсот пенсионеров", "evacuation", "under_way"),
        ("Сотни семей не могут выбраться из Гавы, мост разрушен", "evacuation", "blocked"),
        ("Консультации в Дохе прерваны, делегации разъехались", "mediation", "stalled"),
        ("Auswärtiges Amt fordert Deutsche zur Ausreise aus dem Iran auf", "evacuation", "called_for"),
        ("Entschärfung verschoben: Evakuierung in Fulda abgeblasen", "evacuation", "suspended"),
        ("Gaza: Die Waffen sprechen wieder", "ceasefire", "collapsed"),
        ("Teheran schließt Verhandlungen mit Washington aus", "mediation", "rejected"),
        ("Fin de l'alerte à Blagnac, les riverains regagnent leurs logements", "evacuation", "lifted"),
        ("La mer démontée interrompt les évacuations de Gaza par Chypre", "evacuation", "suspended"),
        ("Los vecinos de Las Hurdes vuelven a casa tras cinco noches fuera", "evacuation", "lifted"),
        ("El mal tiempo frena el rescate de los aislados en Huauchinango", "evacuation", "suspended"),
        ("Dışişleri: Türk vatandaşları Lübnan'dan ayrılsın", "evacuation", "called_for"),
        ("البرهان: لا تفاوض مع الدعم السريع", "mediation", "rejected"),
    ],
)
def test_a_headline_says_its_stage(title: str, topic: str, stage: str) -> None:
    assert read(title).get(topic) == stage


@pytest.mark.parametrize(
    "title",
    [
        "ДСНС провела навчання з евакуації у львівському ТРЦ",
        "Минобороны провело учения по эвакуации раненых на полигоне",
        "Как правильно эвакуироваться при пожаре: памятка для школьников",
        "«Автомобиль вывезли эвакуатором»: водитель требует компенсацию",
        "Waffenruhe im Hause Pooth: Ex-Paar zeigt sich versöhnt",
        "Museum zeigt Bunker und Evakuierungspläne des Kalten Kriegs",
        "Exercice Seveso : un quartier de Feyzin évacué ce jeudi",
        "«La tregua», de Benedetti, vuelve a los escenarios",
        "Depo yangınında mahsur kalan kedi kurtarıldı",
        "إجلاء مريض من السفينة بمروحية",
        "حجاج بيت الله يغادرون منى",
    ],
)
def test_a_headline_of_something_else_is_of_no_topic(title: str) -> None:
    assert read(title) == {}


@pytest.mark.parametrize(
    ("title", "body", "topic", "stage"),
    [
        (
            "Знешкодили авіабомбу в Києві",
            "Люди з восьми будинків повертаються до квартир, оточення знято.",
            "evacuation",
            "lifted",
        ),
        (
            "Переговоры в Женеве ничем не закончились",
            "Делегации правительства и оппозиции Сирии уехали, не согласовав дату следующей встречи.",
            "mediation",
            "stalled",
        ),
        (
            "Mesa de México",
            "El Gobierno venezolano se levantó de la negociación y Noruega busca otra fecha.",
            "mediation",
            "stalled",
        ),
        (
            "New Delhi répond à Donald Trump",
            "L'Inde affirme qu'aucun tiers n'a sa place dans le dossier du Cachemire.",
            "mediation",
            "rejected",
        ),
        (
            "Keşmir hattı",
            "Hindistan, Pakistan'ı varılan mutabakattan saatler sonra ateş açmakla suçladı.",
            "ceasefire",
            "violated",
        ),
        (
            "Netanyahu'dan açıklama",
            "Başbakan, rehineler dönmeden savaşın durmayacağını söyledi.",
            "ceasefire",
            "rejected",
        ),
        (
            "انحسار السيول في درنة",
            "سمحت السلطات للسكان بالرجوع إلى بيوتهم بعد أسبوع من خروجهم.",
            "evacuation",
            "lifted",
        ),
    ],
)
def test_a_short_report_says_its_stage(title: str, body: str, topic: str, stage: str) -> None:
    assert read(title, body).get(topic) == stage
