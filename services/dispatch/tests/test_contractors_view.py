"""What a contractor reads of a ticket: its own order and how far the case is; nothing of the company or of others."""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
from linli_contracts.events.dispatch import EVENTS
from linli_dispatch.domain.approvals.plan import SmallWorks
from linli_dispatch.domain.crises.crisis_file import Crisis
from linli_dispatch.domain.repairs.order import Liable, Order
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.webhook import TOLD
from linli_dispatch.store import TicketSeen, show_ticket
from linli_dispatch.ticket_lists import TicketsWanted, page_tickets
from linli_messaging.service_map import Actor
from linli_runtime.reads import Reads
from linli_testkit.tables import keep

from services.dispatch.tests.office import CASE, NOW, Office, local
from services.dispatch.tests.test_amending import amended
from services.dispatch.tests.test_ticket_lists import WORDS

READ = frozenset({"dispatch:read"})
CLERK = Actor("clerk", READ)
BUILDER = Actor("person-of-builder", READ, contractor_id="builder_co")
RESCUE = Actor("person-of-rescue", READ, contractor_id="rescue_co")


def office_of_a_repair() -> Office:
    """A repair whose contractor did not come in time: re-entrusting is proposed."""
    office = Office()
    office.found()
    office.open_repair()
    office.covered()
    office.until(NOW.replace(day=12))
    return office


def order_of(office: Office) -> Order:
    """The order that there must be."""
    order = office.ticket().order
    assert order is not None
    return order


async def seen_by(reads: Reads, actor: Actor) -> TicketSeen | None:
    """One ticket alone; a page shows the same, or nothing."""
    page = await page_tickets(reads, WORDS, actor, TicketsWanted())
    found = await show_ticket(reads, WORDS, actor, CASE)
    alone = found[0] if found else None
    assert page.items == ([] if alone is None else [alone])
    return alone


@pytest.mark.rule("PAR-01")
async def test_the_next_contractor_sees_nothing_of_the_one_before(reads: Reads) -> None:
    """Given a repair that was re-entrusted, then the new one sees an order of its own, and the first one no more."""
    office = office_of_a_repair()
    await keep(reads, office.states.values())
    before = await seen_by(reads, BUILDER)
    assert before is not None
    assert before.order is not None
    assert before.order.grounds == order_of(office).grounds != ()
    assert await seen_by(reads, RESCUE) is None
    office.reentrust(80_000)
    await keep(reads, office.states.values())
    assert await seen_by(reads, BUILDER) is None
    after, all_of_it = await seen_by(reads, RESCUE), await seen_by(reads, CLERK)
    assert after is not None
    assert all_of_it is not None
    assert all_of_it.order == order_of(office)
    assert (order_of(office).contractor_id, order_of(office).price_fen) == ("builder_co", 80_000)
    assert after.order is not None
    assert (after.order.performer_id, after.order.price_fen) == ("rescue_co", 80_000)
    assert (after.order.grounds, after.order.contract_id) == ((), None)
    assert "builder_co" not in after.model_dump_json()


@pytest.mark.rule("PAR-01")
async def test_what_is_the_companys_own_is_not_shown(reads: Reads) -> None:
    """Given a repair in crisis, reported, with small works, then its contractor sees none of that; staff do."""
    office = office_of_a_repair()
    of_the_company = {
        "crisis": Crisis(local("2026-03-10 10:00"), "head", None),
        "level_reasons": ("published",),
        "reported": ("strong_complaint",),
        "measure": "speak_to_customer",
        "small_works": SmallWorks("unrecognised_claim", "cheaper", 5_000),
        "small_works_fen": 5_000,
    }
    ticket = office.ticket().model_copy(update=of_the_company)
    await keep(reads, [*office.states.values(), ticket])
    own, staffs = await seen_by(reads, BUILDER), await seen_by(reads, CLERK)
    assert own is not None
    assert staffs is not None
    for name, value in of_the_company.items():
        assert getattr(staffs, name) == value, name
        assert not getattr(own, name), name
    assert own.clocks == staffs.clocks


@dataclass(frozen=True, slots=True)
class Meanwhile(Reads):
    """Something is stored between the list's question and that for its tickets."""

    ticket: Ticket

    async def fetch(self, name: str, *args: object) -> list[asyncpg.Record]:
        """The rows of before, and then it changes."""
        rows = await Reads.fetch(self, name, *args)
        if name == "open_by_receipt":
            await keep(Reads(self.pool, self.queries), [self.ticket])
        return rows


@pytest.mark.rule("PAR-01")
async def test_an_order_that_goes_elsewhere_while_a_page_is_read_is_not_shown(reads: Reads) -> None:
    """Given a re-entrusting between the two questions of a page, then the page is without the ticket."""
    office = office_of_a_repair()
    await keep(reads, office.states.values())
    order = Order("o2", "rescue_co", None, NOW, NOW, NOW)
    moving = Meanwhile(reads.pool, reads.queries, office.ticket().model_copy(update={"order": order}))
    page = await page_tickets(moving, WORDS, BUILDER, TicketsWanted())
    assert (page.items, page.next) == ([], None)
    assert [one.case_id for one in (await page_tickets(reads, WORDS, RESCUE, TicketsWanted())).items] == [CASE]


@pytest.mark.rule("PAR-01")
async def test_whose_order_was_taken_back_sees_nothing_of_the_case_any_more(reads: Reads) -> None:
    office = Office()
    office.found()
    office.open_repair()
    office.covered()
    amended(office, trade="electrical")
    await keep(reads, office.states.values())
    assert await show_ticket(reads, WORDS, BUILDER, CASE) is None
    assert await show_ticket(reads, WORDS, CLERK, CASE) is not None


@pytest.mark.rule("PAR-01")
def test_all_facts_about_an_order_that_name_its_contractor_are_for_partners() -> None:
    """Given the facts of dispatch, then none that is about a contractor's order is kept from it."""
    about_orders = {fact.type_name() for fact in EVENTS if {"order_id", "contractor_id"} <= fact.model_fields.keys()}
    assert about_orders == TOLD


@pytest.mark.rule("DSP-10", "DSP-13", "PAR-01")
async def test_what_waits_for_an_inspection_says_so_and_the_managers_word_is_the_companys(reads: Reads) -> None:
    office = Office()
    office.found()
    office.open_repair(inspected=False)
    office.covered()
    await keep(reads, office.states.values(), office.rows)
    waiting = await seen_by(reads, CLERK)
    assert waiting is not None
    assert (waiting.waits_for, waiting.liable) == ("inspection", Liable("builder_co", "k1"))
    assert await seen_by(reads, BUILDER) is None, "it has no notice yet"
    office.accepted("assess", finding="justified")
    office.until(office.now + timedelta(days=17, seconds=1))
    await keep(reads, office.states.values())
    for actor, shown in ((CLERK, True), (BUILDER, False)):
        seen = await seen_by(reads, actor)
        assert seen is not None
        assert (seen.waits_for, seen.conversation is not None) == (None, shown)
