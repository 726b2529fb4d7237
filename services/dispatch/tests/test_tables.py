"""What is decided is stored and read again from a real database; who may not see it, does not."""

import json
from typing import Any

import asyncpg
import pytest
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.title import Title, words_of
from linli_dispatch.handlers import MAP
from linli_dispatch.store import (
    figures,
    page_estates,
    page_missed,
    show_estate,
    show_ticket,
)
from linli_dispatch.ticket_lists import TicketsWanted, page_tickets
from linli_messaging.batch.versions import version_of
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from linli_testkit.facts import shipped_policy
from linli_testkit.tables import figures_that_differ, keep
from pydantic_core import to_jsonable_python

from services.dispatch.tests.office import CASE, NOW, Office, local, received

GROUP = Actor(subject="staff", scopes=frozenset({"dispatch:read"}))
WORDS = words_of(shipped_policy().policy("2000.1"))


async def store(reads: Reads, office: Office) -> None:
    await keep(reads, office.states.values(), office.rows)


def busy_office() -> Office:
    """Two estates; a repair that was re-entrusted and reopened, a neglected case, and a closed one."""
    office = Office()
    office.found()
    office.send("register-estate", estate_id="xh02", region_id="north", project_id="p9", name="北苑")
    office.open_repair()
    office.open(case_id="xh01.c2")
    office.open(case_id="xh01.c3", level=3)
    office.accepted("resolve", case_id="xh01.c3", how="standard_answer", consented=True)
    office.covered()
    office.until(NOW.replace(day=12))
    office.reentrust(80_000)
    office.accepted("finish", at=local("2026-03-13 10:00"))
    office.called_back(satisfied=False)
    office.covered(round_=2)
    office.until(local("2026-03-20 09:30"))
    office.accepted("wait", case_id="xh01.c2", until=local("2026-03-25 09:30"))
    return office


@pytest.mark.rule("DSP-19", "INT-08", "ORG-01")
async def test_what_is_stored_is_read_again_and_counted(reads: Reads) -> None:
    office = busy_office()
    await store(reads, office)
    await keep(reads, office.states.values())
    for kind in MAP.states:
        rows = await reads.fetch(f"load_{kind.table}", [identity for of, identity in office.states if of is kind])
        assert {row["id"]: kind.model_validate_json(row["state"]) for row in rows} == {
            identity: state for (of, identity), state in office.states.items() if of is kind
        }

    found = await show_ticket(reads, WORDS, GROUP, CASE)
    assert found is not None
    seen, version = found
    assert version == version_of(office.ticket())
    assert (seen.case_id, seen.round, seen.status) == (CASE, 2, "contractor_notified")
    assert seen.clocks == office.ticket().clocks
    assert seen.title == Title(
        "服务态度 · 防水 · 报修 · 工程质量", "staff attitude · waterproofing · repair · engineering quality"
    )

    assert await figures_that_differ(reads) == []
    counted = await figures(reads, "group", None)
    assert (counted.received, counted.open, counted.closed) == (3, 2, 1)
    assert (counted.reopened, counted.reentrusted, counted.stuck) == (1, 1, 0)
    assert counted.closed_how == {"standard_answer": 1}
    assert sum(counted.by_level.values()) == sum(counted.by_status.values()) == 3
    tickets = [office.ticket(f"xh01.c{number}") for number in (1, 2, 3)]
    for clock, one in counted.deadlines.items():
        assert one.kept == sum(ticket.kept.get(clock, 0) for ticket in tickets)
        assert one.missed == sum(ticket.missed.get(clock, 0) for ticket in tickets)
    assert counted.deadlines["completion"].missed == 1
    assert sum(counted.ladder_steps.values()) == sum(sum(ticket.steps_taken.values()) for ticket in tickets)
    assert (await figures(reads, "group", "xh02")).received == 0
    assert (await figures(reads, "group/north", None)).received == 0

    missed = await page_missed(reads, "group", "completion", None, after="", limit=5)
    assert [(one.case_id, one.due_at) for one in missed.items] == [("xh01.c2", NOW.replace(day=17))]
    total = sum(one.missed for one in counted.deadlines.values())
    assert total == len(office.rows)


@pytest.mark.rule("DSP-19")
async def test_pages_hold_what_fits_and_go_on_at_the_cursor(reads: Reads) -> None:
    await store(reads, busy_office())

    async def cases(actor: Actor = GROUP, **wanted: object) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            asked = TicketsWanted.model_validate({"cursor": cursor, "limit": 1, **wanted})
            page = await page_tickets(reads, WORDS, actor, asked)
            assert len(page.items) <= 1
            found += [item.case_id for item in page.items]
            if page.next is None:
                return sorted(found)
            cursor = page.next

    everything = ["xh01.c1", "xh01.c2", "xh01.c3"]
    assert await cases() == everything
    assert await cases(estate_id="xh01") == everything
    assert await cases(estate_id="xh0") == []
    assert await cases(status="closed") == ["xh01.c3"]
    assert await cases(level=3) == ["xh01.c3"]
    assert await cases(overdue=True) == ["xh01.c1", "xh01.c2"]
    assert await cases(owner="s17") == ["xh01.c1", "xh01.c2"]
    assert await cases(handler="fixer1") == ["xh01.c1"]
    assert await cases(handler="nobody") == []

    def reader(org: str = "group", contractor_id: str | None = None) -> Actor:
        return Actor(subject="x", scopes=GROUP.scopes, org=org, contractor_id=contractor_id)

    assert await cases(reader("group/south/p1")) == everything
    assert await cases(reader("group/south/p")) == []
    assert await cases(reader(contractor_id="builder_co")) == ["xh01.c1"]
    assert await cases(reader(contractor_id="rescue_co")) == []
    assert await show_ticket(reads, WORDS, reader(contractor_id="rescue_co"), CASE) is None
    assert await show_ticket(reads, WORDS, reader("group/north"), CASE) is None

    first = await page_missed(reads, "group", "customer_report", "xh01", after="", limit=1)
    assert first.next is not None
    rest = await page_missed(reads, "group", "customer_report", "xh01", after=first.next, limit=50)
    assert {first.items[0].case_id} | {one.case_id for one in rest.items} == {"xh01.c1", "xh01.c2"}
    assert (await page_missed(reads, "group/north", "customer_report", None, after="", limit=5)).items == []


