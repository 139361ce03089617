"""docs/actors.md: its example is a registry that works as the page says, and every key is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.reading.actors.matcher import ActorMatcher
from agents.reading.actors.registry import Actor, RegistryFile, load_registry
from agents.reading.fold import fold_text

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "actors.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("actors")
    own, place = re.findall(r"```yaml\n(actors:\n.*?)```", PAGE, re.DOTALL)
    (folder / "own.yaml").write_text(own, encoding="utf-8")
    (folder / "place.yaml").write_text(place, encoding="utf-8")
    (folder / "turkey.yaml").write_text(
        "actors: [{id: turkey, kind: country, name: Turkey}]", encoding="utf-8"
    )
    matcher = ActorMatcher(load_registry(folder))

    def named(body: str) -> dict[str, str]:
        return {actor.id: actor.match for actor in matcher.find(fold_text(""), fold_text(body))}

    return named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Foreign Minister Hakan Fidan arrived.", {"hakan-fidan": "exact"}),
        ("Про це заявив Гакан Фідан.", {"hakan-fidan": "exact"}),
        ("Nobody of the name of Fidan was there.", {}),
        ("The Georgian army withdrew.", {"georgia": "alias"}),
        ("Tbilisi said it would answer.", {"georgia": "alias"}),
        ("He studied at Georgia Tech.", {}),
        ("Georgia and Abkhazia agreed to talks.", {"georgia": "exact"}),
        ("A farm in Georgia grows peaches.", {}),
    ],
)
def test_the_example_of_the_page_is_found(named, text: str, expected: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    assert named(text) == expected


def test_every_key_is_told() -> None:
    for key in (*Actor.model_fields, *RegistryFile.model_fields):
        assert f"`{key}`" in PAGE or f"{key}: " in PAGE, key
