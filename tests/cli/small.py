"""A configuration that is quick to build: topics and actors of one file each, for tests that are not about words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.configurations import SMALL, write
from tests.taxonomies import CONTEXT, TRUCE

PERSONS: Final = [
    {"id": "shehbaz-sharif", "kind": "person", "name": "Shehbaz Sharif"},
    {"id": "keith-kellogg", "kind": "person", "name": "Keith Kellogg"},
]

CEASEFIRE: Final[dict[str, Any]] = {
    # As the sample's, of one language and few words, for what is shown of a topic and of an actor.
    "topics/ceasefire.yaml": json.dumps(
        TRUCE
        | {
            "topic": "ceasefire",
            "languages": {
                "en": TRUCE["languages"]["en"]
                | {"strong": ["ceasefire*", "truce*"], "stages": {"agreed": ["agree*", "sign*"]}}
            },
        }
        | {"stages": ["agreed", "violated"], "codes": {"iptc": ["medtop:20000073"]}}
    ),
    "topics/context/en.yaml": json.dumps(CONTEXT["en"]),
    "actors/persons.yaml": json.dumps({"actors": PERSONS}),
}

ENDPOINT: Final = {
    "url": "env:TOCSIN_SAMPLE_URL",
    "secrets": ["env:TOCSIN_SAMPLE_SECRET"],
    "allow_private": True,
    "allow_http": True,
}

WATCHES: Final = [
    {"id": "gaza", "title": "Gaza", "query": "gaza", "severity": "high", "notify": ["desk", "ops"]},
    {"id": "harbours", "title": "Harbours", "query": "harbour", "notify": ["desk"]},
]


def small_folder(folder: Path) -> Path:
    """A folder as the sample's: the watches `gaza` and `harbours`, the endpoints `desk` and `ops`, to one receiver."""
    endpoints = [{"id": "desk", **ENDPOINT}, {"id": "ops", "format": "slack", **ENDPOINT}]
    files = {
        "watches.yaml": json.dumps({"watches": WATCHES}),
        "endpoints.yaml": json.dumps({"endpoints": endpoints}),
    }
    return write(folder, SMALL | files)
