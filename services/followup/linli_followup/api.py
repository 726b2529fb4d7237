"""What people read of followup over HTTP; the routes of commands are made from MAP."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from linli_contracts.event import ID_PATTERN, KEY_PATTERN, Instant
from linli_messaging.service_map import Actor
from linli_runtime.auth import require
from linli_runtime.problems import ProblemError, refusing
from linli_runtime.reads import Reads

from linli_followup.domain.callback import NOT_FOUND, Callback, Status
from linli_followup.store import CallbackPage, Figures, callback_page, figures, find_callback

LARGEST_PAGE: Final = 500
"""Keeps one answer below a megabyte and one read short."""

Cursor = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_\-.]{0,256}$")]
CallbackId = Annotated[str, Path(pattern=ID_PATTERN)]
Reader = Annotated[Actor, Depends(require("followup:read"))]


def router(reads: Reads) -> APIRouter:
    """The GET routes of followup over a read-only pool."""
    routes = APIRouter()

    @routes.get("/callbacks")
    async def list_callbacks(
        actor: Reader,
        status: Status | None = None,
        estate_id: Annotated[str | None, Query(pattern=KEY_PATTERN)] = None,
        due_before: Instant | None = None,
        callable_until: Instant | None = None,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> CallbackPage:
        """Callbacks in the order of their ids; ``due_before``: the open ones to be made before that instant;
        ``callable_until``: the open ones whose time to call has begun by then.
        """
        return await callback_page(
            reads,
            org=actor.org,
            after=cursor,
            limit=limit,
            status=status,
            estate_id=estate_id,
            due_before=due_before,
            callable_until=callable_until,
        )

    @routes.get("/callbacks/{callback_id}")
    @refusing(NOT_FOUND)
    async def get_callback(actor: Reader, callback_id: CallbackId) -> Callback:
        """One callback as it stands."""
        callback = await find_callback(reads, callback_id, org=actor.org)
        if callback is None:
            raise ProblemError(NOT_FOUND)
        return callback

    @routes.get("/figures")
    async def get_figures(actor: Reader) -> Figures:
        """How many callbacks of the reader's organisation there are, by what became of them."""
        return await figures(reads, org=actor.org)

    return routes
