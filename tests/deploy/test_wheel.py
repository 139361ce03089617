"""The wheel is the whole of Tocsin: it runs from anywhere, with the sample configuration and articles in it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into, away from the sources."""
    folder = tmp_path_factory.mktemp("installed")
    arguments = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(folder), str(wheel)]
    subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *arguments],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Run Python with the installed wheel before everything else, in an empty folder."""

    def run(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**environ, "PYTHONPATH": str(installed)},
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_holds_the_sample_configuration_and_articles(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"streams/_sample/config/{name}" for name in names(ROOT / "deploy" / "config")}
    expected |= {f"streams/_sample/articles/{name}" for name in names(ROOT / "deploy" / "samples")}
    assert expected <= held


def test_the_wheel_holds_packages_metadata_and_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"streams", "agents", "alerting"}


def test_the_wheel_is_typed_and_has_its_licence(wheel: Path) -> None:
    held = zipfile.ZipFile(wheel).namelist()
    for name in ("streams/py.typed", "agents/py.typed", "alerting/py.typed", "licenses/LICENSE"):
        assert any(path.endswith(name) for path in held), name


def test_the_installed_packages_are_those_of_the_wheel(run: Run, installed: Path) -> None:
    done = run(
        "-c",
        "import streams, agents, alerting as a; print(streams.__file__, agents.__file__, a.__file__, sep='\\n')",
    )
    assert [Path(path).parent.parent for path in done.stdout.splitlines()] == [installed] * 3, done.stderr


def test_check_passes_from_the_wheel_alone(run: Run) -> None:
    done = run("-m", "streams.cli", "check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_explain_reads_an_article_from_the_wheel_alone(run: Run) -> None:
    article = (
        '{"title": "Army and rebels sign ceasefire", "body": "The army and the rebels signed a ceasefire."}'
    )
    done = run("-m", "streams.cli", "explain", "--json", "-", given=article + "\n")
    assert done.returncode == 0, done.stderr
    assert '"ceasefire"' in done.stdout
