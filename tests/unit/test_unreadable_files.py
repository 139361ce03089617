"""What is there and cannot be read is a fault: a watch that is missing in silence is an alert that never comes."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from streams.configuration import load_configuration
from streams.errors import ConfigurationError
from tests.configurations import ENVIRON, SMALL, faults, load, watch, write


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Close a folder to this user, also where that is the one who may read everything."""
    names: set[str] = set()
    scandir = os.scandir

    def guarded(path: Any) -> Any:
        if os.path.relpath(path, tmp_path) in names:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    return names.add


@pytest.mark.parametrize("name", ["watches", "endpoints", "topics", "actors", "watches/more"])
def test_a_folder_that_may_not_be_read_is_one_fault(tmp_path: Path, closed: Any, name: str) -> None:
    closed(name)
    files = {f"{name}/a.yaml": f"{name.partition('/')[0]}: []"}
    assert faults(tmp_path, files) == [f"{name}: : the folder cannot be read: Permission denied"]


def test_what_stands_in_a_closed_folder_is_not_called_unknown(tmp_path: Path, closed: Any) -> None:
    closed("endpoints")
    watches = {"watches": [watch(notify=["elsewhere"])]}
    assert len(faults(tmp_path, {"endpoints/a.yaml": "endpoints: []", "watches.yaml": watches})) == 1


@pytest.mark.parametrize("name", ["tocsin.yaml", "watches.yaml", "endpoints.yaml"])
def test_a_link_to_a_file_that_is_gone_is_a_fault(tmp_path: Path, name: str) -> None:
    write(tmp_path, SMALL)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("gone.yaml")
    with pytest.raises(ConfigurationError, match=f"{name}: it is a link that leads nowhere"):
        load_configuration(tmp_path, ENVIRON)


@pytest.mark.parametrize("name", ["watches", "endpoints", "topics", "actors"])
def test_a_link_to_a_folder_that_is_gone_is_a_fault(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("gone")
    assert faults(tmp_path) == [f"{name}: : the folder cannot be read: No such file or directory"]


def test_a_folder_that_may_not_be_entered_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, SMALL)
    monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.X_OK)
    with pytest.raises(ConfigurationError, match="may not be read and entered by this user; see --config"):
        load_configuration(tmp_path, ENVIRON)


@pytest.fixture
def behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that this user may not enter, so that nothing is known of what is behind it."""
    folder = tmp_path / "closed"
    folder.mkdir()
    real_stat, real_scandir = os.stat, os.scandir

    def guard(path: Any) -> None:
        if folder in Path(os.path.realpath(os.fspath(path))).parents:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))

    def guarded_stat(path: Any, **options: Any) -> os.stat_result:
        if options.get("follow_symlinks", True) and not isinstance(path, int):
            guard(path)
        return real_stat(path, **options)

    def guarded_scandir(path: Any) -> Any:
        guard(path)
        return real_scandir(path)

    monkeypatch.setattr(os, "stat", guarded_stat)
    monkeypatch.setattr(os, "scandir", guarded_scandir)
    return folder


def test_a_configuration_behind_a_closed_folder_is_a_fault(behind: Path) -> None:
    with pytest.raises(ConfigurationError, match="may not be read and entered by this user; see --config"):
        load_configuration(behind / "tocsin", ENVIRON)


@pytest.mark.parametrize("key", ["ca_file", "cert_file"])
def test_a_certificate_behind_a_closed_folder_is_named_by_its_key(
    tmp_path: Path, behind: Path, key: str
) -> None:
    broker = {"security_protocol": "SSL", key: str(behind / "a.pem")}
    assert faults(tmp_path, SMALL | {"tocsin.yaml": {"broker": broker}}) == [
        f"tocsin.yaml: broker.{key}: the file cannot be read: Permission denied"
    ]


@pytest.mark.parametrize("name", ["watches", "endpoints", "topics", "actors"])
def test_a_link_to_a_folder_behind_a_closed_one_is_a_fault(tmp_path: Path, behind: Path, name: str) -> None:
    (tmp_path / name).symlink_to(behind / name)
    assert faults(tmp_path) == [f"{name}: : the folder cannot be read: Permission denied"]


def test_a_file_that_is_called_like_a_folder_is_named_as_not_read(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"watches": "notes", "actors": "notes"})
    assert [str(warning) for warning in loaded.warnings][:2] == [
        f"{name}: this file is not read; only a folder of this name is" for name in ("actors", "watches")
    ]


def test_a_file_is_read_however_its_ending_is_written_or_named_as_not_read(tmp_path: Path) -> None:
    others = {"watches/more.YAML": {"watches": [watch(id="more")]}, "Watches.YML": {"watches": []}}
    loaded = load(tmp_path, others)
    assert [each.id for each in loaded.watches] == ["truce", "more"]
    said = [str(warning) for warning in loaded.warnings]
    assert "Watches.YML: this file is not read; did you mean 'watches.yaml'?" in said


def test_a_folder_of_yaml_that_is_not_read_is_named(tmp_path: Path) -> None:
    misnamed = {"watch/more.yaml": {"watches": [watch(id="more")]}, "releases/1/a.yaml": ""}
    said = [str(warning) for warning in load(tmp_path, misnamed).warnings]
    assert said == ["watch: this folder is not read; did you mean 'watches'?"]
