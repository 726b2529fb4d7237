"""Over HTTP, what a command of dispatch may not do has a name of its own, and changes nothing (INT-03, ORG-01)."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from linli_testkit.databases import Database
from linli_testkit.house import DEPLOYMENT
from linli_testkit.plugin import TestBroker

from tests.chaos.processes import Processes, moved_in, rows, until

CLOSED: Final = "SELECT id FROM dispatch.ticket WHERE state ->> 'status' = 'closed' ORDER BY id LIMIT 1"
OPEN: Final = (
    "SELECT id FROM dispatch.ticket WHERE state ->> 'status' IN ('open', 'contractor_notified') ORDER BY id LIMIT 1"
)
TICKET: Final = "SELECT state::text FROM dispatch.ticket WHERE id = '{}'"
PLAN: Final = {"desk": "repair"}


@pytest.fixture(scope="module")
def house(
    lived_database: Database, broker: TestBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Dispatch, running on the database of a whole life; what ran out since is done."""
    with moved_in(lived_database, broker, tmp_path_factory.mktemp("refusals"), DEPLOYMENT) as made:
        made.start("dispatch", LINLI_CLOCK="stepped")
        made.ready("dispatch")
        until(lambda: made.get("dispatch", "/rest").json()["due"] == 0, lambda: made.log("dispatch"))
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
