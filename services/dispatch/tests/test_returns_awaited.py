"""Who was away when returns began to be awaited is awaited from the upgrade on (DSP-08, DSP-19)."""

from datetime import datetime, timedelta

import pytest
from linli_dispatch.domain.assigning.filling import Filling
from linli_dispatch.domain.group.places import Estate
from linli_runtime.reads import Reads
from linli_testkit.tables import keep

from services.dispatch.tests.conftest import SQL
from services.dispatch.tests.office import HOUR, NOW, SECOND, Office, local

UPGRADE = (SQL / "migrations" / "0020_returns_awaited.sql").read_text("utf-8")
BACK = local("2026-03-11 09:00")
FILLING = (Filling, "xh01.filling")


def short(office: Office) -> None:
    """Somebody is away until the next morning, and a request came in meanwhile; nobody's return is awaited."""
    office.accepted_of("record-absence", estate_id="xh01", staff_id="agent1", from_at=NOW, until_at=BACK)
    office.open()
    assert office.ticket().handler_id == "centre_head"
    office.states.pop(FILLING, None)


async def upgraded(reads: Reads, office: Office, now: datetime) -> list[datetime]:
    """What the database had before is upgraded at that instant; when whose return is awaited is woken there."""
    await keep(reads, (state for ref, state in office.states.items() if ref != FILLING), office.rows)
    await reads.pool.execute("INSERT INTO lane (lane) SELECT DISTINCT lane FROM estate ON CONFLICT DO NOTHING")
    await reads.pool.execute("INSERT INTO stepped_clock (instant) VALUES ($1)", now)
    await reads.pool.execute(UPGRADE)
    for row in await reads.pool.fetch("SELECT id, state::text AS state FROM filling"):
        office.states[Filling, row["id"]] = Filling.model_validate_json(row["state"])
    timers = await reads.pool.fetch("SELECT id, due_at FROM timer WHERE state_table = 'filling' ORDER BY id")
    assert [row["id"] for row in timers] == [ref[1] for ref in office.states if ref[0] is Filling]
    return [row["due_at"] for row in timers]


@pytest.mark.rule("DSP-08", "DSP-19", "ORG-04")
@pytest.mark.parametrize(
    ("at", "due"),
    [(NOW + HOUR, BACK), (BACK - SECOND, BACK), (BACK, BACK), (BACK + SECOND, BACK + SECOND)],
)
async def test_who_is_away_at_the_upgrade_gets_what_waits_when_they_are_back(
    reads: Reads, office: Office, at: datetime, due: datetime
) -> None:
    """Given an absence of before, then its work waits until its end to the second; past it, until the upgrade."""
    short(office)
    office.until(at)
    assert await upgraded(reads, office, at) == [due]
    (timer,) = office.states[FILLING].timers()
    assert timer.due_at == due
    if due > at:
        office.until(due - SECOND)
        assert office.ticket().handler_id == "centre_head"
    office.until(due)
    assert office.ticket().handler_id == "agent1"


@pytest.mark.rule("DSP-19")
async def test_several_are_awaited_each_at_their_time_and_an_estate_without_absences_nobody(
    reads: Reads, office: Office
) -> None:
    office.accepted_of("register-estate", estate_id="xh02", region_id="south", project_id="p1", name="星河湾二期")
    for who, hours in (("fixer1", 30), ("agent1", 20), ("fixer2", 20)):
        office.accepted_of(
            "record-absence", estate_id="xh01", staff_id=who, from_at=NOW, until_at=NOW + timedelta(hours=hours)
        )
    office.states.pop(FILLING)
    assert await upgraded(reads, office, NOW) == [NOW + timedelta(hours=20)]
    filling = office.states[FILLING]
    assert isinstance(filling, Filling)
    assert filling.comes_at == tuple(NOW + timedelta(hours=hours) for hours in (20, 30))
    changed = await reads.pool.fetch("SELECT l.version, e.id FROM lane l JOIN estate e USING (lane) ORDER BY e.id")
    assert [(row["id"], row["version"]) for row in changed] == [("xh01", 1), ("xh02", 0)]


@pytest.mark.rule("DSP-19")
async def test_who_is_awaited_already_is_left_as_they_are(reads: Reads, office: Office) -> None:
    """Given an estate that awaits returns, then the upgrade changes nothing of it, and repeats nothing."""
    short(office)
    estate = office.states[Estate, "xh01"]
    assert isinstance(estate, Estate)
    known = Filling(id="xh01.filling").expecting(estate, NOW, joined=False)
    await keep(reads, (known,))
    before = await reads.pool.fetchval("SELECT state::text FROM filling")
    await keep(reads, office.states.values(), office.rows)
    for _ in range(2):
        await reads.pool.execute(UPGRADE)
    assert await reads.pool.fetchval("SELECT state::text FROM filling") == before
    assert await reads.pool.fetchval("SELECT count(*) FROM timer WHERE state_table = 'filling'") == 0
