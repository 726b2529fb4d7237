"""From a request to a command of the writer loop, and from its answer to a response: single or in bulk."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import orjson
from linli_contracts.event import Instant
from linli_contracts.lanes import lane_of
from linli_messaging.inputs import Accepted, Answer, CommandInput
from linli_messaging.lanes.restored import SuspendedError
from linli_messaging.loop.refusing import OverloadedError
from linli_messaging.loop.writer import MAX_BATCH, Writer
from linli_messaging.service_map import Actor, OnCommand, Ref
from linli_rulebook.decision import Refusal
from pydantic import BaseModel, TypeAdapter, ValidationError

from linli_runtime import problems
from linli_runtime.auth import allowed, forbidden
from linli_runtime.preconditions import expected_by

FILLED_IN: Final = frozenset({"command_id", "random_ref", "unread"})
"""Fields of a command's body that are set behind the door, and never by a client."""
SIMULATE: Final = "simulate"
MAX_KEY: Final = 200
MAX_LINE_BYTES: Final = 1024 * 1024
BULK_AT_ONCE: Final = MAX_BATCH
"""Lines of one bulk request decided together: as many as the loop takes at once."""
BULK_BYTES_AT_ONCE: Final = 4 * MAX_LINE_BYTES
"""And of no more text than this, so that lines as long as they may be do not fill the memory."""
_INSTANT: Final[TypeAdapter[datetime]] = TypeAdapter(Instant)

KEY_NEEDED = Refusal(
    "idempotency-key-needed", "OPS-03", "新建类请求必须带 Idempotency-Key。", "Creating needs an Idempotency-Key.",
    400, (("Idempotency-Key", "1 to 200 printable characters, unique for each command"),),
)  # fmt: skip


class LineTooLongError(ValueError):
    """A line of a bulk request is longer than 1 MiB."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command as it came in, before it is checked."""

    entry: OnCommand[Any]
    content: Mapping[str, Any]
    key: str | None
    at: str | None
    actor: Actor
    if_match: object = None
    """Which versions the client expects, as it wrote them; None: whichever stands."""


