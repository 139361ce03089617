"""The documentation says every key and its default as the models have them, and its references lead somewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from agents.reading.taxonomy import load_taxonomies
from alerting.endpoint import Breaker, Endpoint
from alerting.watch import Watch, duration
from streams.settings import BrokerSettings, ServiceSettings, TopicSettings

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
WATCHES = (ROOT / "docs" / "watches.md").read_text(encoding="utf-8")


def table(page: str, before: str) -> dict[str, str]:
    """Key and default of each row of the first table behind a text."""
    lines = page[page.index(before) :].splitlines()
    rows: dict[str, str] = {}
    for line in lines:
        if line.startswith("| `"):
            key, default, *_ = [cell.strip() for cell in line.strip("|").split(" | ")]
            rows[key.strip("`")] = default
        elif rows:
            break
    return rows


def as_documented(value: str) -> Any:
    """A default as the models would hold it."""
    text = value.strip("`")
    if value in ("none", "empty", "all", "see below"):
        return None
    if text in ("true", "false"):
        return text == "true"
    return text


def same(documented: str, default: Any) -> bool:
    value = as_documented(documented)
    if default in (None, (), {}, "") or isinstance(default, BaseModel):
        return value is None
    if isinstance(default, timedelta):
        return bool(duration(value) == default)
    if isinstance(default, tuple):
        parts = str(value).split(", ")
        return all(same(part, each) for part, each in zip(parts, default, strict=True))
    return str(value) == str(default)


@pytest.mark.parametrize(
    ("page", "before", "model"),
    [
        (CONFIGURATION, "### `broker`", BrokerSettings),
        (CONFIGURATION, "### `topics`", TopicSettings),
        (CONFIGURATION, "### `service`", ServiceSettings),
        (CONFIGURATION, "A list `endpoints`", Endpoint),
        (CONFIGURATION, "`breaker`:\n", Breaker),
        (WATCHES, "**Every condition", Watch),
    ],
    ids=["broker", "topics", "service", "endpoints", "breaker", "watches"],
)
def test_every_key_is_documented_with_its_default(page: str, before: str, model: type[BaseModel]) -> None:
    rows = table(page, before)
    assert list(rows) == list(model.model_fields)
    for key, field in model.model_fields.items():
        if field.is_required():
            assert rows[key] == "required", key
        else:
            default = field.get_default(call_default_factory=True)
            assert default is not PydanticUndefined
            assert same(rows[key], default if not isinstance(default, bool) else str(default).lower()) or (
                as_documented(rows[key]) == default
            ), (key, rows[key], default)


def test_the_stages_are_those_of_the_taxonomy() -> None:
    stages = load_taxonomies(ROOT / "deploy" / "config" / "topics").stages()
    rows = table(WATCHES, "| topic | stages |")
    assert {topic: re.findall(r"`(\w+)`", names) for topic, names in rows.items()} == {
        topic: list(names) for topic, names in stages.items() if topic in rows
    }
    assert set(rows) == {"ceasefire", "mediation", "evacuation"}
