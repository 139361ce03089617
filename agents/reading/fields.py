"""One field at a time: what a JSON value is worth as a text, a name, a URL, a time, a language.

Only title and body can make an article unreadable. Any other field that is unusable is left out or cut to its bound: no
alert must be lost because of a tag. Nothing here raises anything but UnreadableArticle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from streams.errors import UnreadableArticle

MAX_ID: Final = 256
"""Characters of an id."""
MAX_URL: Final = 2048
"""Characters of a URL."""
MAX_NAME: Final = 200
"""Characters of a name."""
MAX_NAMES: Final = 50
"""Names of a list."""
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199

_INNER: Final = ("value", "rendered", "@value", "#text", "text", "main", "_", "_text", "_cdata", "$t")
"""Names of the text in an object around one: of APIs, of JSON-LD, and of XML that was made into JSON."""
_NAMES: Final = ("name", "literal", "title", "label", "@value", "value", "rendered", "code")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_OTHER_TAGS: Final = {
    "eng": "en", "tur": "tr", "ukr": "uk", "rus": "ru", "fra": "fr", "fre": "fr", "spa": "es", "deu": "de",
    "ger": "de", "ara": "ar", "ua": "uk", "iw": "he", "in": "id",
}  # fmt: skip
"""What senders write in place of the two-letter tag: three letters, the country, or what Java calls the language."""
_ISO_639_1: Final = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss "
    "st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu".split()
)
_NO_LANGUAGE: Final = frozenset(("und", "mul", "mis", "zxx"))
"""Tags that stand for no language in particular."""
_TRACKING: Final = re.compile(
    r"utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_ga|ocid|cmpid|smid"
    r"|at_.*|ref_src"
)
_NUMBER: Final = re.compile(r"[0-9]{9,13}(?:\.[0-9]{1,9})?")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text_of(value: Any, field: str) -> str:
    """A title or body: a string, a list of strings (paragraphs), or an object around one. Absent is "".

    In a list, what is no text (a picture between paragraphs) is left out if there is text besides. Raises
    UnreadableArticle for anything else, and for a text with a NUL.
    """
    if isinstance(value, str):
        return without_nul(value, field)
    if value is None:
        return ""
    if isinstance(value, list):
        parts = [without_nul(part, field) for part in map(_unwrapped, value) if isinstance(part, str)]
        if any(parts):
            return "\n\n".join(part for part in parts if part)
        if len(parts) == len(value):
            return ""
    if isinstance(value, dict):
        inner = _unwrapped(value)
        if isinstance(inner, str):
            return without_nul(inner, field)
    raise UnreadableArticle("bad-field", f"{field} is {_kind(value)}, not text: send a string", field)


def _unwrapped(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return next((value[key] for key in _INNER if isinstance(value.get(key), str)), value)


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "an array", dict: "an object"}
    return kinds.get(type(value), "no text")


def without_nul(text: str, field: str) -> str:
    """The text itself. Raises UnreadableArticle where it holds a NUL character."""
    if "\x00" in text:
        raise UnreadableArticle(
            "nul", f"{field} has a NUL character at position {text.index(chr(0))}: remove it", field
        )
    return text


def name_of(value: Any, field: str) -> str:
    """A short text on one line: a string, or the name in an object or a list's first. "" if there is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    if not isinstance(value, str):
        return ""
    line = " ".join(without_nul(value[: MAX_NAME * 4], field).split())
    if not line.isprintable():
        line = "".join(character for character in line if character.isprintable())
    return line[:MAX_NAME].rstrip()


def names_of(value: Any, field: str) -> tuple[str, ...]:
    """Several short texts, each once, in their order: a list, a string with commas, or one object."""
    if isinstance(value, str):
        parts: Iterable[Any] = value[: MAX_NAME * MAX_NAMES].split(",")
    elif isinstance(value, list):
        parts = value[:MAX_NAMES]
    else:
        parts = (value,)
    names = dict.fromkeys(name_of(part, field) for part in parts)
    return tuple(name for name in names if name)[:MAX_NAMES]


def id_of(value: Any) -> str:
    """An identifier that the sender gave, a number included; "" where there is none that can be used."""
    if type(value) is int:
        return str(value)
    if isinstance(value, dict):
        value = value.get("value") or value.get("@value")
    return without_nul(value, "id").strip() if isinstance(value, str) else ""


def url_of(value: Any) -> str | None:
    """A link that people may be sent to: http or https, no user info, nothing invisible; otherwise None."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url") or value.get("href")
    if not isinstance(value, str):
        return None
    url = value.strip(" \t\r\n")
    if not (8 <= len(url) <= MAX_URL and url[:8].lower().startswith(("http://", "https://"))):
        return None
    if not url.isprintable() or any(character in url for character in ' \\<>"') or "\xa0" in url:
        return None
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return url if good else None


def canonical_url(url: str) -> str:
    """One spelling for what is the same page: for recognising an article, not for calling.

    Scheme, host case, default port, fragment, tracking parameters and their order do not count.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().rstrip(".")
    if parts.port not in (None, 80, 443):
        host += f":{parts.port}"
    query = sorted(
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(pair[0].lower())
    )
    return f"{host}{parts.path or '/'}{'?' + urlencode(query, errors='replace') if query else ''}"


def host_of(url: str) -> str:
    """The host of a URL without `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")[:MAX_NAME]


def language_of(value: Any) -> str:
    """A BCP 47 tag as senders write it (`tr`, `pt-BR`, `en_GB`, `tur`); "" for anything else, and for `und`."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("code")
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(tag := value[:40].strip()):
        return ""
    tag = tag.replace("_", "-")
    if not is_language(tag) or primary_tag(tag) in _NO_LANGUAGE:
        return ""
    rest = tag.partition("-")[2]
    return f"{primary_tag(tag)}-{rest}" if rest else primary_tag(tag)


def primary_tag(tag: str) -> str:
    """The first part of a BCP 47 tag, with two letters where the language has such (`ukr` is `uk`)."""
    first = tag.partition("-")[0].lower()
    return _OTHER_TAGS.get(first, first)


def is_language(tag: str) -> bool:
    """Whether a BCP 47 tag may be that of a language, or of none. Those of three letters are too many to list."""
    first = primary_tag(tag)
    return len(first) != 2 or first in _ISO_639_1


def moment_of(value: Any) -> datetime | None:
    """A time in UTC: RFC 3339 and its looser relatives, RFC 2822, or a Unix time in seconds or milliseconds.

    A time without a zone is taken for UTC, a date for its midnight. None for anything else, and outside of
    the years 1900 to 2199.
    """
    if isinstance(value, dict):
        value = value.get("@value")
    try:
        moment = _parse_moment(value)
        if moment is None:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _parse_moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        return _parse_time(value.strip()) if len(value) <= 64 else None
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return _EPOCH + timedelta(seconds=value / 1000 if value > 1e11 else value)
    return None


def _parse_time(text: str) -> datetime | None:
    if not text or not text.isascii():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if _NUMBER.fullmatch(text):
        return _parse_moment(float(text))
    if text[10:11] in ("T", "t", " ") and text[16:19] == ":60":  # a leap second
        return datetime.fromisoformat(text[:16] + ":59" + text[19:])
    return parsedate_to_datetime(text)
