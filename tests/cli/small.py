"""A configuration that is quick to build: topics and actors of one file each, for tests that are not about words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.unit.configurations import write
from tests.unit.taxonomies import CONTEXT, TRUCE

ADA: Final = {"id": "ada-lovelace", "kind": "person", "name": "Ada Lovelace"}

SMALL: Final[dict[str, Any]] = {
    # As JSON, which is YAML too: codes stay text, and a value that stands twice is written out twice.
    "topics/truce.yaml": json.dumps(TRUCE),
    "topics/context/en.yaml": json.dumps(CONTEXT["en"]),
    "actors/persons.yaml": json.dumps({"actors": [ADA]}),
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
