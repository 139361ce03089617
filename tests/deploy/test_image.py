"""The image: two stages, pinned, without rights and tools; and the lock files that it is built from."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest

from streams.app import build_app
from streams.settings import Settings, variables

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "deploy/requirements-runtime.lock", "deploy/requirements-build.lock")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = text.replace("\\\n", " ").splitlines()
    return [
        (word, " ".join(rest.split()))
        for line in lines
        if line.strip()
        for word, _, rest in [line.partition(" ")]
    ]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def of(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for found, rest in stage if found == word]


def pins(lock: str) -> dict[str, str]:
    """Name and version of everything in a lock file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def context_holds(path: str) -> bool:
    """Whether .dockerignore lets a path into the build's context: the last rule that fits decides."""
    held = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!")
            parts = Path(path).parts
            if any(fnmatch.fnmatch("/".join(parts[:end]), pattern) for end in range(1, len(parts) + 1)):
                held = line.startswith("!")
    return held


def test_each_stage_begins_with_a_slim_python_of_an_exact_version() -> None:
    bases = [rest.split()[0] for stage in stages() for rest in of(stage, "FROM")]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)


def test_the_last_stage_installs_nothing_and_holds_no_installer() -> None:
    last = stages()[-1]
    python = ".".join(of(last, "FROM")[0].removeprefix("python:").split(".")[:2])
    assert of(last, "RUN") == [
        "python -m pip uninstall --yes --root-user-action=ignore pip setuptools wheel "
        f"&& rm -r /usr/local/lib/python{python}/ensurepip"
    ]
    assert of(last, "COPY") == ["--from=build /opt/tocsin /opt/tocsin"]


def test_dependencies_are_installed_by_hash_and_tocsin_without_any() -> None:
    installs = [
        command
        for run in of(stages()[0], "RUN")
        for command in run.split(" && ")
        if re.search(r"pip .*install", command)
    ]
    assert len(installs) == 3
    assert all("--no-deps" in command for command in installs)  # the locks name everything
    assert all("--require-hashes" in command for command in installs if ".lock" in command)


def test_it_runs_as_a_numeric_user_without_rights() -> None:
    last = stages()[-1]
    (user,) = of(last, "USER")
    assert all(int(number) >= 10_000 for number in user.split(":"))
    order = [word for word, _ in last]
    assert order.index("USER") > max(index for index, word in enumerate(order) if word in ("RUN", "COPY"))


def test_it_has_a_health_check_and_starts_the_worker() -> None:
    last = stages()[-1]
    assert of(last, "ENTRYPOINT") == ['["tocsin"]']
    assert of(last, "CMD") == ['["worker"]']
    assert '["python", "-m", "streams.probe", "live"]' in of(last, "HEALTHCHECK")[0]


def test_the_variables_that_it_sets_are_settings() -> None:
    set_here = re.findall(r"(TOCSIN_\w+)=", " ".join(of(stages()[-1], "ENV")))
    assert set_here
    assert set(set_here) <= set(variables())


def test_what_is_copied_exists_and_enters_the_context() -> None:
    copied = [name for rest in of(stages()[0], "COPY") for name in rest.split()[:-1]]
    assert {"streams", "agents", "alerting"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists(), name
        assert context_holds(name), name
    for name in (
        ".git/config",
        ".env",
        "tests/builders.py",
        "streams/__pycache__/x.pyc",
        "deploy/kafka-local/pom.xml",
    ):
        assert not context_holds(name), name


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_hold_a_hash_for_every_pin_and_name_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
    assert "://" not in text
    assert "--index" not in text


def test_the_image_gets_the_versions_that_were_tested() -> None:
    tested = pins("requirements.lock")
    for lock in LOCKS[1:]:
        assert pins(lock).items() <= tested.items()


def test_the_image_gets_every_dependency_and_no_tool_of_development() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = {name.lower() for name in pins("deploy/requirements-runtime.lock")}
    needed = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["apprise"]
    assert {re.split(r"[\[<>=;~! ]", line)[0].lower() for line in needed} <= runtime
    assert not runtime & {
        "ruff",
        "mypy",
        "pytest",
        "hypothesis",
        "hatchling",
        "import-linter",
        "pip",
        "setuptools",
    }


def test_a_worker_makes_no_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build_app(Settings())._create_directories()
    assert list(tmp_path.iterdir()) == []
