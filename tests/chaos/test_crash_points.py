"""Services killed at every crash point, stopped in mid-work or left by their supervisor keep exact books.

One stack of real processes on the run's broker for the whole file; each test leaves it running and at rest.
"""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from linli_cli.timeline import Entry, in_order
from linli_contracts.topics import SERVICES
from linli_messaging import crash
from linli_runtime.clock import SystemClock
from linli_testkit.databases import Database
from linli_testkit.plugin import TestBroker

from tests.chaos.processes import WITHIN_S, Processes, processes, rows
from tests.system.life import request
from tests.system.repairs import REPAIR

ROUNDS = (
    ("relay-before-produce", "before-lock"),
    ("relay-after-produce", "after-lock"),
    ("relay-after-published", "after-load"),
    ("before-commit", "after-decide"),
    ("after-commit", "after-acknowledge"),
)
"""Where intake and dispatch die, both in one round: a killed member holds its partitions for six seconds."""
SENT: list[str] = []


@pytest.fixture(scope="module")
def stack(
    module_database: Database, broker: TestBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Five services with one estate registered."""
    with processes(module_database, broker, tmp_path_factory.mktemp("chaos")) as made:
        for service in SERVICES:
            made.start(service)
        made.ready(*SERVICES)
        estate = {"estate_id": "xh01", "region_id": "east", "project_id": "xh", "name": "西湖花园"}
        made.post("dispatch", "/estates", estate, "estate")
        homes = [
            {"home_id": f"xh01.p1-1-{n}", "phase": "p1", "building": "1", "handed_over_on": "2024-06-01"}
            for n in range(101, 111)
        ]
        made.post("dispatch", "/estates/xh01/homes", {"homes": homes}, "homes")
        made.come_to_rest()
        yield made


def send(stack: Processes, name: str, count: int) -> list[str]:
    """Requests of different customers at once; their case ids."""

    def one(number: int) -> str:
        body = request(
            **(REPAIR if number % 2 else {}),
            contact=f"139{len(SENT) + number:08}",
            home_id=f"xh01.p1-1-{101 + number % 10}",
        )
        return str(stack.post("intake", "/requests", body, f"{name}-{number}")["case_id"])

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


def check_books(database: Database) -> None:
    """Each request has exactly one ticket; every lane is numbered without gaps; each inbox stands at its head."""
    opened = [row["case_id"] for row in rows(database, "SELECT case_id FROM dispatch.fact WHERE type = 'TicketOpened'")]
    assert sorted(opened) == sorted(SENT)
    tickets = rows(database, "SELECT id FROM dispatch.ticket")
    assert sorted(row["id"] for row in tickets) == sorted(SENT)
    for service in SERVICES:
        broken = rows(
            database,
            f"SELECT lane FROM {service}.fact GROUP BY lane HAVING count(*) <> max(number) OR min(number) <> 1 "  # noqa: S608 - a service's own name
            f"UNION SELECT lane FROM {service}.lane l WHERE head <> "
            f"(SELECT count(*) FROM {service}.fact o WHERE o.lane = l.lane)",
        )
        assert broken == [], service


def test_every_crash_point_is_tried() -> None:
    assert sorted(point for both in ROUNDS for point in both) == sorted(crash.POINTS)


@pytest.mark.rule("OPS-03", "OPS-04")
@pytest.mark.parametrize(("of_intake", "of_dispatch"), ROUNDS)
def test_killed_at_a_crash_point(stack: Processes, module_database: Database, of_intake: str, of_dispatch: str) -> None:
    """Given requests on their way, when intake and dispatch are killed and started again, then the books are exact."""
    armed = {"intake": of_intake, "dispatch": of_dispatch}
    for service in armed:
        assert stack.stop(service) == 0, stack.log(service)
    for service, point in armed.items():
        stack.start(service, crash_at=f"{point}:1")

    def revive(service: str) -> int:
        code = stack.ended(service)
        stack.start(service)
        return code

    with ThreadPoolExecutor(3) as pool:
        deaths = pool.map(revive, armed)
        sent = pool.submit(send, stack, f"{of_intake}-{of_dispatch}", 4)
        assert list(deaths) == [-9, -9], stack.log("intake") + stack.log("dispatch")
        SENT.extend(sent.result())
    stack.ready(*armed)
    stack.come_to_rest()
    check_books(module_database)


@pytest.mark.rule("OPS-03")
@pytest.mark.parametrize("point", crash.ARCHIVER_POINTS)
def test_killed_while_it_archives(stack: Processes, module_database: Database, point: str) -> None:
    """Given told facts, when dispatch is killed while it archives and does it again, then each is in one place."""
    assert stack.stop("dispatch") == 0, stack.log("dispatch")
    stack.start("dispatch", crash_at=f"{point}:1")
    stack.ready("dispatch")
    before = {"before": SystemClock().now().isoformat()}
    with pytest.raises(httpx.TransportError):
        stack.ask("dispatch", "/archive", before)
    assert stack.ended("dispatch") == -9
    stack.start("dispatch")
    stack.ready("dispatch")
    while stack.ask("dispatch", "/archive", before)["facts"]:
        pass
    check_books(module_database)
    kept = f"SELECT 1 FROM dispatch.outbox WHERE at < '{before['before']}'"  # noqa: S608 - an instant of ours
    assert rows(module_database, kept) == []
    SENT.extend(send(stack, f"after-{point}", 1))
    stack.come_to_rest()
    check_books(module_database)


@pytest.mark.rule("OPS-01")
def test_a_trace_goes_through_kills_and_archive_without_holes(stack: Processes, module_database: Database) -> None:
    """Given cases that lived through all that, then each has one trace from its start on, nothing without cause."""
    told = {
        str(row["id"]): row["traceparent"]
        for service in SERVICES
        for row in rows(module_database, f"SELECT id, traceparent FROM {service}.fact")  # noqa: S608 - a service's own name
    }
    for case_id in SENT:
        entries = in_order(
            [Entry.model_validate(item) for item in stack.get(service, f"/timeline/{case_id}").json()["items"]]
            for service in SERVICES
        )
        (trace_id,) = {entry.trace_id for entry in entries}
        assert trace_id is not None
        first, second, *_ = [entry.what for entry in entries if entry.kind == "event"]
        assert (first, second) == ("ComplaintReceived", "ComplaintGraded")
        by_facts = [entry for entry in entries if entry.service == "dispatch" and "|" not in str(entry.cause)]
        assert "TicketOpened" in {entry.what for entry in by_facts}
        assert all(f"-{trace_id}-" in told[str(entry.cause)] for entry in by_facts)


@pytest.mark.rule("OPS-03", "OPS-04")
def test_a_stop_in_mid_work_answers_everybody_and_doubles_nothing(stack: Processes, module_database: Database) -> None:
    """Given commands in flight, when intake is told to stop, then it ends with 0 and no case is doubled."""
    with ThreadPoolExecutor(2) as pool:
        sending = pool.submit(send, stack, "stopped", 60)
        assert stack.stop("intake") == 0, stack.log("intake")
        stack.start("intake")
        cases = sending.result()
    SENT.extend(cases)
    assert len(set(cases)) == 60
    stack.come_to_rest()
    check_books(module_database)
    assert "Traceback" not in stack.log("intake")


@pytest.mark.rule("OPS-04")
def test_a_service_ends_with_its_supervisor(stack: Processes) -> None:
    """Given a supervised service, when its standard input ends, then it stops by itself, with 0."""
    stdin = stack.running["loyalty"].stdin
    assert stdin is not None
    stdin.close()
    assert stack.ended("loyalty") == 0, stack.log("loyalty")
    stack.start("loyalty")
    stack.ready("loyalty")


@pytest.mark.rule("OPS-04")
def test_what_keeps_a_service_from_starting_is_one_clear_line(stack: Processes, tmp_path: Path) -> None:
    """Given a port in use, another deployment, a wrong key or no policy, then one line says so and it ends with 2."""
    other = Processes(tmp_path, stack.environment, stack.ports, stack.token, stack.deployment, stack.key)
    for settings, why in (
        ({}, "address already in use"),
        ({"LINLI_DEPLOYMENT": "other"}, "not to other"),
        ({"LINLI_JWT_PUBLIC_KEY": "-----BEGIN nonsense"}, "LINLI_JWT_PUBLIC_KEY"),
        ({"LINLI_POLICY_DIR": str(tmp_path)}, str(tmp_path)),
    ):
        (tmp_path / "loyalty.log").unlink(missing_ok=True)
        other.start("loyalty", **settings)
        assert other.ended("loyalty") == 2, other.log("loyalty")
        assert why.lower() in other.log("loyalty").splitlines()[-1].lower()
        assert "Traceback" not in other.log("loyalty")
    other.http.close()


@pytest.mark.rule("OPS-04")
def test_a_start_that_hangs_can_be_ended(stack: Processes, tmp_path: Path) -> None:
    """Given a broker that takes connections and says nothing, when a starting service is told to stop, then it ends."""
    other = Processes(tmp_path, stack.environment, stack.ports, stack.token, stack.deployment, stack.key)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert stack.stop("loyalty") == 0
        other.start("loyalty", LINLI_BOOTSTRAP=f"127.0.0.1:{silent.getsockname()[1]}")
        silent.settimeout(WITHIN_S)
        with silent.accept()[0]:
            assert other.stop("loyalty") == 0, other.log("loyalty")
    assert "before it has started" in other.log("loyalty")
    other.http.close()
    stack.start("loyalty")
    stack.ready("loyalty")


@pytest.mark.rule("OPS-01")
def test_metrics_have_their_documented_names(stack: Processes) -> None:
    text = stack.get("dispatch", "/metrics").text
    for name in (
        "decisions_total", "repeated_total", "batch_inputs_bucket", "early", "parked", "gaps", "due", "waiting",
        "outbox_depth", "archived", "outbox_kept", "outbox_age_seconds", "early_age_seconds", "foreign", "produced",
        "inbox_last",
    ):  # fmt: skip
        assert f"linli_{name}{{" in text, name
    assert 'service="dispatch"' in text
