"""An order's facts that were parked and tried again leave the deposit as if they had come in order (WAR-10, WAR-11)."""

import pytest
from linli_testkit.databases import Databases
from linli_testkit.house import House
from linli_warranty.handlers import repairs

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.repairs import REPAIR, inspect
from tests.system.trying_again import fail, try_again

STANDING = """
SELECT coalesce((state ->> 'open_orders')::integer, 0) AS open, state ->> 'water_problem' AS water
FROM deposit WHERE id = 'k-wet'
"""


@pytest.mark.rule("WAR-10", "WAR-11", "OPS-02", "OPS-03")
@pytest.mark.parametrize(
    ("fails", "type_name"), [("open_order", "ContractorNotified"), ("recall_order", "OrderRecalled")]
)
async def test_a_parked_order_leaves_nothing_against_the_release_of_a_case_that_is_over(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, fails: str, type_name: str
) -> None:
    """Given an order's notice or recall that warranty parks, when the case is withdrawn and then it is tried again,
    then no order is open, and water is remembered only where the order was not recalled.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, warranty = Life(house), house.rooms["warranty"]
    await found_estate(life)
    await life.do(
        "warranty.open-deposit", contract_id="k-wet", contractor_id="c-an", estate_ids=["xh01"],
        trades=["waterproofing"], retained_fen=100, completion_accepted_on="2024-05-20",
    )  # fmt: skip
    wet = REPAIR | {"trade": "waterproofing"}
    leak = await life.do("intake.receive", **request(**wet, home_id="xh01.p1-1-102", contact="13800000002"))
    about = {"case_id": leak["case_id"]}
    with monkeypatch.context() as broken:
        broken.setattr(repairs, fails, fail)
        await inspect(life, **about)
        if type_name == "OrderRecalled":
            await life.do("intake.amend", **about, by="engineer-qian", trade="electrical")
        await life.do("intake.withdraw", **about)
    assert await try_again(house, warranty) == [type_name]
    deposit = await warranty.connection.fetchrow(STANDING)
    await house.close()
    await databases.drop(database)
    assert deposit is not None
    assert (deposit["open"], deposit["water"]) == (0, leak["case_id"] if type_name == "ContractorNotified" else None)
