"""An article as it is read: the value, and its making from the bytes of a message.

The way of a message: its bytes become a JSON object (`decode`), the object gets the usual names (`shapes`), its fields
are checked and bounded (`fields`), HTML becomes text (`html`). docs/articles.md tells senders all of this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from agents.reading.credits import credit_of
from agents.reading.decode import decode_object
from agents.reading.fields import (
    MAX_ID,
    canonical_url,
    host_of,
    id_of,
    language_of,
    moment_of,
    name_of,
    names_of,
    text_of,
    url_of,
)
from agents.reading.fold import fold, fold_text
from agents.reading.html import html_to_text, readable_text
from agents.reading.sentences import after_space
from agents.reading.shapes import HTML_BODIES, PLAIN_BODIES, Given, Json, given_fields, with_usual_names
from streams.errors import UnreadableArticle
from streams.ids import derive_id

_FIELDS_SHOWN: Final = 8
"""How many fields of an article without a text are named to its sender."""

T = TypeVar("T")

_MAX_REPETITIONS: Final = 8
_ALONE: Final = re.compile(r"[^\S\n]*[.!?…:|–—-]*[^\S\n]*(?:[\r\n\u2028\u2029]|\Z)|[.!?…]+\s")
_WORDS_OF_A_SENTENCE: Final = 4
_AROUND_CREDIT: Final = " -|·•:"
_MAX_CREDIT: Final = 64


@dataclass(frozen=True, slots=True)
class Article:
    """One article.

    `title` and `body` are the texts that all offsets of evidence point into, in code points: as they were
    sent, or, where the body was HTML, the text that it was reduced to. `body_start` is where reading the
    body begins: after repetitions of the title at its head. `language` is the BCP 47 tag that the sender
    gave ("" for none).
    """

    id: str
    title: str
    body: str
    body_start: int = 0
    url: str | None = None
    source: str | None = None
    language: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def characters(self) -> int:
        """The length of its texts."""
        return len(self.title) + len(self.body)


def read_article(raw: bytes | None) -> Article:
    """Make the article that a message holds. Raises UnreadableArticle with the reason, and nothing else."""
    return article_of(decode_object(raw))


def article_of(item: Json) -> Article:
    """Make the article that a JSON object holds. Raises UnreadableArticle."""
    given = given_fields(with_usual_names(item))
    title, body = _title(given), _body(given)
    if not (title.strip() or body.strip()):
        raise UnreadableArticle(
            "no-text",
            f"the article has neither a title nor a body{_instead(item, given)}: give at least one of them",
            "body",
        )
    url = _first(given, "url", url_of)
    source = _first(given, "source", _source_of) or (host_of(url) if url else None)
    published_at = _first(given, "published_at", moment_of)
    return Article(
        id=_id(_first(given, "id", id_of), url, (source or "", title, body), published_at),
        title=title,
        body=body,
        body_start=body_start(title, body),
        url=url,
        source=source,
        language=_first(given, "language", language_of) or "",
        published_at=published_at,
        updated_at=_first(given, "updated_at", moment_of),
        authors=_first(given, "authors", _authors_of) or (),
        tags=_first(given, "tags", _tags_of) or (),
    )


def _instead(item: Json, given: Given) -> str:
    """The fields of an article that has none for text; it may be misspelt."""
    if given.get("title") or given.get("body"):
        return ""
    shown = ", ".join(repr(name[:30]) for name in [*item][:_FIELDS_SHOWN])
    return f" (its fields: {shown}{', …' if len(item) > _FIELDS_SHOWN else ''})" if item else ""


def _source_of(value: Any) -> str:
    return name_of(value, "source")


def _authors_of(value: Any) -> tuple[str, ...]:
    return names_of(value, "authors")


def _tags_of(value: Any) -> tuple[str, ...]:
    return names_of(value, "tags")


def _first(given: Given, field: str, read: Callable[[Any], T]) -> T | None:
    """The first usable value of a field."""
    for _, value in given.get(field, ()):
        if result := read(value):
            return result
    return None


def _named_text(given: Given, field: str) -> tuple[str, str]:
    """The name and text of a text field: the first that has something in it, else the first given.

    Raises UnreadableArticle where none of the values is a text, and one cannot be read as such.
    """
    first = unreadable = None
    for name, value in given.get(field, ()):
        try:
            text = text_of(value, name)
        except UnreadableArticle as error:
            if error.reason != "bad-field":
                raise
            unreadable = unreadable or error
        else:
            if text and not text.isspace():
                return name, text
            first = first or (name, text)
    if unreadable is not None:
        raise unreadable
    return first or (field, "")


def _title(given: Given) -> str:
    _, text = _named_text(given, "title")
    readable = readable_text(text)
    return text if readable == text else " ".join(readable.split())


def _body(given: Given) -> str:
    name, text = _named_text(given, "body")
    if name in PLAIN_BODIES:
        return text
    return html_to_text(text) if name in HTML_BODIES else readable_text(text)


def _id(
    given: str | None, url: str | None, content: tuple[str, str, str], published_at: datetime | None
) -> str:
    if given and len(given) <= MAX_ID and given.isprintable():
        return given
    if given:
        return derive_id("art", "id", given)
    if url:
        return derive_id("art", "url", canonical_url(url))
    # An order to leave may be given in the same words a day later.
    when = () if published_at is None else (published_at.isoformat(),)
    return derive_id("art", "content", *content, *when)


def body_start(title: str, body: str) -> int:
    """Where reading the body begins: after repetitions of the title at its head, white space and case aside.

    A sentence that merely begins with the words of the title is not a repetition. The credit that a title may end with
    can be missing there, or stand behind it, as in the feeds of search engines.
    """
    start = _behind(title, body)
    if start:
        return start
    named = credit_of(title)
    start = _behind(title[:named], body) if named < len(title) else 0
    if not start:
        return 0  # nearly always
    credit = fold(title[named:]).strip(_AROUND_CREDIT)
    return len(body) if fold(body[start : start + _MAX_CREDIT]).strip() == credit else start


def _behind(title: str, body: str) -> int:
    """Where repetitions of the title at the head of the body end."""
    at = after_space(body, 0)
    if fold(title[:32]).lstrip()[:1] != fold(body[at : at + 1])[:1]:
        return 0  # nearly always
    words = fold(title).split()
    if words:
        words[-1] = words[-1].rstrip(".") or words[-1]
    start = 0
    for _ in range(_MAX_REPETITIONS if words else 0):
        at = after_space(body, start)
        end = _end_of(words, body, at, len(title))
        if end is None or not _stands_alone(words, body, end, len(title)):
            break
        start = end
    return _after_title(body, start) if start else 0


def _after_title(body: str, end: int) -> int:
    closed = _ALONE.match(body, end)
    return after_space(body, closed.end() if closed else end)


def _end_of(words: list[str], body: str, start: int, length: int) -> int | None:
    """Where the title that stands at `start` of the body ends; None if it does not stand there."""
    if fold(body[start : start + 1])[:1] != words[0][:1]:
        return None
    folded = fold_text(body[start : start + 2 * length + 64])
    at = 0
    for word in words:
        at = after_space(folded.text, at)
        if not folded.text.startswith(word, at):
            return None
        at += len(word)
    return start + folded.span(0, at)[1]


def _stands_alone(words: list[str], body: str, end: int, length: int) -> bool:
    if _ALONE.match(body, end):
        return True
    following = after_space(body, end)
    if following == end:
        return False
    if _end_of(words, body, following, length) is not None:
        return True
    return len(words) >= _WORDS_OF_A_SENTENCE and body[following : following + 1].isupper()
