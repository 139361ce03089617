"""The tree of Tocsin's own exceptions.

    TocsinError
    ├── ConfigurationError      the configuration is wrong; carries every fault at once
    ├── UsageError              the call is wrong
    ├── UnreadableArticle       a message that is no article; goes to `rejected`
    ├── UnreadableState         a record of a state topic that cannot be read; the worker ends
    ├── QueryError              a watch query that cannot be parsed
    ├── BrokerError             Kafka cannot be reached or refuses; retriable
    │   └── OutputRefused       an output was not acknowledged; the input must be read again
    └── DeliveryError           an attempt to call a webhook failed
        ├── AddressRefused      the endpoint's address is one that must not be called
        └── ...                 those of `alerting.network`; `alerting.verdict` says what follows from each

Messages say what, where, and what to do. They never carry a secret or a full webhook URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, get_args

from streams.printable import clean, shortened


class TocsinError(Exception):
    """Base of all errors that Tocsin raises on purpose."""

    exit_code: ClassVar[int] = 1
    retriable: ClassVar[bool] = False


ENVIRONMENT: Final = "environment"
"""The `file` of faults in environment variables."""


LONGEST_FAULT: Final = 2000
"""Characters of a fault that are shown: it may name a value that fills a file."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in the configuration, and where.

    `file` is relative to the configuration folder, `line` counts from 1 (0: the file as a whole), `key` is the
    path of keys to the value, such as `watches[2].query`.
    """

    file: str
    line: int
    key: str
    message: str

    @classmethod
    def of_file(cls, file: str, message: str) -> Fault:
        """What is wrong with a file, or a folder, as a whole."""
        return cls(file, 0, "", message)

    @classmethod
    def of_variable(cls, name: str, message: str) -> Fault:
        """What is wrong with an environment variable."""
        return cls(ENVIRONMENT, 0, name, message)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        # A key may hold what forges a line or moves the cursor (`"\e[2J"`).
        said = clean(f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}")
        return shortened(said, LONGEST_FAULT)


class ConfigurationError(TocsinError):
    """The configuration is wrong. `faults` are all that were found, sorted by file and line; `files` are those that
    were read, and those that are missing.
    """

    exit_code = 2

    def __init__(self, faults: Sequence[Fault], files: Iterable[Path] = ()) -> None:
        self.faults = tuple(sorted(faults))
        self.files = tuple(files)
        super().__init__("\n".join(map(str, self.faults)))


class UsageError(TocsinError):
    """The command was called in a way that cannot work."""

    exit_code = 2


Reason = Literal[
    "empty",
    "too-long",
    "not-utf8",
    "not-json",
    "not-an-object",
    "too-deep",
    "lone-surrogate",
    "nul",
    "bad-field",
    "withdrawn",
    "no-text",
    "classifier",
    "bad-candidate",
    "bad-notification",
]
"""Why a message goes to `rejected`: short stable words for metrics and headers."""

REASONS: tuple[str, ...] = get_args(Reason)


class UnreadableArticle(TocsinError):
    """A message that cannot be read as an article. `field` is the part at fault (empty: the whole message)."""

    def __init__(self, reason: Reason, message: str, field: str = "") -> None:
        self.reason = reason
        self.field = field
        super().__init__(message)


class UnreadableState(TocsinError):
    """A record of a state topic that this version cannot read."""


class QueryError(TocsinError):
    """A watch query that cannot be understood. `column` counts from 1 in the query text (0: the query as a whole)."""

    exit_code = 2

    def __init__(self, message: str, column: int = 0) -> None:
        self.message = message
        self.column = column
        super().__init__(f"column {column}: {message}" if column else message)


class BrokerError(TocsinError):
    """Kafka cannot be reached, or refuses."""

    retriable = True


class OutputRefused(BrokerError):
    """An output was not acknowledged by the broker, so its input must not be committed."""


class DeliveryError(TocsinError):
    """A webhook could not be called."""


class AddressRefused(DeliveryError):
    """The endpoint's address is one that must not be called (private, loopback, metadata, …)."""
