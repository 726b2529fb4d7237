"""The OpenAPI document of a service: people's queries as FastAPI sees them, commands as the map has them (INT-15).

Every answer that a route can give is in it. Whatever may refuse says so itself, once, with `problems.refusing`: an
endpoint, or a dependency for all routes behind it. What each command may meet on its way is the loop's, named here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from linli_messaging.batch.answers import FACTS_ON_THEIR_WAY, OUTSIDE, held, other_body, unknown
from linli_messaging.batch.versions import refused_as_stale
from linli_messaging.service_map import OnCommand, ServiceMap
from linli_rulebook.decision import Refusal
from pydantic.json_schema import models_json_schema

from linli_runtime import problems
from linli_runtime.auth import UNAUTHENTICATED, forbidden
from linli_runtime.commands import FILLED_IN, KEY_NEEDED, MAX_KEY
from linli_runtime.preconditions import EXPECTED_WRONGLY, MAX_EXPECTED

BULK: Final = "/commands"
_FASTAPIS: Final = ("HTTPValidationError", "ValidationError")
"""Schemas of an answer that FastAPI would give; ours is a problem."""
_INVALID: Final = problems.invalid([{"loc": ("field",), "msg": ""}])
_AT_THE_DOOR: Final = (problems.NOT_JSON, KEY_NEEDED, UNAUTHENTICATED,
                       problems.OVERLOADED, problems.SUSPENDED, FACTS_ON_THEIR_WAY)  # fmt: skip
_ON_ITS_WAY: Final = (OUTSIDE, unknown("it"), held("it"), _INVALID, other_body("key"))
_EXPECTED: Final = (EXPECTED_WRONGLY, refused_as_stale("…"))
_OR_BY_A_RULE: Final = "or as one of its rules says"


def openapi_document(app: FastAPI, service: ServiceMap, routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The document; each operation with every status that it answers with, a problem with its codes."""
    document: dict[str, Any] = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPIS:
        schemas.pop(name, None)
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"token": []}]
    schemas["Problem"] = _PROBLEM
    paths = document.setdefault("paths", {})
    for route in _routes(routers):
        for method in route.methods or ():
            _complete(paths[route.path_format][method.lower()], route)
    bodies = [(entry.body, "validation") for entry in service.commands]
    _, definitions = models_json_schema(bodies, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # the mode is a literal
    schemas.update(definitions.get("$defs", {}))
    for entry in service.commands:
        method, _, path = entry.route.partition(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(entry, path, schemas)
    paths[BULK] = {"post": _BULK_OPERATION}
    return document


def _routes(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute) and route.include_in_schema)


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Add the problems of a query's or operators' route to what FastAPI says of it."""
    responses: dict[str, Any] = operation["responses"]
    refusals = list(_refusals(route.dependant))
    if UNAUTHENTICATED in refusals:
        refusals.append(problems.AWAY)  # whoever is known asks the database
    else:
        operation["security"] = []
    if responses.pop("422", None):
        refusals.append(_INVALID)
    if route.body_field is not None:
        refusals.append(problems.NOT_JSON)
    responses.update(_answers(refusals))


def _refusals(dependant: Dependant) -> Iterator[Refusal]:
    """What an endpoint, and what it depends on, said that it refuses."""
    for behind in dependant.dependencies:
        yield from _refusals(behind)
    yield from problems.refusals_of(dependant.call)


def _answers(refusals: Iterable[Refusal], and_by: str = "") -> dict[str, Any]:
    """Refusals as documented answers by status."""
    by_status: dict[int, dict[str, None]] = defaultdict(dict)
    for refusal in refusals:
        by_status[refusal.status][f"`{refusal.code}` ({refusal.rule})"] = None
    return {
        str(status): {
            "description": f"Refused, and nothing changed: {', '.join(codes)}{f', {and_by}' if and_by else ''}.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, codes in sorted(by_status.items())
    }


def _operation(entry: OnCommand[Any], path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
    schema = schemas[entry.body.__name__]
    fields = schema.get("properties", {})
    parts = {name: fields[name] for name in sorted(in_path)}
    for hidden in in_path | FILLED_IN:
        fields.pop(hidden, None)
        if hidden in schema.get("required", []):
            schema["required"].remove(hidden)
    creates = "command_id" in entry.body.model_fields
    key = {"name": "Idempotency-Key", "in": "header", "required": creates,
           "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY}}  # fmt: skip
    return {
        "operationId": entry.name,
        "summary": entry.summary or entry.name,
        "description": f"Rules: {', '.join(entry.rules)}. Scope: `{entry.scope}`.",
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": part} for name, part in parts.items()),
            key,
            *([_IF_MATCH] if entry.versioned else []),
        ],
        "requestBody": {
            "required": bool(schema.get("required")),
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{entry.body.__name__}"}}},
        },
        "responses": {
            "200": {"description": "Done; a repetition gets the same answer.",
                    "content": {"application/json": {"schema": {"type": "object"}}}},
            **_answers((*_AT_THE_DOOR, *(_EXPECTED if entry.versioned else ()))),
            **_answers((forbidden(entry.scope), *_ON_ITS_WAY), _OR_BY_A_RULE),
        },
    }  # fmt: skip


_IF_MATCH: Final[dict[str, Any]] = {
    "name": "If-Match", "in": "header", "required": False,
    "description": "The version that the client saw, as `ETag` showed it: if another one stands, nothing is done. "
                   "Without it, whichever stands.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_EXPECTED},
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
_LINES: Final = "application/x-ndjson"
_BULK_OPERATION: Final[dict[str, Any]] = {
    "operationId": "commands",
    "summary": "Many commands at once",
    "description": "A line for each: `name` as the operations here are called, `id` (its idempotency key) and `body`, "
                   "path parameters among its fields; `if_match` is as the header. Each gets its own scope's check "
                   "and its own answer.",
    "requestBody": {"required": True, "content": {_LINES: {"schema": {"type": "string"}}}},
    "responses": {
        "200": {"description": "A line for each, in their order: `id`, `status`, and `answer` or `problem`.",
                "content": {_LINES: {"schema": {"type": "string"}}}},
        **_answers((UNAUTHENTICATED,)),
    },
}  # fmt: skip
