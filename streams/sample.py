"""The sample configuration and articles: in `deploy/` of a checkout, or in the package when installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

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


def sample_articles() -> list[bytes]:
    """The sample articles, readable and not, as lines of JSON."""
    folder = _folder("articles", "samples")
    files = (folder / name for name in ("articles.jsonl", "unreadable.jsonl"))
    return [line for file in files for line in file.read_bytes().split(b"\n") if line.strip()]
