"""A small taxonomy of its own for tests of the engine: what is tested is the engine, not the words."""

from __future__ import annotations

from typing import Any, TypeVar

from agents.reading.phrases import PhraseSet
from agents.reading.taxonomy import Taxonomies, TopicFile, TopicWeights

T = TypeVar("T")

TRUCE: dict[str, Any] = {
    "topic": "truce",
    "stages": ["agreed", "broken"],
    "default_stage": "agreed",
    "support": ["armed"],
    "patterns": [{"parts": ["stop", "fighting"], "within": 30, "strength": "likely"}],
    "codes": {"cameo": {"agreed": ["0871"], "broken": ["196"]}, "iptc": ["medtop:20000073"]},
    "languages": {
        "en": {
            "strong": ["truce*", "lay ... down their arms"],
            "never": ["trade truce", "coach ... truce", "price war ... truce"],
            "parts": {"stop": ["halt*", "stop*"], "fighting": ["fighting", "shelling"]},
            "stages": {"agreed": ["agree*", "sign*"], "broken": ["broke*", "violat*"]},
        },
        "ar": {"strong": ["هدنة"], "stages": {"agreed": ["اتفق*"]}},
        "ru": {"strong": ["перемири*"], "stages": {"agreed": ["соглас*"]}},
    },
}

CONTEXT: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "armed": ("army", "rebels", "war"),
        "sport": ("club", "coach"),
        "negation": ("no", "not"),
        "contrast": ("not only",),
        "business": ("price war",),
        "earnest": ("no mere coach ... truce", "not for the club"),
    },
    "ar": {"armed": ("الجيش",)},
    "ru": {"armed": ("войн*",)},
}


def taxonomies(weights: dict[str, TopicWeights] | None = None, **changes: Any) -> Taxonomies:
    """One topic, `truce`, with some of its keys changed."""
    return Taxonomies((TopicFile.model_validate(TRUCE | changes),), CONTEXT, weights or {})


def hits(phrases: PhraseSet[T], excerpt: str) -> list[tuple[int, int, T]]:
    """Where phrases stand in a spaced excerpt (start, end), and what each of them stands for."""
    return [
        (start + 1, stop, phrase.meaning)
        for number, start, end in phrases.find(excerpt)
        for phrase in phrases.by_number[number]
        if (stop := phrase.stop(excerpt, end)) is not None
    ]
