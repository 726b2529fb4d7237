"""Bad input gets a clear answer: problem+json (RFC 9457) that names the field and what is allowed, zh-CN first."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import orjson
from linli_messaging.sqlstate import is_transient
from linli_rulebook.decision import Refusal
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

TYPE_PREFIX = "urn:linli:problem:"
F = TypeVar("F", bound=Callable[..., Any])
_REFUSALS: Final = "refusals"

log = logging.getLogger(__name__)


class ProblemError(Exception):
    """Raised at the edge (routes, dependencies) to answer with a problem."""

    def __init__(self, refusal: Refusal) -> None:
        """The refusal that becomes the answer."""
        super().__init__(refusal.code)
        self.refusal = refusal


def refusing(*refusals: Refusal) -> Callable[[F], F]:
    """Mark an endpoint, or a dependency of some, with what it may refuse: so the OpenAPI document knows its answers."""

    def mark(function: F) -> F:
        function.__dict__[_REFUSALS] = (*refusals_of(function), *refusals)
        return function

    return mark


def refusals_of(function: Callable[..., Any] | None) -> tuple[Refusal, ...]:
    """What a function was marked with; nothing for any other."""
    refusals: tuple[Refusal, ...] = getattr(function, _REFUSALS, ())
    return refusals


def problem_of(refusal: Refusal, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document of a refusal."""
    return {
        "type": TYPE_PREFIX + refusal.code,
        "title": refusal.en,
        "status": refusal.status,
        "detail": refusal.zh,
        "detail_en": refusal.en,
        "code": refusal.code,
        "rule": refusal.rule,
        "errors": [{"field": field, "allowed": allowed} for field, allowed in refusal.fields],
        **(extra or {}),
    }


def respond(refusal: Refusal, extra: Mapping[str, Any] | None = None) -> Response:
    """The HTTP answer of a refusal."""
    return Response(
        orjson.dumps(problem_of(refusal, extra)), status_code=refusal.status, media_type="application/problem+json"
    )


def invalid(errors: Iterable[Mapping[str, Any]]) -> Refusal:
    """The refusal of a body or parameter that validation refused: each field with what is allowed."""
    fields = tuple((".".join(str(part) for part in error["loc"]) or "body", str(error["msg"])) for error in errors)
    names = "、".join(name for name, _ in fields)
    return Refusal(
        "invalid-content",
        "INT-03",
        f"内容有误：{names}。",
        f"Wrong content: {', '.join(n for n, _ in fields)}.",
        422,
        fields,
    )


def of_validation(error: ValidationError) -> Refusal:
    """The refusal of a pydantic error; never repeats what was sent (it may be personal)."""
    return invalid(error.errors(include_url=False, include_input=False, include_context=False))


def wrong_method(allowed: str) -> Refusal:
    """The refusal of a method that this address does not know; ``allowed`` as HTTP lists them."""
    return Refusal(
        "method-not-allowed",
        "INT-15",
        "此地址不支持该请求方法。",
        "This address does not take that method.",
        405,
        (("method", allowed or "another one"),),
    )


NOT_FOUND = Refusal("not-found", "INT-15", "没有此资源。", "There is nothing at this address.", 404)
NOT_JSON = Refusal(
    "not-json", "INT-03", "请求体不是有效的 JSON。", "The body is not valid JSON.", 400, (("body", "a JSON object"),)
)
OVERLOADED = Refusal(
    "overloaded", "OPS-04", "系统繁忙，请稍后重试。", "Too many requests wait; try again in a moment.", 503
)
SUSPENDED = Refusal(
    "suspended", "OPS-02", "服务的数据库由备份恢复，暂停写入；请运维执行 linli restored。",
    "The service's database was restored from a backup and takes nothing until an operator runs `linli restored`.", 503,
)  # fmt: skip
AWAY = Refusal(
    "database-away", "OPS-02", "数据库暂时不可用，请稍后重试。", "The database is away; try again in a moment.", 503
)
FAILED = Refusal("failed", "OPS-02", "处理时出错，未作任何更改；请提供编号联系运维。",
                 "It failed and nothing was changed; tell operations the reference.", 500)  # fmt: skip


async def on_database(_request: Request, error: Exception) -> Response:
    """A query met a database that is away, or is shutting down: it passes by itself. Another error of it is a bug."""
    if not is_transient(error):
        raise error
    return respond(AWAY)


async def on_bug(request: Request, error: Exception) -> Response:
    """Whatever else was raised is ours to mend: its stack is in the log, by the reference, never in the answer."""
    reference = secrets.token_hex(8)
    log.error("%s %s failed: %s", request.method, request.scope["path"], reference, exc_info=error)
    return respond(FAILED, {"reference": reference})


async def on_problem(_request: Request, error: Exception) -> Response:
    """FastAPI's handler for :class:`ProblemError`."""
    if not isinstance(error, ProblemError):
        raise error
    return respond(error.refusal)
