"""Checks endpoints, alone and against each other: values that can be used, times in bounds, fallbacks that exist.

Each check notes its faults in the document that holds the value, and returns warnings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from pydantic import SecretStr

from alerting.endpoint import Endpoint
from streams.config_files.partial_model import path_in_file
from streams.config_files.placed import Known, Placed, check_endpoint_name, check_ids
from streams.config_files.secrets import UNRESOLVED
from streams.config_files.yamlfile import KeyPath, spell
from streams.errors import Fault

_LISTED: Final = re.compile(r"(\w+)\[(\d+)\]")


def check_endpoints(
    endpoints: Sequence[Placed[Endpoint]], known: Known, *, resolved: Callable[[Placed[Endpoint]], bool]
) -> list[Fault]:
    """Check every endpoint; returns warnings. `resolved`: whether its secrets were looked up, to be checked too."""
    check_ids(endpoints)
    fallbacks = {
        placed.value.id: placed.value.fallback for placed in endpoints if ("id",) not in placed.faulty
    }
    warnings: list[Fault] = []
    for placed in endpoints:
        _check_fallback(placed, fallbacks, known)
        _check_times(placed)
        _check_template(placed)
        if not placed.may_set("format", "allow_private", "allow_http"):
            _check_values(placed, resolved=resolved(placed))
        endpoint = placed.value
        if endpoint.format == "standard" and not endpoint.secrets:
            warnings.append(placed.warning((), "has no secrets: its receiver cannot tell who calls"))
        if not endpoint.enabled:
            warnings.append(placed.warning(("enabled",), "is switched off: alerts for it are not sent"))
    return warnings


def _check_fallback(placed: Placed[Endpoint], fallbacks: Mapping[str, str | None], known: Known) -> None:
    name = placed.value.fallback
    if name is None:
        return
    check_endpoint_name(placed, ("fallback",), name, known)
    if ("id",) in placed.faulty:
        return
    seen = [placed.value.id]
    step: str | None = name
    while step is not None and step not in seen:
        seen.append(step)
        step = fallbacks.get(step)
    if step == placed.value.id:
        placed.fault(("fallback",), f"leads back here: {' → '.join([*seen, step])}")


def _check_times(placed: Placed[Endpoint]) -> None:
    endpoint = placed.value
    if not timedelta(milliseconds=100) <= endpoint.timeout <= timedelta(minutes=2):
        placed.fault(("timeout",), "must be between 100ms and 2m")
    if len(endpoint.schedule) > 50:
        placed.fault(("schedule",), "has more than 50 attempts")
    if endpoint.rate_limit is not None and not endpoint.rate_limit.per:
        placed.fault(("rate_limit", "per"), "must be more than 0")


def _check_template(placed: Placed[Endpoint]) -> None:
    endpoint = placed.value
    if placed.may_set("format"):
        return
    if endpoint.format == "template" and not endpoint.template and not placed.may_set("template"):
        placed.fault((), "template is missing; the format `template` needs it")
    if endpoint.template is not None and endpoint.format != "template":
        placed.fault(("template",), f"has no effect with the format {endpoint.format!r}")


def _check_values(placed: Placed[Endpoint], *, resolved: bool) -> None:
    """Check the values of an endpoint; without its secrets, only what can be told without them.

    A key that already has a fault, such as a missing secret, gets no other.
    """
    endpoint = placed.value
    if not (resolved or endpoint.format in {"template", "apprise"} or _shows(endpoint, ("url",))):
        return
    from alerting.endpoint_faults import endpoint_faults  # noqa: PLC0415 - templates and signatures, which not all need

    said = {fault.key for fault in placed.document.faults}
    for key, message in endpoint_faults(endpoint):
        path = _path_of(key)
        if not (resolved or _shows(endpoint, path)):
            continue
        if spell((*placed.path, *path_in_file(path, placed.faulty))) not in said:
            placed.fault(path, message)


def _shows(endpoint: Endpoint, path: KeyPath) -> bool:
    """Whether a fault of a key is one whatever the secrets are, and wherever the endpoint is called from."""
    match path:
        case ("format",):  # what it needs may be installed elsewhere
            return False
        case ("template",):  # of text or of JSON, as this header says
            values = [value for name, value in endpoint.headers.items() if name.lower() == "content-type"]
        case (name, at):
            values = [getattr(endpoint, str(name))[at]]
        case _:
            values = [getattr(endpoint, str(path[0]))]
    return not any(
        isinstance(value, SecretStr) and value.get_secret_value().startswith(UNRESOLVED) for value in values
    )


def _path_of(key: str) -> KeyPath:
    """`secrets[1]` or `headers.X-Team` as a key path."""
    listed = _LISTED.fullmatch(key)
    if listed is not None:
        return listed[1], int(listed[2])
    mapping, _, name = key.partition(".")
    return (mapping, name) if name else (mapping,)
