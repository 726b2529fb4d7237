"""Whatever a client sends to a command is answered or refused by name: nothing fails, nothing is parked."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linli_messaging.inputs import Failed
from linli_messaging.service_map import Actor
from linli_testkit.databases import Databases
from linli_testkit.facts import OPERATOR
from linli_testkit.house import House
from linli_testkit.odd_bodies import odd_bodies

from tests.system.life import SERVICES, START, compensate, found_estate, request
from tests.system.player import Life
from tests.system.reentrusting import reentrust
from tests.system.repairs import REPAIR, inspect

COMMANDS: Final = {service.name: service.commands for service, _ in SERVICES}
CASHIER: Final = Actor("cashier-1", frozenset({"*"}))
"""Pays what the others approved."""
NAMES: Final = ("xh01", "xh01.p1-1-101", "k-an-1", "c-an", "agent-li", "p1")
ODD: Final = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The house is one for all examples on purpose: what an earlier body left behind is what a later one meets."""


class Visitor:
    """Sends bodies under keys of its own."""

    def __init__(self, house: House, known: tuple[str, ...], plain: Mapping[str, Mapping[str, Any]]) -> None:
        self.house, self.known, self.plain = house, known, plain
        self._sent = 0

    async def send(self, name: str, body: dict[str, Any]) -> None:
        """Send one; it may be refused, never fail."""
        self._sent += 1
        actor = CASHIER if name == "warranty.pay-compensation" else OPERATOR
        answer = await self.house.command(name, body, key=f"odd-{self._sent}", actor=actor)
        assert not isinstance(answer, Failed), (name, body)


async def _ids(house: House, table: str) -> list[str]:
    room = next(room for room in house.rooms.values() if table in {kind.table for kind in room.map.states})
    rows = await room.connection.fetch(f"SELECT id FROM {table} ORDER BY id")  # noqa: S608 - a table of ours
    return [row["id"] for row in rows]


@pytest.fixture
async def visitor(databases: Databases) -> AsyncIterator[Visitor]:
    """A house with linked requests, a form in quarantine, a callback, a deduction, a claim, a member."""
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    try:
        plain = await _furnish(Life(house))
        ids = {value for body in plain.values() for name, value in body.items() if name.endswith(("_id", "_ref"))}
        yield Visitor(house, (*NAMES, *sorted(ids)), plain)
    finally:
        await house.close()
        await databases.drop(database)


async def _furnish(life: Life) -> dict[str, dict[str, Any]]:
    """Make one of each thing; returns a plain body of every command, about these things."""
    await found_estate(life)
    noise = await life.do("intake.receive", **request())
    kept = await life.do("intake.receive", **request(expects="", contact="13800000009"))
    other = await life.do("intake.receive", **request(contact="13800000002"))
    await life.do("intake.link", case_id=noise["case_id"], other_case_id=other["case_id"], by="agent-li")
    third = await life.do("intake.receive", **request(contact="13800000004"))
    await life.do("loyalty.join", customer_ref=noise["customer_ref"])
    await life.do("dispatch.resolve", case_id=noise["case_id"], how="handled")
    leak = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-103", contact="13800000003"))
    await inspect(life, leak["case_id"])
    await life.after(hours=30)
    await reentrust(life, leak["case_id"])
    await compensate(life, leak["case_id"])
    release = await life.do("warranty.request-release", contract_id="k-an-1", instalment=1)
    (callback,), (deduction,) = await _ids(life.house, "callback"), await _ids(life.house, "deduction")
    (claim,) = await _ids(life.house, "claim")
    case, by = {"case_id": noise["case_id"]}, {"by": "agent-li"}
    called = {"occupied_homes": 10, "called_back_homes": 10, "sheets_signed": 10}
    contract = {
        "contract_id": "k-new", "contractor_id": "c-an", "estate_ids": ["xh01"], "trades": ["plumbing"],
        "retained_fen": 100, "completion_accepted_on": "2024-05-20",
    }  # fmt: skip
    return {
        "intake.receive": request(contact="13800000007"),
        "intake.resubmit": {"quarantine_id": kept["quarantine_id"], "kind": "repair"},
        "intake.amend": case | by | {"people": 2, "reason": "counted again"},
        "intake.link": case | by | {"other_case_id": third["case_id"]},
        "intake.unlink": {"case_id": other["case_id"]} | by,
        "intake.withdraw": {"case_id": third["case_id"]},
        "intake.choose-channel": {"customer_ref": noise["customer_ref"], "channel": "sms"} | by,
        "followup.complete-callback": {"callback_id": callback, "satisfied": True} | by,
        "followup.no-answer": {"callback_id": callback} | by,
        "followup.count-closing-callbacks": {"contract_id": "k-an-1", "estate_id": "xh01"} | called,
        "warranty.open-deposit": contract,
        "warranty.record-document": {"contract_id": "k-an-1", "document": "callback_sheets"},
        "warranty.confirm-deduction": {"deduction_id": deduction},
        "warranty.dispute-deduction": {"deduction_id": deduction, "reason": "price_too_high"},
        "warranty.decide-dispute": {"deduction_id": deduction, "upheld": True, "document": "minutes-7"},
        "warranty.request-release": {"contract_id": "k-an-1", "instalment": 1},
        "warranty.pay-release": {"release_id": release["release_id"]},
        "warranty.complete-form": {"claim_id": claim, "form": "form-3"},
        "warranty.approve-payment": {"claim_id": claim},
        "warranty.pay-compensation": {"claim_id": claim, "document": "bank-3"},
        "loyalty.join": {"customer_ref": noise["customer_ref"]},
        "loyalty.spend": {"customer_ref": noise["customer_ref"], "points": 1, "cause_id": "fee-1"},
    }


@pytest.mark.parametrize("service", [name for name in COMMANDS if name != "dispatch"])
@ODD
@given(data=st.data())
async def test_no_odd_body_breaks_a_service(visitor: Visitor, service: str, data: st.DataObject) -> None:
    """Given a house in the middle of its life, when odd bodies come, then each is answered and time goes on."""
    for entry in COMMANDS[service]:
        await visitor.send(
            entry.name, data.draw(odd_bodies(entry, visitor.plain[entry.name], visitor.known), label=entry.name)
        )
    await visitor.house.advance(visitor.house.instant + timedelta(hours=data.draw(st.sampled_from([0, 1, 25, 200]))))
    assert await visitor.house.parked() == []