@pytest.mark.rule("ORG-01", "DSP-08")
async def test_estates_are_read_with_their_people(reads: Reads) -> None:
    office = busy_office()
    await store(reads, office)
    both = await page_estates(reads, "group", after="", limit=5)
    assert [item.estate_id for item in both.items] == ["xh01", "xh02"]
    assert [item.estate_id for item in (await page_estates(reads, "group/north", after="", limit=5)).items] == ["xh02"]
    full, _ = await show_estate(reads, "group/south", "xh01") or (None, "")
    assert full is not None
    assert (full.homes, full.in_hand, len(full.contractors)) == (1, {"agent1": 1, "fixer1": 1}, 3)
    assert full.staff == office.estate().staff
    assert await show_estate(reads, "group/north", "xh01") is None


@pytest.mark.rule("DSP-19", "INT-08")
async def test_the_database_refuses_a_stuck_ticket_and_keeps_every_miss(reads: Reads) -> None:
    office = busy_office()
    await store(reads, office)
    stuck = office.ticket().model_copy(update={"clocks": ()})
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="clocked"):
        await keep(reads, [stuck])
    for tampering in ("DELETE FROM missed_deadline", "TRUNCATE missed_deadline"):
        with pytest.raises(asyncpg.RaiseError, match="stays missed"):
            await reads.pool.execute(tampering)


async def test_every_query_can_be_prepared(reads: Reads) -> None:
    async with reads.pool.acquire() as connection:
        for name in reads.queries:
            assert (await connection.prepare(reads.queries[name])).get_query(), name


DEFAULTS: dict[str, Any] = {
    "counted_anew_at": None, "place": None, "policy_version": None, "amended_later": {}, "region_id": "", "zone": "",
    "opened_at": None, "owner_missing": False,
    "graded_level": 4, "age_level": 4, "level_reasons": [], "leads_to": None, "wait": None, "warnings": 0,
    "notices_told": 0, "waits": 0, "waited": "PT0S", "kept": {}, "missed": {}, "steps_taken": {}, "reentrusted": 0,
    "reentrusted_fen": 0, "not_cured_by": None, "plans": 0, "compensated": {}, "applications": [], "course": None,
    "small_works": None, "small_works_fen": 0, "feedback": False, "member": False,
    "assessed_at": None, "inspected_at": None, "inspect_from": None, "first_report_at": None,
    "closes_as": None, "closed_at": None, "closed_how": None, "waited_in_round": "PT0S", "desk": "", "handler_id": None,
    "handler_role": None, "short": False, "storm_order_id": None, "complex": False, "passed_on_at": None,
    "passed_on": 0, "redirected_at": None, "redirected": 0, "steps_before": 0,
    "answer_from": None, "answered_at": None, "report_by": None, "reports": 0, "reports_missed": 0,
    "liable": None, "conversation": None, "orders_recalled": 0, "turned_repair": 0,
    "order": None, "plan": None, "crisis": None, "notices": [], "reported": [], "measure": None, "steps": [],
    "completed_at": None,
    "acceptance": {"signed_at": None, "missing_reason": None, "mails_asked": 0, "mail_asked_at": None},
    "kept_before": {}, "missed_before": {}, "replacements": [], "free_of_charge": False, "caused_by_customer": False,
    "quotation": None, "notices_exhausted": 0, "graded_number": 0, "amended_number": 0,
    "linked_number": 0, "leads_to_number": 0,
}  # fmt: skip
"""What a stored ticket means by what it does not say. A default that changes here changes what is stored already: write
a migration that says it in every ticket that leaves it out."""


def test_a_stored_ticket_leaves_out_what_it_says_by_default_and_nothing_else(office: Office) -> None:
    office.hear(received(NOW))
    ticket = office.ticket()
    stored = json.loads(ticket.stored())
    whole = {name: to_jsonable_python(getattr(ticket, name)) for name in Ticket.model_fields}
    assert {name: value for name, value in whole.items() if name not in stored} == DEFAULTS
    assert {name: value for name, value in whole.items() if name in stored} == stored
    busy = busy_office()
    for ticket in (busy.ticket(f"xh01.c{number}") for number in (1, 2, 3)):
        assert Ticket.model_validate_json(ticket.stored()) == ticket