def accept(asked: Asked, *, stepped_to: datetime | None) -> CommandInput | Refusal:
    """Check a command at the door: scope, key, instant, expected version, content.

    ``stepped_to`` is where the stepped clock stands: the instant of a command that names none. None: the system clock,
    and the database says when.
    """
    entry, actor = asked.entry, asked.actor
    if not allowed(actor, entry.scope):
        return forbidden(entry.scope)
    creates = "command_id" in entry.body.model_fields
    if (creates and not asked.key) or (asked.key is not None and not _is_storable(asked.key)):
        return KEY_NEEDED
    at = _instant(asked, stepped_to)
    if isinstance(at, Refusal):
        return at
    expected = expected_by(entry, asked.if_match)
    if isinstance(expected, Refusal):
        return expected
    set_by_client = FILLED_IN & asked.content.keys()
    if set_by_client:
        return problems.invalid([{"loc": (name,), "msg": "is set by the service"} for name in sorted(set_by_client)])
    identity = f"{actor.subject}|{asked.key}" if asked.key else f"{actor.subject}|{secrets.token_hex(16)}"
    content = dict(asked.content)
    if creates:
        content["command_id"] = identity
    if "random_ref" in entry.body.model_fields:
        content["random_ref"] = secrets.token_hex(12)
    try:
        written = orjson.dumps([entry.name, asked.content], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # orjson reads 1024 levels and writes 254; the digest's list and the body itself are two of them.
        return problems.invalid([{"loc": ("body",), "msg": "lists and objects nested at most 252 deep"}])
    read = _read(entry, content, may_hold_zero=b"\\u0000" in written)
    if isinstance(read, Refusal):
        return read
    body, refs = read
    return CommandInput(
        entry=entry, id=identity, digest=sha256(written).digest(), body=body, actor=actor, lane=lane_of(refs[0][1]),
        refs=refs, at=at, expected=expected,
        answered=asyncio.get_running_loop().create_future(),
    )  # fmt: skip


def _read(
    entry: OnCommand[Any], content: Mapping[str, Any], *, may_hold_zero: bool
) -> tuple[BaseModel, tuple[Ref, ...]] | Refusal:
    """The body as its model takes it, and the states it needs."""
    try:
        body = entry.body.model_validate(content)
        refs = tuple(entry.needs(body))
    except ValidationError as error:
        return problems.of_validation(error)
    except ValueError as error:
        return problems.invalid([{"loc": ("body",), "msg": str(error)}])
    if may_hold_zero and _holds_zero(body.model_dump()):
        return problems.invalid([{"loc": ("body",), "msg": "text without zero characters"}])
    return body, refs


def _holds_zero(told: object) -> bool:
    """Whether a zero character is anywhere in the checked body; a form replaces its own before (INT-03)."""
    if isinstance(told, str):
        return "\x00" in told
    if isinstance(told, Mapping):
        return any(_holds_zero(name) or _holds_zero(value) for name, value in told.items())
    return isinstance(told, list | tuple) and any(map(_holds_zero, told))


def _is_storable(key: str) -> bool:
    """A bulk line's id may hold whatever JSON can write; the database keeps no zero character, no log a line feed."""
    return 1 <= len(key) <= MAX_KEY and key.isprintable()


def _instant(asked: Asked, stepped_to: datetime | None) -> datetime | Refusal | None:
    if asked.at is None:
        return stepped_to
    if stepped_to is None or not allowed(asked.actor, SIMULATE):
        return Refusal(
            "instant-not-allowed", "ORG-04", "仅步进时钟下可指定时刻。", "Instants are for the stepped clock.", 422,
            (("at", "only on the stepped clock, with the scope simulate"),),
        )  # fmt: skip
    try:
        return _INSTANT.validate_python(asked.at)
    except ValidationError:
        return problems.invalid([{"loc": ("at",), "msg": "an ISO 8601 instant with an offset"}])


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back to the client."""

    status: int
    document: Mapping[str, Any]
    repeated: bool = False
    """True when the command had been answered before, and this is that answer."""

    @property
    def refused(self) -> bool:
        """True for a problem, which changed nothing."""
        return self.status >= 400  # noqa: PLR2004 - HTTP's first error


def refused(refusal: Refusal, extra: Mapping[str, Any] | None = None) -> Answered:
    """The answer of a refusal."""
    return Answered(refusal.status, problems.problem_of(refusal, extra))


async def answer(writer: Writer, asked: Asked) -> Answered:
    """Run one command; the document of its answer or problem."""
    return await _decided(writer, _at_the_door(writer, asked))


def _at_the_door(writer: Writer, asked: Asked) -> CommandInput | Refusal:
    return accept(asked, stepped_to=writer.clock.now() if writer.clock.stepped else None)


async def _decided(writer: Writer, command: CommandInput | Refusal) -> Answered:
    if isinstance(command, Refusal):
        return refused(command)
    try:
        result: Answer = await writer.submit_command(command)
    except OverloadedError:
        return refused(problems.OVERLOADED)
    except SuspendedError:
        return refused(problems.SUSPENDED)
    if isinstance(result, Accepted):
        return _accepted(command.entry.tell(result.answer), repeated=result.repeated)
    if isinstance(result, Refusal):
        return refused(result)
    return refused(problems.FAILED, {"reference": result.reference})


def _accepted(document: Mapping[str, Any], *, repeated: bool) -> Answered:
    """An answer; one that says ``refused`` was kept (quarantine) and is told as a problem."""
    if not document.get("refused"):
        return Answered(200, document, repeated)
    missing = document.get("missing", ())
    refusal = Refusal(
        str(document.get("code", "refused")), "INT-03",
        "；".join(str(item.get("zh", "")) for item in missing) or "未受理。",
        "; ".join(str(item.get("en", "")) for item in missing) or "Not accepted.",
        int(document.get("status", 422)),
        tuple((str(item.get("field")), str(item.get("allowed", ""))) for item in missing),
    )  # fmt: skip
    kept = {name: value for name, value in document.items() if name not in {"refused", "code", "status", "missing"}}
    return Answered(refusal.status, problems.problem_of(refusal, kept), repeated)


async def answer_bulk(
    writer: Writer, commands: Mapping[str, OnCommand[Any]], actor: Actor, lines: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """NDJSON in, NDJSON out: each line as atomic and idempotent as a single command, answered in order."""
    waiting: list[asyncio.Task[bytes]] = []
    size = 0
    async for line in _until_too_long(lines):
        waiting.append(asyncio.create_task(_answer_line(writer, commands, actor, line)))
        size += len(line)
        if len(waiting) >= BULK_AT_ONCE or size >= BULK_BYTES_AT_ONCE:
            for task in waiting:
                yield await task
            waiting, size = [], 0
    for task in waiting:
        yield await task


async def _until_too_long(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines; one that is too long is answered like any malformed one, and nothing after it is read."""
    try:
        async for line in lines:
            yield line
    except LineTooLongError:
        yield b""


async def _answer_line(writer: Writer, commands: Mapping[str, OnCommand[Any]], actor: Actor, line: bytes) -> bytes:
    identity, command = _command_of(line, writer, commands, actor)
    answered = await _decided(writer, command)
    told_back: dict[str, Any] = {"id": identity, "status": answered.status}
    told_back["problem" if answered.refused else "answer"] = answered.document
    if answered.repeated:
        told_back["repeated"] = True
    return orjson.dumps(told_back, default=str, option=orjson.OPT_APPEND_NEWLINE)


def _command_of(
    line: bytes, writer: Writer, commands: Mapping[str, OnCommand[Any]], actor: Actor
) -> tuple[Any, CommandInput | Refusal]:
    """The line's id as it was written (none, where it is a list or an object: one may be too deep to be written again),
    and the command. What was read is let go of here: lines that wait for their commit would be in memory twice.
    """
    identity: Any = None
    try:
        told = orjson.loads(line)
        identity = None if isinstance(told["id"], list | dict) else told["id"]
        entry = commands[told["name"]]
        content = told["body"]
        if not isinstance(content, dict) or not isinstance(identity, str):
            raise TypeError  # noqa: TRY301 - one clear answer for every malformed line
    except (ValueError, KeyError, TypeError):
        return identity, problems.invalid(
            [{"loc": ("line",), "msg": "a JSON object of at most 1 MiB with name (a known command), id and body"}]
        )
    asked = Asked(entry, content, identity, told.get("at"), actor, told.get("if_match"))
    return identity, _at_the_door(writer, asked)


async def lines_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The non-empty lines of a body that comes in pieces; a line over 1 MiB ends the reading."""
    rest = b""
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            if line.strip():
                yield line
        if len(rest) > MAX_LINE_BYTES:
            raise LineTooLongError
    if rest.strip():
        yield rest
