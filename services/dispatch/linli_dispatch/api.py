"""What people read of dispatch over HTTP; the routes of commands are made from MAP.

A reader sees the estates below their own organisation path; a contractor sees the tickets whose order it has, no more.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from linli_contracts.event import ID_PATTERN, KEY_PATTERN
from linli_contracts.events.dispatch import Clock
from linli_contracts.lanes import key_of
from linli_messaging.service_map import Actor
from linli_runtime.auth import require
from linli_runtime.problems import ProblemError, refusing
from linli_runtime.reads import Reads
from linli_runtime.versioned_reads import VERSIONED, versioned

from linli_dispatch.domain import refusals
from linli_dispatch.domain.blueprints import step_refusals
from linli_dispatch.domain.blueprints.progress import Progress
from linli_dispatch.domain.group.import_refusals import IMPORT_NOT_FOUND
from linli_dispatch.domain.title import Words, words_of
from linli_dispatch.domain.webhook import FOREIGN, NOT_FOUND, Whose, may_manage, whose_is
from linli_dispatch.home_pages import HomePage, page_homes
from linli_dispatch.import_pages import ImportInFull, ImportPage, ImportsWanted, page_imports, show_import
from linli_dispatch.partner_facts import PartnerFactFilter, PartnerFactPage, page_partner_facts
from linli_dispatch.planned_pages import (
    ChangesWanted,
    PlannedChangePage,
    PlannedChangeSeen,
    page_planned_changes,
    page_set_aside,
    show_planned_change,
)
from linli_dispatch.registry_pages import (
    MOST_HOMES,
    EstateOnFile,
    Estates,
    registered_estates,
    registered_homes,
)
from linli_dispatch.service_pages import (
    Often,
    Services,
    StepCounted,
    policies_of,
    show_progress,
    show_services,
    steps_counted,
)
from linli_dispatch.store import (
    CURSOR_PATTERN,
    LARGEST_PAGE,
    EstateInFull,
    EstatePage,
    Figures,
    MissedPage,
    Prices,
    TicketSeen,
    figures,
    page_estates,
    page_missed,
    show_estate,
    show_prices,
    show_ticket,
)
from linli_dispatch.storm_pages import (
    StormOrderPage,
    StormOrderSeen,
    StormPage,
    StormSeen,
    page_storm_orders,
    page_storms,
    show_storm,
    show_storm_order,
)
from linli_dispatch.ticket_lists import (
    TicketCount,
    TicketFilter,
    TicketPage,
    TicketsWanted,
    count_tickets,
    page_for_notified,
    page_for_office,
    page_tickets,
)
from linli_dispatch.webhook_pages import WebhookSeen, show_webhook, webhooks_of

Reader = Annotated[Actor, Depends(require("dispatch:read"))]
ImportId = Annotated[str, Path(pattern=KEY_PATTERN)]
CaseId = Annotated[str, Path(pattern=ID_PATTERN)]
EstateId = Annotated[str, Path(pattern=KEY_PATTERN)]
KeyFilter = Annotated[str | None, Query(pattern=KEY_PATTERN)]
Cursor = Annotated[str, Query(pattern=CURSOR_PATTERN)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


@refusing(refusals.STAFF_ONLY)
def _staff(actor: Reader) -> Actor:
    """Whoever is no contractor: rosters, figures and the list of misses are the company's own."""
    if actor.contractor_id is not None:
        raise ProblemError(refusals.STAFF_ONLY)
    return actor


StaffReader = Annotated[Actor, Depends(_staff)]


