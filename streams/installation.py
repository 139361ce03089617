"""Checks the installation: `streams`, `agents` and `alerting` are common names, and must be Tocsin's."""

from __future__ import annotations

from importlib.metadata import packages_distributions

from streams.errors import UsageError

PACKAGES = ("streams", "agents", "alerting")


def check_installation() -> None:
    """Raise UsageError when another distribution provides one of Tocsin's packages."""
    providers = packages_distributions()
    for package in PACKAGES:
        others = sorted(set(providers.get(package, ())) - {"tocsin"})
        if others:
            raise UsageError(
                f"the package {package!r} is also provided by {', '.join(others)}; "
                "install Tocsin into an environment of its own"
            )
