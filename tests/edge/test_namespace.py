"""Sinks on special addresses, in a network namespace that holds them: none of them takes a TCP connection."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

OWN = ["unshare", "--user", "--map-root-user", "--net"]
AS_ROOT = ["unshare", "--net"]


@cache
def namespace() -> list[str] | None:
    """The command that runs another in a network namespace of its own, where that is permitted."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return None
    for command in (OWN, AS_ROOT):
        probe = [*command, "ip", "link", "set", "lo", "up"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return command
    return None


@pytest.fixture(scope="module")
def tried() -> dict[str, Any]:
    command = namespace()
    if command is None:
        pytest.skip("no network namespace can be made here (unshare, ip)")
    run = subprocess.run(
        [*command, sys.executable, "-m", "tests.edge.sinks"],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()[-2000:]
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_no_sink_on_a_forbidden_address_takes_a_connection(tried: dict[str, Any]) -> None:
    assert len(tried["forbidden"]) > 30
    assert {str(ip_address(address)) for address in tried["forbidden"]} == set(tried["reachable"])
    accepted = {address: n for address, n in tried["accepted"].items() if address not in tried["public"]}
    assert accepted == {}


def test_every_forbidden_spelling_is_refused_when_the_configuration_is_read(tried: dict[str, Any]) -> None:
    assert [host for host, fault in tried["loads"].items() if fault is None] == []


def test_every_call_to_a_forbidden_address_ends_refused(tried: dict[str, Any]) -> None:
    for what, end in tried["ends"].items():
        kind = what.partition(" ")[0]
        if kind in ("resolved", "then"):
            assert end == "address-refused", what
        elif kind == "direct":
            assert end in ("address-refused", "unresolvable", "render"), what
        elif kind == "redirect":
            assert end == 307, what


def test_no_allowed_address_is_blocked(tried: dict[str, Any]) -> None:
    assert len(tried["public"]) > 4
    for address in tried["public"]:
        assert tried["ends"][f"allowed {address}"] == 204
        assert tried["accepted"][address] > 0