def router(reads: Reads) -> APIRouter:
    """The GET routes of dispatch over a read-only pool."""
    routes = APIRouter()
    _about_tickets(routes, reads)
    _about_approvals(routes, reads)
    _about_partners(routes, reads)
    _about_registry(routes, reads)
    _about_services(routes, reads)
    _about_storms(routes, reads)

    @routes.get("/estates/{estate_id}", responses=VERSIONED)
    @refusing(refusals.ESTATE_NOT_FOUND)
    async def get_estate(actor: StaffReader, estate_id: EstateId, response: Response) -> EstateInFull:
        """One estate with its roster, its contractors and who has how much in hand."""
        return versioned(response, await show_estate(reads, actor.org, estate_id), refusals.ESTATE_NOT_FOUND)

    @routes.get("/estates/{estate_id}/homes")
    async def list_homes(actor: StaffReader, estate_id: EstateId, cursor: Cursor = "", limit: Limit = 100) -> HomePage:
        """The homes of an estate by id."""
        return await page_homes(reads, actor.org, estate_id, after=cursor, limit=limit)

    @routes.get("/estates")
    async def list_estates(actor: StaffReader, cursor: Cursor = "", limit: Limit = 100) -> EstatePage:
        """Estates by id."""
        return await page_estates(reads, actor.org, after=cursor, limit=limit)

    @routes.get("/deadlines/missed")
    async def list_missed(
        actor: StaffReader, clock: Clock, estate_id: KeyFilter = None, cursor: Cursor = "", limit: Limit = 100
    ) -> MissedPage:
        """The deadlines of one clock that were missed, by case."""
        return await page_missed(reads, actor.org, clock, estate_id, after=cursor, limit=limit)

    @routes.get("/figures")
    async def get_figures(actor: StaffReader, estate_id: KeyFilter = None) -> Figures:
        """Received, open, closed, by level; deadlines kept and missed by clock; ladder steps; re-entrusted."""
        return await figures(reads, actor.org, estate_id)

    return routes


def _about_tickets(routes: APIRouter, reads: Reads) -> None:
    """One ticket, and lists of them."""

    @routes.get("/tickets/count")
    @refusing(refusals.ONLY_OPEN_HAVE)
    async def get_count(request: Request, actor: Reader, wanted: Annotated[TicketFilter, Query()]) -> TicketCount:
        """How many tickets fit the filters of the list: exact up to 1,000, beyond that `more`."""
        return await count_tickets(reads, _words(request), actor, wanted)

    @routes.get("/tickets/{case_id}", responses=VERSIONED)
    @refusing(refusals.TICKET_NOT_FOUND)
    async def get_ticket(request: Request, actor: Reader, case_id: CaseId, response: Response) -> TicketSeen:
        """One ticket with its clocks, waits and order; its version is the ETag."""
        found = await show_ticket(reads, _words(request), actor, case_id)
        return versioned(response, found, refusals.TICKET_NOT_FOUND)

    @routes.get("/tickets")
    @refusing(refusals.ONLY_OPEN_HAVE, refusals.WRONG_CURSOR)
    async def list_tickets(request: Request, actor: Reader, wanted: Annotated[TicketsWanted, Query()]) -> TicketPage:
        """Work lists and search: tickets that fit all filters, the newest or the most urgent first."""
        return await page_tickets(reads, _words(request), actor, wanted)


def _words(request: Request) -> Words:
    """What codes are called: the newest policy knows all that older ones know."""
    policies = policies_of(request)
    return words_of(policies.policy(policies.versions[-1]))


