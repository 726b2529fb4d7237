"""The HTTP side of a service: one route a command of its map, the bulk endpoint, queries, operators' routes."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import asyncpg
import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from linli_messaging.loop.writer import Writer
from linli_messaging.service_map import OnCommand, ServiceMap
from linli_rulebook.decision import Refusal
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from linli_runtime import problems
from linli_runtime.auth import Tokens
from linli_runtime.commands import MAX_LINE_BYTES, Asked, answer, answer_bulk, lines_of
from linli_runtime.openapi import BULK, openapi_document

VERSION: Final = "1.0.0"
_TOO_LONG: Final = 422
"""As any other body that is not what a route takes."""


def build_app(service: ServiceMap, routers: list[APIRouter]) -> FastAPI:
    """The application; ``app.state.writer``, ``.tokens`` and ``.running`` are set when the process starts."""
    app = FastAPI(title=f"Linli {service.name}", version=VERSION, docs_url=None, redoc_url=None)
    app.add_exception_handler(problems.ProblemError, problems.on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    for error in (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        app.add_exception_handler(error, problems.on_database)
    app.add_exception_handler(Exception, problems.on_bug)
    app.add_middleware(_Bounded)
    # Starlette's routes: FastAPI's would look for dependencies of each request, and a command's endpoint has none. What
    # they take and answer is told by `openapi_document`.
    for entry in service.commands:
        method, _, path = entry.route.partition(" ")
        app.add_route(path, _route(entry), methods=[method], name=entry.name, include_in_schema=False)
    app.add_route(BULK, _bulk_route(service), methods=["POST"], include_in_schema=False)
    for router in routers:
        app.include_router(router)
    app.openapi = lambda: openapi_document(app, service, routers)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _route(entry: OnCommand[Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        tokens: Tokens = request.app.state.tokens
        actor = tokens.actor(request.headers.get("authorization"))
        raw = await request.body()
        try:
            content = orjson.loads(raw) if raw else {}
        except ValueError:
            return problems.respond(problems.NOT_JSON)
        if not isinstance(content, dict):
            return problems.respond(problems.NOT_JSON)
        content |= request.path_params
        told = request.headers
        versions = ",".join(told.getlist("if-match")) if "if-match" in told else None
        asked = Asked(entry, content, told.get("idempotency-key"), told.get("linli-at"), actor, versions)
        answered = await answer(request.app.state.writer, asked)
        media = "application/problem+json" if answered.refused else "application/json"
        headers = {"Idempotent-Replay": "true"} if answered.repeated else None
        body = orjson.dumps(answered.document, default=str)
        return Response(body, status_code=answered.status, media_type=media, headers=headers)

    return endpoint


class _Bounded:
    """No body is read beyond 1 MiB, whoever sends it; the bulk endpoint bounds its lines itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == BULK:
            await self._app(scope, receive, send)
            return
        length = 0

        async def bounded() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > MAX_LINE_BYTES:
                raise HTTPException(_TOO_LONG)
            return message

        await self._app(scope, bounded, send)


def _bulk_route(service: ServiceMap) -> Callable[[Request], Any]:
    commands = {entry.name: entry for entry in service.commands}

    async def bulk(request: Request) -> Response:
        actor = request.app.state.tokens.actor(request.headers.get("authorization"))
        writer: Writer = request.app.state.writer
        answers = answer_bulk(writer, commands, actor, lines_of(request.stream()))
        return _WhileReading(_pieces(answers), media_type="application/x-ndjson")

    return bulk


class _WhileReading(StreamingResponse):
    """A response that is made while the request is still read, so nobody else may read from the client.

    Starlette's own waits for a disconnect meanwhile, and takes pieces of the request's body: it would never end.
    """

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def _pieces(answers: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Answers joined into larger writes: a system call each would cost more than the command."""
    held: list[bytes] = []
    async for line in answers:
        held.append(line)
        if len(held) >= 200:  # noqa: PLR2004 - about 32 KiB, half of a socket's buffer
            yield b"".join(held)
            held = []
    if held:
        yield b"".join(held)


async def _on_invalid(_request: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    return problems.respond(problems.invalid(errors))


async def _on_http(_request: Request, error: Exception) -> Response:
    status, headers = 500, dict[str, str]()
    if isinstance(error, HTTPException):
        status, headers = error.status_code, dict(error.headers or {})
    if status == 400:  # noqa: PLR2004 - FastAPI's answer to a body that is no text
        return problems.respond(problems.NOT_JSON)
    if status == _TOO_LONG:
        return problems.respond(problems.invalid([{"loc": ("body",), "msg": "at most 1 MiB"}]))
    if status == 404:  # noqa: PLR2004 - HTTP's not found
        return problems.respond(problems.NOT_FOUND)
    if status == 405:  # noqa: PLR2004 - HTTP's method not allowed
        allowed = headers.get("Allow", "")
        response = problems.respond(problems.wrong_method(allowed))
        response.headers["Allow"] = allowed
        return response
    return problems.respond(Refusal("http-error", "INT-15", "请求无法处理。", "The request cannot be handled.", status))
