"""Homes of a fact that was parked stand, once it is tried again, as if all had come in order (WAR-02)."""

import pytest
from linli_testkit.databases import Databases
from linli_testkit.house import House
from linli_warranty.handlers import places

from tests.system.life import SERVICES, START, found_estate
from tests.system.player import Life
from tests.system.trying_again import fail, try_again

HANDED_OVER = """
SELECT home.key AS id, home.value ->> 'handed_over_on' AS day FROM homes, jsonb_each(state -> 'homes') AS home
WHERE home.key = ANY($1)
"""
CORRECTED, ONLY_OLDER, NEW = "xh01.p1-1-101", "xh01.p1-1-102", "xh01.p1-1-999"


@pytest.mark.rule("WAR-02", "OPS-02", "OPS-03")
async def test_a_parked_fact_of_homes_changes_only_what_no_newer_one_told(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given hand-overs that warranty parks, one of which is corrected afterwards, when they are tried again, then the
    correction stands, and so do the others that nobody told anew: of a known home, and of one that is new.
    """
    database = await databases.fresh()
    house = await House.build(database.dsn, SERVICES, START)
    life, warranty = Life(house), house.rooms["warranty"]
    await found_estate(life)

    async def hand_over(day: str, *home_ids: str) -> None:
        homes = [{"home_id": one, "phase": "p1", "building": "1", "handed_over_on": day} for one in home_ids]
        await life.do("dispatch.register-homes", estate_id="xh01", homes=homes)

    with monkeypatch.context() as broken:
        broken.setattr(places, "learn_homes", fail)
        await hand_over("2023-01-01", CORRECTED, ONLY_OLDER, NEW)
    await hand_over("2024-01-02", CORRECTED)
    assert await try_again(house, warranty) == ["HomesRegistered"]
    rows = await warranty.connection.fetch(HANDED_OVER, [CORRECTED, ONLY_OLDER, NEW])
    await house.close()
    await databases.drop(database)
    assert {row["id"]: row["day"] for row in rows} == {
        CORRECTED: "2024-01-02",
        ONLY_OLDER: "2023-01-01",
        NEW: "2023-01-01",
    }
