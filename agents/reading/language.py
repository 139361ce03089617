"""The language of an article: what its sender says, else what py3langid (naive Bayes over bytes) takes it for."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

UNDETERMINED: Final = "und"
_LOOKED_AT: Final = 600
_LETTERS: Final = re.compile(r"(?:[^\W\d_][\W\d_]*+){8}")
"""So many letters are needed to tell a language by."""
_KNOWN: Final = tuple(
    "ar az be bg bn bs ca cs da de el en es et fa fi fr he hi hr hu hy id it ja ka kk ko ku lt lv mk ms my nl no pl ps "
    "pt ro ru sk sl so sq sr sv sw ta th tl tr uk ur uz vi zh".split()
)
"""Languages that news is told apart into; rarer ones would only be guessed wrongly."""


def identify(text: str, declared: str = "") -> str:
    """The primary language tag, such as `en`; `und` where nothing tells."""
    primary = declared.partition("-")[0].partition("_")[0].lower()
    if primary.isalpha() and 2 <= len(primary) <= 3:
        return primary
    looked_at = text[:_LOOKED_AT]
    if _LETTERS.search(looked_at) is None:
        return UNDETERMINED
    language: str = _identifier().classify(looked_at)[0]
    return language


def prepare() -> None:
    """Load the model now: who reads a stream must not stand still for it at the first article that needs it."""
    _identifier()


@cache
def _identifier() -> Any:
    # Commands that read no article, or only some that say their language, are spared most of a second.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_KNOWN)
    return identifier
