"""A model made from the valid part of a faulty value, so that one run can check the rest of it too.

It is only for further checks, never for use: faulty keys are left out, and required ones get a placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from streams.config_files.validation import path_of
from streams.config_files.yamlfile import KeyPath

M = TypeVar("M", bound=BaseModel)

NO_FAULTS: Final[frozenset[KeyPath]] = frozenset()

PLACEHOLDER: Final = "x"
"""The value of a required text that is missing or faulty."""


def partial_model(model: type[M], value: Mapping[str, Any]) -> tuple[M | None, frozenset[KeyPath]]:
    """The model of a value without its faulty keys, and their paths; None where what is left is not valid either."""
    needed = {name: PLACEHOLDER for name, field in model.model_fields.items() if field.is_required()}
    faulty: frozenset[KeyPath] = frozenset((name,) for name in needed.keys() - value.keys())
    while True:
        try:
            return model.model_validate(needed | _without(value, faulty)), faulty
        except ValidationError as error:
            found = faulty | {_at_fault(problem, faulty) for problem in error.errors(include_url=False)}
        if found == faulty or () in found:
            return None, faulty
        faulty = found


def _at_fault(problem: Any, faulty: Set[KeyPath]) -> KeyPath:
    """The path to leave out for a problem: of a missing key, the mapping that lacks it."""
    path = path_of(problem)
    return path_in_file(path[:-1] if problem["type"] == "missing" else path, faulty)


def _without(value: Any, faulty: Set[KeyPath], at: KeyPath = ()) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(below, faulty, (*at, key))
            for key, below in value.items()
            if (*at, key) not in faulty
        }
    if isinstance(value, list):
        return [
            _without(below, faulty, (*at, index))
            for index, below in enumerate(value)
            if (*at, index) not in faulty
        ]
    return value


def path_in_file(path: KeyPath, faulty: Set[KeyPath]) -> KeyPath:
    """The path in the file, given the path in a value from which faulty members of lists are left out."""
    found: KeyPath = ()
    for key in path:
        found = (*found, key if isinstance(key, str) else _index_in_file(found, key, faulty))
    return found


def _index_in_file(path: KeyPath, index: int, faulty: Set[KeyPath]) -> int:
    for left_out in sorted(last for *above, last in faulty if isinstance(last, int) and tuple(above) == path):
        if left_out <= index:
            index += 1
    return index
