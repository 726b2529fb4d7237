"""Brings a checked directory in as one import: all of it holds from one instant on, or nothing of it does (ORG-01).

An import is opened, what differs is planned in its name, and it is confirmed. Whatever breaks off before that leaves
nothing: it is withdrawn, and where nobody is left to do so dispatch lets it lapse at its instant.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from linli_contracts.topics import DISPATCH

from linli_cli.client.answers import Answer, Command
from linli_cli.client.client import Client
from linli_cli.client.rest import Reading
from linli_cli.client.tokens import Identity
from linli_cli.complaint import Complaint
from linli_cli.group.applying import Outcome, go_through
from linli_cli.group.index import Index
from linli_cli.language import words

LEAD: Final = timedelta(seconds=5)
"""Between the opening of a small import and its instant: planning it takes a fraction of a second, two when busy."""
ROWS_A_SECOND: Final = 5_000
"""For which a larger one is given time, by the rows of places that differ: a third of what a quiet machine plans."""
TIMES_COMPARING: Final = 8
"""More where the machine is busy: so many times what comparing these rows took. Planning took 2 to 4 times that."""
_POLL_S: Final = 0.2
_PATIENCE_S: Final = 600.0
"""Without any change beginning, after which nobody waits on: a clock waits a minute for another service's word."""
_READ: Final = 1 << 20
"""Of a file at a time."""
Step = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows a step: its name, how much there is to do, and what to call with how much more is done."""
Stands = Literal["none", "confirmed", "begun", "lapsed", "withdrawn"]


@dataclass(slots=True)
class Import:
    """What came of it."""

    outcome: Outcome
    stands: Stands = "none"
    """None: nothing differs, so there is no import. Confirmed: its instant is still to come."""
    import_id: str | None = None
    from_at: datetime | None = None
    stepped: bool = False
    """Whether dispatch's clock stands until somebody moves it."""
    changes: Mapping[str, int] = field(default_factory=dict)
    """Planned changes by where they stand."""

    @property
    def failed(self) -> bool:
        """Whether something of it does not hold, or will not."""
        not_all = any(self.changes.get(status) for status in ("refused", "withdrawn", "set_aside"))
        return self.stands in {"lapsed", "withdrawn"} or not_all


def digest_of(directory: Path) -> str:
    """Of all files of the organisation: what an import is found again by."""
    digest = hashlib.sha256()
    for path in sorted((directory / "group.toml", *directory.glob("*.csv"))):
        with suppress(FileNotFoundError), path.open("rb") as file:
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            while part := file.read(_READ):
                digest.update(part)
    return digest.hexdigest()


async def clock_of(operator: Client) -> Reading:
    """What dispatch's clock shows, and of which kind it is."""
    return Reading.model_validate(await operator.get(DISPATCH, "/rest"))


async def bring_in(operator: Client, identity: Identity, index: Index, from_at: datetime | None, step: Step) -> Import:
    """Compares all, plans what differs, and confirms it; without an instant it chooses one and waits until all holds.

    `identity`: whose commands they are; the operator reads the clock. A `Complaint` where dispatch is out of reach:
    then nothing holds, but where the answer to the confirmation was lost.
    """
    client = operator.acting_as(identity)
    began_s, all_rows = time.monotonic(), sum(map(index.count, index.places))
    with step(words("比较", "comparing"), all_rows) as seen:
        outcome = await go_through(client, index, apply=False, seen=seen, from_at=from_at)
    if not outcome.rows:
        return Import(outcome)
    rows = sum(map(index.count, outcome.places))
    comparing_s = (time.monotonic() - began_s) * rows / all_rows
    digest = await asyncio.to_thread(digest_of, index.directory)
    reading = await clock_of(operator)
    instant = from_at or planned_by(reading.instant, rows, comparing_s)
    body = {"org": client.identity.org, "from_at": instant.isoformat(), "digest": digest}
    opened = _done(await _send(client, "dispatch.open-import", body))
    made = Import(
        outcome, import_id=str(opened.answer["import_id"]), from_at=instant, stepped=reading.clock == "stepped"
    )
    try:
        with step(words("列入计划", "planning"), rows) as seen:
            made.outcome = await go_through(
                client, index, apply=True, seen=seen, from_at=instant, of_import=made.import_id, places=outcome.places
            )
        await _decide(client, made)
    except BaseException as broken_off:
        with suppress(Complaint):
            await _end(client, made, "dispatch.withdraw-import")
        if isinstance(broken_off, Complaint):
            broken_off.detail = "\n".join(filter(None, (broken_off.detail, _left_open(made))))
        raise
    if made.stands == "confirmed" and from_at is None and not made.stepped:
        try:
            await _wait(operator, client, made, reading.instant, step)
        except Complaint as broken_off:
            said = words(f"导入已确认，自 {instant} 起生效", f"the import is confirmed, and holds from {instant} on")
            broken_off.detail = "\n".join(filter(None, (broken_off.detail, said)))
            raise
    return made


