"""Folding: one spelling for what a reader takes for the same word.

Folded text is lower case without diacritics, compatibility forms, zero-width or bidirectional marks; letters that
do not decompose get their usual stand-in (ı→i, ß→ss, ø→o, ł→l). Letters keep their script (Cyrillic stays Cyrillic);
digits become those of ASCII. Marks that tell words apart as letters do stay: the vowel signs of the scripts of India
and South-East Asia, tones in Thai, the voice marks of kana. Letters that are written in parts (jamo, kana with their
marks beside them) are put together.

In a text that is set in columns, is indented or ends its lines with a carriage return, a row of spaces becomes one and
spaces at the ends of lines vanish. Words that are divided at the ends of lines are joined. Words that mix Latin and
Cyrillic letters become words of one script (`agents.reading.scripts`). Folding is idempotent, and a span of folded text
can always be traced to the original.

Most text keeps its length when folded, so the common case is one look-up of all its UTF-16 units in a table, ten times
faster than `str.translate`. The same pass flags characters that vanish or become several; only they cost more.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

import numpy as np

from agents.reading.scripts import of_one_script

Span = tuple[int, int]
"""Start and end of a part of a text."""

_FLAG: Final = "\x00"  # in a first pass: "this character changes the length"

_LETTERS: Final = {
    "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ħ": "h", "ŋ": "n",
    "ə": "a", "ґ": "г",
    # Arabic: alef and hamza carriers, alef maksura, teh marbuta; other keyboards have others for the same sound.
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ک": "ك",
    "ہ": "ه", "ھ": "ه", "ۃ": "ه", "ە": "ه", "ڪ": "ك",
    # Apostrophes, quotation marks, dashes and spaces as typed on a keyboard.
    "’": "'", "‘": "'", "ʼ": "'", "ʹ": "'", "´": "'", "ʻ": "'", "＇": "'",
    "′": "'", "‛": "'", "׳": "'", "״": '"', "`": "'", "ʾ": "'", "ʿ": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "־": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ",
}  # fmt: skip

_NUKTA, _VIRAMA, _ABOVE = 7, 9, 200
"""Combining classes: of two marks that are often left out, and the first of those that are no vowels."""
_UNSPACED: Final = (*range(0x0E00, 0x0F00), *range(0x1000, 0x10A0), *range(0x1780, 0x1800))
"""Thai, Lao, Burmese and Khmer, which write no space between words."""
_SPACED: Final = (*range(0x0900, 0x0E00), *range(0x0F00, 0x1000))
"""The scripts of India, and Tibetan, which do."""


def _is_sign(code: int) -> bool:
    """Whether a mark of these scripts tells words apart; those of nasals and breath are written or not."""
    is_nasal = code < 0x0E00 and code % 0x80 < 4
    combining = unicodedata.combining(chr(code))
    is_kept = combining not in (_NUKTA, _VIRAMA) and combining < _ABOVE and not is_nasal
    return is_kept and unicodedata.category(chr(code))[0] == "M"


# All that reads words asks for letters, so for each sign stands a letter in which no news is written: a syllable of Yi,
# and where each character is a word of its own, a rare one that is such, too.
_SPACED_SIGNS: Final = {chr(code): chr(0xA000 + at) for at, code in enumerate(filter(_is_sign, _SPACED))}
_UNSPACED_SIGNS: Final = {chr(code): chr(0x4D00 + at) for at, code in enumerate(filter(_is_sign, _UNSPACED))}
_SIGNS: Final = _SPACED_SIGNS | _UNSPACED_SIGNS
_OF_STAND_INS: Final = str.maketrans({letter: sign for sign, letter in _SIGNS.items()})

SIGNS_BEHIND: Final = frozenset(_UNSPACED_SIGNS.values())
"""What belongs to the letter before it in folded text, in scripts without spaces between words."""

_VOICES: Final = frozenset("\u3099\u309a")
_JOINING: Final = frozenset(map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)))) | _VOICES
"""What becomes one letter with the one before: vowels and last consonants of Hangul, the voice marks of kana."""


def _fold_character(character: str) -> str:
    if character in _LETTERS:
        return _LETTERS[character]
    if "\uac00" <= character <= "\ud7a3":  # a Hangul syllable is a letter of its own
        return character
    is_kana = "\u3041" <= character <= "\u30ff"
    kept = []
    for part in unicodedata.normalize("NFKC" if is_kana else "NFKD", character.casefold()):
        if part in _SIGNS or part in _VOICES:
            kept.append(_SIGNS.get(part, part))
            continue
        category = unicodedata.category(part)
        if category[0] == "M" or category == "Cf" or part == "ـ":  # marks, invisible controls, tatweel
            continue
        folded = str(unicodedata.decimal(part)) if category == "Nd" else part.casefold()
        kept.append(_LETTERS.get(folded, folded))
    return "".join(kept)


class _Folds(dict[int, str]):
    """Code point → its fold."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code)) if code else ""
        return folded


