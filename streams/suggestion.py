"""Suggests what an unknown name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from streams.errors import UsageError
from streams.printable import clean


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, or all of them if they are few."""
    near = nearest(word, known)
    if near is not None:
        return f"; did you mean {near!r}?"
    return f"; known are {', '.join(sorted(known))}" if 0 < len(known) <= 30 else ""


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known name that an unknown word was probably meant to be, if any is near."""
    # A part of a name, such as the surname in an actor's id, is nearer than a word that is merely spelled alike.
    near = [name for name in known if word.lower() in name.split("-")][:1]
    near = near or difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return near[0] if near else None


def not_configured(kind: str, name: str, known: Sequence[str]) -> UsageError:
    """The error where a call names a watch or an endpoint that the configuration does not have."""
    return UsageError(f"no {kind} {clean(name)!r} in the configuration{did_you_mean(name, known)}")
