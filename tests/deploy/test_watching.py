"""Alerts and dashboards ask only for metrics that the services export, and Prometheus asks every service."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from linli_cli.client.rest import Effects
from linli_contracts.events import EVENTS
from linli_contracts.topics import SERVICES
from linli_runtime.metrics import Metrics
from ruamel.yaml import YAML

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROMTOOL = shutil.which("promtool")
"""Prometheus's own judge of its files; `.ci/run` brings it."""
OF_PROMETHEUS = {"up"}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
METRIC = re.compile(r"\b(?:linli_[a-z_]+|up)\b")
COLLECTED = Metrics("intake").registry._collector_to_names
"""The client has no other way to say which labels a metric will have once it is counted."""
SERIES = re.compile(r"\b(linli_[a-z_]+|up)\{([^}]*)\}")
CHOSEN = re.compile(r"(\w+)\s*(?:=~|!=|!~|=)")
GROUPED = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")
MADE = re.compile(r'label_replace\(\w+,\s*"(\w+)"')
STRING = re.compile(r'"[^"]*"')


def exported() -> set[str]:
    """The names under which a service's metrics are read."""
    return {metric.name + suffix for metric in Metrics("intake").registry.collect() for suffix in SUFFIXES[metric.type]}


def unknown(expression: str) -> set[str]:
    """Metrics of an expression that nobody exports."""
    return set(METRIC.findall(STRING.sub('""', expression))) - exported() - OF_PROMETHEUS


def labels_of(metric: str) -> set[str]:
    """What distinguishes the series of a metric, beside what Prometheus itself adds to each."""
    added = {"job", "instance"} | ({"le"} if metric.endswith("_bucket") else set())
    return added | next((set(vars(one)["_labelnames"]) for one, names in COLLECTED.items() if metric in names), set())


def strange_labels(expression: str) -> set[str]:
    """Labels that an expression chooses or groups by and none of its metrics has: it would never find anything."""
    chosen = ((metric, set(CHOSEN.findall(how))) for metric, how in SERIES.findall(expression))
    found = set().union(*(names - labels_of(metric) for metric, names in chosen))
    known = set().union(*(labels_of(metric) for metric in METRIC.findall(STRING.sub('""', expression))))
    known |= set(MADE.findall(expression))
    return found | {name for group in GROUPED.findall(expression) for name in re.findall(r"\w+", group)} - known


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


def test_a_label_that_nobody_exports_is_noticed() -> None:
    assert (
        strange_labels('sum by (service, status) (linli_effects{status="unknown"}) and on (job) up{job="x"}') == set()
    )
    assert strange_labels('linli_effects{state="unknown"}') == {"state"}
    assert strange_labels("sum by (service, lane) (linli_gaps)") == {"lane"}
    assert strange_labels("sum by (le, rule) (rate(linli_batch_inputs_bucket[1m]))") == {"rule"}
    assert (
        strange_labels('max by (producer) (label_replace(linli_heads, "producer", "$1", "service", "(.*)"))') == set()
    )


def test_an_alert_is_tried_with_series_that_there_can_be() -> None:
    """A test of a rule that makes its metrics up would show nothing."""
    told = read(DEPLOY / "prometheus" / "alerts_test.yml")
    series = [one["series"] for test in told["tests"] for one in test["input_series"]]
    assert series
    assert {one for one in series if unknown(one) or strange_labels(one)} == set()


def test_an_alert_looks_for_ends_and_facts_that_there_are() -> None:
    chosen = " ".join(rule["expr"] for rule in rules())
    ends, kinds = (set(re.findall(rf'\b{label}="(\w+)"', chosen)) for label in ("status", "type"))
    assert ends
    assert ends <= Effects.model_fields.keys()
    assert kinds
    assert kinds <= {event.type_name() for event in EVENTS}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_can_fire_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert METRIC.search(rule["expr"])
    assert unknown(rule["expr"]) == strange_labels(rule["expr"]) == set()
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert re.search(r"[\u4e00-\u9fff].* · ", rule["annotations"]["summary"]), "zh-CN first, then English"
    assert rule["annotations"]["description"]


@pytest.mark.parametrize("query", queries())
def test_a_panel_can_show_something(query: str) -> None:
    assert METRIC.search(query)
    assert unknown(query) == strange_labels(query) == set()


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
