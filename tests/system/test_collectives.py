"""What several people's complaint is in dispatch: answered in person first once it turns out collective, whatever made
it grave before (INT-06, DSP-01), and each by itself again once it is taken apart (INT-07).
"""

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


STANDING = """
SELECT state ->> 'leads_to' AS leads_to, (state ->> 'people')::integer AS people FROM ticket ORDER BY
array_position($1, id)
"""


@pytest.mark.rule("INT-07")
@pytest.mark.parametrize(
    ("linked", "leaves", "follow", "people"),
    [(2, 0, [None, None], 5), (2, 1, [None, None], 5), (3, 0, [None, None, 1], 5), (3, 2, [None, 0, None], 6)],
)
async def test_who_is_taken_out_goes_their_own_way(
    databases: Databases, linked: int, leaves: int, follow: list[int | None], people: int
) -> None:
    """Given linked requests, of which the oldest is five people's, when one is taken out, then it follows nobody, and
    nobody follows it; and the oldest is as many people's as complain together in it.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life = Life(house)
    await found_estate(life)
    cases: list[str] = []
    for number in range(linked):
        named = 5 if number == 0 else 1
        received = await life.do("intake.receive", **request(contact=f"1380000000{number}", people=named))
        cases.append(received["case_id"])
        await life.after(minutes=1)
    for other in cases[1:]:
        await life.do("intake.link", case_id=cases[0], other_case_id=other, by="agent-li")
    await life.do("intake.unlink", case_id=cases[leaves], by="agent-li")
    standing = await house.rooms["dispatch"].connection.fetch(STANDING, cases)
    await house.close()
    await databases.drop(database)
    assert [row["leads_to"] for row in standing] == [None if head is None else cases[head] for head in follow]
    assert standing[0]["people"] == people
