"""The Kubernetes manifests: strictly valid, by themselves and as kustomize renders them, and true to the program."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.configuration import Configuration, load_configuration
from streams.examples import run_examples
from streams.settings import variables

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the packages that it imports
    import kubernetes_validate

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
EXAMPLE = FOLDER / "overlays" / "example"
VERSIONS = ("1.30", kubernetes_validate.latest_version())
NOT_BUILT_IN = {"PodMonitor"}  # of the Prometheus operator; no schema of it is bundled
LABELS = {"app.kubernetes.io/name": "tocsin", "app.kubernetes.io/component": "worker"}

Manifest = dict[str, Any]


def manifests_of(text: str) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(text) if document]


def files() -> list[Path]:
    """The manifests: neither kustomize's own files nor Tocsin's configuration."""
    found = [path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml"]
    return sorted(path for path in found if "config" not in path.parts and path.name != "tocsin.yaml")


def kustomizations() -> list[Path]:
    return sorted(FOLDER.rglob("kustomization.yaml"))


def resources() -> dict[str, Manifest]:
    return {manifest["kind"]: manifest for path in files() for manifest in manifests_of(path.read_text())}


def pod() -> Manifest:
    spec: Manifest = resources()["Deployment"]["spec"]["template"]["spec"]
    return spec


def container() -> Manifest:
    (worker,) = pod()["containers"]
    found: Manifest = worker
    return found


def render(folder: Path) -> list[Manifest]:
    """What kustomize makes of a folder; skips where there is no kubectl."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl here")
    done = subprocess.run(
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return manifests_of(done.stdout)


def example() -> Configuration:
    return load_configuration(EXAMPLE / "config", {}, resolve_secrets=False)


def valid(manifest: Manifest) -> None:
    if manifest["kind"] not in NOT_BUILT_IN:
        for version in VERSIONS:
            kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_each_file_is_strictly_valid_and_names_no_namespace(path: Path) -> None:
    manifests = manifests_of(path.read_text())
    assert manifests
    for manifest in manifests:
        valid(manifest)
        assert "namespace" not in manifest["metadata"]


def test_a_misspelt_key_would_be_found() -> None:
    manifest = resources()["Deployment"]
    manifest["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        valid(manifest)


@pytest.mark.parametrize("folder", [FOLDER / "base", EXAMPLE], ids=lambda path: path.name)
def test_what_kustomize_renders_is_strictly_valid(folder: Path) -> None:
    rendered = render(folder)
    assert {"Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "ConfigMap"} <= {
        manifest["kind"] for manifest in rendered
    }
    for manifest in rendered:
        valid(manifest)


def test_the_example_reaches_every_resource() -> None:
    rendered = render(EXAMPLE)
    assert {manifest["metadata"]["namespace"] for manifest in rendered} == {"news-alerts"}
    (config,) = [manifest for manifest in rendered if manifest["kind"] == "ConfigMap"]
    assert set(config["data"]) == {"tocsin.yaml", "watches.yaml", "endpoints.yaml"}
    (deployment,) = [manifest for manifest in rendered if manifest["kind"] == "Deployment"]
    volumes = {volume["name"]: volume for volume in deployment["spec"]["template"]["spec"]["volumes"]}
    assert volumes["config"]["configMap"]["name"] == config["metadata"]["name"]
    assert volumes["kafka-ca"]["secret"]["secretName"] == "tocsin-kafka-ca"


@pytest.mark.parametrize("path", kustomizations(), ids=lambda path: path.parent.name)
def test_what_a_kustomization_names_is_there(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    named = [*content.get("resources", ()), *content.get("components", ())]
    named += [file for generator in content.get("configMapGenerator", ()) for file in generator["files"]]
    assert named
    for name in named:
        assert (path.parent / name).exists(), name


def test_everything_is_found_by_the_same_labels() -> None:
    found = resources()
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == LABELS
    assert found["Deployment"]["spec"]["template"]["metadata"]["labels"] == LABELS
    assert found["Service"]["spec"]["selector"] == LABELS
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == LABELS
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == LABELS
    assert found["PodMonitor"]["spec"]["selector"]["matchLabels"] == LABELS


def test_the_probes_ask_what_the_worker_answers_where_it_listens() -> None:
    worker = container()
    ports = {port["name"]: port["containerPort"] for port in worker["ports"]}
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert f"TOCSIN_SERVICE__HEALTH_PORT={ports['health']}" in dockerfile
    source = (ROOT / "streams" / "health.py").read_text()
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = worker[probe]["httpGet"]
        assert asked["port"] == "health"
        assert f'"{asked["path"]}"' in source
    assert resources()["PodMonitor"]["spec"]["podMetricsEndpoints"][0]["port"] == "health"


def test_a_worker_has_longer_to_stop_than_it_takes() -> None:
    settings = yaml.safe_load((FOLDER / "base" / "tocsin.yaml").read_text())
    for drain in (settings["service"]["drain_grace"], f"{example().settings.service.drain_grace.seconds}s"):
        assert pod()["terminationGracePeriodSeconds"] > int(drain.removesuffix("s"))


def test_the_worker_runs_without_rights() -> None:
    assert pod()["automountServiceAccountToken"] is False
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    assert (
        f"USER {pod()['securityContext']['runAsUser']}:{pod()['securityContext']['runAsGroup']}" in dockerfile
    )


def test_an_update_never_has_fewer_workers_than_before() -> None:
    rolling = resources()["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert rolling["maxUnavailable"] == 0
    assert resources()["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_the_example_has_a_partition_for_every_worker_of_a_roll_out() -> None:
    replicas = yaml.safe_load((EXAMPLE / "kustomization.yaml").read_text())["replicas"][0]["count"]
    surge = resources()["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    assert replicas + surge <= example().settings.topics.partitions


def test_variables_of_the_pod_are_known() -> None:
    given = {entry["name"] for entry in container()["env"]}
    assert given <= set(variables()) | {"TOCSIN_CONFIG"}


def test_the_example_configuration_is_sound_and_its_secrets_are_listed() -> None:
    configuration = example()
    assert configuration.endpoints
    results = list(run_examples(configuration, datetime(2026, 3, 7, 9, 0, tzinfo=UTC)))
    assert results
    assert [result for result in results if not result.ok] == []
    referred = {
        name
        for path in (EXAMPLE / "config").glob("*.yaml")
        for name in re.findall(r"env:([A-Z_]+)", path.read_text())
    }
    listed = re.findall(r"^(\w+)=", (EXAMPLE / "secrets.env.example").read_text(), re.MULTILINE)
    assert referred == set(listed)
