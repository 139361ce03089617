"""Looks up the secrets of endpoints. A secret that is written into the file itself is a fault."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from alerting.endpoint import PROXY_RULE, Endpoint
from streams.config_files.placed import Placed
from streams.config_files.secrets import LITERAL, Secrets, holds_secret, is_reference
from streams.config_files.yamlfile import Document, KeyPath
from streams.errors import Fault

WhichEndpoints = Callable[[Mapping[str, Any]], bool]
"""Whether to look up the secrets of an endpoint, given its keys and values in the file."""


class EndpointSecrets:
    """Looks up the references of the endpoints that `which` picks, and marks those of others as unresolved.

    `known_to_all` are environment variables whose values are public, which deserves a warning. `note` is called with
    each file that a reference names, before it is read.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        which: WhichEndpoints,
        known_to_all: Collection[str],
        note: Callable[[Path], None],
    ) -> None:
        self._folder = folder
        self._secrets = {resolve: Secrets(folder, environ, resolve) for resolve in (True, False)}
        self._which = which
        self._known_to_all = known_to_all
        self._resolved: set[tuple[str, KeyPath]] = set()
        self._note = note
        self.warnings: list[Fault] = []

    def resolve(self, document: Document, at: KeyPath, value: dict[str, Any]) -> dict[str, Any]:
        """An endpoint of a file, with secrets in place of references."""
        found = dict(value)
        resolve = self._which(value)
        if resolve:
            self._resolved.add((document.name, at))
        of_apprise = value.get("format") == "apprise"
        for key in ("url", "proxy"):
            if isinstance(value.get(key), str):
                found[key] = self._url(document, (*at, key), value[key], resolve, of_apprise=of_apprise)
        if isinstance(value.get("secrets"), list):
            found["secrets"] = [
                self._secret(document, (*at, "secrets", index), secret, resolve)
                for index, secret in enumerate(value["secrets"])
            ]
        if isinstance(value.get("headers"), dict):
            found["headers"] = {
                name: self._secret(document, (*at, "headers", name), secret, resolve)
                for name, secret in value["headers"].items()
            }
        return found

    def are_resolved(self, endpoint: Placed[Endpoint]) -> bool:
        """Whether the secrets of an endpoint were looked up."""
        return (endpoint.document.name, endpoint.path) in self._resolved

    def _url(self, document: Document, path: KeyPath, value: str, resolve: bool, *, of_apprise: bool) -> str:
        if not is_reference(value):
            is_http = value.startswith(("http://", "https://"))
            if path[-1] == "proxy" and not is_http:
                document.fault(path, PROXY_RULE)
            elif "://" not in value:
                document.fault(
                    path,
                    "the url does not say its scheme; begin it with https://, or refer to it by env:NAME or file:PATH",
                )
            elif holds_secret(value) or (of_apprise and not is_http):
                document.fault(path, f"the URL may hold a secret: {LITERAL}")
            return value
        return str(self._secret(document, path, value, resolve))

    def _secret(self, document: Document, path: KeyPath, value: Any, resolve: bool) -> Any:
        if not isinstance(value, str):
            return value
        if not is_reference(value):
            document.fault(path, LITERAL)
            return value
        kind, _, name = value.partition(":")
        if kind == "file" and name.strip():
            self._note(self._folder / name.strip())
        secret, wrong = self._secrets[resolve].look_up(value)
        if wrong is not None:
            document.fault(path, wrong)
        if resolve and kind == "env" and name in self._known_to_all:
            self._warn(name)
        return secret

    def _warn(self, name: str) -> None:
        what = "is not set; the sample's value, which everybody knows, is used"
        warning = Fault.of_variable(name, what)
        if warning not in self.warnings:
            self.warnings.append(warning)
