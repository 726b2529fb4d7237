"""Over HTTP a contractor reads its own accounts and no other, and coverage is answered by the rule dispatch gets."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from linli_messaging.service_map import Actor
from linli_runtime.process import application
from linli_runtime.reads import Reads
from linli_testkit.facts import shipped_policy
from linli_testkit.tokens import KnownTokens
from linli_warranty.main import SERVICE

READ = frozenset({"warranty:read"})
ACTORS = {
    "group": Actor("clerk", READ),
    "north": Actor("clerk-north", READ, org="group/north"),
    "sg1": Actor("person-of-sg1", READ, contractor_id="sg1"),
    "sg2": Actor("person-of-sg2", READ, contractor_id="sg2"),
    "nobody": Actor("nobody", frozenset()),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks the application as one of the actors."""

    client: httpx.AsyncClient

    async def get(self, who: str, path: str) -> httpx.Response:
        """The response."""
        return await self.client.get(path, headers={"Authorization": f"Bearer {who}"})


@pytest.fixture
async def reader(reads: Reads) -> AsyncIterator[Reader]:
    """The application over the stored books."""
    app = application(SERVICE, reads)
    app.state.tokens = KnownTokens(ACTORS)
    app.state.policies = shipped_policy()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://warranty") as client:
        yield Reader(client)


@pytest.mark.rule("WAR-07", "PAR-01")
async def test_who_reads_which_account(reader: Reader) -> None:
    for path in ("/deposits/ht1", "/deposits/ht1/ledger", "/deposits/ht1/balances"):
        statuses = {who: (await reader.get(who, path)).status_code for who in ACTORS}
        assert statuses == {"group": 200, "north": 404, "sg1": 200, "sg2": 404, "nobody": 403}
    hidden = (await reader.get("sg2", "/deposits/ht1")).json()
    assert hidden["code"] == "deposit-not-found"
    for path, ids in (("/deposits", ["ht2"]), ("/deductions", []), ("/releases", [])):
        assert [item["id"] for item in (await reader.get("sg2", path)).json()["items"]] == ids
    assert (await reader.get("sg2", "/figures")).json()["retained_fen"] == 7


@pytest.mark.rule("WAR-03")
async def test_the_ledger_until_a_day(reader: Reader) -> None:
    page = (await reader.get("sg1", "/deposits/ht1/ledger?until=2021-05-01&limit=2")).json()
    assert ([item["reason"] for item in page["items"]], page["next"]) == (["opened", "deducted"], "2")
    page = (await reader.get("sg1", "/deposits/ht1/ledger?until=2021-05-01&cursor=2")).json()
    assert ([item["reason"] for item in page["items"]], page["next"]) == (["confirmed"], None)
    balances = (await reader.get("group", "/deposits/ht1/balances?until=2021-05-01")).json()
    assert balances["accounts"]["deposit_liability"] == -70_000


@pytest.mark.rule("WAR-02", "WAR-07")
async def test_coverage_has_one_answer(reader: Reader) -> None:
    asked = "/coverage?estate_id=xh01&trade=decoration&on=2021-01-01"
    home = (await reader.get("group", f"{asked}&home_id=xh01.1-1-101")).json()
    assert home == {
        "covered": True,
        "basis": "in_warranty",
        "until": "2022-03-10",
        "contractor_id": "sg1",
        "contract_id": "ht1",
        "contractor_until": "2022-03-10",
    }
    assert (await reader.get("group", asked)).json()["contract_id"] == "ht1"
    refused = {
        "home-elsewhere": await reader.get("group", f"{asked}&home_id=xh02.1-1-101"),
        "estate-unknown": await reader.get("north", asked),
    }
    assert {code: response.json()["code"] for code, response in refused.items()} == {code: code for code in refused}
    assert (await reader.get("sg1", asked)).status_code == 404, "it names other contractors"


async def test_what_cannot_be_is_refused_and_not_looked_for(reader: Reader) -> None:
    for path in (
        "/deposits/%00",
        "/deposits/%00/ledger",
        "/deposits/%00/balances",
        "/deposits?cursor=%00",
        "/deductions?cursor=%00",
        "/releases?cursor=%00",
        "/coverage?estate_id=xh01&trade=plumbing&on=0001-01-01",
        "/coverage?estate_id=xh01&trade=plumbing&on=9999-12-31",
    ):
        assert (await reader.get("group", path)).status_code == 422, path


@pytest.mark.rule("WAR-02")
async def test_a_day_before_the_first_policy_is_answered_by_it(reader: Reader) -> None:
    answered = await reader.get("group", "/coverage?estate_id=xh01&trade=plumbing&on=1999-12-31")
    assert (answered.status_code, answered.json()["basis"]) == (200, "not_handed_over")
