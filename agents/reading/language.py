"""The language of an article: what its sender says, else what its letters or small words tell, else what py3langid
(naive Bayes over bytes) takes it for.

Most texts are full of what tells their language, at a tenth of py3langid's cost: letters that only Ukrainian, only
Russian or only Arabic has among the languages of its script, or words such as `the` and `which` where no other language
has half as many of its own. py3langid tells what is doubtful, or in none of the eight languages of the topics.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any, Final

UNDETERMINED: Final = "und"
_LOOKED_AT: Final = 600
"""Characters of a text by which its language is told."""
_LETTERS: Final = re.compile(r"(?:[^\W\d_][\W\d_]*+){8}")
"""Eight letters, the fewest by which a language is told."""
_KNOWN: Final = tuple(
    "ar az be bg bn bs ca cs da de el en es et fa fi fr he hi hr hu hy id it ja ka kk ko ku lt lv mk ms my nl no pl ps "
    "pt ro ru sk sl so sq sr sv sw ta th tl tr uk ur uz vi zh".split()
)
"""Languages between which py3langid chooses; rarer ones would only be guessed wrongly."""

_MOSTLY: Final = 0.55
"""Least share of letters of its script in a text."""
_CYRILLIC: Final = re.compile(r"[\u0400-\u052f]")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_UKRAINIAN: Final = re.compile(r"[іїєґ]")
_RUSSIAN: Final = re.compile(r"[ыэё]")
_OTHER_CYRILLIC: Final = re.compile(r"[ўәөүқңғұһјљњћџђѓќѕ]")
_OTHER_ARABIC: Final = re.compile(r"[پچژگکیےٹڈڑںھۀەۆێڕڵ]")
_LEAST_LETTERS: Final = 3
_TIMES: Final = 8
"""How many times as often the letters of one language must stand there as those of the other."""

_LIKELIER: Final = {"en": 8.0, "ru": 5.0, "uk": 5.0} | dict.fromkeys(("ar", "de", "es", "fr", "tr"), 3.0)
"""How much likelier than others the languages of the topics are, as py3langid's logarithms have it, before a letter is
read. It decides of headlines alone only, of which one in sixty would be taken for another language; with 3.0 for
Russian, one in fifty of its headlines would be Bulgarian or Serbian.
"""

_LEAST_WORDS: Final = 5
_TOLD: Final = ("en", "de", "fr", "es", "tr")
_WORDS: Final = {
    "en": "the of and with that from this which were have been would their they said after will about who when what "
          "has its it by not are but more new was is to for",
    "de": "der die das und ist von den mit für auf nicht ein eine sich dem auch als nach wird sind hat wurde wurden zu "
          "im am oder wie einen einer sie er ich über haben ihre zum zur dass bei",
    "fr": "les des et est dans une pour qui du au sur pas par avec ce sont été cette aux ont mais elle ses leur nous "
          "vous où après selon le il",
    "es": "el los las y por con del su sus pero también esta desde según más fue han lo una como entre al para se",
    "tr": "ve bir bu için ile olarak olan daha gibi çok kadar sonra göre olduğu dedi ise ancak değil var ya şekilde "
          "olduğunu tarafından",
    # Of the others only what is rare in the five.
    "pt": "os as não em uma do dos das nos ao é são pela pelo mais foi um seu você à até também já",
    "it": "il di che è non della gli sono nel alla dei delle più anche ed i dal nella dopo ai",
    "nl": "het een van voor zijn niet te aan ook dat worden door naar om maar deze werd heeft bij en",
    "ca": "els amb i dels aquest més és seu seva són però també pel als ser",
    "ro": "și în pe din nu este fost pentru să mai fi sunt cu că care după",
    "pl": "w na z się nie jest że od po jak dla przez oraz są był",
    "sv": "och att det är på av för den till har ett från och som inte",
    "da": "og det er på af til ikke har et fra den som af og",
    "no": "og det er på av til ikke har et fra den som",
    "fi": "ja on ei että oli hän joka mutta myös ovat kun",
    "hu": "az és hogy nem egy volt meg ez azt van",
    "cs": "se na v je že s z o i ve pro jako byl ale",
    "id": "yang dan di untuk dengan dari ini pada itu tidak dalam akan adalah juga",
    "az": "və üçün olub ilə edir bu bir",
    "sq": "të e në dhe për me një që është nga",
    "hr": "i je u se na su za od ne koji iz",
    "vi": "và của là có được cho trong các những không",
    "tl": "ang ng sa mga ay",
    "eu": "eta dira ez bat",
}  # fmt: skip
_OF_WORD: Final = {
    word: tuple(language for language, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}


def identify(text: str, declared: str = "") -> str:
    """The primary language tag, such as `en`; `und` where nothing tells."""
    primary = declared.partition("-")[0].partition("_")[0].lower()
    if primary.isalpha() and 2 <= len(primary) <= 3:
        return primary
    looked_at = text[:_LOOKED_AT]
    if _LETTERS.search(looked_at) is None:
        return UNDETERMINED
    told = _told(looked_at.lower())
    if told is not None:
        return told
    ranked: list[tuple[str, float]] = _identifier().rank(looked_at)
    return max(ranked, key=lambda one: one[1] + _LIKELIER.get(one[0], 0.0))[0]


def _told(text: str) -> str | None:
    """The language that a text in small letters is full of; None where that is doubtful."""
    if not text.isascii():
        if len(_CYRILLIC.findall(text)) > _MOSTLY * len(text):
            return _cyrillic(text)
        if len(_ARABIC.findall(text)) > _MOSTLY * len(text):
            return "ar" if text.count("ال") >= _LEAST_LETTERS and not _OTHER_ARABIC.search(text) else None
    votes = dict.fromkeys(_WORDS, 0)
    of_word = _OF_WORD
    for word in text.split():
        if word in of_word:
            for language in of_word[word]:
                votes[language] += 1
    # Letters of names alone make no language: they count as far as words agree.
    votes["tr"] += min(2 * votes["tr"], text.count("ı") + text.count("ğ"))
    votes["az"] += text.count("ə")
    first = max(votes, key=votes.__getitem__)
    most = votes.pop(first)
    return first if first in _TOLD and most >= _LEAST_WORDS and 2 * max(votes.values()) <= most else None


def _cyrillic(text: str) -> str | None:
    if _OTHER_CYRILLIC.search(text):
        return None
    ukrainian, russian = len(_UKRAINIAN.findall(text)), len(_RUSSIAN.findall(text))
    if ukrainian >= _LEAST_LETTERS and russian * _TIMES <= ukrainian:
        return "uk"
    return "ru" if russian >= _LEAST_LETTERS and ukrainian * _TIMES <= russian else None


def prepare() -> None:
    """Load the model now: a worker must not stand still for it at the first article that needs it."""
    _identifier()


@cache
def _identifier() -> Any:
    # Commands that read no article, or only some that say their language, are spared most of a second.
    from py3langid import modelio  # noqa: PLC0415
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    with _unpacked_in_memory(modelio):
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_KNOWN)
    return identifier


class _InMemory:
    """What py3langid uses of `tempfile`."""

    @staticmethod
    def TemporaryFile(**_: Any) -> BytesIO:  # noqa: N802 - its name there
        return BytesIO()


@contextmanager
def _unpacked_in_memory(modelio: Any) -> Iterator[None]:
    """Have py3langid unpack its model (70 MB, for a moment) in memory and not into a file: a worker whose root file
    system is read-only has no folder for one, and could not start.
    """
    tempfile = modelio.tempfile
    modelio.tempfile = _InMemory
    try:
        yield
    finally:
        modelio.tempfile = tempfile
