"""docs/queries.md: every row of its tables holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.reading.article import article_of
from agents.reading.query import parse_query
from agents.reading.query_ast import FIELDS
from agents.reading.reader import Reader
from alerting.watch import Watch
from streams.errors import QueryError
from tests import sample

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under a heading cell, without the heading's own."""
    found = []
    inside = False
    for line in PAGE.splitlines():
        cells = (
            [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else []
        )
        if cells[:2] == ["query", heading]:
            inside = True
        elif not cells:
            inside = False
        elif inside and not set(line) <= set("| -"):
            found.append([cells[0].strip("`"), *cells[1:]])
    return found


EXAMPLES = rows("finds")


def given(text: str) -> dict[str, str]:
    """An article as the table writes it."""
    article = {"language": "en", "title": "-", "body": "-"}
    for key, pattern in (("language", r"\[(\w\w)\] "), ("source", r"\{([^}]+)\} ")):
        if found := re.match(pattern, text):
            article[key] = found[1]
            text = text[found.end() :]
    field = "title" if text.startswith("*Title:* ") else "body"
    return article | {field: text.removeprefix("*Title:* ")}


@pytest.fixture(scope="module")
def reader() -> Reader:
    configuration = sample.configuration()
    watches = [
        Watch(id=f"row-{number}", title=query, query=query) for number, (query, *_) in enumerate(EXAMPLES)
    ]
    return Reader(taxonomies=configuration.taxonomies, registry=configuration.registry, watches=watches)


def matches(reader: Reader, number: int, text: str) -> bool:
    read = reader.read(article_of(given(text)), NOW)
    return read is not None and f"row-{number}" in read.reading.watches


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[row[0] for row in EXAMPLES])
def test_a_query_finds_what_the_page_says_and_nothing_else(reader: Reader, number: int) -> None:
    _, finds, leaves = EXAMPLES[number]
    assert matches(reader, number, finds), "should be found"
    assert not matches(reader, number, leaves), "should not be found"


@pytest.mark.parametrize(("query", "because"), rows("because"))
def test_a_query_is_refused_with_the_reason_that_the_page_gives(query: str, because: str) -> None:
    with pytest.raises(QueryError, match=re.escape(because)):
        parse_query(query)


@pytest.mark.parametrize(("query", "warning"), rows("warning"))
def test_a_query_is_warned_of_as_the_page_says(query: str, warning: str) -> None:
    assert any(warning in found for found in parse_query(query).warnings)


def test_the_tables_are_found_and_every_field_is_explained() -> None:
    assert len(EXAMPLES) > 30
    assert len(rows("because")) > 10
    assert len(rows("warning")) > 5
    for field in FIELDS:
        assert f"`{field}:`" in PAGE
