"""The configuration: one validated, frozen value. Loading it reports every fault of every file at once.

A folder holds `tocsin.yaml` (settings), `watches.yaml` and `watches/*.yaml`, `endpoints.yaml`, and may hold `topics/`
and `actors/`; the sample's are used where these two are missing. See docs/configuration.md.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from agents.reading.actors.registry import Registry, RegistryFile, registry_of
from agents.reading.taxonomy import Taxonomies, load_taxonomies, model_of
from alerting.endpoint import Endpoint
from alerting.watch import Watch
from streams.config_files.endpoint_checks import check_endpoints
from streams.config_files.endpoint_secrets import EndpointSecrets, WhichEndpoints
from streams.config_files.partial_model import NO_FAULTS, partial_model
from streams.config_files.placed import Known, Placed
from streams.config_files.secrets import Secrets
from streams.config_files.settings_file import LoadedSettings
from streams.config_files.termlist import LARGEST_FILE, keyword_warnings, pack, read_terms
from streams.config_files.topics_and_actors import check_actors, check_topics
from streams.config_files.validation import problems, validate
from streams.config_files.watch_checks import check_watches, example_places
from streams.config_files.yamlfile import Document, KeyPath, ids_in, load, read_text
from streams.config_values import Part
from streams.errors import ConfigurationError, Fault
from streams.gc_pause import gc_paused
from streams.sample import SAMPLE_ENVIRONMENT, sample_configuration
from streams.settings import Settings
from streams.suggestion import did_you_mean, nearest
from streams.visible_files import FileState, Signature, is_yaml, signature, signature_of, visible_files

_PARTS: Final = ("tocsin", "watches", "endpoints")
_FOLDERS: Final = ("watches", "endpoints", "topics", "actors")
_NO_WATCHES: Final = (
    "no file of watches holds a list `watches`: all articles would be read and nobody told. "
    "Where that is meant, write `watches: []` into watches.yaml"
)
P = TypeVar("P", bound=Part)
L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that was configured.

    - `says_what_to_watch`: whether a file holds a list of watches, even an empty one.
    - `terms`: by watch id, all its keywords, those of its `terms_file` included; only of watches that have any.
    - `warnings`: worth a line in the log.
    - `files`: what was read, and what was looked for and is missing.
    - `as_read`: the state of these files and all others in the folder, from before they were read.
    - `example_places`: by watch id, file and line of each example.
    """

    folder: Path
    settings: Settings
    watches: tuple[Watch, ...]
    endpoints: tuple[Endpoint, ...]
    taxonomies: Taxonomies
    registry: Registry
    says_what_to_watch: bool
    terms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()
    files: tuple[Path, ...] = ()
    as_read: Signature = frozenset()
    example_places: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def must_say_what_to_watch(self) -> None:
        """Raise ConfigurationError where there is no list of watches, so that a lost or emptied file is noticed."""
        if not self.says_what_to_watch:
            raise ConfigurationError([Fault.of_file(str(self.folder), _NO_WATCHES)])


def configuration_folder(folder: Path | None, environ: Mapping[str, str]) -> Path:
    """The folder to load: the one given, else TOCSIN_CONFIG, else the sample."""
    if folder is not None:
        return folder
    named = environ.get("TOCSIN_CONFIG", "").strip()
    return Path(named) if named else sample_configuration()


@gc_paused()
def load_configuration(
    folder: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    resolve_secrets: bool = True,
    broker_secrets: bool = False,
    endpoint_secrets: WhichEndpoints = lambda _: False,
) -> Configuration:
    """Load and check a configuration folder. Raises ConfigurationError with every fault of every file.

    Without `resolve_secrets` no secret is looked up, and nothing can be sent, except that `broker_secrets` asks for
    those of the brokers, and `endpoint_secrets` picks endpoints by their keys and values in the file.
    """
    folder = _existing(configuration_folder(folder, environ))
    which: WhichEndpoints = (lambda _: True) if resolve_secrets else endpoint_secrets
    return _Load(folder, environ, resolve_secrets or broker_secrets, which).run()


