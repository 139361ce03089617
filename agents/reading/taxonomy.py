"""Taxonomies: what each topic sounds like, as data. A user adds a topic by writing a file.

`topics/` holds one file for a topic (`sanctions.yaml`, its words under `languages`) or a folder (`ceasefire/topic.yaml`
and a file of words for each language), the folder `context/` with a file of surroundings for each language, and
`weights.yaml`, how much each feature counts. docs/taxonomy-format.md tells the format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, Field, model_validator

from agents.reading.choices import spelled_out
from agents.reading.plain_spellings import plain_spelling
from streams.config_values import Identifier, Part
from streams.visible_files import is_yaml
from streams.wire import Codes


def _flat(spelled: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(chain.from_iterable(spelled))


Phrases = Annotated[tuple[Annotated[str, AfterValidator(spelled_out)], ...], AfterValidator(_flat)]
"""Phrases, those with choices spelled out; a fault names the phrase as it is written."""
Strength = Literal["strong", "likely", "weak"]

SUPPORTING: Final = ("armed", "interstate", "danger", "authority")
"""Classes of context that speak for news of a conflict or a danger."""

GRAMMAR: Final = ("negation", "contrast", "modal", "future", "past", "saying")
"""Classes of context that say how something is said."""

EARNEST: Final = "earnest"
"""The class of phrases that say that something is what it seems (`not a drill`, `drill turned real`). Words of other
classes in them do not count, and `never` phrases that share words with them take nothing away.
"""

LINK: Final = "link"
"""The class of phrases that open a line which leads elsewhere (`Read also`). All other classes are about something
else.
"""

CONTEXT: Final = "context"
WEIGHTS: Final = "weights"
TOPIC: Final = "topic"


class StageCodes(Part):
    """CAMEO codes of a topic's stages; IPTC and GDELT codes of the topic."""

    cameo: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    iptc: tuple[str, ...] = ()
    gdelt: tuple[str, ...] = ()


class Pattern(Part):
    """Parts that together are a cue, in any order, each within so many characters of the one before."""

    parts: Annotated[tuple[Identifier, ...], Field(min_length=2, max_length=4)]
    within: Annotated[int, Field(ge=1, le=200)] = 50
    strength: Strength = "likely"


class TopicWords(Part):
    """How one topic sounds in one language.

    `strong` phrases name it, `likely` ones often do, `weak` ones count among others; `never` phrases take away
    what they overlap. `parts` are the word classes of the topic's patterns. `denied` are words that speak for a stage
    behind a word of denial only (`not respected`), whatever the topic says of theirs.
    """

    strong: Phrases = ()
    likely: Phrases = ()
    weak: Phrases = ()
    never: Phrases = ()
    parts: Mapping[str, Phrases] = Field(default_factory=dict)
    stages: Mapping[str, Phrases] = Field(default_factory=dict)
    denied: Mapping[str, Phrases] = Field(default_factory=dict)

    def in_language(self, language: str) -> TopicWords:
        """The same with all spellings of a language."""
        return self.model_copy(
            update={
                name: _spelt(value, language)
                if isinstance(value, tuple)
                else {key: _spelt(own, language) for key, own in value.items()}
                for name, value in self
            }
        )


class TopicFile(Part):
    """One topic: its stages and codes, the patterns of its parts, and its words by language.

    `denied` names the stage that the words of another speak for behind a word of denial (`not extended`).
    """

    topic: Identifier
    stages: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    default_stage: Identifier
    denied: Mapping[Identifier, Identifier] = Field(default_factory=dict)
    support: tuple[Identifier, ...] = SUPPORTING
    patterns: tuple[Pattern, ...] = ()
    codes: StageCodes = StageCodes()
    languages: Mapping[str, TopicWords] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _stages_are_known(self) -> TopicFile:
        known = set(self.stages)
        if self.default_stage not in known:
            raise ValueError(f"default_stage {self.default_stage!r} is none of the stages")
        for language, words in self.languages.items():
            for stage in (*words.stages, *words.denied):
                if stage not in known:
                    raise ValueError(f"{language}: {stage!r} is none of the stages")
        for stage in (*self.denied.keys(), *self.denied.values()):
            if stage not in known:
                raise ValueError(f"denied: {stage!r} is none of the stages")
        return self


