"""Looks up secrets. In the configuration they are references, `env:NAME` or `file:PATH`.

A message about a secret names the reference, never its value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from alerting.signing import PRIVATE, SYMMETRIC
from streams.config_files.yamlfile import read_text
from streams.errors import Fault

UNRESOLVED: Final = "unresolved:"
"""Begins a value that stands in for a secret where none is needed (explain, backtest)."""

LARGEST: Final = 64 * 1024
"""Bytes of a file that holds a secret."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_=-]{20,}")
_SECRET_HOSTS: Final = (
    "hooks.slack.com",
    "discord.com",
    "discordapp.com",
    "webhook.office.com",
    "logic.azure.com",
    "api.telegram.org",
)
"""Hosts whose webhook URLs are secrets: whoever knows the path may post."""

LITERAL: Final = "a secret must not stand in the file; write env:NAME or file:PATH, and put it there"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Looks up references. With `resolve` False each one is only marked as unresolved."""

    folder: Path
    environ: Mapping[str, str]
    resolve: bool = True

    def look_up(self, reference: str) -> tuple[str, str | None]:
        """The secret and None, or an empty string and what is wrong."""
        kind, _, name = reference.partition(":")
        name = name.strip()
        if "://" in name or name.startswith((SYMMETRIC, PRIVATE)):
            return "", f"{kind}: is followed by the secret itself; {LITERAL}"
        if kind == "env" and not _NAME.fullmatch(name):
            return "", "env: must be followed by the name of an environment variable"
        if kind == "file" and not name:
            return "", "file: must be followed by a path"
        if not self.resolve:
            return UNRESOLVED + reference, None
        if kind == "env":
            value = self.environ.get(name, "").strip()
            return value, None if value else f"the environment variable {name} is not set, or empty"
        return self._read(name)

    def _read(self, name: str) -> tuple[str, str | None]:
        text = read_text(self.folder / name, name, LARGEST)
        if isinstance(text, Fault):
            return "", f"{name}: {text.message}"
        value = text.strip()
        return value, None if value else f"the file {name} is empty"


def is_reference(value: object) -> bool:
    """Whether a value refers to a secret."""
    return isinstance(value, str) and value.startswith(("env:", "file:"))


def holds_secret(url: str) -> bool:
    """Whether a URL seems to hold a secret: credentials, a query, a token in the path."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    return bool(
        "@" in parts.netloc
        or parts.query
        or any(host == known or host.endswith("." + known) for known in _SECRET_HOSTS)
        or any(_TOKEN.fullmatch(part) and any(map(str.isdigit, part)) for part in parts.path.split("/"))
    )
