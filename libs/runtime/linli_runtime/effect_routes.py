"""The operators' view of a service's outside effects: what waits, is under way, failed, or is unknown (promise 9)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from linli_rulebook.decision import Refusal
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli_runtime.effects_by_hand import NOT_MOVED, send_again, settle
from linli_runtime.operating import MAX_PAGE, Operator, Reason
from linli_runtime.problems import ProblemError, refusing
from linli_runtime.running import Running

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

    again: int
    """How often a person had it sent again after its end."""
    decided_by: str | None
    decided_why: str | None


class EffectPage(BaseModel):
    """The latest of one status."""

    items: list[EffectSeen]


class SendAgain(BaseModel):
    """An effect that failed or is unknown is to be sent once more, with the same key."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class Settle(BaseModel):
    """How an unknown effect ended, as somebody found out at its receiver."""

    model_config = ConfigDict(extra="forbid")
    ended: Literal["sent", "failed"]
    reason: Reason


class Decided(BaseModel):
    """Where an effect stands now."""

    id: UUID
    status: str


def effect_routes() -> APIRouter:
    """The routes; the running parts are found in ``app.state.running``."""
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

    @router.post("/effects/{effect_id}/retry")
    @refusing(*NOT_MOVED)
    async def retry(request: Request, actor: Operator, effect_id: UUID, wanted: SendAgain) -> Decided:
        """Send an effect once more that failed or is unknown."""
        running: Running = request.app.state.running
        return _decided(effect_id, await send_again(running, effect_id, actor.subject, wanted.reason))

    @router.post("/effects/{effect_id}/settle")
    @refusing(*NOT_MOVED)
    async def settled(request: Request, actor: Operator, effect_id: UUID, found: Settle) -> Decided:
        """Say how an unknown effect ended; that is told as its end."""
        running: Running = request.app.state.running
        return _decided(effect_id, await settle(running, effect_id, found.ended, actor.subject, found.reason))

    return router


def _decided(effect_id: UUID, status: str | Refusal) -> Decided:
    if isinstance(status, Refusal):
        raise ProblemError(status)
    return Decided(id=effect_id, status=status)
