"""What intake says of a request counts in the order in which it was said, also when it was parked (INT-02, INT-06)."""

import pytest
from linli_dispatch.handlers import following
from linli_testkit.databases import Databases
from linli_testkit.house import House

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.trying_again import fail, try_again

STANDING = """
SELECT (state ->> 'level')::integer AS level, (state ->> 'people')::integer AS people,
    state ->> 'subcategory' AS subcategory
FROM ticket WHERE id = $1
"""


@pytest.mark.rule("INT-02", "INT-06", "OPS-02", "OPS-03")
@pytest.mark.parametrize(
    ("fails", "type_name"), [("regrade", "ComplaintGraded"), ("follow_amendment", "ComplaintAmended")]
)
async def test_an_older_word_that_was_parked_takes_no_newer_one_back(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, fails: str, type_name: str
) -> None:
    """Given a grading or an amendment that dispatch parks, and newer ones after it, when it is tried again, then the
    ticket is as intake said last: no level falls, and no fact goes back, without a person's decision.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, dispatch = Life(house), house.rooms["dispatch"]
    await found_estate(life)
    case_id = (await life.do("intake.receive", **request()))["case_id"]
    about = {"case_id": case_id, "by": "agent-li"}
    with monkeypatch.context() as broken:
        broken.setattr(following, fails, fail)
        await life.do("intake.amend", **about, subcategory="greening", people=3)
    await life.after(minutes=1)
    await life.do("intake.amend", **about, subcategory="parking", people=5)
    assert await try_again(house, dispatch) == [type_name]
    standing = await dispatch.connection.fetchrow(STANDING, case_id)
    await house.close()
    await databases.drop(database)
    assert standing is not None
    assert (standing["level"], standing["subcategory"], standing["people"]) == (1, "parking", 5)
