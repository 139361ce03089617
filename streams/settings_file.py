"""The settings as they are loaded: `tocsin.yaml`, and the environment variables that stand for keys of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from streams.crosscheck import check_settings
from streams.errors import ENVIRONMENT, Fault
from streams.secrets import LITERAL, Secrets, is_reference
from streams.settings import CERTIFICATE_FILES, SECTIONS, Settings, from_variable, variables
from streams.soundpart import NOTHING, sound_part
from streams.suggestion import did_you_mean
from streams.yamlfile import Document, KeyPath, problems

_PASSWORD: Final = ("broker", "sasl_password")
_FOLDER: Final = "TOCSIN_CONFIG"
"""No setting, but the folder of them; misspelt, the sample would be in force in its place."""


class LoadedSettings:
    """The settings of a file under an environment. `value` is None where nothing sound is left of them.

    What is wrong with the file is noted in its document, what is wrong with a variable in `faults`. `secrets` looks up
    the password of the brokers; certificate files are relative to its folder.
    """

    def __init__(self, document: Document, environ: Mapping[str, str], secrets: Secrets) -> None:
        self.faults: list[Fault] = []
        self._document = document
        self._environ = environ
        self._secrets = secrets
        self._overridden: dict[KeyPath, str] = {}  # by key path, the variable that stands for it
        self._gone = NOTHING  # what is at fault in itself
        self.value = self._load()

    def check(self, *, files: bool) -> None:
        """Note what does not fit together; `files`: whether certificates must exist."""
        if self.value is not None:
            for path, message in check_settings(self.value, self._gone, files=files):
                self._fault(path, message)

    def _load(self) -> Settings | None:
        document = self._document
        if not document.readable:
            return None
        if document.value is not None and not isinstance(document.value, dict):
            document.fault((), f"must hold the keys {', '.join(SECTIONS)}")
            return None
        given: dict[str, Any] = dict(document.value or {})
        self._override(given)
        self._look_up_password(given)
        try:
            settings: Settings | None = Settings.model_validate(given)
        except ValidationError as error:
            for path, message in problems(error, Settings):
                self._fault(path, message)
            settings, self._gone = sound_part(Settings, given)
        return self._with_paths(settings) if settings is not None else None

    def _override(self, given: dict[str, Any]) -> None:
        """Put environment variables in the place of settings."""
        known = variables()
        misspelt = {name.replace("__", "_") for name in known}
        for name, text in sorted(self._environ.items()):
            if not name.startswith("TOCSIN_") or not text.strip():
                continue
            if "__" not in name and name not in misspelt and not _meant_for_folder(name):
                continue
            if name not in known:
                hint = _did_you_mean_variable(name, [*known, _FOLDER])
                self.faults.append(Fault(ENVIRONMENT, 0, name, f"there is no such setting{hint}"))
                continue
            section, key = known[name]
            values = given.get(section)
            if isinstance(values, dict) or values is None:
                given[section] = {**(values or {}), key: from_variable(section, key, text.strip())}
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
        """Certificate files are relative to the folder."""
        for section, key in CERTIFICATE_FILES:
            part = getattr(settings, section)
            if (name := getattr(part, key)) is not None:
                changed = part.model_copy(update={key: str(self._secrets.folder / name)})
                settings = settings.model_copy(update={section: changed})
        return settings

    def _fault(self, path: KeyPath, message: str) -> None:
        variable = self._overridden.get(path[:2])
        if variable is not None:
            self.faults.append(Fault(ENVIRONMENT, 0, variable, message))
        else:
            self._document.fault(path, message)


def _meant_for_folder(name: str) -> bool:
    """Whether a variable is a slip of the one that names the folder."""
    return name != _FOLDER and bool(difflib.get_close_matches(name, [_FOLDER], cutoff=0.9))


def _did_you_mean_variable(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown environment variable."""
    near = did_you_mean(name.lower(), [word.lower() for word in known])
    return near.upper().replace("; DID YOU MEAN", "; did you mean") if "did you mean" in near else ""