def _about_partners(routes: APIRouter, reads: Reads) -> None:
    """What partners read."""

    @routes.get("/contractors/{contractor_id}/webhooks")
    @refusing(FOREIGN)
    async def list_webhooks(
        actor: Annotated[Actor, Depends(require("partner:webhook"))], contractor_id: EstateId
    ) -> list[WebhookSeen]:
        """A contractor's webhooks, with why one is disabled."""
        _manages(actor, contractor_id, "contractor")
        return await webhooks_of(reads, contractor_id, "contractor")

    @routes.get("/staff/{staff_id}/webhooks")
    @refusing(FOREIGN)
    async def list_staff_webhooks(
        actor: Annotated[Actor, Depends(require("partner:webhook"))], staff_id: EstateId
    ) -> list[WebhookSeen]:
        """The webhooks of somebody of the staff, with why one is disabled."""
        _manages(actor, staff_id, "staff")
        return await webhooks_of(reads, staff_id, "staff")

    @routes.get("/webhooks/{webhook_id}", responses=VERSIONED)
    @refusing(FOREIGN, NOT_FOUND)
    async def get_webhook(
        actor: Annotated[Actor, Depends(require("partner:webhook"))], webhook_id: CaseId, response: Response
    ) -> WebhookSeen:
        """One webhook, with why it is disabled."""
        _manages(actor, key_of(webhook_id), whose_is(webhook_id))
        return versioned(response, await show_webhook(reads, webhook_id), NOT_FOUND)

    @routes.get("/contractors/{contractor_id}/facts")
    @refusing(FOREIGN)
    async def list_facts(
        actor: Annotated[Actor, Depends(require("partner:webhook"))],
        contractor_id: EstateId,
        wanted: Annotated[PartnerFactFilter, Query()],
    ) -> PartnerFactPage:
        """What a contractor is told of its own orders, in the order of `next`, from any point on; nothing is missed."""
        _manages(actor, contractor_id, "contractor")
        return await page_partner_facts(reads, contractor_id, wanted)


def _manages(actor: Actor, owner_id: str, whose: Whose) -> None:
    if not may_manage(actor.contractor_id, actor.org, owner_id, whose):
        raise ProblemError(FOREIGN)


def _about_registry(routes: APIRouter, reads: Reads) -> None:
    """What an import of the organisation compares its files with, and what is planned."""

    @routes.get("/registry/changes")
    async def list_planned_changes(actor: StaffReader, wanted: Annotated[ChangesWanted, Query()]) -> PlannedChangePage:
        """The changes that were planned for estates, or for regions' prices, and what became of them, by id."""
        return await page_planned_changes(reads, actor.org, wanted)

    @routes.get("/registry/changes/{change_id}", responses=VERSIONED)
    @refusing(refusals.CHANGE_NOT_FOUND)
    async def get_planned_change(actor: StaffReader, change_id: CaseId, response: Response) -> PlannedChangeSeen:
        """One change that was planned, and what became of it."""
        found = await show_planned_change(reads, actor.org, change_id)
        return versioned(response, found, refusals.CHANGE_NOT_FOUND)

    @routes.get("/registry/set-aside")
    async def list_changes_set_aside(actor: StaffReader, cursor: Cursor = "", limit: Limit = 100) -> PlannedChangePage:
        """The changes that could not begin, for a bug or another version, and wait for a person."""
        return await page_set_aside(reads, actor.org, after=cursor, limit=limit)

    @routes.get("/registry/imports")
    async def list_imports(actor: StaffReader, wanted: Annotated[ImportsWanted, Query()]) -> ImportPage:
        """Imports of the organisation, by id, and where they stand."""
        return await page_imports(reads, actor.org, wanted)

    @routes.get("/registry/imports/{import_id}", responses=VERSIONED)
    @refusing(IMPORT_NOT_FOUND)
    async def get_import(actor: StaffReader, import_id: ImportId, response: Response) -> ImportInFull:
        """One import, and how many of its changes stand how."""
        return versioned(response, await show_import(reads, actor.org, import_id), IMPORT_NOT_FOUND)

    @routes.get("/registry/estates")
    async def list_registered_estates(actor: StaffReader, estate_id: Estates) -> list[EstateOnFile]:
        """Those of these estates that are registered, with their rosters, contractors, absences and services."""
        return await registered_estates(reads, actor.org, estate_id)

    @routes.get("/registry/homes")
    async def list_registered_homes(
        actor: StaffReader,
        estate_id: Estates,
        cursor: Cursor = "",
        limit: Annotated[int, Query(ge=1, le=MOST_HOMES)] = MOST_HOMES,
    ) -> HomePage:
        """The homes of these estates by id."""
        return await registered_homes(reads, actor.org, estate_id, after=cursor, limit=limit)


