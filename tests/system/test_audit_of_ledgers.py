"""The audit finds nothing where deductions are disputed, and points are spent and expire (WAR-04, LOY-03)."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import pytest
from linli_cli.audit.run import audit_databases
from linli_cli.audit.violation import Found
from linli_testkit.databases import Database
from linli_testkit.house import House

from tests.system.life import SERVICES, START, compensate, found_estate, request
from tests.system.player import Life
from tests.system.reentrusting import reentrust
from tests.system.repairs import REPAIR, inspect

RETAINED_FEN: Final = 100_000
"""Less than the repair (80,000) and the compensation (60,000) together: the contractor owes the rest (WAR-06)."""
HELD: Final = {("opened", 100_000), ("deducted", 80_000), ("deducted", 20_000), ("deducted", 40_000)}


class LittleRetained(Life):
    """A life in which little is kept back of the contractor's money."""

    async def do(self, name: str, /, **body: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a command's fields
        """As ever, but for the deposit."""
        if name == "warranty.open-deposit":
            body["retained_fen"] = RETAINED_FEN
        return await super().do(name, **body)


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """A house, closed however the test ends: a database that is in use can't be dropped."""
    built = await House.build(database.dsn, SERVICES, START)
    yield built
    await built.close()


async def _violations(house: House, dsn: str) -> list[Any]:
    for room in house.rooms.values():
        await room.connection.execute("UPDATE published SET number = head FROM lane WHERE lane.lane = published.lane")
        await room.fetch("set_stepped", house.instant)
    found = Found()
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await audit_databases(connection, found)
    finally:
        await connection.close()
    return found.violations


@pytest.mark.rule("WAR-03", "WAR-04", "WAR-06", "WAR-24")
@pytest.mark.parametrize(
    ("rejected", "decided"),
    [
        ("refused", {("upheld", 60_000), ("reversed", 40_000)}),
        ("compensation", {("upheld", 80_000), ("reversed", 40_000), ("reversed", 20_000)}),
    ],
)
async def test_disputed_deductions_are_told_as_they_moved(
    house: House, database: Database, rejected: str, decided: set[tuple[str, int]]
) -> None:
    """Given a repair and a compensation deducted, one beyond what is held, when one is upheld and one taken back."""
    life, warranty = LittleRetained(house), house.rooms["warranty"].connection
    await found_estate(life)
    leak = await life.do("intake.receive", **request(**REPAIR, home_id="xh01.p1-1-103", contact="13800000003"))
    await inspect(life, leak["case_id"])
    await life.do("dispatch.refuse-order", case_id=leak["case_id"], reason="too_far")
    await life.after(hours=29)
    await reentrust(life, leak["case_id"])
    await compensate(life, leak["case_id"])
    claim_id = await warranty.fetchval("SELECT id FROM claim")
    await life.do("warranty.complete-form", claim_id=claim_id, form="form-1")
    await life.do("warranty.approve-payment", claim_id=claim_id)
    await life.do_as("cashier-1", "warranty.pay-compensation", claim_id=claim_id, document="bank-1")
    deductions = await warranty.fetch(
        "SELECT id, state::jsonb ->> 'ground' AS ground FROM deduction ORDER BY ground DESC"
    )
    for row in deductions:
        await life.do("warranty.dispute-deduction", deduction_id=row["id"], reason="price_too_high")
    await life.after(hours=1)  # clocks that are due at this very instant have not fired
    assert await _violations(house, database.dsn) == []
    for row in deductions:
        decision = {"deduction_id": row["id"], "upheld": row["ground"] != rejected, "document": "minutes-1"}
        await life.do("warranty.decide-dispute", **decision)
    moved = {(row["reason"], row["amount_fen"]) for row in await warranty.fetch("SELECT * FROM movement")}
    assert moved == HELD | {("disputed", 80_000), ("disputed", 60_000)} | decided
    await life.after(hours=1)  # clocks that are due at this very instant have not fired
    assert await _violations(house, database.dsn) == []


@pytest.mark.rule("LOY-03")
async def test_points_that_were_spent_and_expired_are_told_as_they_moved(house: House, database: Database) -> None:
    """Given points for an answer, when some are spent and the others expire after two years, each at its instant."""
    life, loyalty = Life(house), house.rooms["loyalty"].connection
    await found_estate(life)
    noise = await life.do("intake.receive", **request())
    await life.do("loyalty.join", customer_ref=noise["customer_ref"])
    await life.do("dispatch.resolve", case_id=noise["case_id"], how="handled")
    await life.after(days=2)
    callback = await life.callback_of(noise["case_id"])
    await life.do("followup.complete-callback", callback_id=callback, satisfied=True, score=95, by="caller-1")
    for bill, points in ("fee-1", 5), ("fee-2", 7):
        await life.do("loyalty.spend", customer_ref=noise["customer_ref"], points=points, cause_id=bill)
    assert await _violations(house, database.dsn) == []
    await life.until(datetime(2027, 4, 1, tzinfo=UTC))
    rows = await loyalty.fetch("SELECT what, kind, points FROM points_entry ORDER BY number")
    assert [tuple(row) for row in rows] == [
        ("earned", "reward", 20), ("earned", "upgrade", 20), ("spent", "reward", -5), ("spent", "reward", -7),
        ("expired", "reward", -8), ("expired", "upgrade", -20),
    ]  # fmt: skip
    assert await _violations(house, database.dsn) == []
