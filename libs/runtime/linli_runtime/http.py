"""The HTTP side of a service: one route a command of its map, the bulk endpoint, queries, operators' routes."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from linli_messaging.service_map import OnCommand, ServiceMap
from linli_messaging.writer import Writer
from linli_rulebook.decision import Refusal
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from linli_runtime import problems
from linli_runtime.auth import Tokens
from linli_runtime.commands import MAX_LINE_BYTES, Asked, answer, answer_bulk, lines_of
from linli_runtime.openapi import BULK, openapi_document

VERSION: Final = "1.0.0"


def build_app(service: ServiceMap, routers: list[APIRouter]) -> FastAPI:
    """The application; ``app.state.writer``, ``.tokens`` and ``.running`` are set when the process starts."""
    app = FastAPI(title=f"Linli {service.name}", version=VERSION, docs_url=None, redoc_url=None)
    app.add_exception_handler(problems.ProblemError, problems.on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, problems.on_bug)
    for entry in service.commands:
        method, _, path = entry.route.partition(" ")
        app.add_api_route(
            path, _route(entry), methods=[method], name=entry.name, summary=entry.summary or entry.name,
            description=f"Rules: {', '.join(entry.rules)}. Scope: `{entry.scope}`.", include_in_schema=False,
        )  # fmt: skip
    app.add_api_route(BULK, _bulk_route(service), methods=["POST"], include_in_schema=False)
    for router in routers:
        app.include_router(router)
    app.openapi = lambda: openapi_document(app, service, routers)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _route(entry: OnCommand[Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        tokens: Tokens = request.app.state.tokens
        actor = tokens.actor(request.headers.get("authorization"))
        raw = await _body(request)
        if raw is None:
            return problems.respond(problems.invalid([{"loc": ("body",), "msg": "at most 1 MiB"}]))
        try:
            content = orjson.loads(raw) if raw else {}
        except ValueError:
            return problems.respond(problems.NOT_JSON)
        if not isinstance(content, dict):
            return problems.respond(problems.NOT_JSON)
        content |= request.path_params
        asked = Asked(entry, content, request.headers.get("idempotency-key"), request.headers.get("linli-at"), actor)
        answered = await answer(request.app.state.writer, asked)
        media = "application/problem+json" if answered.refused else "application/json"
        headers = {"Idempotent-Replay": "true"} if answered.repeated else None
        body = orjson.dumps(answered.document, default=str)
        return Response(body, status_code=answered.status, media_type=media, headers=headers)

    return endpoint


async def _body(request: Request) -> bytes | None:
    """The body; None, and no more of it is read, once it is longer than 1 MiB."""
    pieces, length = list[bytes](), 0
    async for piece in request.stream():
        pieces.append(piece)
        length += len(piece)
        if length > MAX_LINE_BYTES:
            return None
    return b"".join(pieces)


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
    if status == 404:  # noqa: PLR2004 - HTTP's not found
        return problems.respond(problems.NOT_FOUND)
    if status == 405:  # noqa: PLR2004 - HTTP's method not allowed
        allowed = headers.get("Allow", "")
        response = problems.respond(problems.wrong_method(allowed))
        response.headers["Allow"] = allowed
        return response
    return problems.respond(Refusal("http-error", "INT-15", "请求无法处理。", "The request cannot be handled.", status))
