"""Whatever is sent to a service over HTTP, nothing fails, and every answer is in its OpenAPI document (INT-15).

What a command may not do has a name of its own, and changes nothing (INT-03, ORG-01). The five services run as
processes on a database that has lived, so that what is sent meets states: Schemathesis makes it from the documents, and
every second id in an address is one that there is. The seed is fixed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

import pytest
import schemathesis
from linli_contracts.topics import SERVICES
from linli_testkit.databases import Database
from linli_testkit.plugin import TestBroker
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.chaos.processes import Processes, lived_in, rows

SEED: Final = 5
FUZZED: Final = {"dispatch": 4}
"""Requests drawn for each operation, besides those that go through the corners of its form one by one."""
FUZZED_ELSEWHERE: Final = 2
LEAST: Final = {"dispatch": 1500}
"""Fewer requests than this would be a test that sends nothing."""
CHECKS: Final = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "unsupported_method", "ignored_auth",
)  # fmt: skip
PLACES: Final = {
    "callback_id": "followup.callback", "case_id": "dispatch.ticket", "change_id": "dispatch.planned_change",
    "claim_id": "warranty.claim",
    "contract_id": "warranty.deposit", "customer_ref": "loyalty.member", "deduction_id": "warranty.deduction",
    "estate_id": "dispatch.estate", "import_id": "dispatch.registry_import", "order_id": "dispatch.storm_order",
    "region_id": "dispatch.price_library", "release_id": "warranty.release", "storm_id": "dispatch.storm",
    "webhook_id": "dispatch.webhook",
}  # fmt: skip
"""Where the ids are that an address may name."""
A_NUMBER: Final = {"application/json": {"schema": {"type": "integer"}}}
KNOWN: Final[dict[str, list[str]]] = {}
"""Those that there are."""


CLOSED: Final = "SELECT id FROM dispatch.ticket WHERE state ->> 'status' = 'closed' ORDER BY id LIMIT 1"
OPEN: Final = (
    "SELECT id FROM dispatch.ticket WHERE state ->> 'status' IN ('open', 'contractor_notified') ORDER BY id LIMIT 1"
)
TICKET: Final = "SELECT state::text FROM dispatch.ticket WHERE id = '{}'"
PLAN: Final = {"desk": "repair"}


@schemathesis.hook
def before_call(_context: schemathesis.HookContext, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Put an id that there is in the place of every second one."""
    for name, told in case.path_parameters.items():
        chosen = crc32(repr((case.operation.label, told, case.body)).encode())
        if chosen % 2 and KNOWN.get(name):
            case.path_parameters[name] = KNOWN[name][chosen // 2 % len(KNOWN[name])]


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: schemathesis.SerializationContext, value: object) -> bytes:
    return str(value).encode()


@dataclass(slots=True)
class Trial:
    """What came of all that was sent to one service."""

    sent: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """By what was wrong and where: a request that shows it."""


def tried(document: Mapping[str, Any], address: str, token: str, most: int) -> Trial:
    """Send what a document leads to; most failures of one kind and place are one."""
    config = SchemathesisConfig.from_dict(
        {
            "base-url": address,
            "seed": SEED,
            "headers": {"Authorization": f"Bearer {token}"},
            "generation": {"max-examples": most, "no-shrink": True, "database": "none", "deterministic": True},
            "phases": {"examples": {"enabled": False}, "stateful": {"enabled": False}},
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            "cache": {"enabled": False},
            "continue-on-failure": True,
        }
    )
    trial = Trial()
    for event in from_schema(schemathesis.openapi.from_dict(dict(document), config=config)).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            trial.failures[f"{event}"] = "of Schemathesis itself"
        if not isinstance(event, events.ScenarioFinished):
            continue
        recorder = event.recorder
        for interaction in recorder.interactions.values():
            trial.sent += 1
            if interaction.response is not None:
                trial.answers[interaction.response.status_code] += 1
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    found = check.failure_info
                    trial.failures.setdefault(f"{recorder.label}: {found.failure.title}", found.code_sample)
    return trial


