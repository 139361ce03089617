"""Configuration folders for tests: a sound one, of which each test changes what it is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from streams.configuration import Configuration, load_configuration
from streams.errors import ConfigurationError
from tests.taxonomies import CONTEXT, TRUCE

SECRET = "whsec_dG9jc2luLXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGVzISE="
ADA: Final = {"id": "ada-lovelace", "kind": "person", "name": "Ada Lovelace"}

SMALL: Final[dict[str, Any]] = {
    # As JSON, which is YAML too: codes stay text, and a value that stands twice is written out twice.
    "topics/truce.yaml": json.dumps(TRUCE),
    "topics/context/en.yaml": json.dumps(CONTEXT["en"]),
    "actors/persons.yaml": json.dumps({"actors": [ADA]}),
}
"""Topics and actors that are quick to build, for tests that are not about words."""

ENVIRON = {"DESK_URL": "https://hooks.example/in", "DESK_SECRET": SECRET}


def watch(**changes: Any) -> dict[str, Any]:
    value = {
        "id": "truce",
        "title": "Truce",
        "query": "ceasefire",
        "notify": ["desk"],
        "examples": [{"text": "A ceasefire was agreed.", "match": True}],
    }
    return {key: part for key, part in (value | changes).items() if part is not None}


def endpoint(**changes: Any) -> dict[str, Any]:
    value = {"id": "desk", "url": "env:DESK_URL", "secrets": ["env:DESK_SECRET"]}
    return {key: part for key, part in (value | changes).items() if part is not None}


def write(folder: Path, files: Mapping[str, Any] | None = None) -> Path:
    """A sound folder with some files replaced: text as it is, values as YAML, None: not there."""
    contents: dict[str, Any] = {
        "tocsin.yaml": {"broker": {"servers": ["kafka.example:9092"]}},
        "watches.yaml": {"watches": [watch()]},
        "endpoints.yaml": {"endpoints": [endpoint()]},
    }
    for name, content in (contents | dict(files or {})).items():
        if content is None:
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(
                content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
            )
    return folder


def load(folder: Path, files: Mapping[str, Any] | None = None, **environ: str) -> Configuration:
    """Load such a folder; where it has no topics or no actors, with those of `SMALL` and not the sample's."""
    given = dict(files or {})
    own = {name.partition("/")[0] for name in given} | {path.name for path in folder.iterdir()}
    small = {name: content for name, content in SMALL.items() if name.partition("/")[0] not in own}
    return load_configuration(write(folder, small | given), ENVIRON | environ)


def faults(folder: Path, files: Mapping[str, Any] | None = None, **environ: str) -> list[str]:
    """What is wrong with such a folder, as `file: key: message`; nothing where nothing is."""
    try:
        load(folder, files, **environ)
    except ConfigurationError as error:
        return [f"{fault.file}: {fault.key}: {fault.message}" for fault in error.faults]
    return []
