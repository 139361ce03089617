"""docker-compose.yml: pinned images, an order of start that holds, commands and variables that exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from streams.cli import app
from streams.configuration import load_settings
from streams.settings import variables

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("topics", "worker", "receiver")


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def variables_of(text: str) -> set[str]:
    """The variables that compose would put in: ${NAME}, ${NAME:-default}, ${NAME:?message}."""
    return set(re.findall(r"\$\{(\w+)", text))


def test_every_image_has_an_exact_version() -> None:
    for name, service in SERVICES.items():
        tag = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"]).rpartition(":")[2]
        assert re.fullmatch(r"\d+\.\d+\.\d+", tag), name


def test_the_kafka_is_the_one_that_the_tests_run_on() -> None:
    pom = (ROOT / "deploy" / "kafka-local" / "pom.xml").read_text()
    found = re.search(r"<artifactId>kafka_[\d.]+</artifactId>\s*<version>([^<]+)</version>", pom)
    assert found is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{found[1]}"


def test_clients_can_reach_every_listener_that_is_advertised() -> None:
    environment = SERVICES["kafka"]["environment"]
    listening = dict(re.findall(r"(\w+)://[\w.]*:(\d+)", environment["KAFKA_LISTENERS"]))
    advertised = dict(re.findall(r"(\w+)://([\w.]+:\d+)", environment["KAFKA_ADVERTISED_LISTENERS"]))
    protocols = dict(re.findall(r"(\w+):(\w+)", environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]))
    assert listening.keys() == protocols.keys() == advertised.keys() | {"CONTROLLER"}
    assert all(place.endswith(f":{listening[name]}") for name, place in advertised.items())
    worker = SERVICES["worker"]["environment"]["TOCSIN_BROKER__SERVERS"]
    assert worker == advertised[environment["KAFKA_INTER_BROKER_LISTENER_NAME"]]
    published = {port.rpartition(":")[2] for port in SERVICES["kafka"]["ports"]}
    assert {
        place.rpartition(":")[2] for place in advertised.values() if place.startswith("localhost")
    } == published


def test_ports_are_open_to_this_machine_alone() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_what_is_waited_for_can_be_waited_for() -> None:
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            depended = SERVICES[other]
            if wait["condition"] == "service_healthy":
                assert "test" in depended["healthcheck"], (name, other)
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert depended["restart"] == "no", (name, other)


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_without_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert (ROOT / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_their_commands_are_commands_of_tocsin(name: str) -> None:
    command, *arguments = SERVICES[name]["command"]
    group: Any = typer.main.get_command(app)
    found = group.get_command(None, command)
    assert found is not None
    found.make_context(command, arguments)  # raises on an unknown option


def test_the_environment_holds_settings_and_what_the_sample_refers_to() -> None:
    endpoints = (ROOT / "deploy" / "config" / "endpoints.yaml").read_text()
    referred = set(re.findall(r"env:(TOCSIN_\w+)", endpoints))
    for name in OURS:
        given = {variable for variable in SERVICES[name]["environment"] if variable.startswith("TOCSIN_")}
        assert referred <= given <= referred | set(variables()) | {"TOCSIN_CONFIG"}


def test_every_variable_stands_in_the_example_file_and_no_secret_in_the_yaml() -> None:
    given = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert variables_of(TEXT) == given
    assert "whsec_" not in TEXT
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_worker_has_longer_to_stop_than_it_takes() -> None:
    drain = load_settings(ROOT / "deploy" / "config", {}).service.drain_grace.total_seconds()
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > drain


def test_compose_itself_understands_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no docker compose here")
    done = subprocess.run(
        [docker, "compose", "-f", "docker-compose.yml", "--env-file", ".env.example", "config", "--quiet"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