@pytest.fixture(scope="module")
def house(
    lived_database: Database, broker: TestBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """All services, running on the database of a whole life."""
    with lived_in(lived_database, broker, tmp_path_factory.mktemp("openapi")) as made:
        for service in SERVICES:
            made.start(service, LINLI_CLOCK="stepped")
        made.ready(*SERVICES)
        for name, table in PLACES.items():
            KNOWN[name] = [row["id"] for row in rows(lived_database, f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608 - a table of ours
            assert KNOWN[name], f"the life leaves no {name}"
        yield made


@pytest.mark.rule("INT-03", "ORG-01", "PAR-01", "DSP-19")
@pytest.mark.parametrize(
    ("about", "act", "body", "claims", "status", "code"),
    [
        ("closed", "resolve", {}, {}, 409, "not-in-hand"),
        ("open", "resolve", {}, {"scope": "dispatch:read"}, 403, "forbidden"),
        ("open", "resolve", {}, {"org": "group/elsewhere"}, 403, "outside-your-organisation"),
        ("none", "resolve", {}, {}, 404, "ticket-not-found"),
        ("open", "plan", PLAN | {"claim": {"amount_fen": -1, "cause": "floor"}}, {}, 422, "invalid-content"),
        ("open", "plan", PLAN | {"claim": {"amount_fen": 10**15, "cause": "floor"}}, {}, 422, "invalid-content"),
        ("open", "wait", {"until": "2001-01-01T00:00:00Z"}, {}, 422, "wait-not-ahead"),
        ("open", "report", {"next_report_by": "2001-01-01T00:00:00Z"}, {}, 422, "report-too-late"),
        ("open", "assessment", {"finding": "nothing"}, {}, 422, "invalid-content"),
        ("closed", "assessment", {"finding": "justified"}, {}, 409, "not-in-hand"),
        ("open", "applications/measure/decision", {"submission": 9, "verdict": "approved"}, {}, 409, "no-application"),
    ],
)
def test_each_refusal_has_its_name_and_changes_nothing(
    house: Processes, lived_database: Database, about: str, act: str, body: dict[str, Any], claims: dict[str, Any],
    status: int, code: str,
) -> None:  # fmt: skip
    case = {"closed": CLOSED, "open": OPEN}.get(about)
    identity = rows(lived_database, case)[0]["id"] if case else "xh01.cnone"
    before = rows(lived_database, TICKET.format(identity))
    answer = house.http.post(
        f"http://127.0.0.1:{house.ports['dispatch']}/tickets/{identity}/{act}",
        headers={"Authorization": f"Bearer {house.token_of(**claims)}", "Idempotency-Key": f"{about}-{act}-{code}"},
        json=body,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] != answer.json()["detail_en"]
    assert rows(lived_database, TICKET.format(identity)) == before


@pytest.mark.rule("INT-15", "INT-03")
@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_documented(house: Processes, service: str) -> None:
    document = house.get(service, "/openapi.json").json()
    address = f"http://127.0.0.1:{house.ports[service]}"
    trial = tried(document, address, house.token, FUZZED.get(service, FUZZED_ELSEWHERE))
    print(f"{service}, seed {SEED}: {trial.sent} requests, answered {dict(sorted(trial.answers.items()))}")
    assert trial.failures == {}
    assert trial.sent >= LEAST.get(service, 500)
    assert trial.answers[200] > 0


@pytest.mark.rule("INT-15")
@pytest.mark.parametrize(
    ("planted", "failure"),
    [
        (lambda answers: answers.pop("200"), "Undocumented status code"),
        (lambda answers: answers.pop("422"), "Undocumented status code"),
        (lambda answers: answers["422"].update(content={"application/json": {}}), "Undocumented Content-Type"),
        (lambda answers: answers["200"].update(content=A_NUMBER), "Response violates schema"),
    ],
)
def test_a_planted_untruth_is_found(house: Processes, planted: Callable[[dict[str, Any]], None], failure: str) -> None:
    """Given a document that is wrong about one answer of one route, when that is tried, then it is found."""
    document = house.get("dispatch", "/openapi.json").json()
    path = "/tickets/{case_id}"
    document["paths"] = {path: document["paths"][path]}
    planted(document["paths"][path]["get"]["responses"])
    trial = tried(document, f"http://127.0.0.1:{house.ports['dispatch']}", house.token, FUZZED["dispatch"])
    assert list(trial.failures) == [f"GET {path}: {failure}"]
