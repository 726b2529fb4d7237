"""What people read of intake over HTTP; the routes of commands are made from MAP.

Names, contacts and words are shown to tokens with the scope `intake:personal` only (INT-13); a reader sees the estates
below their own organisation path. The customer's status page needs no token, only the secret (INT-15).
"""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from linli_contracts.event import ID_PATTERN, KEY_PATTERN
from linli_contracts.events.intake import RequestKind
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Refusal
from linli_runtime.auth import allowed, require
from linli_runtime.problems import ProblemError, refusing
from linli_runtime.reads import Reads

from linli_intake.domain.request import Stage
from linli_intake.handlers.asking import unknown
from linli_intake.store import (
    Figures,
    Filter,
    QuarantinePage,
    RequestInFull,
    RequestPage,
    Standing,
    figures,
    page_quarantine,
    page_requests,
    show_request,
    show_standing,
)

LARGEST_PAGE: Final = 500
"""Keeps one answer of requests below a megabyte and one read short."""
LARGEST_QUARANTINE_PAGE: Final = 50
"""A refused form may hold 200,000 characters."""
PERSONAL: Final = "intake:personal"

Reader = Annotated[Actor, Depends(require("intake:read"))]
EstateId = Annotated[str | None, Query(pattern=KEY_PATTERN)]
Cursor = Annotated[str, Query(pattern=r"^[A-Za-z0-9_\-.]{0,300}$")]
CaseId = Annotated[str, Path(pattern=ID_PATTERN)]

NO_SUCH_PAIR: Final = Refusal(
    "no-such-case-and-secret",
    "INT-15",
    "编号或密码不正确。",
    "No case has this number and this secret.",
    404,
)


def router(reads: Reads) -> APIRouter:
    """The GET routes of intake over a read-only pool."""
    routes = APIRouter()

    @routes.get("/requests/{case_id}")
    @refusing(unknown("request-not-found", "case_id"))
    async def get_request(actor: Reader, case_id: CaseId) -> RequestInFull:
        """One request with its links; what was said and by whom for `intake:personal`."""
        found = await show_request(reads, case_id, actor.org, with_words=allowed(actor, PERSONAL))
        if found is None:
            raise ProblemError(unknown("request-not-found", case_id))
        return found

    @routes.get("/requests")
    async def list_requests(
        actor: Reader,
        *,
        estate_id: EstateId = None,
        kind: RequestKind | None = None,
        level: Annotated[int | None, Query(ge=1, le=4)] = None,
        status: Stage | None = None,
        cursor: Cursor = "",
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> RequestPage:
        """Requests by id, of one estate, kind, level or status."""
        wanted = Filter(estate_id, kind, level, status)
        return await page_requests(reads, actor.org, wanted, after=cursor, limit=limit)

    @routes.get("/quarantine")
    async def list_quarantine(
        actor: Reader,
        status: Literal["open", "resubmitted"] = "open",
        cursor: Cursor = "",
        limit: Annotated[int, Query(ge=1, le=LARGEST_QUARANTINE_PAGE)] = LARGEST_QUARANTINE_PAGE,
    ) -> QuarantinePage:
        """Refused forms with what they lack; the forms themselves for `intake:personal`."""
        personal = allowed(actor, PERSONAL)
        return await page_quarantine(reads, actor.org, status, after=cursor, limit=limit, with_words=personal)

    @routes.get("/figures")
    async def get_figures(actor: Reader, estate_id: EstateId = None) -> Figures:
        """Received by level, kind and status; in quarantine; linked."""
        return await figures(reads, actor.org, estate_id)

    @routes.get("/status/{case_id}")
    @refusing(NO_SUCH_PAIR)
    async def get_status(case_id: CaseId, secret: Annotated[str, Query(max_length=200)]) -> Standing:
        """Where the customer's own case stands."""
        standing = await show_standing(reads, case_id, secret)
        if standing is None:
            raise ProblemError(NO_SUCH_PAIR)
        return standing

    return routes
