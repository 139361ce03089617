"""What the documentation shows as an example works: YAML, JSON and Python are sound, watches hold to their examples."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.configuration import load_configuration
from streams.examples import run_examples
from tests.configurations import ENVIRON, SMALL, write

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of every block of code in a language."""
    return [
        (page.relative_to(ROOT).as_posix(), block)
        for page in PAGES
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    ]


@pytest.mark.parametrize(("page", "block"), blocks("yaml"))
def test_yaml_is_sound(page: str, block: str) -> None:
    assert yaml.safe_load(block), page


@pytest.mark.parametrize(("page", "block"), blocks("json"))
def test_json_is_sound(page: str, block: str) -> None:
    assert json.loads(block), page


@pytest.mark.parametrize(("page", "block"), blocks("python"))
def test_python_compiles(page: str, block: str) -> None:
    compile(block, page, "exec")


def examples_of(key: str) -> list[tuple[str, dict[str, Any]]]:
    found = [(page, yaml.safe_load(block)) for page, block in blocks("yaml")]
    return [(page, value) for page, value in found if isinstance(value, dict) and key in value]


@pytest.mark.parametrize(("page", "value"), examples_of("watches"))
def test_watches_are_sound_and_hold_to_their_examples(
    page: str, value: dict[str, Any], tmp_path: Path
) -> None:
    configuration = load_configuration(write(tmp_path, {"watches.yaml": value}), ENVIRON)
    results = list(run_examples(configuration, datetime(2026, 3, 7, tzinfo=UTC)))
    assert len(results) >= 2, page
    assert [result.place for result in results if not result.ok] == []


@pytest.mark.parametrize(("page", "value"), [*examples_of("broker"), *examples_of("endpoints")])
def test_settings_and_endpoints_are_sound(page: str, value: dict[str, Any], tmp_path: Path) -> None:
    name = "endpoints" if "endpoints" in value else "tocsin"
    files = SMALL | {f"{name}.yaml": value, "watches.yaml": "watches: []"}
    assert load_configuration(write(tmp_path, files), {}, resolve_secrets=False), page
