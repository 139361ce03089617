"""README shows what is printed now. Where this fails, put what the commands print on a page of 100 columns there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from streams.sample import sample_configuration
from tests.cli.conftest import Call

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.usefixtures("read_before")
def test_readme_shows_what_explain_prints(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.search(
        r"\$ cat article\.json\n(.*?)\$ tocsin explain article\.json\n(.*?)```",
        README.read_text("utf-8"),
        re.S,
    )
    assert shown is not None
    monkeypatch.setenv("COLUMNS", "100")
    printed = call("explain", "-", stdin=shown[1]).stdout
    for part in re.split(r"^ *…\n", shown[2], flags=re.M):
        assert part in printed


@pytest.mark.usefixtures("read_before")
def test_a_copy_of_the_sample_without_topics_and_actors_is_sound(call: Call, tmp_path: Path) -> None:
    """README says to begin so."""
    folder = tmp_path / "mine"
    shutil.copytree(sample_configuration(), folder, ignore=shutil.ignore_patterns("topics", "actors"))
    result = call("check", "--config", folder, "--no-secrets")
    assert result.exit_code == 0, result.output
