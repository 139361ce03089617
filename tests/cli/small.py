"""Topics and actors of one file each, for configurations of tests that are not about the words of the sample."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.taxonomies import CONTEXT, TRUCE

SMALL: Final[dict[str, Any]] = {
    "topics/truce.yaml": TRUCE,
    "topics/context/en.yaml": {name: list(words) for name, words in CONTEXT["en"].items()},
    "actors/persons.yaml": {"actors": [{"id": "ada-lovelace", "kind": "person", "name": "Ada Lovelace"}]},
}
