"""A complaint that turns out collective is answered in person first, whatever made it grave before (INT-06, DSP-01)."""

from collections.abc import Awaitable, Callable

import pytest
from linli_rulebook.decision import Refusal
from linli_testkit.databases import Databases
from linli_testkit.house import House

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life

THREATENED = {"lawsuit": "threatened"}


async def _people_are_named_later(life: Life) -> str:
    case_id: str = (await life.do("intake.receive", **request(**THREATENED)))["case_id"]
    await life.do("intake.amend", case_id=case_id, by="agent-li", people=3)
    return case_id


async def _others_are_linked(life: Life) -> str:
    """The newest of them, which follows the others."""
    cases = []
    for number in range(3):
        received = await life.do("intake.receive", **request(contact=f"1380000000{number}", **THREATENED))
        cases.append(received["case_id"])
        await life.after(minutes=1)
    for other in cases[1:]:
        await life.do("intake.link", case_id=cases[0], other_case_id=other, by="agent-li")
    return str(cases[-1])


@pytest.mark.rule("INT-06", "INT-07", "DSP-01")
@pytest.mark.parametrize("play", [_people_are_named_later, _others_are_linked])
async def test_a_grave_complaint_that_turns_out_collective_is_answered_in_person_first(
    databases: Databases, play: Callable[[Life], Awaitable[str]]
) -> None:
    """Given a complaint of level 2 by a threat, when it turns out to be three people's, which changes no level, then
    nobody answers it before the head of the service centre has in person.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life = Life(house)
    await found_estate(life)
    case_id = await play(life)
    answer = await life.attempt("dispatch.report", case_id=case_id)
    await house.close()
    await databases.drop(database)
    assert isinstance(answer, Refusal)
    assert answer.code == "answer-in-person-first"
