"""A passage of `life.py` about imports of the organisation: one that holds, one that lapses, one that is withdrawn."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tests.system.player import Life

WORKS: Final = [{"work_item": "plumbing", "price_fen": 70_000}]
CONTRACTORS: Final = [{"contractor_id": "c-new", "trades": ["electrical"], "phases": ["p1"]}]


async def brought_in(life: Life) -> None:
    """Three imports for one instant, each with a price and a contractor: one is confirmed, one is left by its client,
    one is withdrawn after it was confirmed.
    """
    from_at = (life.house.instant + timedelta(hours=1)).isoformat()
    imports = [await open_import(life, from_at, price_fen) for price_fen in (71_000, 72_000, 73_000)]
    confirmed, _, withdrawn = imports
    for one in (confirmed, withdrawn):
        await life.do("dispatch.confirm-import", import_id=one)
    await life.do("dispatch.withdraw-import", import_id=withdrawn)
    await life.after(minutes=59)
    assert await priced(life) is None
    await life.after(minutes=1)
    assert await priced(life) == 71_000
    assert [await stands(life, one) for one in imports] == [
        ("begun", {"begun": 2}), ("lapsed", {"withdrawn": 2}), ("withdrawn", {"withdrawn": 2})
    ]  # fmt: skip
    await life.after(minutes=1)


async def open_import(life: Life, from_at: str, price_fen: int) -> str:
    """An import with a price of the region `south` and a contractor of `xh01` for that instant; its id."""
    opened = await life.do("dispatch.open-import", from_at=from_at)
    named: Mapping[str, Any] = {"from_at": from_at, "import_id": opened["import_id"]}
    works = [line | {"price_fen": price_fen} for line in WORKS]
    await life.do("dispatch.price-works", region_id="south", works=works, **named)
    await life.do("dispatch.register-contractor", estate_id="xh01", contractors=CONTRACTORS, **named)
    return str(opened["import_id"])


async def priced(life: Life) -> int | None:
    """The price of the region, if it has any."""
    dispatch = life.house.rooms["dispatch"].connection
    price = await dispatch.fetchval(
        "SELECT state #>> '{works,plumbing,price_fen}' FROM price_library WHERE id = 'south'"
    )
    return int(price) if price is not None else None


async def stands(life: Life, of_import: str) -> tuple[str, dict[str, int]]:
    """Where an import stands, and its changes by where they do."""
    dispatch = life.house.rooms["dispatch"].connection
    status = await dispatch.fetchval("SELECT status FROM registry_import WHERE id = $1", of_import)
    counted = "SELECT status, count(*) AS many FROM planned_change WHERE import_id = $1 GROUP BY status"
    return str(status), {row["status"]: row["many"] for row in await dispatch.fetch(counted, of_import)}
