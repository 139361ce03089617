"""The files of a configuration folder, as an operator sees them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

FileState = tuple[str, int, int, int]
"""Path, modification time, size and inode of a file."""

Signature = frozenset[FileState]
"""The states of all files that were there."""


def visible_files(folder: Path, unreadable: Callable[[OSError], object] | None = None) -> Iterable[Path]:
    """All files below a folder, also behind links, each once.

    Names that begin with a dot are skipped: editors' copies, and the second name that Kubernetes gives to every file of
    a mounted ConfigMap. A folder that cannot be read is passed over, and `unreadable` is called with the error.
    """
    been: set[str] = set()
    # A ConfigMap whose keys are put into folders has links to these.
    for root, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        if (real := os.path.realpath(root)) in been:
            folders.clear()
            continue
        been.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in files if not name.startswith("."))


def is_yaml(path: Path) -> bool:
    """Whether a file is YAML, by its ending in any case."""
    return path.suffix.lower() in (".yaml", ".yml")


def signature_of(paths: Iterable[Path]) -> Signature:
    """The states of those files that are there now."""
    found = set()
    for path in paths:
        with suppress(OSError, ValueError):
            state = path.stat()
            found.add((str(path), state.st_mtime_ns, state.st_size, state.st_ino))
    return frozenset(found)


def signature(folder: Path, others: Iterable[Path] = ()) -> Signature:
    """The states of a folder's visible files, and of some others that may be elsewhere."""
    return signature_of({*visible_files(folder), *others})
