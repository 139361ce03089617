"""What is sound of a faulty value, so that one run can tell what is wrong with the rest of it too.

Only to be checked further, never to be worked with: what is at fault is left out, and what cannot be left out has
something in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from streams.yamlfile import KeyPath, place_of

M = TypeVar("M", bound=BaseModel)

NOTHING: Final[frozenset[KeyPath]] = frozenset()

STAND_IN: Final = "x"
"""Stands for whatever key of text a value must have, and has not, or not well."""


def sound_part(model: type[M], value: Mapping[str, Any]) -> tuple[M | None, frozenset[KeyPath]]:
    """The model of a value without what is at fault, and the paths of that; None where that makes no sound value."""
    needed = {name: STAND_IN for name, field in model.model_fields.items() if field.is_required()}
    gone: frozenset[KeyPath] = frozenset((name,) for name in needed.keys() - value.keys())
    while True:
        try:
            return model.model_validate(needed | _without(value, gone)), gone
        except ValidationError as error:
            found = gone | {_at_fault(problem, gone) for problem in error.errors(include_url=False)}
        if found == gone or () in found:
            return None, gone
        gone = found


def _at_fault(problem: Any, gone: Set[KeyPath]) -> KeyPath:
    """What must be left out for a problem: where something is missing, that which it is missing from."""
    path = place_of(problem)
    return as_written(path[:-1] if problem["type"] == "missing" else path, gone)


def _without(value: Any, gone: Set[KeyPath], at: KeyPath = ()) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(below, gone, (*at, key)) for key, below in value.items() if (*at, key) not in gone
        }
    if isinstance(value, list):
        return [
            _without(below, gone, (*at, index))
            for index, below in enumerate(value)
            if (*at, index) not in gone
        ]
    return value


def as_written(path: KeyPath, gone: Set[KeyPath]) -> KeyPath:
    """The path that a part has in the file, of its path where members of lists before it are left out."""
    found: KeyPath = ()
    for key in path:
        found = (*found, key if isinstance(key, str) else _index_as_written(found, key, gone))
    return found


def _index_as_written(path: KeyPath, index: int, gone: Set[KeyPath]) -> int:
    for left_out in sorted(last for *above, last in gone if isinstance(last, int) and tuple(above) == path):
        if left_out <= index:
            index += 1
    return index
