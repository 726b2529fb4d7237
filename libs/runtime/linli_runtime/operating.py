"""Operators' routes of a service: health, rest, clock, timeline, parked messages, replay, archive, metrics."""

from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from linli_contracts.lanes import LANES
from linli_messaging.reading import MAX_NUMBER
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Refusal
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from linli_runtime import problems
from linli_runtime.auth import require_whole_group
from linli_runtime.clock import SteppedClock
from linli_runtime.parked import NOT_PARKED
from linli_runtime.running import Running

OPERATE: Final = "operate"
Operator = Annotated[Actor, Depends(require_whole_group(OPERATE))]
"""A process serves the whole group, and these routes look into all of it: no token for a part of it opens them."""
MAX_PAGE: Final = 500
Subject = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,300}$")]
ParkedId = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


class Instant(BaseModel):
    """Where the stepped clock is to go."""

    model_config = ConfigDict(extra="forbid")
    instant: AwareDatetime


class Retry(BaseModel):
    """A parked message is to be tried again, with a corrected body where one is given."""

    model_config = ConfigDict(extra="forbid")
    body: dict[str, Any] | None = None


class Drop(BaseModel):
    """A parked message is given up, with the reason."""

    model_config = ConfigDict(extra="forbid")
    reason: str


class Replay(BaseModel):
    """Send again from a number in each lane, or from an instant."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime | None = None
    since_number: dict[int, int] | None = None
    lanes: list[int] | None = None


class Archive(BaseModel):
    """Published facts from before an instant leave the outbox for the archive."""

    model_config = ConfigDict(extra="forbid")
    before: AwareDatetime


class Restored(BaseModel):
    """The database came from a backup, and that is meant: go on above every number seen, these included."""

    model_config = ConfigDict(extra="forbid")
    handled: dict[Annotated[int, Field(ge=0, lt=LANES)], Annotated[int, Field(ge=1, lt=MAX_NUMBER)]] = {}
    """The highest number of each of this service's lanes that the other services have handled."""


def operating_routes() -> APIRouter:  # noqa: C901, PLR0915 - a list of small routes
    """The routes; the running parts are found in ``app.state.running``."""
    router = APIRouter()

    @router.get("/health/live")
    async def live(request: Request) -> Response:
        running: Running | None = getattr(request.app.state, "running", None)
        alive = running is None or running.writer.fatal is None
        return _json({"live": alive}, 200 if alive else 503)

    @router.get("/health/ready")
    async def ready(request: Request) -> Response:
        running: Running | None = getattr(request.app.state, "running", None)
        is_ready = running is not None and running.ready()
        return _json({"ready": is_ready}, 200 if is_ready else 503)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        running: Running = request.app.state.running
        await running.refresh_metrics()
        return Response(generate_latest(running.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/rest")
    async def rest(request: Request, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        return _json(await running.rest())

    @router.put("/clock")
    async def clock(request: Request, moved: Instant, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        if not isinstance(running.clock, SteppedClock):
            raise problems.ProblemError(SYSTEM_CLOCK)
        instant = await running.clock.move(moved.instant)
        running.look_at_the_clock()
        return _json({"service": running.service, "instant": instant})

    @router.get("/timeline/{case_id}")
    async def timeline(request: Request, case_id: Subject, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        return _json({"items": await running.timeline(case_id)})

    @router.get("/parked")
    async def parked(
        request: Request,
        _actor: Operator,
        after: Annotated[int, Query(ge=0, le=MAX_NUMBER)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> Response:
        running: Running = request.app.state.running
        rows = [dict(row) for row in await running.fetch("list_parked", after, limit)]
        return _json({"items": rows, "next": rows[-1]["id"] if len(rows) == limit else None})

    @router.get("/parked/{parked_id}")
    async def show(request: Request, parked_id: ParkedId, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        rows = await running.fetch("show_parked", parked_id)
        if not rows:
            raise problems.ProblemError(NOT_PARKED)
        row = dict(rows[0])
        row["body"] = row["body"].decode(errors="backslashreplace")
        row["headers"] = orjson.loads(row["headers"])
        return _json(row)

    @router.post("/parked/{parked_id}/retry")
    async def retry(request: Request, parked_id: ParkedId, how: Retry, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        body = orjson.dumps(how.body) if how.body is not None else None
        refusal = await running.retry_parked(parked_id, body)
        if refusal is not None:
            raise problems.ProblemError(refusal)
        return _json({"id": parked_id, "status": "ripe"})

    @router.post("/parked/{parked_id}/drop")
    async def drop(request: Request, parked_id: ParkedId, why: Drop, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        refusal = await running.drop_parked(parked_id, why.reason)
        if refusal is not None:
            raise problems.ProblemError(refusal)
        return _json({"id": parked_id, "status": "dropped"})

    @router.post("/replay")
    async def replay(request: Request, how: Replay, actor: Operator) -> Response:
        running: Running = request.app.state.running
        lanes = [lane for lane in (how.lanes or range(LANES)) if 0 <= lane < LANES]
        asked = await running.replay(lanes, how.since, how.since_number or {}, actor.subject)
        return _json({"lanes": len(asked), "from": asked})

    @router.post("/archive")
    async def archive(request: Request, how: Archive, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        return _json({"service": running.service, "facts": await running.archive(how.before)})

    @router.post("/restored")
    async def restored(request: Request, how: Restored, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        abandoned = await running.restored(how.handled)
        return _json({"service": running.service, "abandoned": abandoned})

    return router


SYSTEM_CLOCK = Refusal("system-clock", "ORG-04", "系统时钟不能拨动。", "The system clock cannot be moved.", 409)


def _default(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _json(document: object, status: int = 200) -> Response:
    return Response(
        orjson.dumps(document, default=_default, option=orjson.OPT_NON_STR_KEYS),
        status_code=status,
        media_type="application/json",
    )
