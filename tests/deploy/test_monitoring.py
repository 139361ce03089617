"""Prometheus rules and the Grafana dashboard ask only for metrics, labels and outcomes that a worker has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from streams.metrics import RESULTS, Metrics
from streams.wire import AlertType, Outcome

ROOT = Path(__file__).resolve().parents[2]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "tocsin.rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "tocsin.json").read_text())
OF_SCRAPING = {"namespace", "job", "instance", "le"}
"""Labels that Prometheus itself gives, or its operator."""

VALUES = {
    "outcome": set(get_args(Outcome)),
    "type": set(get_args(AlertType)),
    "result": set(RESULTS),
}
"""The values of labels that stand in an expression."""


def exposed() -> dict[str, set[str]]:
    """Every series that a worker exposes, with its labels."""
    series: dict[str, set[str]] = {}
    for metric in vars(Metrics()).values():
        labels = set(getattr(metric, "_labelnames", ()))
        if isinstance(metric, Counter):
            series[f"{metric._name}_total"] = labels
        elif isinstance(metric, Histogram):
            for suffix in ("bucket", "sum", "count"):
                series[f"{metric._name}_{suffix}"] = labels
        elif isinstance(metric, Gauge):
            series[metric._name] = labels
    return series


def expressions() -> Iterator[tuple[str, str]]:
    """Title and PromQL of every rule and of every panel."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


EXPRESSIONS = list(expressions())


@pytest.mark.parametrize(("title", "expr"), EXPRESSIONS, ids=[title for title, _ in EXPRESSIONS])
def test_an_expression_names_series_that_exist_and_their_labels(title: str, expr: str) -> None:
    series = exposed()
    named = re.findall(r"tocsin_\w+", expr)
    assert named
    assert set(named) <= series.keys()
    known = OF_SCRAPING.union(*(series[name] for name in named))
    grouped = [label.strip() for labels in re.findall(r"by \(([^)]*)\)", expr) for label in labels.split(",")]
    selected = re.findall(r"[{,]\s*(\w+)\s*=~?\s*\"([^\"]*)\"", expr)
    assert set(grouped) | {label for label, _ in selected} <= known
    for label, value in selected:
        if label != "job":
            assert set(value.split("|")) <= VALUES[label]
    assert expr.count("(") == expr.count(")")


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_says_what_is_wrong_and_shows_only_labels_that_its_expression_keeps(
    rule: dict[str, Any],
) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description"}
    kept = {
        label.strip() for labels in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in labels.split(",")
    }
    shown = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    assert shown <= kept


def test_every_metric_is_on_the_dashboard_or_in_a_rule() -> None:
    used = {name for _, expr in EXPRESSIONS for name in re.findall(r"tocsin_\w+", expr)}
    unused = {name for name in exposed() if not name.endswith(("_sum", "_count"))} - used
    assert unused <= {"tocsin_configuration_loaded_timestamp_seconds"}


def test_every_metric_is_explained_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exposed()}
    assert [name for name in sorted(names) if f"| `{name}` |" not in page] == []


def test_every_event_of_the_log_is_explained_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    code = "".join(
        path.read_text(encoding="utf-8")
        for part in ("streams", "agents", "alerting")
        for path in (ROOT / part).rglob("*.py")
    )
    events = set(re.findall(r"\blog\.(?:info|warning|error|critical)\(\s*\"([a-z_.]+)\"", code))
    assert {"worker.started", "delivery.attempt"} <= events
    assert [event for event in sorted(events) if f"`{event}`" not in page] == []


def test_every_rule_has_its_remedy_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    for rule in RULES:
        assert f"`{rule['alert']}`" in page, rule["alert"]


def test_prometheus_raises_each_alert_when_it_should_and_not_else() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool here")
    cases = ROOT / "tests" / "deploy" / "tocsin.rules.test.yaml"
    raised = set(re.findall(r'alertname="(\w+)"', cases.read_text()))
    assert raised == {rule["alert"] for rule in RULES}
    rules = ROOT / "deploy" / "prometheus" / "tocsin.rules.yaml"
    for command in (
        ["check", "rules", "--lint=all", "--lint-fatal", str(rules)],
        ["test", "rules", str(cases)],
    ):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: dict[tuple[int, int], str] = {}
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


def test_outcomes_are_there_from_the_start_so_that_the_first_of_a_kind_counts() -> None:
    exposition = Metrics().exposition().decode()
    for outcome in get_args(Outcome):
        assert f'tocsin_attempts_total{{outcome="{outcome}"}} 0.0' in exposition
