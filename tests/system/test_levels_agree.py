"""What a person lowers falls to the level that the case's age gives, in intake as in dispatch (INT-06, DSP-06)."""

from datetime import timedelta

import pytest
from linli_testkit.databases import Databases
from linli_testkit.house import House

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life


@pytest.mark.rule("INT-06", "DSP-06", "ORG-04")
@pytest.mark.parametrize(
    ("lawsuit", "seconds", "level"), [("threatened", 0, 4), ("threatened", 1, 2), ("begun", 0, 4), ("begun", 1, 2)]
)
async def test_both_services_agree_on_a_level_that_a_person_lowered(
    databases: Databases, lawsuit: str, seconds: int, level: int
) -> None:
    """Given a case that was grave from the beginning, when a person lowers it at the end of its first week, or a second
    later, then its level is ordinary, or what its age gives, and both services say so.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life = Life(house)
    await found_estate(life)
    case_id = (await life.do("intake.receive", **request(lawsuit=lawsuit)))["case_id"]
    await life.until(START + timedelta(weeks=1, seconds=seconds))
    facts = {"case_id": case_id, "by": "agent-li", "lawsuit": "none", "reason": "撤诉"}
    answer = await life.do("intake.amend", **facts)
    read = "SELECT (state ->> 'level')::integer FROM "
    of_intake = await house.rooms["intake"].connection.fetchval(read + "request")
    of_dispatch = await house.rooms["dispatch"].connection.fetchval(read + "ticket")
    await house.close()
    await databases.drop(database)
    assert (answer["level"], of_intake, of_dispatch) == (level, level, level)
