"""No reference in the documentation or in the code leads nowhere: links, files, commands, options, targets."""

from __future__ import annotations

import ast
import os
import re
import shlex
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from streams.cli import app

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".venv", ".git", "target", "__pycache__", "node_modules", "results"}
CODE = (".py", ".yaml", ".yml", ".toml", ".sh", ".json", ".example", ".txt")
FOLDERS = ("agents", "alerting", "benchmarks", "deploy", "docs", "streams", "tests")


def files(*suffixes: str) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = set(folders) - SKIPPED  # they are not gone into
        found += [Path(folder, name) for name in names]
    return sorted(path for path in found if path.is_file() and path.suffix in suffixes)


PAGES = files(".md")
SOURCES = [*files(*CODE), ROOT / "Makefile", ROOT / "deploy" / "Dockerfile", ROOT / ".ci" / "run"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@lru_cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that a forge gives to the headings of a page."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL), re.MULTILINE)
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    )


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"```.*?```", "", text(page), flags=re.DOTALL)


def spans(page: Path) -> list[str]:
    """Everything that stands in backticks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


@pytest.mark.parametrize(
    "package",
    [
        "agents",
        "agents/reading",
        "alerting",
        "alerting/formats",
        "streams",
        "streams/cli",
        "streams/config_files",
        "streams/kafka_client",
    ],
)
def test_the_map_of_a_package_names_what_is_in_it(package: str) -> None:
    folder = ROOT / package
    inside = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    opening = ast.get_docstring(ast.parse(text(folder / "__init__.py"))) or ""
    assert set(re.findall(r"`(\w+)`", opening)) == inside - {"__init__", "__main__"}


def test_no_file_holds_both_sides_of_a_conflict() -> None:
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [name(path) for path in [*PAGES, *SOURCES] if marks.search(text(path))] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{name(page)}: {target}"
        if anchor and linked.suffix == ".md":
            assert anchor in anchors(linked), f"{name(page)}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    for span in spans(page):
        if re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./-]+\.\w+", span):
            assert (ROOT / span).exists(), f"{name(page)}: {span}"


def test_every_page_that_the_code_names_is_there() -> None:
    dangling = {
        f"{name(source)}: {mentioned}"
        for source in SOURCES
        if source != Path(__file__)
        for mentioned in re.findall(r"(?<![\w/])docs/[\w./-]*\.[a-z]+\b", text(source))
        if not (ROOT / mentioned).exists()
    }
    assert dangling == set()


def command_lines(page: Path) -> list[str]:
    """The calls of `tocsin` on a page: in backticks, and in blocks of the console."""
    found = [span for span in spans(page) if span.startswith("tocsin ")]
    for block in re.findall(r"```(?:console|bash|sh)\n(.*?)```", text(page), re.DOTALL):
        for line in block.splitlines():
            called = re.search(r"(?:^|\$ |\| )(tocsin [^|#]*)", line)
            if called:
                found.append(called[1])
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    group: Any = typer.main.get_command(app)
    for line in command_lines(page):
        words = [word for word in shlex.split(line)[1:] if word != "…"]
        command = group
        while words and hasattr(command, "list_commands") and not words[0].startswith("-"):
            command = command.get_command(None, words.pop(0))
            assert command is not None, f"{name(page)}: {line}"
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in words:
            if word.startswith("--") and word != "--help":
                assert word.partition("=")[0] in known, f"{name(page)}: {line}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / ".ci" / "run"], ids=name)
def test_every_make_target_on_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for target in re.findall(r"`make ([a-z-]+)", text(page)):
        assert target in targets, f"{name(page)}: make {target}"


def test_every_target_of_the_makefile_says_what_it_is_for() -> None:
    makefile = text(ROOT / "Makefile")
    targets = re.findall(r"^([a-z-]+):(?!=)(.*)$", makefile, re.MULTILINE)
    assert targets
    assert [target for target, rest in targets if "## " not in rest] == []
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert {target for target, _ in targets} == set(phony.split())


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        for target in re.findall(r"\]\(([^)\s#]+)", prose(page)):
            if not re.match(r"[a-z]+:", target):
                waiting.append((page.parent / target).resolve())
    unreached = {name(page) for page in PAGES if page.is_relative_to(ROOT / "docs")} - {
        name(page) for page in reached
    }
    assert unreached == set()


def test_every_folder_of_tests_is_told_to_contributors() -> None:
    page = text(ROOT / "CONTRIBUTING.md")
    folders = {
        path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and not path.name.startswith("__")
    }
    assert {folder for folder in folders if f"`tests/{folder}/`" not in page} <= {"fixtures"}
