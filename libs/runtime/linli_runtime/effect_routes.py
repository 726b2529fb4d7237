"""The operators' view of a service's outside effects: what waits, is under way, failed, or is unknown (promise 9)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from linli_messaging.service_map import Actor
from pydantic import AwareDatetime, BaseModel

from linli_runtime.auth import require
from linli_runtime.operating import MAX_PAGE, OPERATE
from linli_runtime.running import Running

Operator = Annotated[Actor, Depends(require(OPERATE))]
Wanted = Literal["waiting", "sending", "failed", "unknown"]


class EffectSeen(BaseModel):
    """One effect; neither its words nor where it goes."""

    cause: str
    id: str
    """The key that its receiver knows it by."""
    kind: str
    subject: str
    recipient: str
    status: str
    tries: int
    doubtful: bool
    emergency: bool
    error: str | None
    reference: str | None
    made_at: AwareDatetime
    noted_at: AwareDatetime
    next_at: AwareDatetime
    give_up_at: AwareDatetime
    stuck: str | None
    """Why what became of it could not be told."""


class EffectPage(BaseModel):
    """The latest of one status."""

    items: list[EffectSeen]


def effect_routes() -> APIRouter:
    """The route; the running parts are found in ``app.state.running``."""
    router = APIRouter()

    @router.get("/effects")
    async def effects(
        request: Request,
        _actor: Operator,
        status: Wanted = "unknown",
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> EffectPage:
        """Outside effects of one status, the latest first."""
        running: Running = request.app.state.running
        rows: list[dict[str, Any]] = [dict(row) for row in await running.fetch("list_intents", status, limit)]
        return EffectPage(items=[EffectSeen.model_validate(row) for row in rows])

    return router
