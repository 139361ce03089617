"""`streams`, `agents` and `alerting` are common names: only Tocsin may provide them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from streams.errors import UsageError
from streams.installation import PACKAGES, check_installation


def another_distribution(folder: Path, package: str) -> Path:
    """The metadata of an installed distribution that says it provides `package`."""
    metadata = folder / "other_news_kit-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-news-kit\nVersion: 1.0\n")
    (metadata / "top_level.txt").write_text(f"{package}\n")
    return folder


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_provides_our_packages(package: str) -> None:
    assert set(packages_distributions().get(package, ())) <= {"tocsin"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_second_provider_is_named(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_installation()
    monkeypatch.syspath_prepend(str(another_distribution(tmp_path, package)))
    with pytest.raises(UsageError, match=f"'{package}'.*other-news-kit.*an environment of its own"):
        check_installation()


@pytest.mark.parametrize("command", ["worker", "up"])
def test_starting_says_so_plainly(command: str, tmp_path: Path) -> None:
    other = another_distribution(tmp_path, "alerting")
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", command],
        env={**os.environ, "PYTHONPATH": str(other)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("tocsin: the package 'alerting' is also provided by other-news-kit")
    assert "Traceback" not in done.stderr