async def take_back(client: Client, directory: Path, from_at: datetime) -> int:
    """Withdraws the imports of these very files for that instant, by whichever run; answers how many changes they had.

    What is over already stays as it is.
    """
    digest, withdrawn = await asyncio.to_thread(digest_of, directory), 0
    async for one in _pending(client, from_at):
        if one["digest"] == digest:
            made = Import(Outcome(), import_id=one["import_id"], from_at=from_at)
            await _end(client, made, "dispatch.withdraw-import")
            withdrawn += made.changes.get("planned", 0) if made.stands == "withdrawn" else 0
    return withdrawn


def planned_by(now: datetime, rows: int, comparing_s: float) -> datetime:
    """An instant by which so many rows are planned, which took so long to compare; on a whole second."""
    planning_s = max(rows / ROWS_A_SECOND, TIMES_COMPARING * comparing_s)
    return (now + LEAD + timedelta(seconds=planning_s + 1)).replace(microsecond=0)


async def _decide(client: Client, made: Import) -> None:
    """Confirmed if nothing was refused, else withdrawn."""
    await _end(client, made, "dispatch.withdraw-import" if made.outcome.refused else "dispatch.confirm-import")


async def _end(client: Client, made: Import, command: str) -> None:
    """Notes where it stands then; what ended it before is no fault."""
    answer = await _send(client, command, {"import_id": made.import_id})
    ended: dict[str, Stands] = {"import-lapsed": "lapsed", "import-withdrawn": "withdrawn", "import-begun": "begun"}
    made.stands = ended[answer.code] if answer.code in ended else _done(answer).answer["status"]
    made.changes = (await _seen(client, made))["changes"]


async def _wait(operator: Client, client: Client, made: Import, since: datetime, step: Step) -> None:
    """Until its instant has come and each of its changes has begun, or was refused."""
    many = made.changes.get("planned", 0)
    seconds = round((made.from_at - since).total_seconds()) if made.from_at else 0
    with step(words("等待生效", "waiting until it holds"), seconds + many) as seen:
        shown, moved_s = 0, time.monotonic()
        while made.stands == "confirmed" or made.changes.get("planned"):
            await asyncio.sleep(_POLL_S)
            now = (await clock_of(operator)).instant
            found = await _seen(client, made)
            made.stands, made.changes = found["status"], found["changes"]
            done = min(seconds, round((now - since).total_seconds())) + many - made.changes.get("planned", 0)
            if done > shown:
                seen(done - shown)
                shown, moved_s = done, time.monotonic()
            elif time.monotonic() - moved_s > _PATIENCE_S:
                left = made.changes.get("planned", 0)
                raise Complaint(f"尚有 {left} 项变更未生效", f"{left} of its changes have not begun yet", exit_code=1)


async def _pending(client: Client, from_at: datetime) -> AsyncIterator[dict[str, Any]]:
    for status in ("open", "confirmed"):
        async for one in client.pages(DISPATCH, "/registry/imports", status=status, from_at=from_at.isoformat()):
            yield one


async def _seen(client: Client, made: Import) -> dict[str, Any]:
    found: dict[str, Any] = await client.get(DISPATCH, f"/registry/imports/{made.import_id}")
    return found


async def _send(client: Client, name: str, body: Mapping[str, Any]) -> Answer:
    return await client.command(DISPATCH, Command(name, f"group-{secrets.token_hex(8)}", body))


def _done(answer: Answer) -> Answer:
    if not answer.done:
        raise Complaint(f"导入被拒绝：{answer.why.zh}", f"the import was refused: {answer.why.en}", exit_code=1)
    return answer


def _left_open(made: Import) -> str:
    return words(
        f"导入 {made.import_id}：如未确认，其变更到生效时间即失效；--from {made.from_at} --withdraw 可立即撤回",
        f"import {made.import_id}: unless it was confirmed, nothing of it will hold; to withdraw it now: "
        f"--from {made.from_at} --withdraw",
    )
