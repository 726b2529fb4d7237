"""The containers are described completely: valid, in order, no secret written down, every setting given and known.

Each check is a function from the files to what is wrong; a planted fault shows that it can fail. That the containers
run is shown by running them, not here.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from linli_cli.audit.access import DATABASE_VARIABLE
from linli_cli.stack import kafka_plan
from linli_contracts.topics import SERVICES
from linli_embedded.provision import Plan
from linli_runtime.settings import Settings
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"

Document = dict[str, Any]
Found = Iterator[str]

ONE_SHOT = {"kafka-provision", "database-roles"}  # They end; whoever needs them waits for their success.
ON_DEMAND = {"audit"}  # They run when somebody asks, and end.
BLIND = {"collector"}  # Its image holds no program that could check it: Prometheus does (LinliCollectorAway).
OF_PROCESS = {f"LINLI_{name.upper()}" for name in Settings.model_fields}
OF_MAIL = {f"LINLI_MAIL_{name}" for name in ("HOST", "PORT", "SECURITY", "USER", "PASSWORD", "SENDER")}
OF_ONE = {
    "intake": {"LINLI_CUSTOMER_KEY", "LINLI_GATEWAY_URL", "LINLI_GATEWAY_SECRET", "LINLI_GATEWAY_REPEATS"}
    | OF_MAIL
    | {"LINLI_MAIL_REPEATS"},
    "dispatch": {"LINLI_WEBHOOK_KEY"} | OF_MAIL,
}
OF_CONTAINER = {  # What the other containers are told, by the programs that read it.
    "kafka": {"LINLI_KAFKA_BROKER_PASSWORD", "LINLI_KAFKA_ADMIN_PASSWORD"},
    "kafka-provision": {
        "LINLI_KAFKA_ADMIN_PASSWORD",
        *(f"LINLI_KAFKA_{name.upper()}_PASSWORD" for name in (*SERVICES, "audit")),
    },
    "database-roles": {
        f"LINLI_{name.upper()}_DATABASE_PASSWORD"
        for name in (*SERVICES, *(f"{service}_owner" for service in SERVICES), "audit")
    },
    "audit": {DATABASE_VARIABLE, "LINLI_BOOTSTRAP", "LINLI_KAFKA_USERNAME", "LINLI_KAFKA_PASSWORD"},
}
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:\?|:-)?([^}]*)\}")
SECRET = re.compile(r"PASSWORD|CUSTOMER_KEY|WEBHOOK_KEY|SECRET|PRIVATE")


def read(path: Path) -> Document:
    content: Document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def compose() -> Document:
    return read(COMPOSE)


# --- what is wrong with it --------------------------------------------------------------------------------------------


def without_health(compose: Document) -> Found:
    for name, service in compose["services"].items():
        if name not in ONE_SHOT | ON_DEMAND | BLIND and "healthcheck" not in service:
            yield f"{name} has no health check"
        if name in SERVICES and "/health/ready" not in str(service.get("healthcheck")):
            yield f"{name} is not asked whether it is ready"


def out_of_order(compose: Document) -> Found:
    wanted = {
        "kafka-provision": {"kafka": "service_healthy"},
        "database-roles": {"postgres": "service_healthy"},
        **{name: dict.fromkeys(sorted(ONE_SHOT), "service_completed_successfully") for name in (*SERVICES, *ON_DEMAND)},
    }
    for name, before in wanted.items():
        waits = {on: how["condition"] for on, how in compose["services"][name].get("depends_on", {}).items()}
        for on, condition in before.items():
            if waits.get(on) != condition:
                yield f"{name} does not wait for {on} ({condition})"


def not_on_demand(compose: Document) -> Found:
    for name, service in compose["services"].items():
        if (name in ON_DEMAND) is not ("profiles" in service):
            yield f"{name} starts when nobody asked, or not with the others"


def not_told(compose: Document) -> Found:
    required = {f"LINLI_{name.upper()}" for name, field in Settings.model_fields.items() if field.is_required()}
    for name in SERVICES:
        told = compose["services"][name]["environment"]
        needed = required | (
            {"LINLI_KAFKA_USERNAME", "LINLI_KAFKA_PASSWORD"} if told["LINLI_KAFKA_SECURITY"] == "scram" else set()
        )
        needed |= OF_ONE.get(name, set())
        yield from (f"{name} is not told {variable}" for variable in sorted(needed - told.keys()))


def told_what_nobody_knows(compose: Document) -> Found:
    for name, service in compose["services"].items():
        known = OF_CONTAINER.get(name, OF_PROCESS | OF_ONE.get(name, set()))
        told = {variable for variable in service.get("environment", {}) if variable.startswith("LINLI_")}
        yield from (f"{name} is told {variable}, which it does not know" for variable in sorted(told - known))


def refused_settings(compose: Document) -> Found:
    """What a process would refuse at its start, with everything that must be set set to something sound."""
    for name in SERVICES:
        told = {
            variable.removeprefix("LINLI_").lower(): VARIABLE.sub(
                lambda found: found[3] if found[2] == ":-" else "x1", str(value)
            )
            for variable, value in compose["services"][name]["environment"].items()
            if variable in OF_PROCESS and value is not None  # handed on where it is set
        }
        try:
            Settings.model_validate(told)
        except ValueError as error:
            yield f"{name}: {error}"


def foreign_accounts(compose: Document) -> Found:
    """A service that goes by another's name, or takes another's password."""
    for name in (*SERVICES, "audit"):
        told = compose["services"][name]["environment"]
        if told["LINLI_KAFKA_USERNAME"] != name:
            yield f"{name} is {told['LINLI_KAFKA_USERNAME']} to Kafka"
        if f"LINLI_KAFKA_{name.upper()}_PASSWORD" not in told["LINLI_KAFKA_PASSWORD"]:
            yield f"{name} does not take its own Kafka password"
        expected = f"//linli_{name}:${{LINLI_{name.upper()}_DATABASE_PASSWORD:?"
        if expected not in told[DATABASE_VARIABLE if name == "audit" else "LINLI_DATABASE_URL"]:
            yield f"{name} does not go to Postgres as linli_{name}"
        owner = f"//linli_{name}_owner:${{LINLI_{name.upper()}_OWNER_DATABASE_PASSWORD:?"
        if name in SERVICES and owner not in told.get("LINLI_OWNER_DATABASE_URL", ""):
            yield f"{name} does not migrate as linli_{name}_owner"


def written_secrets(compose: Document) -> Found:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            handed_on = value is None  # where it is set
            if SECRET.search(variable) and not handed_on and not re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", str(value)):
                yield f"{name}: {variable} must come from the environment, and be refused when it is empty"
    text = json.dumps(compose)
    for found in re.finditer(r"://[^:/\"]+:([^@\"]*)@", text):
        if not found[1].startswith("${"):
            yield f"a password stands in an address: {found[0]}"


def fixed_images(compose: Document) -> Found:
    for name, service in compose["services"].items():
        image = str(service.get("image"))
        if not re.fullmatch(r"\$\{[A-Z_]+:-[^}]+\}(/[a-z-]+:\$\{LINLI_TAG:-local\})?", image):
            yield f"{name}: the image {image} is no variable with a default"
        base = service.get("build", {}).get("args", {}).get("PYTHON_IMAGE")
        if "build" in service and not str(base).startswith("${PYTHON_IMAGE:-"):
            yield f"{name}: is not built on PYTHON_IMAGE"


def open_to_the_world(compose: Document) -> Found:
    for name, service in compose["services"].items():
        for port in service.get("ports", ()):
            if not str(port).startswith("${LINLI_BIND:-127.0.0.1}:"):
                yield f"{name} publishes {port} beyond this machine"


def missing_files(compose: Document) -> Found:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", ()):
            source = str(volume).partition(":")[0]
            if source.startswith("./") and not (ROOT / source).exists():
                yield f"{name}: {source} is not there"
            elif not source.startswith(("./", "$")) and source not in compose["volumes"]:
                yield f"{name}: the volume {source} is not declared"


def fault(path: str, value: object) -> Callable[[Document], None]:
    """Put a value at a place (`a.b.c`), or take it away (None)."""

    def plant(compose: Document) -> None:
        *way, last = path.split("/")
        place = compose["services"]
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return plant


CHECKS = (
    (without_health, fault("postgres/healthcheck", None)),
    (without_health, fault("loyalty/healthcheck/test", ["CMD", "true"])),
    (out_of_order, fault("kafka-provision/depends_on/kafka/condition", "service_started")),
    (out_of_order, fault("warranty/depends_on", {})),
    (not_told, fault("dispatch/environment/LINLI_DEPLOYMENT", None)),
    (not_told, fault("dispatch/environment/LINLI_KAFKA_USERNAME", None)),
    (not_told, fault("intake/environment/LINLI_CUSTOMER_KEY", None)),
    (told_what_nobody_knows, fault("dispatch/environment/LINLI_CLOK", "system")),
    (told_what_nobody_knows, fault("dispatch/environment/LINLI_CUSTOMER_KEY", "${LINLI_CUSTOMER_KEY:?x}")),
    (refused_settings, fault("dispatch/environment/LINLI_CLOCK", "sundial")),
    (refused_settings, fault("dispatch/environment/LINLI_HTTP_PORT", "eighty")),
    (foreign_accounts, fault("dispatch/environment/LINLI_KAFKA_USERNAME", "intake")),
    (
        foreign_accounts,
        fault("dispatch/environment/LINLI_DATABASE_URL", "postgresql://postgres:${X:?x}@postgres/linli"),
    ),
    (foreign_accounts, fault("audit/environment/LINLI_KAFKA_USERNAME", "intake")),
    (foreign_accounts, fault("dispatch/environment/LINLI_OWNER_DATABASE_URL", None)),
    (not_on_demand, fault("audit/profiles", None)),
    (written_secrets, fault("kafka/environment/LINLI_KAFKA_ADMIN_PASSWORD", "admin")),
    (written_secrets, fault("kafka/environment/LINLI_KAFKA_ADMIN_PASSWORD", "${LINLI_KAFKA_ADMIN_PASSWORD:-admin}")),
    (written_secrets, fault("dispatch/environment/LINLI_DATABASE_URL", "postgresql://linli_dispatch:x@postgres/linli")),
    (fixed_images, fault("kafka/image", "apache/kafka:4.1.0")),
    (fixed_images, fault("dispatch/build/args/PYTHON_IMAGE", "python:3.11")),
    (open_to_the_world, fault("dispatch/ports", ["8102:8080"])),
    (missing_files, fault("kafka/volumes", ["./deploy/kafke:/etc/linli/kafka:ro"])),
    (missing_files, fault("kafka/volumes", ["kafke:/var/lib/kafka/data"])),
)


@pytest.mark.parametrize("check", dict.fromkeys(check for check, _ in CHECKS), ids=lambda check: check.__name__)
def test_nothing_is_wrong_with_the_containers(check: Callable[[Document], Found], compose: Document) -> None:
    assert list(check(compose)) == []


@pytest.mark.parametrize(("check", "plant"), CHECKS)
def test_a_planted_fault_is_found(
    check: Callable[[Document], Found], plant: Callable[[Document], None], compose: Document
) -> None:
    broken: Document = json.loads(json.dumps(deepcopy(compose)))
    plant(broken)
    assert list(check(broken))


# --- as others see it -------------------------------------------------------------------------------------------------


def _valid(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_valid_by_the_compose_specification(tmp_path: Path) -> None:
    found = _valid(COMPOSE)
    assert found.returncode == 0, found.stdout + found.stderr
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text(encoding="utf-8").replace("start_period:", "start_perio:"), encoding="utf-8")
    assert _valid(broken).returncode != 0


def _compose_command() -> list[str] | None:
    for command in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(command[0])
            and not subprocess.run([*command, "version"], capture_output=True, check=False).returncode
        ):
            return command
    return None


@pytest.mark.skipif(_compose_command() is None, reason="neither `docker compose` nor `docker-compose` is here")
def test_compose_itself_reads_it_and_refuses_to_start_without_secrets(tmp_path: Path) -> None:
    command = _compose_command() or []
    empty, filled = tmp_path / "empty", tmp_path / "filled"
    empty.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    filled.write_text(re.sub(r"(?m)^([A-Z_]+)=$", r"\1=x1", EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")

    def config(environment: Path) -> subprocess.CompletedProcess[str]:
        asked = [*command, "--file", str(COMPOSE), "--env-file", str(environment), "config"]
        return subprocess.run(
            asked, capture_output=True, text=True, check=False, env={"PATH": "/usr/local/bin:/usr/bin:/bin"}
        )

    told = config(filled)
    assert told.returncode == 0, told.stderr
    read_back: Document = YAML(typ="safe").load(told.stdout)
    assert set(read_back["services"]) == set(read(COMPOSE)["services"])
    assert read_back["services"]["intake"]["environment"]["LINLI_KAFKA_PASSWORD"] == "x1"
    assert config(empty).returncode != 0


# --- what goes with it ------------------------------------------------------------------------------------------------


def _example() -> dict[str, str]:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_lists_every_variable_with_its_default_and_no_secret() -> None:
    used: dict[str, set[str]] = {}
    for name, kind, default in VARIABLE.findall(COMPOSE.read_text(encoding="utf-8")):
        used.setdefault(name, set()).add(default if kind == ":-" else "")
    assert {name: {value} for name, value in _example().items() if name != "LINLI_JWT_PUBLIC_KEY_FILE"} == {
        name: values for name, values in used.items() if name != "LINLI_JWT_PUBLIC_KEY_FILE"
    }
    assert [name for name, value in _example().items() if SECRET.search(name) and value] == []


def test_what_holds_secrets_is_not_committed() -> None:
    for name in (".env", "keys/token-key.pem"):
        ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT, check=False).returncode == 0
        assert ignored, name
    assert subprocess.run(["git", "check-ignore", "--quiet", ".env.example"], cwd=ROOT, check=False).returncode == 1


def test_kafkas_plan_is_what_the_services_maps_say() -> None:
    """A service may write only its own topics (and ask its producers), and read only what it subscribes to."""
    written = (ROOT / "deploy" / "kafka" / "plan.json").read_text(encoding="utf-8")
    how = "python -m linli_cli.stack.kafka_plan > deploy/kafka/plan.json"
    assert written == kafka_plan.text(), how
    plan = Plan.from_json(written)
    assert set(plan.services) == {*SERVICES, "audit"}
    auditor = plan.services.pop("audit")
    assert (auditor.writes, auditor.groups, set(auditor.reads)) == ((), (), set(plan.topics))
    for name, may in plan.services.items():
        foreign = {topic for topic in may.writes if not topic.startswith(f"linli.{name}.")}
        assert all(topic.endswith(".asks.v1") for topic in foreign), (name, foreign)
        assert f"linli.{name}.asks.v1" in may.reads
        assert may.groups == (f"linli.{name}",)
        assert {*may.writes, *may.reads} <= set(plan.topics)


def test_an_image_runs_as_nobody_in_particular_and_is_built_on_a_variable() -> None:
    stages = re.split(r"(?m)^FROM ", DOCKERFILE.read_text(encoding="utf-8"))[1:]
    assert all(stage.startswith("${PYTHON_IMAGE} AS ") for stage in stages)
    last_of = {stage.split()[2]: stage for stage in stages}
    for name in ("provision", "operator", "service"):
        assert re.search(r"(?m)^USER (?!0|root)\S+", last_of[name]), name
    assert "/health/ready" in last_of["service"]
    assert re.search(r"exec .*linli_\$\{SERVICE\}\.main", last_of["service"])
    wanted = {service["build"]["target"] for service in read(COMPOSE)["services"].values() if "build" in service}
    assert wanted <= set(last_of)


def test_an_image_is_given_every_library_that_its_service_needs() -> None:
    """The distributions that a Dockerfile copies are those that the service's own dependencies lead to."""
    copied = set(re.findall(r"(?m)^COPY libs/(\w+) ", DOCKERFILE.read_text(encoding="utf-8").split("AS installed")[1]))
    for service in SERVICES:
        needed: set[str] = set()
        waiting = [ROOT / "services" / service]
        while waiting:
            text = (waiting.pop() / "pyproject.toml").read_text(encoding="utf-8")
            for name in set(re.findall(r'"linli-(\w+)"', text.split("dependencies")[1].split("]")[0])) - needed:
                needed.add(name)
                waiting.append(ROOT / "libs" / name)
        assert needed == copied, service
