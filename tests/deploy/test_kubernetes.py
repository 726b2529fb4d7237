"""What Kubernetes is told is what compose is told: every service, its settings, its own secret, probes, as little open.

Each check is a function from the rendered manifests to what is wrong; a planted fault shows that it can fail. They are
rendered by kustomize, as kubectl brings it; that they run is shown by running them, not here.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from linli_contracts.topics import PARTITIONS, SERVICES
from linli_runtime.settings import Settings
from ruamel.yaml import YAML

ROOT: Final = Path(__file__).resolve().parents[2]
KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
SECRETS: Final = KUBERNETES / "secrets.example.yaml"
JOBS: Final = ("kafka-provision", "database-roles")
NOBODY: Final = 10001
"""Who a process of ours is in its image (deploy/Dockerfile)."""

Document = dict[str, Any]
Manifests = list[Document]
Found = Iterator[str]


def _command() -> list[str] | None:
    for command in (["kubectl", "kustomize"], ["kustomize", "build"]):
        if shutil.which(command[0]):
            return [*command, "--load-restrictor", "LoadRestrictionsNone", str(KUBERNETES)]
    return None


pytestmark = pytest.mark.skipif(_command() is None, reason="neither `kubectl` nor `kustomize` is here")


@pytest.fixture(scope="module")
def manifests() -> Manifests:
    """Everything that would be applied."""
    done = subprocess.run(_command() or [], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(YAML(typ="safe").load_all(done.stdout))


@pytest.fixture(scope="module")
def compose() -> Document:
    content: Document = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


def one(manifests: Manifests, kind: str, name: str) -> Document | None:
    """The object of that kind and name, generated ones by the name without the hash behind it."""
    for each in manifests:
        if each["kind"] == kind and re.fullmatch(rf"{re.escape(name)}(-[a-z0-9]{{10}})?", each["metadata"]["name"]):
            return each
    return None


def the(manifests: Manifests, kind: str, name: str) -> Document:
    found = one(manifests, kind, name)
    assert found is not None, f"there is no {kind} {name}"
    return found


def pod(manifest: Document) -> Document:
    content: Document = manifest["spec"]["template"]["spec"]
    return content


def container(manifest: Document) -> Document:
    (only,) = pod(manifest)["containers"]
    content: Document = only
    return content


def secrets() -> dict[str, dict[str, str]]:
    """The secrets to fill in, with their keys."""
    documents = YAML(typ="safe").load_all(SECRETS.read_text(encoding="utf-8"))
    return {each["metadata"]["name"]: dict(each["stringData"]) for each in documents}


def told(manifests: Manifests, manifest: Document) -> dict[str, str]:
    """The variables of a process, from its settings, its secret and its own lines."""
    variables: dict[str, str] = {}
    for source in container(manifest)["envFrom"]:
        if "configMapRef" in source:
            variables |= the(manifests, "ConfigMap", source["configMapRef"]["name"])["data"]
        else:
            variables |= secrets().get(source["secretRef"]["name"], {})
    return variables | {each["name"]: each["value"] for each in container(manifest).get("env", ())}


# --- what is wrong with it --------------------------------------------------------------------------------------------


def missing(manifests: Manifests, _compose: Document) -> Found:
    for name in SERVICES:
        for kind in ("Deployment", "Service", "PodDisruptionBudget"):
            found = one(manifests, kind, name)
            if found is None:
                yield f"there is no {kind} {name}"
                continue
            spec = found["spec"]
            chosen = spec["selector"].get("matchLabels", spec["selector"])
            if chosen.get("app.kubernetes.io/name") != name:
                yield f"the {kind} {name} chooses other pods: {chosen}"
    yield from (f"there is no Job {name}" for name in JOBS if one(manifests, "Job", name) is None)


def other_images(manifests: Manifests, compose: Document) -> Found:
    for kind, names in (("Deployment", SERVICES), ("Job", JOBS)):
        for name in names:
            told_compose = str(compose["services"][name]["image"])
            wanted = re.sub(r"\$\{[A-Z_]+:-([^}]+)\}", r"\1", told_compose)
            if container(the(manifests, kind, name))["image"] != wanted:
                yield f"{name}: the image is not compose's {wanted}"


def other_settings(manifests: Manifests, compose: Document) -> Found:
    """Each process is told the variables that compose tells it, but for those that are handed on where they are set."""
    for kind, names in (("Deployment", SERVICES), ("Job", ("database-roles",))):
        for name in names:
            wanted = {key for key, value in compose["services"][name]["environment"].items() if value is not None}
            is_told = set(told(manifests, the(manifests, kind, name))) - {"SQL_DIR"}
            yield from (f"{name} is not told {key}" for key in sorted(wanted - is_told))
            yield from (f"{name} is told {key}, and not by compose" for key in sorted(is_told - wanted))


def refused_settings(manifests: Manifests, _compose: Document) -> Found:
    for name in SERVICES:
        variables = {key: value or "x" for key, value in told(manifests, the(manifests, "Deployment", name)).items()}
        try:
            Settings.model_validate({key.removeprefix("LINLI_").lower(): value for key, value in variables.items()})
        except ValueError as error:
            yield f"{name}: {error}"


def foreign_accounts(manifests: Manifests, _compose: Document) -> Found:
    for name in SERVICES:
        deployment = the(manifests, "Deployment", name)
        used = [source["secretRef"]["name"] for source in container(deployment)["envFrom"] if "secretRef" in source]
        if used != [f"linli-{name}"]:
            yield f"{name} does not have a secret of its own alone: {used}"
        if told(manifests, deployment)["LINLI_KAFKA_USERNAME"] != name:
            yield f"{name} has another's name at Kafka"
        for role in (f"linli_{name}", f"linli_{name}_owner"):
            if f"postgresql://{role}:" not in SECRETS.read_text(encoding="utf-8"):
                yield f"the example does not say that {name} has the role {role} at Postgres"


def no_answer(manifests: Manifests, _compose: Document) -> Found:
    """Probes ask for what the service answers, at the port where it listens; and so does Prometheus."""
    for name in SERVICES:
        paths = json.loads((ROOT / "docs" / "openapi" / f"{name}.json").read_text(encoding="utf-8"))["paths"]
        deployment = the(manifests, "Deployment", name)
        main, port = container(deployment), told(manifests, deployment)["LINLI_HTTP_PORT"]
        ports = {each["name"]: each["containerPort"] for each in main["ports"]}
        asked = {probe: main[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        notes = deployment["spec"]["template"]["metadata"]["annotations"]
        if asked["readinessProbe"]["path"] != "/health/ready":
            yield f"{name} is sent requests before it is ready"
        for path in (*(each["path"] for each in asked.values()), notes["prometheus.io/path"]):
            if "get" not in paths.get(path, {}):
                yield f"{name} does not answer {path}"
        service = the(manifests, "Service", name)["spec"]["ports"][0]["targetPort"]
        listened = {str(ports.get(each["port"])) for each in asked.values()}
        if {*listened, str(ports.get(service)), notes["prometheus.io/port"]} != {port}:
            yield f"{name} does not listen where it is asked"


def too_open(manifests: Manifests, _compose: Document) -> Found:
    for kind, names in (("Deployment", SERVICES), ("Job", JOBS)):
        for name in names:
            content, main = pod(the(manifests, kind, name)), container(the(manifests, kind, name))
            rights = main["securityContext"]
            if not content["securityContext"]["runAsNonRoot"] or not rights["readOnlyRootFilesystem"]:
                yield f"{name} may write its image, or be root"
            if rights["allowPrivilegeEscalation"] or rights["capabilities"] != {"drop": ["ALL"]}:
                yield f"{name} may do more than a process"
            if content["automountServiceAccountToken"]:
                yield f"{name} may ask the cluster"
            if name != "database-roles" and content["securityContext"]["runAsUser"] != NOBODY:
                yield f"{name} is not who its image says"


def open_network(manifests: Manifests, _compose: Document) -> Found:
    rules = [each["spec"] for each in manifests if each["kind"] == "NetworkPolicy"]
    label = {"app.kubernetes.io/part-of": "linli"}
    if not any(
        rule["podSelector"].get("matchLabels") == label and set(rule["policyTypes"]) == {"Ingress", "Egress"}
        for rule in rules
    ):
        yield "nothing bounds what all pods may reach, and who reaches them"
    for rule in rules:
        for way in (*rule.get("ingress", ()), *rule.get("egress", ())):
            peers = [*way.get("from", ()), *way.get("to", ())]
            if not peers or not way.get("ports") or any("podSelector" in peer for peer in peers):
                yield f"open to whoever, or between the services: {way}"


def wrong_numbers(manifests: Manifests, compose: Document) -> Found:
    for name in SERVICES:
        deployment = the(manifests, "Deployment", name)
        if not 1 < deployment["spec"]["replicas"] <= PARTITIONS:
            yield f"{name}: as many processes as are of use, and more than one"
        grace = f"{pod(deployment)['terminationGracePeriodSeconds']}s"
        if grace != compose["services"][name]["stop_grace_period"]:
            yield f"{name} is given {grace} to stop"


def few_copies(manifests: Manifests, _compose: Document) -> Found:
    """A cluster loses a broker now and then: what is acknowledged is elsewhere too."""
    if int(told(manifests, the(manifests, "Job", "kafka-provision")).get("LINLI_KAFKA_REPLICATION", 1)) < 3:
        yield "topics are made with too few copies"


def secrets_unknown(manifests: Manifests, _compose: Document) -> Found:
    """Every secret that is named is in the example, with nothing in it; and none is applied from the repository."""
    text = json.dumps(manifests)
    named = set(re.findall(r'"secretRef": \{"name": "([^"]+)"\}', text)) | set(
        re.findall(r'"secretName": "([^"]+)"', text)
    )
    yield from (f"{name} is not the same in the example and here" for name in sorted(named ^ set(secrets())))
    yield from (f"{name}: {key} is filled in" for name, keys in secrets().items() for key in keys if keys[key])
    yield from (f"{each['metadata']['name']} is applied" for each in manifests if each["kind"] == "Secret")


# --- the checks, and a fault that each finds --------------------------------------------------------------------------


def without(kind: str, name: str) -> Callable[[Manifests], None]:
    return lambda manifests: manifests.remove(the(manifests, kind, name))


def fault(kind: str, name: str, path: str, value: object) -> Callable[[Manifests], None]:
    """Put a value at a place (`a/0/b`)."""

    def plant(manifests: Manifests) -> None:
        place: Any = the(manifests, kind, name)
        *way, last = path.split("/")
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = value

    return plant


MAIN: Final = "spec/template/spec/containers/0"
CHECKS: Final = (
    (missing, without("Deployment", "loyalty")),
    (missing, without("Job", "database-roles")),
    (missing, fault("Service", "intake", "spec/selector", {"app.kubernetes.io/part-of": "linli"})),
    (other_images, fault("Deployment", "intake", f"{MAIN}/image", "linli/service:local")),
    (other_settings, fault("ConfigMap", "linli-settings", "data/LINLI_CLOK", "system")),
    (other_settings, fault("Deployment", "dispatch", f"{MAIN}/envFrom/1/secretRef/name", "linli-followup")),
    (refused_settings, fault("ConfigMap", "linli-settings", "data/LINLI_CLOCK", "sundial")),
    (foreign_accounts, fault("Deployment", "warranty", f"{MAIN}/envFrom/1/secretRef/name", "linli-loyalty")),
    (foreign_accounts, fault("Deployment", "warranty", f"{MAIN}/env/0/value", "loyalty")),
    (no_answer, fault("Deployment", "followup", f"{MAIN}/livenessProbe/httpGet/path", "/healthz")),
    (no_answer, fault("Deployment", "followup", f"{MAIN}/ports/0/containerPort", 8081)),
    (no_answer, fault("Deployment", "followup", f"{MAIN}/readinessProbe/httpGet/path", "/health/live")),
    (too_open, fault("Deployment", "intake", f"{MAIN}/securityContext/readOnlyRootFilesystem", None)),
    (too_open, fault("Job", "kafka-provision", "spec/template/spec/securityContext/runAsUser", 1000)),
    (open_network, fault("NetworkPolicy", "linli", "spec/policyTypes", ["Ingress"])),
    (open_network, fault("NetworkPolicy", "linli", "spec/ingress/0/from", [{"podSelector": {}}])),
    (wrong_numbers, fault("Deployment", "intake", "spec/replicas", PARTITIONS + 1)),
    (wrong_numbers, fault("Deployment", "intake", "spec/template/spec/terminationGracePeriodSeconds", 5)),
    (few_copies, fault("Job", "kafka-provision", f"{MAIN}/env", [])),
    (secrets_unknown, fault("Deployment", "intake", "spec/template/spec/volumes/1/secret/secretName", "key")),
)  # fmt: skip


@pytest.mark.parametrize("check", dict.fromkeys(check for check, _ in CHECKS), ids=lambda check: check.__name__)
def test_nothing_is_wrong_with_the_manifests(
    check: Callable[[Manifests, Document], Found], manifests: Manifests, compose: Document
) -> None:
    assert list(check(manifests, compose)) == []


@pytest.mark.parametrize(("check", "plant"), CHECKS)
def test_a_planted_fault_is_found(
    check: Callable[[Manifests, Document], Found],
    plant: Callable[[Manifests], None],
    manifests: Manifests,
    compose: Document,
) -> None:
    broken = deepcopy(manifests)
    plant(broken)
    assert list(check(broken, compose))


def test_what_they_do_is_what_compose_does_with_the_same_files(manifests: Manifests) -> None:
    """Kafka's plan and the statements for roles and schemas are those of the repository, to the letter."""
    plan = the(manifests, "ConfigMap", "linli-kafka-plan")["data"]["plan.json"]
    assert plan == (ROOT / "deploy" / "kafka" / "plan.json").read_text(encoding="utf-8")
    roles = the(manifests, "ConfigMap", "linli-database-roles")["data"]
    script = (ROOT / "deploy" / "postgres" / "init.sh").read_text(encoding="utf-8")
    assert roles["init.sh"] == script
    used = set(re.findall(r"\$sql/(\w+\.sql)", script))
    assert used == set(roles) - {"init.sh"}
    for name in used:
        assert roles[name] == (ROOT / "cli" / "linli_cli" / "stack" / name).read_text(encoding="utf-8")