def load_settings(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Load only the settings, for what needs a broker and no watch. Raises ConfigurationError."""
    return _Load(_existing(configuration_folder(folder, environ)), environ, True, lambda _: False).settings()


def _existing(folder: Path) -> Path:
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
        if is_folder and os.access(folder, os.R_OK | os.X_OK):
            return folder
        what = "may not be read and entered by this user" if is_folder else "is not a folder"
    except PermissionError:
        what = "may not be read and entered by this user"
    except (OSError, ValueError):
        what = "does not exist"
    raise ConfigurationError([Fault.of_file(str(folder), f"the configuration folder {what}; see --config")])


class _Load:
    """Loads one folder; collects faults, warnings and the files that were read."""

    def __init__(
        self, folder: Path, environ: Mapping[str, str], broker_secrets: bool, endpoint_secrets: WhichEndpoints
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._broker_secrets = broker_secrets
        is_sample = folder.resolve() == sample_configuration().resolve()
        known_to_all = SAMPLE_ENVIRONMENT.keys() - environ.keys() if is_sample else ()
        with_sample = {**SAMPLE_ENVIRONMENT, **environ} if is_sample else environ
        self._settings_secrets = Secrets(folder, with_sample, broker_secrets)
        self._endpoint_secrets = EndpointSecrets(
            folder, with_sample, endpoint_secrets, known_to_all, self._note
        )
        self._documents: list[Document] = []
        self._faults: list[Fault] = []
        self._warnings: list[Fault] = []
        self._files: dict[Path, None] = {}
        self._as_read: dict[str, FileState] = {}
        self._unreadable: set[str] = set()  # folders that exist and cannot be read
        self._documents_of: dict[str, list[Document]] = {}

    def settings(self) -> Settings:
        """Only the settings."""
        settings = self._settings()
        settings.check(files=self._broker_secrets)
        faults = self._all_faults(settings)
        if faults or settings.value is None:
            raise ConfigurationError(faults)
        return settings.value

    def _all_faults(self, settings: LoadedSettings) -> list[Fault]:
        of_documents = (fault for document in self._documents for fault in document.faults)
        return list(dict.fromkeys((*self._faults, *settings.faults, *of_documents)))

    def run(self) -> Configuration:
        """The whole configuration."""
        self._as_read = {state[0]: state for state in signature(self._folder)}
        self._check_folder()
        settings = self._settings()
        watches = self._items("watches", Watch, self._plain)
        endpoints = self._items("endpoints", Endpoint, self._endpoint_secrets.resolve)
        taxonomies = self._load_folder(
            "topics", lambda folder, values: load_taxonomies(folder, values.get), model_of, check_topics
        )
        registry = self._load_folder(
            "actors", lambda _, values: registry_of(values.values()), lambda _: RegistryFile, check_actors
        )
        terms = self._terms(watches)
        settings.check(files=self._broker_secrets)
        known = Known.of(
            taxonomies, registry, endpoints=self._ids("endpoints"), actors=self._ids("actors") or None
        )
        warnings = [
            *check_watches(watches, known),
            *check_endpoints(endpoints, known, resolved=self._endpoint_secrets.are_resolved),
        ]
        faults = self._all_faults(settings)
        files = tuple(self._files)
        if faults or settings.value is None or taxonomies is None or registry is None:
            raise ConfigurationError(faults, files)
        return Configuration(
            folder=self._folder,
            settings=settings.value,
            watches=tuple(placed.value for placed in watches),
            endpoints=tuple(placed.value for placed in endpoints),
            taxonomies=taxonomies,
            registry=registry,
            says_what_to_watch=any(
                isinstance(document.value, dict) and document.value.get("watches") is not None
                for document in self._documents_of["watches"]
            ),
            terms=terms,
            warnings=tuple(sorted((*self._warnings, *self._endpoint_secrets.warnings, *warnings))),
            files=files,
            as_read=frozenset(self._as_read.values()),
            example_places={placed.value.id: example_places(placed) for placed in watches},
        )

    # Files.

    def _note(self, path: Path) -> None:
        """Record a file and its state, before it is read."""
        self._files[path] = None
        for state in signature_of([path]):
            self._as_read.setdefault(state[0], state)

    def _check_folder(self) -> None:
        """Warn about files that are not read, such as `watch.yaml` or `watch/`; an empty folder is a fault."""
        names = sorted(path.name for path in self._folder.iterdir() if is_yaml(path))
        for name in names:
            if name not in {f"{part}.{suffix}" for part in _PARTS for suffix in ("yaml", "yml")}:
                hint = did_you_mean(name, [f"{part}.yaml" for part in _PARTS])
                self._warnings.append(Fault.of_file(name, f"this file is not read{hint}"))
        for name in _FOLDERS:
            if os.path.isfile(self._folder / name):
                self._warnings.append(
                    Fault.of_file(name, "this file is not read; only a folder of this name is")
                )
        folders = {self._name(path).partition("/")[0] for path in map(Path, self._as_read) if is_yaml(path)}
        for name in folders.difference(names, _FOLDERS):
            # Nothing of others, which the operator may have for reasons of their own.
            if nearest(name, _FOLDERS) is not None:
                what = f"this folder is not read{did_you_mean(name, _FOLDERS)}"
                self._warnings.append(Fault.of_file(name, what))
        if not names and not os.path.isdir(self._folder / "watches"):
            what = "holds no configuration: neither tocsin.yaml nor watches.yaml nor endpoints.yaml"
            self._faults.append(Fault.of_file(str(self._folder), what))

    def _paths(self, part: str) -> list[Path]:
        """The files of a part: `part.yaml` and those in the folder of that name.

        A dangling link is one of them, so that it becomes a fault and is not silently missing.
        """
        named = (self._folder / f"{part}.{name}" for name in ("yaml", "yml"))
        return [*filter(os.path.lexists, named), *self._yaml_files(self._folder / part)]

    def _yaml_files(self, folder: Path) -> list[Path]:
        """The YAML files below a folder, if it exists. A folder that cannot be read is a fault."""

        def unreadable(error: OSError) -> None:
            path = Path(error.filename)
            if path.is_symlink() or not isinstance(error, FileNotFoundError | NotADirectoryError):
                name = self._name(path)
                self._unreadable.add(name)
                self._faults.append(Fault.of_file(name, f"the folder cannot be read: {error.strerror}"))

        return sorted(filter(is_yaml, visible_files(folder, unreadable)))

    def _is_incomplete(self, part: str) -> bool:
        """Whether a part may have more files, in a folder that could not be read."""
        return any(name == part or name.startswith(f"{part}/") for name in self._unreadable)

    def _open(self, path: Path) -> Document:
        self._note(path)
        document = load(path, self._name(path))
        self._documents.append(document)
        return document

    def _name(self, path: Path) -> str:
        """A path as faults show it: relative to the configuration folder."""
        return path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else str(path)

    def _settings(self) -> LoadedSettings:
        paths = self._paths("tocsin")
        document = self._open(paths[0]) if paths else Document("tocsin.yaml")
        if not paths:
            self._documents.append(document)
        return LoadedSettings(document, self._environ, self._settings_secrets)

    # Watches and endpoints.

    def _items(
        self,
        part: str,
        model: type[P],
        prepare: Callable[[Document, KeyPath, dict[str, Any]], dict[str, Any]],
    ) -> list[Placed[P]]:
        """The members of the list `part` in all files of that part, as far as they are valid."""
        items = []
        self._documents_of[part] = [self._open(path) for path in self._paths(part)]
        for document in self._documents_of[part]:
            if not document.readable or document.value is None:
                continue
            for at, value in _list_of(document, part):
                if not isinstance(value, dict):
                    document.fault(at, "must be keys and values")
                    continue
                prepared, faulty = prepare(document, at, value), NO_FAULTS
                item = validate(document, model, prepared, at)
                if item is None:  # check the rest of it too, so that one run reports every fault
                    item, faulty = partial_model(model, prepared)
                if item is not None:
                    items.append(Placed(item, document, at, faulty))
        return items

    def _ids(self, part: str) -> tuple[str, ...] | None:
        """The ids in the list `part` of all its files, even of faulty members; None if some cannot be known."""
        return None if self._is_incomplete(part) else ids_in(self._documents_of[part], part)

    @staticmethod
    def _plain(_document: Document, _at: KeyPath, value: dict[str, Any]) -> dict[str, Any]:
        return value

    # Keywords.

    def _terms(self, watches: Iterable[Placed[Watch]]) -> dict[str, Sequence[str]]:
        """All keywords of each watch that has any."""
        read: dict[str, Sequence[str]] = {}
        terms: dict[str, Sequence[str]] = {}
        for placed in watches:
            watch = placed.value
            listed: Sequence[str] = ()
            if watch.terms_file is not None:
                if watch.terms_file not in read:
                    read[watch.terms_file] = self._terms_of_file(placed, watch.terms_file)
                listed = read[watch.terms_file]
            if watch.terms:
                terms[watch.id] = pack(tuple(dict.fromkeys((*watch.terms, *listed))))
            elif listed:
                terms[watch.id] = listed
        return terms

    def _terms_of_file(self, placed: Placed[Watch], name: str) -> Sequence[str]:
        """The keywords of the `terms_file` that a watch names."""
        path = self._folder / name
        self._note(path)
        text = read_text(path, name, LARGEST_FILE)
        if isinstance(text, Fault):
            if text.line:
                self._faults.append(text)
            else:
                placed.fault(("terms_file",), f"{name}: {text.message}")
            return ()
        terms, faults = read_terms(text, name)
        self._warnings.extend(keyword_warnings(text, name))
        self._faults.extend(faults)
        if not terms and not faults:
            placed.fault(("terms_file",), f"{name} holds no keyword")
        return pack(terms)

    # Topics and actors.

    def _load_folder(
        self,
        part: str,
        read: Callable[[Path, Mapping[Path, Any]], L],
        model_of: Callable[[Path], type[BaseModel]],
        check: Callable[[Mapping[Path, Document]], Iterable[Fault]],
    ) -> L | None:
        """What `read` makes of the folder `part`, or of the sample's where there is none; None where it is faulty."""
        folder = self._folder / part
        if not os.path.isdir(folder) and not folder.is_symlink():
            folder = sample_configuration() / part
        paths = self._yaml_files(folder)
        documents = self._documents_of[part] = [self._open(path) for path in paths]
        if any(document.faults for document in documents) or self._is_incomplete(part):
            return None
        if not documents:
            self._faults.append(Fault.of_file(part, "the folder holds no YAML file"))
            return None
        values = {path: document.value for path, document in zip(paths, documents, strict=True)}
        by_place = {
            path.relative_to(folder): document for path, document in zip(paths, documents, strict=True)
        }
        found: L | None = None
        wrong = ""
        try:
            found = read(folder, values)
        except ValidationError as error:
            wrong = "; ".join(message for _, message in problems(error, BaseModel))
            for path, document in by_place.items():
                validate(document, model_of(path), document.value or {})
        except (OSError, ValueError) as error:
            wrong = str(error)
        if not any(document.faults for document in documents):
            self._warnings.extend(check(by_place))
        if any(document.faults for document in documents):
            return None
        if wrong:
            self._faults.append(Fault.of_file(part, wrong))
        return found


def _list_of(document: Document, part: str) -> Iterable[tuple[KeyPath, Any]]:
    """The members of the list `part` in a file that holds nothing else, each with its key path."""
    value = document.value
    if not isinstance(value, dict) or part not in value:
        document.fault((), f"must hold the key {part!r} with a list")
        return
    for key in value:
        if key != part:
            document.fault((key,), f"unknown key; a file of {part} holds only {part!r}")
    if value[part] is None:
        return
    if not isinstance(value[part], list):
        document.fault((part,), "must be a list; begin each member with a dash")
        return
    for index, member in enumerate(value[part]):
        yield (part, index), member
