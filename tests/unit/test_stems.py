"""Stems of the word files go on into inflections, and must not go on into frequent words that mean something else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agents.reading.fold import fold
from agents.reading.letters import spaced
from agents.reading.phrases import Parser, PhraseSet
from tests import sample
from tests.taxonomies import hits

UNRELATED = {
    "uk": """
        автоматично годинник годинника благодійний планета планети планшет презентація передача передачі
        детальніше детально проголосували проголосувало укладач тривалий тривалість додала додали додаткові
        тріщина тріщини поховання мертвих виключно виключення помирає помирати господарство господарства
        генеральний генеральної човен бажання призначення згодом віталій вітальня вітамін привітання
        позитивний зберегти збереження зберігати відбудова прибуток результат результати залишився
        залишилося катерина дитинство персональний виховання вибрати вибрали перекинувся порада
        поради громадянин громадський громадянство указує планування виділяють збирати списати призначити
        черговий чергова доставка доставки останній останніми затримали затримання блокування розмитнення
        кримінальний кримінальна малі сани газета пускати окупність сироти територіальний територіальна
        індивідуальний збірник таймс гастролі діється роман романа консолідація подати податися відповідно
        відповідальність додатково мінімум студія сто стосується погода народ родина сила силами парк книга
        урок річ рік голос танкер танкерів
    """,
    "ru": """
        автоматически воин воинов воинский сложный сложность складывается дневник настоящий настоящее
        настояние надежный надежность должность должности планета планеты планшет передача передачи усилить
        усиление заключение заключенный действующий действующего дополнительный поправка поправки трещина
        трещины обвиняемый похороны похороны мертвых исключительно исключение продолжительность хозяйство
        хозяйства хозяйственный очнулся генеральный генеральной трамплин организованный обратить вызвало
        направление направления командир командировка согласно состоит отправить прибыль результат
        результаты ушла катерина вывод выводы жительство гражданский гражданство персональный выбрать
        выбрали исходный обязательно обязанности совету совета советский требуется попросту голодный осадки
        осадков посол указал указывает планирование намерение составляет составляющая собирать выделяет
        начальник начальника начальная очередной доставка последний последние последними итого задержали
        задержание пускай доход доходы индивидуальный стихи таймс зенитный зенитная прибыл гастроли печенье
        консолидация роман романа пенсионер пенсионеры медведев медведева отрицательный территориальный
        погода народ семья парк книга урок год страна голос танкер танкера данила
    """,
    "ar": """
        الزمن الزمان الزمالك هشام أغراض لأغراض الغير تركيز التركيز تركيب التركيب أحاديث صادقة كاثرين شكرا
        مقاطعة المساعدات الإنسانية الإنساني الإنسانية زيارة زار خطرة كتاب مدرسون جامعة طقس مطبخ سيارة حديقة
        لون كلمة صورة ماء هواء شارع قلم باب شمس قمر ليلة قلب
    """,
    "tr": "iletişim ihaleye abdulkadir abdülkerim samandağ tanker kaçağı kaçak",
    "de": "einige einiges einiger fahren fahrer stockwerk operation operationen prinzip prinzipiell",
    "fr": "exclusif exclusive exclusivement reçus",
}
"""Frequent words that a stem of a topic once took for its own, or easily might."""

STEM = re.compile(r"[^ *]+\*")

FOREIGN = {"uk": "ыэъё", "ru": "іїєґ"}
"""Letters of the neighbouring alphabet."""


def phrases_of(language: str) -> Iterator[tuple[str, str]]:
    """Each phrase of a language's word files, with the list it stands in."""
    for topic in sample.taxonomies().topics:
        words = topic.languages[language]
        for strength in ("strong", "likely", "weak", "never"):
            yield from ((phrase, f"{topic.topic} {strength}") for phrase in getattr(words, strength))
        for kind in ("parts", "stages"):
            for name, phrases in getattr(words, kind).items():
                yield from ((phrase, f"{topic.topic} {kind}.{name}") for phrase in phrases)
    for name, phrases in sample.taxonomies().context[language].items():
        yield from ((phrase, f"context {name}") for phrase in phrases)


@pytest.mark.parametrize("language", UNRELATED)
def test_no_stem_goes_on_into_an_unrelated_word(language: str) -> None:
    """Of single words: a phrase of several says what it means, and so does a word that is spelled out."""
    stems = PhraseSet(
        (
            ((phrase,), f"{phrase} ({place})")
            for phrase, place in phrases_of(language)
            if STEM.fullmatch(phrase)
        ),
        Parser(),
    )
    taken = {
        word: sorted({meaning for _, _, meaning in hits(stems, f" {spaced(fold(word))} ")})
        for word in UNRELATED[language].split()
    }
    assert {word: places for word, places in taken.items() if places} == {}


@pytest.mark.parametrize("language", FOREIGN)
def test_no_phrase_is_written_in_two_alphabets(language: str) -> None:
    """A Latin or a neighbour's letter that looks the same is never found in a text."""
    mixed = re.compile(rf"[а-яґєіїё]\w*[a-z]|[a-z]\w*[а-яґєіїё]|[{FOREIGN[language]}]", re.IGNORECASE)
    assert [(phrase, place) for phrase, place in phrases_of(language) if mixed.search(phrase)] == []