_FOLDS: Final = _Folds()
_UTF16: Final = ("utf-16-le", "surrogatepass")
# UTF-16 unit → its fold where that is one unit; else, and as long as nobody asked, the flag.
_UNITS: Final = np.zeros(0x1_0000, dtype="<u2")
_UNITS[1:0x80] = [ord(_fold_character(chr(code))) for code in range(1, 0x80)]


def _learn(text: str, first: np.ndarray[tuple[int], np.dtype[np.uint16]]) -> bool:
    """Put the folds of flagged characters into the table; whether any belongs there."""
    learnt = False
    for character in set(map(text.__getitem__, np.flatnonzero(first == 0).tolist())):
        code = ord(character)
        folded = _FOLDS[code]
        # A surrogate stays flagged: two that stand alone side by side would be decoded as one character.
        is_surrogate = 0xD800 <= code <= 0xDFFF
        if code > 0xFFFF or is_surrogate or folded in _JOINING:
            continue
        if len(folded) == 1 and 0 < ord(folded) <= 0xFFFF:
            _UNITS[code] = ord(folded)
            learnt = True
    return learnt


def _first_pass(text: str) -> str:
    """A text of the same length: each character's fold where that is one UTF-16 unit, else the flag."""
    encoded = text.encode(*_UTF16)
    if len(encoded) == 2 * len(text):
        units = np.frombuffer(encoded, dtype="<u2")
    else:  # characters beyond the first plane (emoji, rare letters) are flagged, all of them
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        units = np.where(codes > 0xFFFF, 0, codes).astype("<u2")
    first = _UNITS.take(units)
    if not first.all() and _learn(text, first):
        first = _UNITS.take(units)
    return first.tobytes().decode(*_UTF16)


def _of_ascii(text: str) -> str:
    """The fold of a text in ASCII without the flag."""
    return text.lower().replace("`", "'")


def fold(text: str) -> str:
    """The folded form of a text; of a literal, for comparison with folded text."""
    if text.isascii() and _FLAG not in text:
        folded = _of_ascii(text)
    else:
        folded = text.translate(_FOLDS)
        if not _JOINING.isdisjoint(folded):
            return fold_text(text).text
        folded = of_one_script(folded)
    if _is_set(folded):
        folded = _SPARE.sub("", folded)
    return _PARTING.sub("", folded) if _parts_words(folded) else folded


def readable(folded: str) -> str:
    """A folded word as people write it, as far as folding keeps it."""
    return folded.translate(_OF_STAND_INS)


class FoldedText(NamedTuple):
    """A folded text that remembers where each of its characters came from.

    `starts[k]` is a position in the folded text from which on, up to the next, positions differ from the original ones
    by `shifts[k]`; both are empty where folding kept every position.
    """

    text: str
    original: str
    starts: tuple[int, ...] = ()
    shifts: tuple[int, ...] = ()

    def origin(self, position: int) -> int:
        """The position in the original text of the character that the folded one at `position` came from."""
        if not self.starts:
            return position
        return position + self.shifts[bisect_right(self.starts, position) - 1]

    def position(self, origin: int) -> int:
        """The first position in the folded text whose character came from `origin` or from behind it."""
        if not self.starts:
            return origin
        return bisect_left(range(len(self.text)), origin, key=self.origin)

    @property
    def aligned(self) -> str:
        """The original's characters at the places of their folds, so as long as the folded text."""
        if not self.starts:
            return self.original
        original = self.original
        ends = (*self.starts[1:], len(self.text))
        return "".join(
            original[start + shift : end + shift]
            for start, end, shift in zip(self.starts, ends, self.shifts, strict=True)
        )

    def span(self, start: int, end: int) -> Span:
        """The span of the original text that `text[start:end]` came from, all parts of its last letter included."""
        if not self.starts:
            return start, end
        original_end = self.origin(end - 1) + 1
        text = self.original
        while original_end < len(text) and (
            unicodedata.category(text[original_end])[0] == "M" or _FOLDS[ord(text[original_end])] in _JOINING
        ):
            original_end += 1
        return self.origin(start), original_end