def _about_services(routes: APIRouter, reads: Reads) -> None:
    """Special services, public-affairs matters, and every case's blueprint."""

    @routes.get("/tickets/{case_id}/blueprint")
    @refusing(refusals.TICKET_NOT_FOUND, step_refusals.NO_BLUEPRINT)
    async def get_progress(request: Request, actor: StaffReader, case_id: CaseId) -> Progress:
        """A case's progress against its blueprint, step by step; of repairs and complaints by their clocks."""
        return await show_progress(reads, policies_of(request), actor, case_id)

    @routes.get("/estates/{estate_id}/services", responses=VERSIONED)
    @refusing(step_refusals.NO_CATALOGUE)
    async def get_services(actor: StaffReader, estate_id: EstateId, response: Response) -> Services:
        """An estate's catalogue of special services."""
        return versioned(response, await show_services(reads, actor.org, estate_id), step_refusals.NO_CATALOGUE)

    @routes.get("/estates/{estate_id}/steps")
    async def list_steps(actor: StaffReader, estate_id: EstateId, *, often: Often = False) -> list[StepCounted]:
        """How often the steps of blueprints failed at an estate, and why; those that fail most first."""
        return await steps_counted(reads, actor.org, estate_id, often=often)


def _about_storms(routes: APIRouter, reads: Reads) -> None:
    """What those who lead in a storm read."""

    @routes.get("/storms")
    async def list_storms(
        actor: StaffReader, estate_id: KeyFilter = None, *, on: bool = False, cursor: Cursor = "", limit: Limit = 100
    ) -> StormPage:
        """Storms by id, with the work orders that wait; ``on``: those that have not ended."""
        return await page_storms(reads, actor.org, estate_id, on=on, after=cursor, limit=limit)

    @routes.get("/storms/{storm_id}", responses=VERSIONED)
    @refusing(refusals.STORM_NOT_FOUND)
    async def get_storm(actor: StaffReader, storm_id: CaseId, response: Response) -> StormSeen:
        """One storm, with the work orders that wait."""
        return versioned(response, await show_storm(reads, actor.org, storm_id), refusals.STORM_NOT_FOUND)

    @routes.get("/storm-orders/{order_id}", responses=VERSIONED)
    @refusing(refusals.STORM_ORDER_NOT_FOUND)
    async def get_storm_order(actor: StaffReader, order_id: CaseId, response: Response) -> StormOrderSeen:
        """One work order of a storm, with the requests that it serves."""
        return versioned(response, await show_storm_order(reads, actor.org, order_id), refusals.STORM_ORDER_NOT_FOUND)

    @routes.get("/storms/{storm_id}/orders")
    async def list_storm_orders(
        actor: StaffReader, storm_id: CaseId, cursor: Cursor = "", limit: Limit = 100
    ) -> StormOrderPage:
        """The work orders of a storm, each with the requests that it serves."""
        return await page_storm_orders(reads, actor.org, storm_id, after=cursor, limit=limit)


def _about_approvals(routes: APIRouter, reads: Reads) -> None:
    """What offices read before they decide, and what people are to read."""

    @routes.get("/approvals/{office}")
    async def list_approvals(
        request: Request,
        actor: StaffReader,
        office: EstateId,
        estate_id: KeyFilter = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> TicketPage:
        """The tickets with an application that an office of the policy has to decide about."""
        return await page_for_office(reads, _words(request), actor, office, estate_id, after=cursor, limit=limit)

    @routes.get("/staff/{staff_id}/notices")
    async def list_notices(
        request: Request,
        actor: StaffReader,
        staff_id: EstateId,
        estate_id: KeyFilter = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> TicketPage:
        """The tickets with something urgent that a person was told and nobody has read yet."""
        return await page_for_notified(reads, _words(request), actor, staff_id, estate_id, after=cursor, limit=limit)

    @routes.get("/regions/{region_id}/prices", responses=VERSIONED)
    @refusing(refusals.NO_PRICES)
    async def get_prices(actor: StaffReader, region_id: EstateId, response: Response) -> Prices:
        """The price library of a region."""
        return versioned(response, await show_prices(reads, actor.org, region_id), refusals.NO_PRICES)
