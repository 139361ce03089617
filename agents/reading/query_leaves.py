"""What a query may ask for: each of its leaves is held against its field, so that something can match it."""

from __future__ import annotations

import re
from typing import Final

from agents.reading.fields import is_language
from agents.reading.fold import fold
from agents.reading.keywords import stands_alone, words_of
from agents.reading.query_ast import TEXT_FIELDS, Leaf, Term
from agents.reading.wildcards import has_wildcard, letters_of, pattern_head
from streams.errors import QueryError

MAX_PHRASE: Final = 200
"""Words of a phrase."""
MIN_HEAD: Final = 2
"""Letters that must stand before a wildcard."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def check_leaf(leaf: Leaf) -> None:
    """Refuse a leaf that nothing, or everything, would match."""
    if leaf.field not in TEXT_FIELDS and isinstance(leaf, Term) and leaf.edits:
        raise QueryError(f"~ has no meaning in the field {leaf.field}", leaf.column)
    if isinstance(leaf, Term) and leaf.pattern:
        _check_pattern(leaf)
    elif leaf.field in TEXT_FIELDS:
        words = words_of(leaf.text)
        if not words:
            raise QueryError(
                f"{leaf.text[:40]!r} holds no letter or digit, so nothing could match it", leaf.column
            )
        if len(words) > MAX_PHRASE:
            raise QueryError(f"a phrase has {len(words):,} words, more than {MAX_PHRASE}", leaf.column)
    elif not leaf.text.strip():
        raise QueryError("an empty literal would match everything", leaf.column)
    elif leaf.field == "language" and not (
        _LANGUAGE.fullmatch(leaf.text.strip()) and is_language(leaf.text.strip())
    ):
        raise QueryError(f"{leaf.text[:40]!r} is no language tag such as en or pt-BR", leaf.column)


def _check_pattern(leaf: Term) -> None:
    if leaf.field in ("actor", "topic", "language"):
        raise QueryError(f"the field {leaf.field} takes no wildcard", leaf.column)
    if leaf.field not in TEXT_FIELDS:
        return
    if leaf.text[0] in "*?":
        raise QueryError(
            f"a word cannot begin with {leaf.text[0]}: the letters before it are what is searched",
            leaf.column,
        )
    head = pattern_head(leaf.text)
    *before, last = head.split("-")  # al-shab*, F-16*
    pieces = *before, last + fold(letters_of(leaf.text))[len(head) :]
    if not all(map(str.isalnum, pieces)):
        raise QueryError(
            f"{leaf.text[:40]!r}: a word with a wildcard must be letters and digits only, and hyphens before the last",
            leaf.column,
        )
    if stands_alone(pieces[-1]) and has_wildcard(leaf.text.rstrip("*")):
        raise QueryError(
            f"{leaf.text[:40]!r}: in a script without spaces between words only a * at the end is a wildcard; "
            'what may stand between two characters is for a phrase, "停 协"~3',
            leaf.column,
        )
    if len(head) < MIN_HEAD:
        raise QueryError(f"{leaf.text[:40]!r}: {MIN_HEAD} letters are needed before a wildcard", leaf.column)
