"""Taxonomies: what each topic sounds like, as data. A user adds a topic by writing a file.

A phrase is folded when it is loaded. It begins and ends at word boundaries; a `*` at the end of a word lets the word go
on (`evacuat*`), and ` ... ` between two parts lets up to six words stand between them (`halt ... fighting`).
docs/taxonomy-format.md tells the format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field

from alerting.watch import Identifier, Part
from streams.wire import Codes

Phrases = tuple[Annotated[str, Field(min_length=2, max_length=120)], ...]


class StageCodes(Part):
    """CAMEO codes of a topic's stages; IPTC and GDELT codes of the topic."""

    cameo: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    iptc: tuple[str, ...] = ()
    gdelt: tuple[str, ...] = ()


class TopicWords(Part):
    """How one topic sounds in one language.

    `strong` phrases suffice; `weak` ones count where the article is about a conflict or danger otherwise too;
    `never` phrases take away the strong or weak phrase that they contain.
    """

    strong: Phrases = ()
    weak: Phrases = ()
    never: Phrases = ()
    stages: Mapping[str, Phrases] = Field(default_factory=dict)


class TopicFile(Part):
    """One file of `topics/`: a topic in all its languages."""

    topic: Identifier
    stages: tuple[Identifier, ...]
    default_stage: Identifier
    needs_context: bool = True
    codes: StageCodes = StageCodes()
    languages: Mapping[str, TopicWords]


class ContextWords(Part):
    """The surroundings in one language: what speaks for a conflict or danger, and what for something else."""

    conflict: Phrases = ()
    elsewhere: Phrases = ()


class ContextFile(Part):
    """The file `topics/context.yaml`."""

    context: Mapping[str, ContextWords]


@dataclass(frozen=True, slots=True)
class Taxonomies:
    """All topics, and the context words, by language."""

    topics: tuple[TopicFile, ...]
    context: Mapping[str, ContextWords]

    def stages(self) -> dict[str, tuple[str, ...]]:
        """The stages of each topic."""
        return {topic.topic: topic.stages for topic in self.topics}

    def codes(self, topic: TopicFile, stage: str) -> Codes:
        """The codes of a topic at a stage."""
        return Codes(cameo=topic.codes.cameo.get(stage, ()), iptc=topic.codes.iptc, gdelt=topic.codes.gdelt)


def load_taxonomies(folder: Path) -> Taxonomies:
    """Read a folder of topic files and its `context.yaml`. Raises OSError, yaml.YAMLError, ValidationError."""
    topics = []
    context: Mapping[str, ContextWords] = {}
    for path in sorted(folder.glob("*.yaml")):
        value = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        if path.name == "context.yaml":
            context = ContextFile.model_validate(value).context
        else:
            topics.append(TopicFile.model_validate(value))
    return Taxonomies(tuple(topics), context)
