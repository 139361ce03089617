"""Checks across the files of `topics/`, and across those of `actors/`. Each file is valid by itself.

Pure: each check notes its faults in the document that holds the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agents.reading.choices import spelled_out
from agents.reading.keywords import has_alone
from agents.reading.taxonomy import CONTEXT, SUPPORTING, TOPIC, TopicFile, model_of
from streams.config_files.yamlfile import Document, KeyPath, spell
from streams.errors import Fault
from streams.suggestion import did_you_mean

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_WITHOUT_ENDS: Final = re.compile(r"\A(?:(?!\.\.\.)[^\w*]|_)*(?:\*|\.\.\.|\Z)|\.\.\.[\W_]*\Z")
"""A phrase with no word before, or after, a `*` or a gap."""
_DEEPEST: Final = 2
"""Parts in the path of a file of `topics/`: a folder and a file."""


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a topic in one language, and their place in a file."""

    language: str
    document: Document
    path: KeyPath
    value: Mapping[str, Any]


def check_topics(documents: Mapping[Path, Document]) -> list[Fault]:
    """Check the files of `topics/`, given by their path in it; returns warnings."""
    context = _classes(documents)
    first: dict[str, Document] = {}
    warnings: list[Fault] = []
    for path, document in documents.items():
        if len(path.parts) > _DEEPEST:
            document.fault((), "this file is not read: it is a folder too deep")
        elif model_of(path) is TopicFile:
            topic = document.value["topic"]
            known = first.setdefault(topic, document)
            if known is document:
                words = [*_words_of(path, document, documents)]
                _check_topic(document, words, context)
                warnings += (warning for each in words for warning in _check_phrases(each))
            else:
                _taken(document, ("topic",), topic, known, ("topic",))
    return warnings


def _classes(documents: Mapping[Path, Document]) -> set[str]:
    """The names of all classes of context."""
    classes = set(SUPPORTING)
    for path, document in documents.items():
        if path.parts[0] == CONTEXT:
            value = document.value or {}
            classes.update(value.get("classes", value))
    return classes


def _words_of(path: Path, document: Document, documents: Mapping[Path, Document]) -> Iterator[_Words]:
    for language, value in (document.value.get("languages") or {}).items():
        yield _Words(language, document, ("languages", language), value)
    if path.stem == TOPIC and len(path.parts) == _DEEPEST:
        for other, words in documents.items():
            if other.parent == path.parent and other != path:
                yield _Words(other.stem, words, (), words.value or {})


def _check_topic(document: Document, words: Sequence[_Words], context: set[str]) -> None:
    value = document.value
    stages = value["stages"]
    for index, name in enumerate(value.get("support", ())):
        if name not in context:
            hint = did_you_mean(name, sorted(context))
            document.fault(("support", index), f"no file of {CONTEXT}/ has this class{hint}")
    for stage in value.get("codes", {}).get("cameo", {}):
        if stage not in stages:
            document.fault(("codes", "cameo", stage), f"is none of the stages{did_you_mean(stage, stages)}")
    parts = sorted({name for each in words for name in each.value.get("parts", {})})
    for index, pattern in enumerate(value.get("patterns", ())):
        for place, part in enumerate(pattern["parts"]):
            if part not in parts:
                hint = did_you_mean(part, parts)
                document.fault(("patterns", index, "parts", place), f"no language has this part{hint}")
    for each in words:
        if not _LANGUAGE.fullmatch(each.language):
            what = "must be a language tag in small letters, such as en"
            each.document.fault(each.path, what if each.path else f"the name of the file {what}.yaml")
        for stage in each.value.get("stages", {}):
            if stage not in stages:
                hint = did_you_mean(stage, stages)
                each.document.fault((*each.path, "stages", stage), f"is none of the stages{hint}")


def _check_phrases(words: _Words) -> Iterator[Fault]:
    """Check that each phrase can be found; yields warnings about those that rarely are."""
    document = words.document
    for key, value in words.value.items():
        of_keys: list[tuple[KeyPath, Sequence[str]]] = [((key,), value)]
        if isinstance(value, Mapping):
            of_keys = [((key, name), phrases) for name, phrases in value.items()]
        for below, phrases in of_keys:
            for index, phrase in enumerate(phrases):
                path = (*words.path, *below, index)
                if not _has_ends(phrase):
                    document.fault(path, "must begin and end with a word: nothing could find it")
                elif has_alone(phrase) and ("*" in phrase or "..." in phrase):
                    what = (
                        "in a script without spaces * and ... reach to the next space or mark: leave them out"
                    )
                    yield Fault(document.name, document.line(path), spell(path), what)


def _has_ends(phrase: str) -> bool:
    """Whether a phrase, however its choices are made, begins and ends with a word."""
    if phrase[:1].isalnum() and "..." not in phrase:  # nearly all, and no choice changes that
        return True
    return not any(map(_WITHOUT_ENDS.search, spelled_out(phrase)))


def check_actors(documents: Mapping[Path, Document]) -> list[Fault]:
    """Check the files of `actors/`: each id is one actor's, and each country is there. No warnings."""
    first: dict[str, tuple[Document, KeyPath]] = {}
    listed = [
        (document, ("actors", index), actor)
        for document in documents.values()
        for index, actor in enumerate((document.value or {}).get("actors", ()))
    ]
    for document, path, actor in listed:
        known, where = first.setdefault(actor["id"], (document, path))
        if known is not document or where != path:
            _taken(document, (*path, "id"), actor["id"], known, (*where, "id"))
    for document, path, actor in listed:
        country = actor.get("country")
        if country is not None and country not in first:
            document.fault((*path, "country"), f"unknown country{did_you_mean(country, sorted(first))}")
    return []


def _taken(document: Document, path: KeyPath, name: str, known: Document, where: KeyPath) -> None:
    document.fault(path, f"{name!r} is taken, see {known.name}:{known.line(where)}; an id must be unique")
