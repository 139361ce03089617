""".ci/run passes when all of it passed, and says which part did not."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

MAKE = """#!/bin/sh
echo "$1" >> "$CALLS"
[ "$1" = "$FAILS" ] && exit 2
[ "$1" = "$KILLS" ] && kill -TERM $PPID
exit 0
"""


def run(folder: Path, fails: str = "", kills: str = "") -> tuple[int, str, list[str]]:
    """Exit code, last line and the targets made, with a `make` that only takes notes."""
    make = folder / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    calls = folder / "calls"
    environ = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": str(calls), "FAILS": fails, "KILLS": kills}
    done = subprocess.run(
        [str(ROOT / ".ci" / "run")], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, (done.stdout + done.stderr).strip(), calls.read_text().split()


def test_it_passes_when_every_step_did(tmp_path: Path) -> None:
    code, said, calls = run(tmp_path)
    assert (code, calls) == (0, ["setup", "lint", "test"])
    assert said.startswith("ci: passed in")


@pytest.mark.parametrize(
    ("step", "named"), [("setup", "set-up"), ("lint", "static checks"), ("test", "tests")]
)
def test_it_stops_at_the_step_that_failed_and_names_it(tmp_path: Path, step: str, named: str) -> None:
    code, said, calls = run(tmp_path, fails=step)
    assert (code, calls[-1]) == (2, step)
    assert "FAILED" in said
    assert f"{named} (make {step})" in said


@pytest.mark.parametrize("step", ["setup", "lint", "test"])
def test_being_ended_is_no_pass(tmp_path: Path, step: str) -> None:
    code, said, _ = run(tmp_path, kills=step)
    assert code in (1, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert "passed" not in said


@pytest.mark.parametrize(("there", "made"), [(["python"], True), (["python", "pip"], False)])
def test_an_environment_whose_making_was_interrupted_is_made_again(
    tmp_path: Path, there: list[str], made: bool
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    python = tmp_path / "python"
    for program in [python, *(tmp_path / ".venv" / "bin" / name for name in there)]:
        program.write_text('#!/bin/sh\necho "$@" >> calls\n')
        program.chmod(0o755)
    command = ["make", "-s", "-C", str(tmp_path), "-f", str(ROOT / "Makefile"), f"PYTHON={python}", "setup"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert ("-m venv .venv" in (tmp_path / "calls").read_text().splitlines()) is made
