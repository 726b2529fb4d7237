"""The HTTP side of a service: one route a command of its map, the bulk endpoint, queries, operators' routes."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from linli_messaging.service_map import OnCommand, ServiceMap
from linli_messaging.writer import Writer
from linli_rulebook.decision import Refusal
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from linli_runtime import problems
from linli_runtime.auth import Tokens
from linli_runtime.commands import FILLED_IN, MAX_LINE_BYTES, Asked, answer, answer_bulk, lines_of

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
    app.add_api_route("/commands", _bulk_route(service), methods=["POST"], include_in_schema=False)
    for router in routers:
        app.include_router(router)
    app.openapi = lambda: openapi_document(app, service)  # type: ignore[method-assign]  # FastAPI's own way to extend it
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
    if status == 404:  # noqa: PLR2004 - HTTP's not found
        return problems.respond(problems.NOT_FOUND)
    if status == 405:  # noqa: PLR2004 - HTTP's method not allowed
        return problems.respond(problems.wrong_method(headers.get("Allow", "")))
    return problems.respond(Refusal("http-error", "INT-15", "请求无法处理。", "The request cannot be handled.", status))


# -- OpenAPI ----------------------------------------------------------------------------------------------------------


def openapi_document(app: FastAPI, service: ServiceMap) -> dict[str, Any]:
    """The OpenAPI document: people's queries as FastAPI sees them, commands as the map has them."""
    document: dict[str, Any] = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"token": []}]
    schemas["Problem"] = _PROBLEM
    bodies = [(entry.body, "validation") for entry in service.commands]
    _, definitions = models_json_schema(bodies, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # the mode is a literal
    schemas.update(definitions.get("$defs", {}))
    for entry in service.commands:
        method, _, path = entry.route.partition(" ")
        document.setdefault("paths", {}).setdefault(path, {})[method.lower()] = _operation(entry, path, schemas)
    return document


def _operation(entry: OnCommand[Any], path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    schema = schemas[entry.body.__name__]
    for hidden in in_path | FILLED_IN:
        schema.get("properties", {}).pop(hidden, None)
        if hidden in schema.get("required", []):
            schema["required"].remove(hidden)
    creates = "command_id" in entry.body.model_fields
    key = {"name": "Idempotency-Key", "in": "header", "required": creates,
           "schema": {"type": "string", "minLength": 1, "maxLength": 200}}  # fmt: skip
    return {
        "operationId": entry.name,
        "summary": entry.summary or entry.name,
        "description": f"Rules: {', '.join(entry.rules)}. Scope: `{entry.scope}`.",
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in sorted(in_path)),
            key,
        ],
        "requestBody": {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{entry.body.__name__}"}}},
        },
        "responses": {
            "200": {"description": "Done; a repetition gets the same answer.",
                    "content": {"application/json": {"schema": {"type": "object"}}}},
            **dict.fromkeys(("400", "401", "403", "404", "409", "422", "503"), _PROBLEM_ANSWER),
        },
    }  # fmt: skip


_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457, zh-CN in detail, English in detail_en.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "detail": {"type": "string"}, "detail_en": {"type": "string"}, "code": {"type": "string"},
        "rule": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object", "properties": {
            "field": {"type": "string"}, "allowed": {"type": "string"}}}},
    },
}  # fmt: skip
_PROBLEM_ANSWER: Final[dict[str, Any]] = {
    "description": "Refused; nothing changed.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
