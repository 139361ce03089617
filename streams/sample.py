"""The sample configuration and articles: in `deploy/` of a checkout, or in the package when installed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from streams.errors import UsageError

RECEIVER_PORT: Final = 8787
"""Where the endpoints of the sample configuration expect `tocsin receiver`."""

SAMPLE_ENVIRONMENT: Final[Mapping[str, str]] = {
    "TOCSIN_SAMPLE_URL": f"http://127.0.0.1:{RECEIVER_PORT}/hook",
    "TOCSIN_SAMPLE_SECRET": "whsec_dGhpcyBzYW1wbGUgc2VjcmV0IGlzIG5vIHNlY3JldCEh",
}
"""Values of the sample configuration's variables when they are not set. They are public: for trying out only."""


def _folder(packaged: str, in_checkout: str) -> Path:
    packaged_folder = Path(str(files("streams") / "_sample" / packaged))
    if packaged_folder.is_dir():
        return packaged_folder
    return Path(__file__).resolve().parent.parent / "deploy" / in_checkout


def sample_configuration() -> Path:
    """The folder of the sample configuration."""
    return _folder("config", "config")


def sample_articles(path: Path | None = None) -> list[bytes]:
    """The lines of a JSON Lines file, or of the sample articles, readable and not, where none is given."""
    if path is None:
        folder = _folder("articles", "samples")
        names = ("articles.jsonl", "unreadable.jsonl")
        return [line for name in names for line in read_lines(folder / name)]
    return read_lines(path)


def read_lines(path: Path) -> list[bytes]:
    """The lines of a file that are not blank, unpacked if it ends in `.gz`. Raises UsageError."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return [line for line in data.split(b"\n") if line.strip()]
