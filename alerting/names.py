"""Names and numbers: the words by which one happening is told from another that is reported alike.

Which words may be names is told by how they are written, in any language; there is no list of them. What surrounds the
news and differs from copy to copy (who wrote it, whose it is, where it comes from) is treated separately.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from alerting.gist import COMMON, STEM, WORDS_REMEMBERED, bare, is_unparted, plain, words_of

LONGEST_NAME: Final = 32
"""Letters of a name that are kept."""
LONGEST_ENDING: Final = 4
"""Letters that one form of a name may have at its end beyond another form."""

HEAD: Final = 300
"""Characters of a body in which its dateline is sought: who wrote it may stand before that."""

IN_DATELINE: Final = "@"
"""Marks a name of a dateline."""
_IN_BODY: Final = "~"
"""Marks a number of a body."""

_AGENCY: Final = (
    "(?:"
    "Reuters|AP|AFP|[Dd][Pp][Aa]|UPI|EFE(?:COM)?|Europa Press|ANSA|APA|Anadolu|AA|[İI]HA|DHA|Bloomberg|Xinhua|Kyodo"
    "|Yonhap|PTI|ANI|IANS|KUNA|WAM|SPA|BelTA|TASS|Interfax|RIA(?: Novosti)?|Ukrinform|РИА(?: Новости)?|ТАСС"
    "|И(?:нтерфакс|НТЕРФАКС)|У(?:крин|крін|КРИН|КРІН)(?:форм|ФОРМ)|УНИАН|УНІАН|УНН|رويترز|الأناضول|أ ف ب|د ب أ"
    ")"
)
_NAME: Final = r"(?:[^\W\d_a-zß-ÿа-џґ][\w.'’-]{0,30}|de|del|la|do|am)"
_PLACE: Final = rf"{_NAME}(?:[ /]{_NAME}){{0,3}}"
_DATE: Final = r"(?:[\w.]{1,14} \d{1,2}|\d{1,2}\.? [\w.]{1,14})(?:,? \d{2,4})?"
_DATELINE: Final = re.compile(
    rf"^[^\w\n]{{0,4}}(?:(?:(?P<place>{_PLACE}(?:, {_PLACE})?)(?:[.,]? {_DATE})?|{_DATE})[.,]? ?)?"
    rf"(?:[(/]{_AGENCY}(?:[/, ]{{1,2}}{_AGENCY})?[)/]|[-–—] {_AGENCY}\b|(?<![^\W.,] ){_AGENCY}(?=[.:]| ?[-–—]))"
    r"[.:]? ?[-–—]{0,2}",
    re.MULTILINE,
)
"""What an agency puts before a report: `KYIV, Nov 30 (Reuters) -`, `Nov 30 (AP) -`, `Genf (dpa/AFP) -`, `AFP -`."""

_FRAME: Final = re.compile(
    r"^[^\w\n]{0,8}\d{1,2}:\d\d\b"
    r"|^(?i:by|von|par|por|da|от|автор|від|yazan|بقلم|كتب):?"
    r"(?: (?:and|und|et|y|и|та|ve|&|[A-ZÀ-ÞЀ-Я][\w.'’-]{0,30}),?){2,8}$"
    r"|^\W{0,4}(?i:©|copyright\b|all rights reserved|alle rechte|tous droits|todos los derechos"
    r"|(?:additional )?reporting by\b|(?:writing|editing|edited) by\b).*$",
    re.MULTILINE,
)

_NUMBER: Final = re.compile(
    r"(?<!\w)\d+(?:[.,:'’٫٬\u2009\u202f\xa0]\d+)+|(?<![\w.,])\d{1,3}(?: \d{3})+(?!\w)"
)
"""A number with something between its digits: `30,000`, `30.000` and `30 000`, `7.6`, `18:30`."""
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:\D\d{2,3})*\D\d{3}")
_SEPARATOR: Final = re.compile(r"\D")
_ROUND: Final = re.compile(r"\.0+$")

_LETTER: Final = re.compile(
    r"[ -](?=[^\W\d_](?!\w|['’]|\.\w))"
    r"(?:(?<=[^\W\d_A-ZÀ-ÞА-ЯІЇЄҐ].)|(?<=\d-)|(?<=\W\w, ))(?!I\b|A [A-Z])([^\W\d_])"
)
"""A letter that stands by itself behind a word in lower case, a number or another such letter, as that of a zone does;
elsewhere it may be a word (`A truce`) or stand for one (`U.S.`).
"""

_COMMON_SHORT: Final = frozenset(
    "all and any are but can der des did die for from get has her his how its les los may new not now off one our out "
    "per set she the two und via was who why you".split()
)

# Words of which news is made, for whom it concerns, who says so, when, and that something is so, and which tell no
# happening from another: also where a sentence or a headline gives them a capital. None is a town, as Police, Most and
# Ende are, or a river, as Una. How far an agreement or an evacuation has come is told by stages.
_ORDINARY: Final = frozenset(
    plain(word)
    for word in (
        "residents people persons inhabitants homes authorities officials firefighters rescuers crews everyone anyone "
        "nobody both these those there here however according earlier later meanwhile since during despite although "
        "though until following several some many few such each every because then instead yet only around nearly "
        "almost between among without within today yesterday tomorrow tonight still forces "
        "forced prompts prompted prompting order orders ordered issue issues issued tell tells told remain remains "
        "president minister prime secretary governor mayor spokesman spokeswoman ministry "
        "day days agree agrees agreed reach reaches reached ceasefire truce evacuate evacuates evacuated evacuating "
        "evacuation evacuations waffenruhe feuerpause waffenstillstand evakuiert evakuierung evakuierungen trêve "
        "évacuer évacué évacués évacuée évacuées évacuation évacuations tregua evacuar evacúan evacuados evacuación "
        "evacuaciones ateşkes tahliye boşaltıldı перемирие перемирия эвакуация эвакуации эвакуацию эвакуируют "
        "эвакуировали эвакуированы евакуація евакуації евакуацію евакуюють евакуювали евакуйовано "
        "menschen personen anwohner bewohner bürger einwohner behörden polizei feuerwehr einsatzkräfte rettungskräfte "
        "häuser wohnungen stadt stadtteil gemeinde angaben sprecher sprecherin uhr tag tage tagen nacht morgen abend "
        "mittag nachmittag vormittag woche wochen monat monate jahr jahre jahren stunde stunden minuten meter "
        "metern kilometer kilometern umkreis das dies diese dieser dieses dort hier jetzt wegen laut seit während "
        "weil dabei damit doch insgesamt mehrere viele alle zuvor derzeit zudem außerdem inzwischen rund etwa bis mehr "
        "heute gestern danach daher deshalb "
        "habitants riverains personnes autorités pompiers maisons une mais elle elles nous ils cela depuis cependant "
        "lors pourtant quelque quelques certains certaines lorsque environ toutefois plusieurs malgré pendant puis "
        "parmi comme ainsi ensuite enfin aussi aujourd hier "
        "vecinos habitantes personas autoridades bomberos viviendas las según unos unas además mientras "
        "después antes ayer hoy también aunque algunos otros ambos cada varios varias allí "
        "yetkililer valilik belediye itfaiye ekipler ekipleri vatandaşlar bölgede bölgedeki evler ancak ayrıca bugün "
        "dün deki daki teki taki ndeki ndaki "
        "власти жители жителей жителям люди людей спасатели пожарные посёлок посёлка село села деревня город дома при "
        "однако для как сегодня вчера сейчас ранее ночью утром вечером "
        "рятувальники мешканці мешканців жителі люди поліція влада селище місто під але якщо однак зокрема коли "
        "загалом його хто сьогодні вчора нині раніше вночі вранці увечері "
        "سكان أهالي أهالي مواطنين مواطنون سلطات منازل منازلهم يوم أمس حيث وقالت وقال قالت أن إن عدد عددا"
    ).split()
)

# What is put before a headline as it goes out again, cut as all words are: the same, only more urgent.
_LABELS: Final = frozenset(
    word[:STEM]
    for word in (
        "alert breaking developing exclusive flash latest live update updated updates urgent video watch "
        "eil eilmeldung liveticker newsticker ticker direct exclusif derniere minute "
        "directo exclusiva hora ultima urgente vivo canli dakika guncelleme son "
        "молния обновлено онлайн срочно видео відео наживо оновлено терміново "
        "عاجل فيديو مباشر"
    ).split()
)

# Words by which what was told is taken back or put right, without case and marks.
_TAKES_BACK: Final = frozenset(
    (
        "retract retracts retracted retracting retraction correction corrects corrected corrigendum erratum "
        "widerruf widerrufen richtigstellung berichtigung korrektur korrigiert "
        "rectificatif rectification erratum dementi "
        "retractacion rectificacion rectifica correccion desmentido "
        "duzeltme tekzip tekzibi duzeltildi "
        "опровержение исправление исправлено отозвано спростування виправлення виправлено відкликано "
        "تصحيح تصويب"
    ).split()
)

# In languages that write them like names, from Monday on.
_WEEKDAYS: Final = {
    bare(plain(name)): number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        "الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد",
    )
    for number, name in enumerate(names.split())
}

# Not two, as there is always talk of two sides, nor what is another word in another language (once, est, este).
_ONCE_MORE: Final = (
    "again another second third fourth new more "
    "erneut wieder zweite zweiten zweiter zweites dritte dritten "
    "nouveau nouvelle deuxième seconde troisième "
    "nuevo nueva nuevamente otra otro segundo segunda tercer tercera "
    "ikinci üçüncü yeniden tekrar yine "
    "снова вновь опять второй вторая второе вторую повторно третий третья "
    "знову вдруге другий друга другу повторно третій третя"
).split()
# Not New York, nor more than three.
_ONCE_MORE_BESIDE: Final = re.compile(
    r"\b(?:(New|new)(?= [a-z])|(?:\d+|one|two|three|four|five|six|ten|dozens|many) (more)\b(?! than))"
)
_SAYS_AGAIN: Final = frozenset(plain(word)[:STEM] for word in _ONCE_MORE)

# Numbers, points of the compass and words for what happens once more, cut as all words are.
_AS_NAMES: Final = frozenset(
    word[:STEM]
    for word in (
        *_ONCE_MORE,
        *"three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand dozens "
        "north south east west northern southern eastern western northeast northwest southeast southwest central "
        "drei vier fünf sechs sieben acht neun zehn elf zwölf fünfzehn zwanzig dreißig vierzig fünfzig hundert tausend "
        "nördlich südlich östlich westlich "
        "trois quatre cinq sept huit neuf dix onze douze quinze vingt trente quarante cinquante mille centaines "
        "nord sud ouest "
        "tres cuatro cinco seis siete ocho nueve diez doce quince veinte treinta cuarenta cincuenta cien cientos miles "
        "norte sur oeste noreste noroeste sureste suroeste oriental occidental "
        "üç dört beş altı yedi sekiz dokuz yirmi otuz kırk elli yüz yüzlerce binlerce "
        "kuzey kuzeyi kuzeyde güney güneyi güneyde doğu doğusu batı batısı "
        "три трое четыре четверо пять пятеро шесть семь восемь девять десять двадцать тридцать сорок сто сотни тысячи "
        "север севере северный юг юга юге южный южной южная южных восток востоке восточный запад западе западный "
        "троє чотири четверо шість сім вісім десять двадцять тридцять сотні тисячі "
        "північ півночі північний південь півдні південний схід сході східний захід заході західний".split(),
    )
)


def names(text: str) -> dict[str, str]:
    """The words of a text that may name a place, a person or a number: all that do not begin in lower case, and some.

    Each by its form without case and marks, which may be shorter than what a gist keeps. Where a language or a headline
    has capitals everywhere or nowhere, each of its words may be a name.
    """
    text = unicodedata.normalize("NFC", text)
    found: dict[str, str] = {}
    for number in _NUMBER.findall(text):
        found.setdefault(_whole(number), number)
    for word in words_of(_NUMBER.sub(" ", text) if found else text):
        if name := _name(word):
            found.setdefault(name, word)
    for letter in _LETTER.findall(text):
        if letter.isupper():
            found.setdefault(plain(letter), letter)
    return found


def said_once_more(text: str) -> dict[str, str]:
    """As `names`, the words of all news that say so only beside others: a new strike, three more dead."""
    return {word.lower(): word for found in _ONCE_MORE_BESIDE.findall(text) for word in found if word}


def names_in_body(text: str) -> dict[str, str]:
    """As `names`, of a part of a body. Its numbers are kept apart from those of headlines: a date or the number of a
    block must not make the number of dead in the next headline known.
    """
    found = names(_FRAME.sub(" ", text))
    return {f"{name}{_IN_BODY}" if _is_number(name) else name: word for name, word in found.items()}


def _whole(number: str) -> str:
    """A number with something between its digits as one: in pieces, 30,000 would be as known as 3,000 and 30 are."""
    if _THOUSANDS.fullmatch(number):
        return _SEPARATOR.sub("", number)[:LONGEST_NAME]
    return _ROUND.sub("", _SEPARATOR.sub(".", number))[:LONGEST_NAME]


def _is_number(name: str) -> bool:
    return name.replace(".", "").isdigit()


def dateline_in(text: str, start: int = 0) -> tuple[int, int]:
    """The span of an agency's dateline in the first lines of a text that begins at `start`; an empty one without it."""
    dateline = _DATELINE.search(text, start, start + HEAD)
    return dateline.span() if dateline else (start, start)


