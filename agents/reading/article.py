"""An article as it is read: the value, and its making from the bytes of a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Article:
    """One article.

    `title` and `body` are the texts that all offsets of evidence point into, in code points: as they were sent, or,
    where the body was HTML, the text that it was reduced to. `body_start` is where reading the body begins: after
    repetitions of the title at its head. `language` is the BCP 47 tag that the sender gave ("" for none).
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


def read_article(raw: bytes | None) -> Article:
    """Make the article that a message holds. Raises UnreadableArticle with the reason."""
    raise NotImplementedError
