"""A storm declared for a region reaches estates of many lanes at once, wherever the power is cut (DSP-09)."""

import pytest
from linli_contracts.lanes import lane_of
from linli_dispatch.domain.storms.region_storm import MOST_ESTATES
from linli_testkit.databases import Databases
from linli_testkit.house import House, PowerCuts

from tests.system.life import SERVICES, START, found_estate, request
from tests.system.player import Life
from tests.system.repairs import REPAIR

OTHERS = tuple(f"xh{number:02}" for number in range(2, MOST_ESTATES + 4))
WITH_LEAKS = OTHERS[::4]
ON = "SELECT count(*) FROM storm WHERE NOT ended"
JOINED = "SELECT count(*) FROM ticket WHERE state ->> 'storm_order_id' IS NOT NULL"
MOST_ROUND_TRIPS = 20


async def stormy(house: House) -> None:
    """Thirteen estates, leaks at some of them; a storm of the region, which is ended when one of its orders is done."""
    life, dispatch = Life(house), house.rooms["dispatch"]
    await found_estate(life)
    engineer = {"staff_id": "engineer-qian", "role": "repair_engineer", "desk": "repair", "skills": ["plumbing"]}
    for estate_id in OTHERS:
        place = {"region_id": "east", "project_id": "xh", "name": "西湖花园"}
        await life.do("dispatch.register-estate", estate_id=estate_id, **place)
        await life.do("dispatch.roster-staff", estate_id=estate_id, staff=[engineer])
    await life.after(minutes=1)
    for number, estate_id in enumerate(WITH_LEAKS):
        leak = request(**REPAIR, estate_id=estate_id, home_id=None, common_area=True, contact=f"1380000070{number}")
        await life.do("intake.receive", **leak)
    said = {"region_id": "east", "cause": "rainstorm", "estate_id": "xh01"}
    await life.do_as("psm-zhao", "dispatch.declare-region-storm", **said, reason="typhoon")
    dispatch.round_trips.clear()
    await life.after(seconds=3)
    assert max(dispatch.round_trips) <= MOST_ROUND_TRIPS
    assert await dispatch.connection.fetchval(ON) == 1 + len(OTHERS)
    assert await dispatch.connection.fetchval(JOINED) == len(WITH_LEAKS)
    await life.do_as("psm-zhao", "dispatch.end-region-storm", **said, reason="over")
    await life.after(seconds=3)
    assert await dispatch.connection.fetchval(ON) == 0


async def books_of(databases: Databases, point: str | None, *, times: int = 1) -> dict[str, list[bytes]]:
    """The books it leaves, with the power cut again and again at a point of the transactions, or never."""
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    house.times_delivered = times
    try:
        if point is None:
            await stormy(house)
        else:
            with PowerCuts(point, passage=2, every=3):
                await stormy(house)
        assert await house.parked() == []
        return await house.books()
    finally:
        await house.close()
        await databases.drop(database)


@pytest.mark.rule("DSP-09", "OPS-03")
async def test_a_region_of_many_lanes_is_gone_through_once_whatever_fails(databases: Databases) -> None:
    """Given more estates than a round has, in lanes of their own, when everything comes twice, or the power is cut
    before and after the commits, then the books are those of a course without faults.
    """
    assert len({lane_of(estate_id) for estate_id in OTHERS}) > len(OTHERS) // 2
    even = await books_of(databases, None)
    assert await books_of(databases, None, times=2) == even
    for point in ("before-commit", "after-commit"):
        assert await books_of(databases, point) == even, point