def names_in_dateline(dateline: str) -> dict[str, str]:
    """As `names`, of the place in a dateline; each is marked with `IN_DATELINE`."""
    found = _DATELINE.match(dateline)
    place = found["place"] if found else None
    return {f"{name}{IN_DATELINE}": word for name, word in names(place or "").items()}


def without_frame(text: str) -> str:
    """A text without what stands around the news and tells nothing: datelines of agencies, the times that open a line,
    as they do each entry of a live blog, lines that say who wrote it, and lines of rights.
    """
    return _FRAME.sub(" ", _DATELINE.sub(" ", text))


def is_same_name(one: str, other: str) -> bool:
    """Whether two names, alike in what a gist keeps of them, may be one with different endings.

    Ukraine and Ukrainian are; Kostiantynivka and Kostiantynopil are not, nor seventeen and seventy, nor 12a and 12b.
    """
    if counts_or_points(one) or has_digit(one):
        return one == other
    shorter, longer = sorted((one, other), key=len)
    alike = max(len(shorter) - 1, len(longer) - LONGEST_ENDING)
    return longer.startswith(shorter[:alike]) and alike <= len(shorter)


def has_digit(name: str) -> bool:
    """Whether a name is a number, or a code with one (`12b`)."""
    return any(map(str.isdigit, name))


