"""Goes through a checked directory, some places at a time and several side by side: compares, and sends if told to.

Broken off anywhere, it is run again and sends what is still different. What is to hold from a later instant on is
planned whole or not at all: where something is refused, what was planned is withdrawn.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from linli_contracts.topics import DISPATCH

from linli_cli.client.answers import Command
from linli_cli.client.client import Client
from linli_cli.client.together import together
from linli_cli.complaint import Complaint
from linli_cli.group.difference import Change, changes, commands_of, registered
from linli_cli.group.faults import Faults
from linli_cli.group.index import Index
from linli_cli.group.planned import of_rows, planned_for
from linli_cli.group.portions import groups_of, requests_of
from linli_cli.language import Words

SIDE_BY_SIDE: Final = 4
"""Groups of places under way: while one is read here, dispatch decides one batch, and the next waits for it."""
MOST_KEPT: Final = 1_000
"""Changes and refusals that are kept to be shown; all are counted."""

STAYS_PLANNED: Final = Words(
    "已列入计划的变更仍待生效：再次执行可补全，--withdraw 可撤回",
    "what was planned so far stays planned: run it again to complete it, or with --withdraw to take it back",
)


@dataclass(slots=True)
class Outcome:
    """What a directory would change or has changed."""

    new: Counter[str] = field(default_factory=Counter)
    """Rows by file."""
    changed: Counter[str] = field(default_factory=Counter)
    shown: list[Change] = field(default_factory=list)
    """The first of them."""
    commands: int = 0
    refused: int = 0
    refusals: list[str] = field(default_factory=list)
    """The first of them, with what was refused and why."""
    withdrawn: int = 0
    """Planned changes of the directory that were withdrawn."""

    def count(self, found: Iterable[Change]) -> None:
        """Take in what differs."""
        for change in found:
            if not change.is_one:
                continue
            (self.new if change.known is None else self.changed)[change.row.table.file] += 1
            if len(self.shown) < MOST_KEPT:
                self.shown.append(change)

    @property
    def rows(self) -> int:
        """How many rows are new or differ."""
        return self.new.total() + self.changed.total()


async def go_through(
    client: Client, index: Index, *, apply: bool, seen: Callable[[int], None], from_at: datetime | None = None
) -> Outcome:
    """Compares every place with what dispatch has and, if `apply`, sends what differs; `seen` hears of rows done with.

    `from_at`: from when on the changes hold: compared is what dispatch will have by then. One refusal, and nothing of
    the directory stays planned for that instant. None: from now, one place after the other.

    Of one place the commands go one after the other: an estate is there before its people, and these before their
    absences. Regions and estates do not wait for each other.
    """
    outcome, run = Outcome(), secrets.token_hex(8)
    groups = groups_of(index)

    async def take_turns() -> None:
        for places in groups:
            if from_at is not None and outcome.refused:
                return
            known = await registered(client, places, from_at)
            faults = Faults()
            found = changes((row for place in places for row in index.rows(place, faults)), known)
            if len(faults):
                raise Complaint("文件在导入过程中被修改", "the files changed while they were brought in", exit_code=1)
            outcome.count(found)
            for part in requests_of(commands_of(found, run, from_at)) if apply else ():
                await _send(client, part, outcome)
            seen(sum(map(index.count, places)))

    try:
        await together(take_turns() for _ in range(SIDE_BY_SIDE))
    except Complaint as broken_off:
        if apply and from_at is not None:
            broken_off.detail = "\n".join(filter(None, (broken_off.detail, str(STAYS_PLANNED))))
        raise
    if from_at is not None and outcome.refused:
        outcome.withdrawn = await take_back(client, index, from_at)
    return outcome


async def take_back(client: Client, index: Index, from_at: datetime) -> int:
    """Withdraws what of the directory is planned for that very instant, by whichever run; answers how much it was.

    What has begun already stays. A `Complaint` where something else cannot be withdrawn.
    """
    withdrawn, run = 0, secrets.token_hex(8)
    for places in groups_of(index):
        faults = Faults()
        rows = (row for place in places for row in index.rows(place, faults))
        mine = of_rows(await planned_for(client, places), rows, from_at)
        sent = [
            Command("dispatch.withdraw-change", f"group-{run}-{one.change_id}", {"change_id": one.change_id})
            for one in mine
        ]
        for command, answer in zip(sent, await client.commands(DISPATCH, sent), strict=True):
            withdrawn += answer.done
            if not answer.done and answer.code not in {"change-not-planned", "change-not-found"}:
                what, why = command.body["change_id"], answer.why
                raise Complaint(f"未能撤回 {what}：{why.zh}", f"{what} is not withdrawn: {why.en}", exit_code=1)
    return withdrawn


async def _send(client: Client, part: Sequence[Command], outcome: Outcome) -> None:
    outcome.commands += len(part)
    for command, answer in zip(part, await client.commands(DISPATCH, part, at_once=1), strict=True):
        if not answer.done:
            outcome.refused += 1
            if len(outcome.refusals) < MOST_KEPT:
                place = command.body.get("estate_id") or command.body.get("region_id")
                outcome.refusals.append(f"{command.name} {place}: {answer.why}")
