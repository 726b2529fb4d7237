"""What customers told stays in intake, whatever fails: in no log, answer, metric, span or operator's view (INT-13).

Five processes on a database that refuses what it was given; names and numbers come where nobody expects them: in keys,
addresses, questions, bodies that are none.
"""

from collections.abc import Iterator
from typing import Any, Final

import httpx
import orjson
import pytest
from linli_contracts.topics import SERVICES
from linli_messaging.tracing import span_id_of, trace_id_of
from linli_testkit.databases import Database
from linli_testkit.plugin import TestBroker
from linli_testkit.receiver import Receiver, receiver

from tests.chaos.processes import Processes, processes, rows
from tests.system.life import request

NAME: Final = "欧阳隐私"
PHONE: Final = "13987654321"
WORDS: Final = f"请回电 {PHONE} 找{NAME}"
REFUSED: Final = "state ->> 'subcategory' <> 'lift' AND status <> 'withdrawn'"
"""What the database is told to refuse of a request, as a constraint that a rule overlooked."""
HOMES: Final = [{"home_id": "xh01.p1-1-101", "phase": "p1", "building": "1"}]


@pytest.fixture(scope="module")
def collector() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture(scope="module")
def house(
    module_database: Database, broker: TestBroker, collector: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """All services; intake knows an estate with a home."""
    with processes(module_database, broker, tmp_path_factory.mktemp("personal")) as made:
        for service in SERVICES:
            made.start(service, LINLI_OTLP_ENDPOINT=collector.url, LINLI_TRACE_SHARE="1", LINLI_LOG_LEVEL="DEBUG")
        made.ready(*SERVICES)
        estate = {"estate_id": "xh01", "region_id": "east", "project_id": "xh", "name": "西湖花园"}
        made.post("dispatch", "/estates", estate, "estate")
        made.post("dispatch", "/estates/xh01/homes", {"homes": HOMES}, "homes")
        made.come_to_rest()
        yield made


def send(house: Processes, method: str, path: str, key: str = "", **how: Any) -> httpx.Response:  # noqa: ANN401 - whatever httpx takes
    headers = {"Authorization": f"Bearer {house.token}", **({"Idempotency-Key": key} if key else {})}
    address = f"http://127.0.0.1:{house.ports['intake']}{path}"
    return house.http.request(method, address, headers=headers | how.pop("headers", {}), **how)


@pytest.fixture(scope="module")
def case_id(house: Processes, module_database: Database) -> str:
    """The case of one request, after everything that is sent has been sent, and all came to rest."""
    body = request(name=NAME, contact=PHONE, what_happened=WORDS, emergency=True)  # so that a message goes out at night
    taken = send(house, "POST", "/requests", f"call-{PHONE}", json=body)
    wrong = {"people": WORDS, "received_at": WORDS, "common_area": WORDS, PHONE: NAME}
    strange = {"by": NAME, NAME: PHONE, "people": NAME}
    for number, told in enumerate((body | wrong, [NAME, PHONE], f'{{"name": "{NAME}", "contact": "{PHONE}"')):
        content = told if isinstance(told, str) else orjson.dumps(told)
        assert send(house, "POST", "/requests", f"{PHONE}-{number}", content=content).is_client_error
    bearer = {"Authorization": f"Bearer {PHONE}", "User-Agent": PHONE, "X-Caller": PHONE, "traceparent": PHONE}
    for answer in (
        send(house, "POST", "/requests", f"call-{PHONE}", json=body | {"expects": NAME}),
        send(house, "POST", "/requests", "estate", json=body | {"estate_id": PHONE, "home_id": f"{PHONE}.{PHONE}"}),
        send(house, "POST", f"/requests/{PHONE}.c1/amend", f"{PHONE}-amend", json=strange),
        send(house, "GET", f"/requests?estate_id={NAME}&cursor={PHONE}&kind={NAME}&limit={PHONE}"),
        send(house, "GET", f"/status/{NAME}?secret={PHONE}"),
        send(house, "GET", f"/{NAME}/{PHONE}?{PHONE}={NAME}"),
        send(house, "GET", "/requests", headers=bearer),
    ):
        assert answer.is_client_error
    rows(module_database, f"ALTER TABLE intake.request ADD CONSTRAINT planted CHECK ({REFUSED})")
    refused = send(house, "POST", "/requests", f"again-{PHONE}", json=body | {"subcategory": "lift"})
    assert refused.status_code == 500
    made: str = taken.json()["case_id"]
    rows(module_database, "UPDATE intake.customer SET state = state - 'kind'")
    assert send(house, "GET", f"/requests/{made}").status_code == 500
    house.come_to_rest()
    assert refused.json()["reference"] in logged(house)
    return made


def logged(house: Processes) -> str:
    return "".join((house.directory / f"{service}.log").read_text() for service in SERVICES)


def personal(text: str) -> list[str]:
    """Lines that hold a name or a number."""
    return [line for line in text.splitlines() if NAME in line or PHONE in line]


@pytest.mark.rule("INT-13")
@pytest.mark.usefixtures("case_id")
def test_no_process_logs_what_was_told(house: Processes) -> None:
    assert "planted" in logged(house), "what the database refuses is logged, by its constraint"
    assert "Customer: " in logged(house), "what cannot be read is logged, by its model"
    assert personal(logged(house)) == []


@pytest.mark.rule("OPS-01")
def test_what_failed_is_logged_with_its_trace(house: Processes, case_id: str) -> None:
    """Given a command about a case that the database refuses, then its line in the log has the case's trace."""
    withdrawn = send(house, "POST", f"/requests/{case_id}/withdraw", "withdraw", json={"by": "customer"})
    assert withdrawn.status_code == 500
    (line,) = [line for line in logged(house).splitlines() if withdrawn.json()["reference"] in line]
    assert orjson.loads(line)["trace_id"] == trace_id_of(house.deployment, case_id)


@pytest.mark.rule("INT-13", "OPS-01")
def test_what_operators_read_of_a_case_names_nobody(house: Processes, case_id: str) -> None:
    """Given a command whose key is a phone number, then its reasons and facts show another name of it."""
    for path in (f"/timeline/{case_id}", f"/why/{case_id}"):
        causes = {item["cause"] for item in send(house, "GET", path).raise_for_status().json()["items"]}
        assert span_id_of(f"chaos|call-{PHONE}") in causes
    views = (f"/timeline/{case_id}", f"/why/{case_id}", "/parked", "/effects?status=failed", "/rest", "/metrics")
    assert [path for path in views if personal(send(house, "GET", path).raise_for_status().text)] == []


@pytest.mark.rule("INT-13", "INT-03")
@pytest.mark.usefixtures("case_id")
def test_no_id_of_what_is_kept_names_anybody(house: Processes, module_database: Database) -> None:
    """Given forms whose estate, home or key is a phone number, then no form's id, and no reason for it, has that."""
    kept = send(house, "GET", "/quarantine").raise_for_status().json()["items"]
    assert len(kept) >= 2
    assert [one for one in kept if PHONE in one["quarantine_id"]] == []
    for column in ("quarantined.id", "history.subject", "tally.part"):
        table, name = column.split(".")
        ids = rows(module_database, f"SELECT {name} AS told FROM intake.{table}")  # noqa: S608 - names of ours
        assert [row for row in ids if personal(row["told"])] == []


@pytest.mark.rule("INT-13")
@pytest.mark.usefixtures("case_id")
def test_no_span_and_no_other_service_gets_it(house: Processes, module_database: Database, collector: Receiver) -> None:
    for service in SERVICES:
        assert house.stop(service) == 0  # and what is traced has been sent
    for name in (b"intake.receive", b"send message"):
        assert any(name in one.body for one in collector.received)
    assert [one for one in collector.received if NAME.encode() in one.body or PHONE.encode() in one.body] == []
    for service in SERVICES[1:]:
        named = f"SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '{service}'"  # noqa: S608 - a schema of ours
        for table in rows(module_database, named):
            kept = rows(module_database, f'SELECT t::text AS told FROM {service}."{table["name"]}" t')  # noqa: S608 - a schema of ours
            assert [row for row in kept if personal(row["told"])] == []
    told = rows(
        module_database, "SELECT key, subject, traceparent, convert_from(body, 'UTF8') AS body FROM intake.outbox"
    )
    assert len(told) >= 2
    assert [row for row in told if personal(str(row))] == []