def takes_back(name: str) -> bool:
    """Whether a name is a word by which what was told is taken back or put right."""
    return name in _TAKES_BACK


def counts_or_points(word: str) -> bool:
    """Whether a word is a number or a point of the compass, or says that something happens once more."""
    return word[:STEM] in _AS_NAMES


def is_ordinary(word: str) -> bool:
    """Whether a word, as it is written, is one of which all news is made."""
    return bare(plain(word)) in _ORDINARY


def says_again(name: str) -> bool:
    """Whether a name is a word for what happens once more."""
    return name[:STEM] in _SAYS_AGAIN


def weekday(name: str) -> int | None:
    """Which day of the week a name is, from 0 for Monday, if any."""
    return _WEEKDAYS.get(name)


@lru_cache(WORDS_REMEMBERED)
def _name(word: str) -> str:
    """The name that a word may be; empty where it is none."""
    name = bare(plain(word))
    counts = not word[0].islower() or counts_or_points(word) or name in _TAKES_BACK
    return name[:LONGEST_NAME] if counts and may_name(name) else ""


def may_name(name: str) -> bool:
    """Whether a word without case and marks may be part of a name: it is neither short nor common."""
    if len(name) > 2:
        return (
            name not in _COMMON_SHORT
            and name not in _ORDINARY
            and name not in COMMON
            and name[:STEM] not in _LABELS
        )
    return has_digit(name) or is_unparted(name)
