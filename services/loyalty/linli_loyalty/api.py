"""What people read of loyalty over HTTP; the routes of commands are made from MAP."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from linli_contracts.event import KEY_PATTERN
from linli_messaging.service_map import Actor
from linli_runtime.auth import require_whole_group
from linli_runtime.problems import ProblemError, refusing
from linli_runtime.reads import Reads

from linli_loyalty.domain.member import NOT_FOUND, Member
from linli_loyalty.store import Figures, LedgerPage, figures, find_member, ledger_page

LARGEST_PAGE: Final = 500
"""Keeps one answer below a megabyte and one read short."""

CustomerRef = Annotated[str, Path(pattern=KEY_PATTERN)]
Reader = Annotated[Actor, Depends(require_whole_group("loyalty:read"))]
"""The club is the group's: a member belongs to no estate, as its commands say too."""


def router(reads: Reads) -> APIRouter:
    """The GET routes of loyalty over a read-only pool."""
    routes = APIRouter()

    @routes.get("/members/{customer_ref}")
    @refusing(NOT_FOUND)
    async def get_member(actor: Reader, customer_ref: CustomerRef) -> Member:
        """One member: number, balances, and the lots that are left."""
        member = await find_member(reads, customer_ref)
        if member is None:
            raise ProblemError(NOT_FOUND)
        return member

    @routes.get("/members/{customer_ref}/points")
    async def list_points(
        actor: Reader,
        customer_ref: CustomerRef,
        cursor: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> LedgerPage:
        """The member's ledger in the order in which it was written; a non-member's is empty."""
        return await ledger_page(reads, customer_ref, after=cursor, limit=limit)

    @routes.get("/figures")
    async def get_figures(actor: Reader) -> Figures:
        """Members, points earned by cause, spent, expired, held, and whether the ledger agrees."""
        return await figures(reads)

    return routes
