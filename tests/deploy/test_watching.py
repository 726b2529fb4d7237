"""Alerts and dashboards ask only for metrics that the services export, and Prometheus asks every service."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from linli_contracts.topics import SERVICES
from linli_runtime.metrics import Metrics
from ruamel.yaml import YAML

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROMTOOL = shutil.which("promtool")
"""Prometheus's own judge of its files; `.ci/run` brings it."""
OF_PROMETHEUS = {"up"}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
METRIC = re.compile(r"\b(?:linli_[a-z_]+|up)\b")
STRING = re.compile(r'"[^"]*"')


def exported() -> set[str]:
    """The names under which a service's metrics are read."""
    return {metric.name + suffix for metric in Metrics("intake").registry.collect() for suffix in SUFFIXES[metric.type]}


def unknown(expression: str) -> set[str]:
    """Metrics of an expression that nobody exports."""
    return set(METRIC.findall(STRING.sub('""', expression))) - exported() - OF_PROMETHEUS


def read(path: Path) -> Any:  # noqa: ANN401 - whatever YAML holds
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def rules() -> list[dict[str, Any]]:
    return [rule for group in read(DEPLOY / "prometheus" / "alerts.yml")["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    dashboard = json.loads((DEPLOY / "grafana" / "dashboards" / "linli.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_a_metric_that_nobody_exports_is_noticed() -> None:
    assert unknown('sum(rate(linli_decisions_total{rule="linli_x"}[1m])) and up == 0') == set()
    assert unknown("linli_decisions > 0") == {"linli_decisions"}
    assert unknown("rate(linli_batch_inputs_bucket[1m]) + linli_gap") == {"linli_gap"}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_can_fire_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert METRIC.search(rule["expr"])
    assert unknown(rule["expr"]) == set()
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert re.search(r"[\u4e00-\u9fff].* · ", rule["annotations"]["summary"]), "zh-CN first, then English"
    assert rule["annotations"]["description"]


@pytest.mark.parametrize("query", queries())
def test_a_panel_can_show_something(query: str) -> None:
    assert METRIC.search(query)
    assert unknown(query) == set()


def test_every_metric_is_on_the_dashboard() -> None:
    asked = {name for query in queries() for name in METRIC.findall(STRING.sub('""', query))}
    shown = {
        metric.name for metric in Metrics("intake").registry.collect() if any(n.startswith(metric.name) for n in asked)
    }
    assert {metric.name for metric in Metrics("intake").registry.collect()} == shown


def test_prometheus_asks_every_service_and_knows_the_alerts() -> None:
    told = read(DEPLOY / "prometheus" / "prometheus.yml")
    jobs = {job["job_name"]: job for job in told["scrape_configs"]}
    targets = {target for each in jobs["linli"]["static_configs"] for target in each["targets"]}
    assert targets == {f"{service}:8080" for service in SERVICES}
    assert jobs["linli"]["metrics_path"] == "/metrics"
    assert told["rule_files"] == ["alerts.yml"]
    asked = set(re.findall(r'job="(\w+)"', " ".join(rule["expr"] for rule in rules())))
    assert asked <= jobs.keys()


def test_the_collector_takes_spans_where_services_send_them() -> None:
    told = read(DEPLOY / "collector" / "config.yaml")
    compose = read(DEPLOY.parent / "docker-compose.yml")
    endpoint = compose["x-settings"]["LINLI_OTLP_ENDPOINT"]
    assert (
        endpoint == "http://collector:" + told["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    )
    for name, pipeline in told["service"]["pipelines"].items():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= told[part].keys(), (name, part)
    hosts = {exporter["endpoint"].partition(":")[0] for exporter in told["exporters"].values()}
    assert hosts <= compose["services"].keys()


def test_every_alert_has_a_test_of_when_it_fires() -> None:
    told = read(DEPLOY / "prometheus" / "alerts_test.yml")
    tried = {case["alertname"] for test in told["tests"] for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert tried == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here")
@pytest.mark.parametrize("words", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")])
def test_prometheus_itself_says_so(words: tuple[str, ...]) -> None:
    assert PROMTOOL is not None
    found = subprocess.run([PROMTOOL, *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