class ContextWords(Part):
    """A file of `context/`: phrases by class, in one language."""

    classes: Mapping[str, Phrases] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_flat(cls, value: Any) -> Any:
        return {"classes": value} if isinstance(value, Mapping) and "classes" not in value else value


class TopicWeights(Part):
    """A linear model: what a topic's features count, and for each stage what its own count."""

    bias: float
    features: Mapping[str, float]
    stages: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)


class WeightsFile(Part):
    """The file `topics/weights.yaml`: weights by topic; `default` are those of a topic without its own."""

    weights: Mapping[str, TopicWeights]


@dataclass(frozen=True, slots=True)
class Taxonomies:
    """All topics, the context words by language, and the weights by topic."""

    topics: tuple[TopicFile, ...]
    context: Mapping[str, Mapping[str, Phrases]]
    weights: Mapping[str, TopicWeights] = field(default_factory=dict)

    def stages(self) -> dict[str, tuple[str, ...]]:
        """The stages of each topic."""
        return {topic.topic: topic.stages for topic in self.topics}

    def codes(self, topic: TopicFile, stage: str) -> Codes:
        """The codes of a topic at a stage."""
        return Codes(cameo=topic.codes.cameo.get(stage, ()), iptc=topic.codes.iptc, gdelt=topic.codes.gdelt)


def model_of(path: Path) -> type[Part]:
    """What a file of the folder must be, by its path in it."""
    if path.parts[0] == CONTEXT:
        return ContextWords
    if len(path.parts) > 1:
        return TopicFile if path.stem == TOPIC else TopicWords
    return WeightsFile if path.stem == WEIGHTS else TopicFile


def _read(path: Path) -> Any:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def load_taxonomies(folder: Path, read: Callable[[Path], Any] = _read) -> Taxonomies:
    """Read a folder of topics; `read` gives the value of a file.

    Raises OSError, yaml.YAMLError, ValidationError (a ValueError).
    """
    topics = []
    context: dict[str, Mapping[str, Phrases]] = {}
    weights: Mapping[str, TopicWeights] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and path.name == CONTEXT:
            context = {
                file.stem: {
                    name: _spelt(phrases, file.stem)
                    for name, phrases in ContextWords.model_validate(read(file)).classes.items()
                }
                for file in _yaml_files(path)
            }
        elif path.is_dir():
            topics.append(_topic_of(path, read))
        elif is_yaml(path):
            value = read(path)
            if path.stem == WEIGHTS:
                weights = WeightsFile.model_validate(value).weights
            else:
                topics.append(_with_spellings(TopicFile.model_validate(value)))
    return Taxonomies(tuple(topics), context, weights)


def _topic_of(folder: Path, read: Callable[[Path], Any]) -> TopicFile:
    value: Any = None
    languages: dict[str, Any] = {}
    for path in _yaml_files(folder):
        if path.stem == TOPIC:
            value = read(path)
        else:
            languages[path.stem] = read(path) or {}
    if not isinstance(value, dict):
        raise ValueError(f"{folder.name}: the folder of a topic needs a file topic.yaml")
    languages = {**value.get("languages", {}), **languages}
    return _with_spellings(TopicFile.model_validate({**value, "languages": languages}))


def _spelt(phrases: Phrases, language: str) -> Phrases:
    return (*phrases, *(spelt for phrase in phrases if (spelt := plain_spelling(phrase, language))))


def _with_spellings(topic: TopicFile) -> TopicFile:
    spelt = {language: words.in_language(language) for language, words in topic.languages.items()}
    return topic.model_copy(update={"languages": spelt})


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if is_yaml(path) and not path.name.startswith("."))
