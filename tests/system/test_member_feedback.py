"""What a member of the owners' club says is answered within 24 hours, by whatever channel it comes (INT-09, LOY-09)."""

from datetime import timedelta

import pytest
from linli_testkit.databases import Database
from linli_testkit.house import House

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life


@pytest.mark.rule("INT-09", "LOY-09", "INT-13")
@pytest.mark.parametrize("times", [1, 2])
async def test_a_member_is_answered_in_a_members_time_from_the_joining_on(database: Database, times: int) -> None:
    """Given a customer who calls, joins the club, and calls again, every fact once or twice."""
    house = await House.build(database.dsn, SERVICES, START)
    house.times_delivered = times
    life = Life(house)
    await found_estate(life)
    before = await life.do("intake.receive", **request())
    await life.do("loyalty.join", customer_ref=before["customer_ref"])
    await life.after(hours=1)
    after = await life.do("intake.receive", **request(subcategory="smoke", contact="+86 138-0000-0001"))
    other = await life.do("intake.receive", **request(subcategory="lift", contact="13800000002"))
    assert after["customer_ref"] == before["customer_ref"]
    await life.after(hours=26)
    rows = await house.rooms["dispatch"].connection.fetch(
        "SELECT case_id, due_at FROM missed_deadline WHERE clock = 'feedback_answer'"
    )
    assert [(row["case_id"], row["due_at"]) for row in rows] == [(after["case_id"], START + timedelta(hours=25))]
    assert other["case_id"] != after["case_id"]
    await house.close()
