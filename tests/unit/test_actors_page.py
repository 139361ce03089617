"""docs/actors.md: its example is a registry that works as the page says, and every key is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.reading.actors import ActorMatcher
from agents.reading.article import Article
from agents.reading.automaton import LiteralTable
from agents.reading.registry import Actor, RegistryFile, load_registry
from agents.reading.scene import Scene

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "actors.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("actors")
    (example,) = re.findall(r"```yaml\n(actors:\n.*?)```", PAGE, re.DOTALL)
    (folder / "own.yaml").write_text(example, encoding="utf-8")
    table = LiteralTable()
    matcher = ActorMatcher(load_registry(folder), table)
    automaton = table.build()

    def named(body: str) -> dict[str, str]:
        scene = Scene(Article("a", "", body), automaton)
        found = matcher.find(scene.title.folded, scene.body.folded, scene.title.found, scene.body.found)
        return {actor.id: actor.match for actor in found}

    return named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The envoy Elena Marinova arrived.", {"elena-marinova": "exact"}),
        ("The talks were led by Marinova.", {"elena-marinova": "alias"}),
        ("Про це заявила Олена Марінова.", {"elena-marinova": "exact"}),
        ("The Valdrian army withdrew.", {"valdria": "alias"}),
        ("Castelmar said it would answer.", {"valdria": "alias"}),
        ("He flew with Valdria Airlines.", {}),
        ("The CCG met again.", {"coastal-contact-group": "alias"}),
    ],
)
def test_the_example_of_the_page_is_found(named, text: str, expected: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    assert named(text) == expected


def test_every_key_is_explained() -> None:
    for key in (*Actor.model_fields, *RegistryFile.model_fields):
        if key != "actors":
            assert f"| `{key}` |" in PAGE, key
