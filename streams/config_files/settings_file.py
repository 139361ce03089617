"""Loads the settings: `tocsin.yaml`, overridden by environment variables."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from streams.config_files.partial_model import NO_FAULTS, partial_model
from streams.config_files.secrets import LITERAL, Secrets, is_reference
from streams.config_files.validation import problems
from streams.config_files.yamlfile import Document, KeyPath, why_no_file
from streams.errors import Fault
from streams.settings import CERTIFICATE_FILES, SECTIONS, Settings, from_variable, settings_faults, variables
from streams.suggestion import did_you_mean
from streams.tls import authorities_fault, tls_fault

_PASSWORD: Final = ("broker", "sasl_password")
_FOLDER: Final = "TOCSIN_CONFIG"
"""Names the folder, not a setting. Misspelt, it would silently leave the sample in force."""

_SECURED: Final = frozenset(
    {"sasl_mechanism", "sasl_username", "sasl_password", "ca_file", "cert_file", "key_file"}
)
"""Keys of the section `broker` that only mean something together with its `security_protocol`."""


class LoadedSettings:
    """The settings of a file and an environment. `value` is None where they are too faulty to be checked further.

    Faults of the file are noted in its document, those of variables in `faults`. `secrets` looks up the brokers'
    password; files of certificates are relative to its folder.
    """

    def __init__(self, document: Document, environ: Mapping[str, str], secrets: Secrets) -> None:
        self.faults: list[Fault] = []
        self._document = document
        self._environ = environ
        self._secrets = secrets
        self._overridden: dict[KeyPath, str] = {}  # the variable that overrides each key
        self._faulty = NO_FAULTS
        self.value = self._load()

    def check(self, *, files: bool) -> None:
        """Note what does not fit together; `files`: whether files of certificates must exist."""
        if self.value is not None:
            for path, message in _faults_of(self.value, self._faulty, files=files):
                self._fault(path, message)

    def _load(self) -> Settings | None:
        document = self._document
        if not document.readable:
            return None
        if document.value is not None and not isinstance(document.value, dict):
            document.fault((), f"must hold the keys {', '.join(SECTIONS)}")
            return None
        # A section whose keys are all commented out is an empty one.
        given: dict[str, Any] = {
            key: value
            for key, value in (document.value or {}).items()
            if not (key in SECTIONS and value is None)
        }
        self._override(given)
        self._look_up_password(given)
        try:
            settings: Settings | None = Settings.model_validate(given)
        except ValidationError as error:
            for path, message in problems(error, Settings):
                self._fault(path, message)
            settings, self._faulty = partial_model(Settings, given)
        return self._with_paths(settings) if settings is not None else None

    def _override(self, given: dict[str, Any]) -> None:
        """Override settings by environment variables."""
        known = variables()
        misspelt = {name.replace("__", "_") for name in known}
        for name, text in sorted(self._environ.items()):
            if not name.startswith("TOCSIN_") or not text.strip():
                continue
            if "__" not in name and name not in misspelt and not _meant_for_folder(name):
                continue
            if name not in known:
                hint = _did_you_mean_variable(name, [*known, _FOLDER])
                self.faults.append(Fault.of_variable(name, f"there is no such setting{hint}"))
                continue
            section, key = known[name]
            values = given.get(section, {})
            if isinstance(values, dict):
                given[section] = {**values, key: from_variable(section, key, text.strip())}
                self._overridden[section, key] = name

    def _look_up_password(self, given: dict[str, Any]) -> None:
        broker = given.get("broker")
        password = broker.get("sasl_password") if isinstance(broker, dict) else None
        if not isinstance(broker, dict) or not isinstance(password, str):
            return
        if not is_reference(password):
            if _PASSWORD not in self._overridden:
                self._document.fault(_PASSWORD, LITERAL)
            return
        value, wrong = self._secrets.look_up(password)
        if wrong is not None:
            self._fault(_PASSWORD, wrong)
        given["broker"] = {**broker, "sasl_password": value}

    def _with_paths(self, settings: Settings) -> Settings:
        """The settings with paths to certificates relative to the folder."""
        for section, key in CERTIFICATE_FILES:
            part = getattr(settings, section)
            if (name := getattr(part, key)) is not None:
                changed = part.model_copy(update={key: str(self._secrets.folder / name)})
                settings = settings.model_copy(update={section: changed})
        return settings

    def _fault(self, path: KeyPath, message: str) -> None:
        variable = self._overridden.get(path[:2])
        if variable is not None:
            self.faults.append(Fault.of_variable(variable, message))
        else:
            self._document.fault(path, message)


def _faults_of(
    settings: Settings, faulty: frozenset[KeyPath], *, files: bool
) -> Iterator[tuple[KeyPath, str]]:
    """What does not fit together in the settings, by key path, except for keys that are `faulty` by themselves."""
    # If anything about the connection is faulty, nothing is said about protocol, credentials and certificates.
    unclear = any(one[:1] == ("broker",) and one[1:2] != ("servers",) for one in faulty)
    for path, message in (*settings_faults(settings), *(_file_faults(settings) if files else ())):
        if path not in faulty and not (unclear and path[1] in _SECURED):
            yield path, message


def _file_faults(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    """What is wrong with the files of certificates."""
    lacking = set()
    for section, key in CERTIFICATE_FILES:
        name = getattr(getattr(settings, section), key)
        if name is not None and not os.path.isfile(name):
            lacking.add(section)
            yield (section, key), why_no_file(Path(name))
    broker, authorities = settings.broker, settings.service.webhook_ca_file
    if "broker" not in lacking and broker.security_protocol.endswith("SSL"):
        fault = tls_fault(broker)
        if fault is not None:
            yield ("broker", fault[0]), fault[1]
    if "service" not in lacking and authorities is not None:
        wrong = authorities_fault(authorities)
        if wrong is not None:
            yield ("service", "webhook_ca_file"), wrong


def _meant_for_folder(name: str) -> bool:
    """Whether a variable is a misspelling of the one that names the folder."""
    return name != _FOLDER and bool(difflib.get_close_matches(name, [_FOLDER], cutoff=0.9))


def _did_you_mean_variable(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown environment variable."""
    near = did_you_mean(name.lower(), [word.lower() for word in known])
    return near.upper().replace("; DID YOU MEAN", "; did you mean") if "did you mean" in near else ""
