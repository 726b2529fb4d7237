"""Operators' routes of a service: health, rest, clock, timeline, parked messages, replay, archive, metrics."""

from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from linli_contracts.event import Instant as AnInstant
from linli_contracts.lanes import LANES
from linli_messaging.consuming.reading import MAX_NUMBER
from linli_messaging.service_map import Actor
from linli_rulebook.decision import Refusal
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import PlainTextResponse, Response

from linli_runtime import problems
from linli_runtime.auth import require_whole_group
from linli_runtime.clock import SteppedClock
from linli_runtime.parked import NOT_DROPPED, NOT_PARKED, NOT_RETRIED
from linli_runtime.parked_trace import trace_of
from linli_runtime.running import Running

OPERATE: Final = "operate"
Operator = Annotated[Actor, Depends(require_whole_group(OPERATE))]
"""A process serves the whole group, and these routes look into all of it: no token for a part of it opens them."""
MAX_PAGE: Final = 500
SYSTEM_CLOCK: Final = Refusal("system-clock", "ORG-04", "系统时钟不能拨动。", "The system clock cannot be moved.", 409)
_NOT_SO: Final[dict[int | str, dict[str, Any]]] = {
    503: {"description": "It is not: a supervisor waits, or starts it anew.", "content": {"application/json": {}}}
}
Subject = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,300}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
"""Why a person decided so: kept, and shown by `linli why`; no place for names and numbers of people."""
Lane = Annotated[int, Field(ge=0, lt=LANES)]
Number = Annotated[int, Field(ge=1, lt=MAX_NUMBER)]
ParkedId = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


class Instant(BaseModel):
    """Where the stepped clock is to go."""

    model_config = ConfigDict(extra="forbid")
    instant: AnInstant


class Retry(BaseModel):
    """A parked message is to be tried again, with a corrected body where one is given."""

    model_config = ConfigDict(extra="forbid")
    body: dict[str, Any] | None = None


class Drop(BaseModel):
    """A parked message is given up, with the reason."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


class Replay(BaseModel):
    """Send again from a number in each lane, or from an instant."""

    model_config = ConfigDict(extra="forbid")
    since: AnInstant | None = None
    since_number: dict[Lane, Number] | None = None
    lanes: Annotated[list[Lane], Field(max_length=LANES)] | None = None


class Archive(BaseModel):
    """Published facts from before an instant leave the outbox for the archive."""

    model_config = ConfigDict(extra="forbid")
    before: AnInstant


class Restored(BaseModel):
    """The database came from a backup, and that is meant: go on above every number seen, these included."""

    model_config = ConfigDict(extra="forbid")
    handled: dict[Lane, Number] = {}
    """The highest number of each of this service's lanes that the other services have handled."""


def operating_routes() -> APIRouter:  # noqa: C901, PLR0915 - a list of small routes
    """The routes; the running parts are found in ``app.state.running``."""
    router = APIRouter()

    @router.get("/health/live", responses=_NOT_SO)
    async def live(request: Request) -> Response:
        running: Running = request.app.state.running
        alive = running.writer.fatal is None
        return _json({"live": alive, **_whose(running)}, 200 if alive else 503)

    @router.get("/health/ready", responses=_NOT_SO)
    async def ready(request: Request) -> Response:
        running: Running = request.app.state.running
        is_ready = running.ready()
        return _json({"ready": is_ready, **_whose(running)}, 200 if is_ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        running: Running = request.app.state.running
        await running.refresh_metrics()
        return Response(generate_latest(running.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/rest")
    async def rest(request: Request, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        return _json(await running.rest())

    @router.put("/clock")
    @problems.refusing(SYSTEM_CLOCK)
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
    @problems.refusing(NOT_PARKED)
    async def show(request: Request, parked_id: ParkedId, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        rows = await running.fetch("show_parked", parked_id)
        if not rows:
            raise problems.ProblemError(NOT_PARKED)
        row = dict(rows[0])
        row |= trace_of(row, running.deployment, running.writer.map.states)
        row["body"] = row["body"].decode(errors="backslashreplace")
        row["headers"] = orjson.loads(row["headers"])
        return _json(row)

    @router.post("/parked/{parked_id}/retry")
    @problems.refusing(*NOT_RETRIED)
    async def retry(request: Request, parked_id: ParkedId, how: Retry, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        body = _written(how.body) if how.body is not None else None
        refusal = await running.retry_parked(parked_id, body)
        if refusal is not None:
            raise problems.ProblemError(refusal)
        return _json({"id": parked_id, "status": "ripe"})

    @router.post("/parked/{parked_id}/drop")
    @problems.refusing(*NOT_DROPPED)
    async def drop(request: Request, parked_id: ParkedId, why: Drop, _actor: Operator) -> Response:
        running: Running = request.app.state.running
        refusal = await running.drop_parked(parked_id, why.reason)
        if refusal is not None:
            raise problems.ProblemError(refusal)
        return _json({"id": parked_id, "status": "dropped"})

    @router.post("/replay")
    async def replay(request: Request, how: Replay, actor: Operator) -> Response:
        running: Running = request.app.state.running
        lanes = sorted(set(how.lanes or range(LANES)))
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


def _written(body: dict[str, Any]) -> bytes:
    """The corrected body as the bus would carry it; a problem for what JSON can say and a record cannot hold."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        allowed = "whole numbers of 64 bits, text of whole characters, lists and objects nested at most 254 deep"
        raise problems.ProblemError(problems.invalid([{"loc": ("body", "body"), "msg": allowed}])) from None


def _whose(running: Running) -> dict[str, str]:
    """Who answers: a port may have been somebody else's before, or be so by mistake."""
    return {"service": running.service, "deployment": running.deployment}


def _default(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _json(document: object, status: int = 200) -> Response:
    return Response(
        orjson.dumps(document, default=_default, option=orjson.OPT_NON_STR_KEYS),
        status_code=status,
        media_type="application/json",
    )
