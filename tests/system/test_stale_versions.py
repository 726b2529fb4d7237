"""A command that names the version of a ticket that its client saw is done only while that one stands (DSP-19).

It is decided inside the writer's transaction: of two that act on the same version one is done. A repetition gets the
answer that was given. On dispatch's own process and a database that has lived, over HTTP.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import orjson
import pytest
from linli_testkit.databases import Database
from linli_testkit.plugin import TestBroker

from tests.chaos.processes import Processes, lived_in, rows

OPEN: Final = "SELECT id FROM dispatch.ticket WHERE state ->> 'status' IN ('open', 'contractor_notified') ORDER BY id"
STATE: Final = "SELECT state::text FROM dispatch.ticket WHERE id = '{}'"


@pytest.fixture(scope="module")
def house(
    lived_database: Database, broker: TestBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    """Dispatch alone, on a copy of the life; the clock stands where it ended."""
    with lived_in(lived_database, broker, tmp_path_factory.mktemp("versions")) as made:
        made.start("dispatch", LINLI_CLOCK="stepped")
        made.ready("dispatch")
        yield made


class Desk:
    """A client that works on one open ticket."""

    def __init__(self, house: Processes, database: Database, place: int) -> None:
        """Takes the ticket in this place of the list of open ones."""
        self.house, self.database = house, database
        self.case: str = rows(database, OPEN)[place]["id"]
        self.clock: datetime = rows(database, "SELECT instant FROM dispatch.stepped_clock")[0]["instant"]

    def shown(self) -> str:
        """The ETag of the ticket."""
        answer = self.house.get("dispatch", f"/tickets/{self.case}")
        assert answer.is_success, answer.text
        etag: str = answer.headers["etag"]
        return etag

    def stored(self) -> str:
        """All that is stored of it."""
        state: str = rows(self.database, STATE.format(self.case))[0]["state"]
        return state

    def send(
        self, act: str, key: str, if_match: str | None = None, *, case: str = "", claims: dict[str, Any] | None = None
    ) -> httpx.Response:
        """A command about it: `wait` until tomorrow, or `resume`."""
        headers = {"Authorization": f"Bearer {self.house.token_of(**claims or {})}", "Idempotency-Key": key}
        if if_match is not None:
            headers["If-Match"] = if_match
        return self.house.http.post(
            self._address(f"/tickets/{case or self.case}/{act}"), headers=headers, json=self._body(act)
        )

    def line(self, act: str, key: str, if_match: object) -> dict[str, Any]:
        """The same as a line of a bulk request."""
        told = {
            "name": f"dispatch.{act}",
            "id": key,
            "body": self._body(act) | {"case_id": self.case},
            "if_match": if_match,
        }
        headers = {"Authorization": f"Bearer {self.house.token}"}
        answer = self.house.http.post(self._address("/commands"), headers=headers, content=orjson.dumps(told))
        found: dict[str, Any] = orjson.loads(answer.content)
        return found

    def _body(self, act: str) -> dict[str, str]:
        return {"until": (self.clock + timedelta(days=1)).isoformat()} if act == "wait" else {}

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.house.ports['dispatch']}{path}"


@pytest.fixture
def desk(house: Processes, lived_database: Database) -> Desk:
    """Works on the first open ticket."""
    return Desk(house, lived_database, 0)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.json()["detail"] != answer.json()["detail_en"]
    return answer.status_code, answer.json()["code"]


@pytest.mark.rule("DSP-19", "OPS-03")
def test_a_command_is_done_while_the_version_it_names_stands(desk: Desk) -> None:
    """Matching: done. One behind: refused by name with the version that stands, nothing changed. Absent: whichever."""
    seen = desk.shown()
    assert desk.send("wait", "first", seen).status_code == 200
    now, stored = desk.shown(), desk.stored()
    assert now != seen

    stale = desk.send("resume", "second", seen)
    assert problem(stale) == (412, "stale-version")
    assert stale.json()["errors"] == [{"field": "If-Match", "allowed": now}]
    assert (desk.shown(), desk.stored()) == (now, stored)
    line = desk.line("resume", "third", seen)
    assert (line["status"], line["problem"]["code"]) == (412, "stale-version")
    assert (desk.shown(), desk.stored()) == (now, stored)

    assert desk.send("resume", "second", now).status_code == 200, "a refusal is not remembered"
    assert desk.send("wait", "fourth").status_code == 200
    assert desk.line("resume", "fifth", desk.shown())["status"] == 200
    assert desk.send("wait", "sixth", f'"another", {desk.shown()}').status_code == 200
    assert desk.send("resume", "seventh", "*").status_code == 200


@pytest.mark.rule("DSP-19", "OPS-03")
def test_a_repetition_gets_the_answer_that_was_given(desk: Desk) -> None:
    """Though the version that it names was over with the first: whoever repeats never heard the answer."""
    seen = desk.shown()
    first, again = (desk.send("wait", "repeated", seen) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.json(), again.headers["idempotent-replay"]) == (first.json(), "true")
    stored = desk.stored()
    assert desk.send("wait", "repeated", '"another"').json() == first.json()
    assert desk.line("wait", "repeated", seen)["repeated"] is True
    assert desk.stored() == stored
    assert desk.send("resume", "and on").status_code == 200


@pytest.mark.rule("DSP-19")
def test_of_many_that_act_on_one_version_one_is_done(desk: Desk) -> None:
    for times in range(5):
        act, seen = ("wait", "resume")[times % 2], desk.shown()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: desk.send(act, f"race-{times}-{n}", seen), range(8)))  # noqa: B023 - awaited here
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7, [one.text for one in answers]
    assert desk.send("resume", "race over").status_code == 200


@pytest.mark.rule("DSP-19", "ORG-01", "INT-03")
def test_other_refusals_come_first_and_tell_no_version(desk: Desk) -> None:
    stored = desk.stored()
    for answer, expected in (
        (desk.send("resume", "n1", '"x"', case="xh01.cnone"), (404, "ticket-not-found")),
        (desk.send("resume", "n2", '"x"', claims={"org": "group/elsewhere"}), (403, "outside-your-organisation")),
        (desk.send("resume", "n3", '"x"', claims={"scope": "dispatch:read"}), (403, "forbidden")),
        (desk.send("resume", "n4", "x"), (400, "wrong-if-match")),
    ):
        assert problem(answer) == expected
        assert desk.shown() not in answer.text
    assert problem(desk.send("resume", "n5", f"W/{desk.shown()}")) == (412, "stale-version")
    assert desk.stored() == stored