_SET: Final = 300
"""Characters at the head of a text by which it is told whether it has spaces in a row. Looking through all of it costs
a fifteenth of reading an article.
"""
_SPARE: Final = re.compile(r"(?<=[ \t\r\n])[ \t\r]+|[ \t\r]+(?=\n)")
"""Spaces behind other spaces and at the ends of lines."""


def _is_set(folded: str) -> bool:
    """Whether a text is set in columns, indented, or has the line ends of mails."""
    return "\r" in folded or "\t" in folded or folded.find("  ", 0, _SET) >= 0


_PARTING: Final = re.compile(r"-\n(?<=[^\W\d_]-\n)(?=[^\W\d_])")
"""What divides a word at the end of a line."""
_WIDEST: Final = 120
"""A text that divides words at the ends of lines has such an end within so many characters."""
_PARTED_BY: Final = 1000
"""It has a divided word within so many characters."""
_LINES_A_WORD: Final = 8
"""It has at most so many lines for each divided word. In other texts too, a line may end behind the hyphen of
`Qatari-led`, where it belongs.
"""


def _parts_words(folded: str) -> bool:
    """Whether a text divides words at the ends of its lines."""
    return (
        folded.find("\n", 0, _WIDEST) >= 0
        and folded.find("-\n", 0, _PARTED_BY) >= 0
        and len(_PARTING.findall(folded)) * _LINES_A_WORD > folded.count("\n")
    )


def fold_text(text: str) -> FoldedText:
    """Fold a text and keep the way back to its original positions. Linear in its length."""
    folded = _folded(text)
    if not folded.text.isascii():
        in_one_script = of_one_script(folded.text)
        if in_one_script is not folded.text:
            folded = folded._replace(text=in_one_script)
    if _is_set(folded.text):
        folded = _without(_SPARE, folded)
    return _without(_PARTING, folded) if _parts_words(folded.text) else folded


def _without(pattern: re.Pattern[str], folded: FoldedText) -> FoldedText:
    """A folded text without all that a pattern finds."""
    text = folded.text
    spare = [found.span() for found in pattern.finditer(text)]
    if not spare:
        return folded
    parts: list[str] = []
    starts, shifts = [0], [0]
    length = copied = 0
    own_starts = (*folded.starts, len(text))
    for begin, end in (*spare, (len(text), len(text))):
        if begin > copied:
            spared = copied - length
            within = own_starts[bisect_right(own_starts, copied) : bisect_left(own_starts, begin)]
            for start in (copied, *within):
                starts.append(start - spared)
                shifts.append(folded.origin(start) - start + spared)
            parts.append(text[copied:begin])
            length += begin - copied
        copied = end
    return FoldedText("".join(parts), folded.original, tuple(starts), tuple(shifts))


def _folded(text: str) -> FoldedText:
    if text.isascii() and _FLAG not in text:
        return FoldedText(_of_ascii(text), text)
    first = _first_pass(text)
    if _FLAG not in first:
        return FoldedText(first, text)
    parts: list[str] = []
    starts, shifts = [0], [0]
    length = 0
    copied = 0
    at = first.find(_FLAG)
    while at >= 0:
        if at > copied:
            parts.append(first[copied:at])
        length += at - copied
        folded = _FOLDS[ord(text[at])]
        if folded in _JOINING and parts:
            joined = unicodedata.normalize("NFC", parts[-1][-1] + folded)
            if len(joined) == 1:
                parts[-1] = parts[-1][:-1] + joined
                folded = ""
        if folded:
            parts.append(folded)
        copied = at + 1
        if len(folded) == 1:
            length += 1
        else:
            for _ in folded:  # each of several characters came from the same place
                starts.append(length)
                shifts.append(at - length)
                length += 1
            starts.append(length)
            shifts.append(copied - length)
        at = first.find(_FLAG, copied)
    parts.append(first[copied:])
    if len(starts) == 1:
        return FoldedText("".join(parts), text)
    return FoldedText("".join(parts), text, tuple(starts), tuple(shifts))
