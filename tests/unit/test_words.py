"""The words of the sample's topics: nothing twice, and no stem so short that any word begins so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from agents.reading.fold import fold
from agents.reading.taxonomy import Phrases
from tests import sample

SHORTEST_STEM = 4
"""Letters before the `*` of a word that opens the gate."""


def _classes() -> Iterator[tuple[str, Phrases]]:
    """Every class of phrases, by topic, language and name."""
    for topic in sample.taxonomies().topics:
        for language, words in topic.languages.items():
            yield f"{topic.topic} {language} strong", words.strong
            yield f"{topic.topic} {language} likely", words.likely
            yield f"{topic.topic} {language} weak", words.weak
            yield f"{topic.topic} {language} never", words.never
            for kind, named in (("part", words.parts), ("stage", words.stages)):
                for name, phrases in named.items():
                    yield f"{topic.topic} {language} {kind} {name}", phrases
    for language, named in sample.taxonomies().context.items():
        for name, phrases in named.items():
            yield f"context {language} {name}", phrases


@cache
def classes() -> dict[str, Phrases]:
    return dict(_classes())


def test_no_phrase_stands_twice_in_a_class() -> None:
    for name, phrases in classes().items():
        counted = Counter(" ".join(fold(phrase).replace("-", " ").split()) for phrase in phrases)
        assert [phrase for phrase, times in counted.items() if times > 1] == [], name


def test_no_stem_of_the_gate_is_too_short() -> None:
    for name, phrases in classes().items():
        if name.endswith((" strong", " likely")):
            stems = [phrase.rstrip("*") for phrase in phrases if phrase.endswith("*") and " " not in phrase]
            assert [stem for stem in stems if len(fold(stem)) < SHORTEST_STEM] == [], name


def test_no_phrase_is_in_two_strengths_of_a_topic() -> None:
    for name, strong in classes().items():
        if name.endswith(" strong"):
            start = name.removesuffix("strong")
            likely, weak = classes()[f"{start}likely"], classes()[f"{start}weak"]
            assert not set(strong) & set(likely), name
            assert not set(likely) & set(weak), name
            assert not set(strong) & set(weak), name
