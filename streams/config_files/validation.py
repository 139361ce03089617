"""Validates the values of a file by pydantic's models, and says what is wrong with them in the words of the file.

No message holds the value itself, which may be a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from streams.config_files.yamlfile import Document, KeyPath
from streams.suggestion import did_you_mean

M = TypeVar("M", bound=BaseModel)

MOST_KEYS: Final = 8
"""Keys that a message lists at most."""


def validate(document: Document, model: type[M], value: Any, path: KeyPath = ()) -> M | None:
    """Validate a part of a document. Notes its faults and returns None where it is not valid."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for below, message in problems(error, model):
            document.fault((*path, *below), message)
        return None


def problems(error: ValidationError, model: type[BaseModel]) -> list[tuple[KeyPath, str]]:
    """What pydantic found, in plain words, each with its path of keys."""
    found = []
    for problem in error.errors(include_url=False):
        path = path_of(problem)
        found.append((path, _message(problem, model, path)))
    return found


def path_of(problem: Mapping[str, Any]) -> KeyPath:
    """The path of keys to one of pydantic's problems."""
    return tuple(part for part in problem["loc"] if part != "[key]")


_PLAIN_WORDS: Final = {
    "missing": "is missing",
    "string_type": "must be text; put it into quotes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "tuple_type": "must be a list; write [ ] around it or - before each",
    "list_type": "must be a list; write [ ] around it or - before each",
    "dict_type": "must be keys and values",
    "mapping_type": "must be keys and values",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def _message(problem: Mapping[str, Any], model: type[BaseModel], path: KeyPath) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(str(path[-1]), _fields_at(model, path[:-1]))}"
    if kind in ("model_type", "model_attributes_type"):
        keys = _fields_at(model, path)
        return "must be keys and values" + (f": {', '.join(keys)}" if 0 < len(keys) <= MOST_KEYS else "")
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind] if problem["input"] is not None else "has no value"
    if kind == "literal_error":
        return f"must be one of {context['expected'].replace(' or ', ', ')}"
    message: str = problem["msg"]
    message = message.removeprefix("Value error, ")
    return message.replace("Input should", "must").replace("String should", "must")


def _fields_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    current: Any = model
    for key in path:
        if isinstance(key, int) or current is None:
            continue
        info = getattr(current, "model_fields", {}).get(key)
        # A key that is no field belongs to a mapping, whose values are of the model already found.
        current = _model_in(info.annotation) if info is not None else current
    return list(getattr(current, "model_fields", {}))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
