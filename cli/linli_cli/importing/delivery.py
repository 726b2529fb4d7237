"""Sending the rows of a file to intake, and what became of each (INT-14).

A row's command has the row's identity as its id, so it is done once, whenever and however often the file is sent. What
intake keeps in quarantine is resubmitted by the next run: what it lacked (its estate, say) may be there by then.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from linli_contracts.topics import DISPATCH, INTAKE
from linli_runtime.commands import MAX_LINE_BYTES

from linli_cli.client.answers import Answer, Command
from linli_cli.client.client import Client
from linli_cli.importing.estates import EstateOfRow
from linli_cli.importing.lines import Row, RowFile
from linli_cli.importing.mapped import MappedRow, map_row
from linli_cli.importing.mapping import Mapping
from linli_cli.language import Words

IMPORTER: Final = "linli-import"
"""Whose commands they are: an id is remembered for one sender, so it must never change."""
_OTHER_CONTENT: Final = "same-key-other-body"
_ALREADY_RESUBMITTED: Final = "already-resubmitted"
_ESTATES_TIMEOUT_S: Final = 60.0
_LONGEST_COMMAND_BYTES: Final = MAX_LINE_BYTES - 1024
"""Room for the names around a row, also when it is offered once more."""
_PART: Final = MAX_LINE_BYTES // 8
"""Characters: escaped, one takes six bytes."""

_TWICE: Final = {
    "code": _OTHER_CONTENT,
    "detail": "文件中另一行有相同的标识而内容不同",
    "detail_en": "another row of this file has the same key and another content",
}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that did not become a request."""

    line: int
    row_id: str
    code: str
    zh: str
    en: str
    quarantine_id: str | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows; every row is counted once, and one that no command can hold once a part."""

    rows: int = 0
    new: int = 0
    from_quarantine: int = 0
    """Of the new ones, those that an earlier run had left in quarantine."""
    known: int = 0
    quarantined: int = 0
    """Not complete; kept by intake with the reason."""
    changed: int = 0
    """Imported before with another content; the first one stands."""
    failed: int = 0
    """Refused otherwise; nothing is kept of them but this."""
    bad: list[BadLine] = field(default_factory=list)

    def count(self, row: MappedRow, answer: Answer, *, resubmitted: bool = False) -> None:
        """Take in what intake answered for a row."""
        self.rows += 1
        if answer.done and resubmitted:
            self.new += 1
            self.from_quarantine += 1
        elif answer.code == _ALREADY_RESUBMITTED or (answer.done and answer.repeated):
            self.known += 1
        elif answer.done:
            self.new += 1
        else:
            self._count_bad(row, answer)

    def count_twice(self, row: MappedRow, *, same: bool) -> None:
        """Take in a row whose identity another row of the file has that is under way just now."""
        answer = Answer(row.row_id, 200, repeated=True) if same else Answer(row.row_id, 422, problem=_TWICE)
        self.count(row, answer)

    def _count_bad(self, row: MappedRow, answer: Answer) -> None:
        kept = _kept_as(answer)
        why = row.fault or answer.why
        if kept:
            self.quarantined += 1
        elif answer.code == _OTHER_CONTENT:
            self.changed += 1
        else:
            self.failed += 1
        self.bad.append(BadLine(row.line, row.row_id, "unreadable" if row.fault else answer.code, why.zh, why.en, kept))


def estates_in(file: RowFile, mapping: Mapping, limit: int | None, seen: Callable[[], None]) -> list[EstateOfRow]:
    """Every estate that the file's rows name, each once."""
    rows = (map_row(row, mapping) for row in _limited(file.rows(), limit, seen))
    return list({row.estate.estate_id: row.estate for row in rows if row.fault is None}.values())


async def register_estates(client: Client, mapping: Mapping, estates: Iterable[EstateOfRow]) -> tuple[int, list[Words]]:
    """Register what is not registered yet, and return when intake knows it; answers how many were new, and refusals."""
    place = mapping.estate.registration
    commands = [
        Command(
            "dispatch.register-estate",
            f"{mapping.name}-estate-{estate.estate_id}",
            {
                "estate_id": estate.estate_id,
                "region_id": place.region_id,
                "project_id": place.project_id,
                "name": estate.name[:100],
                "kind": place.kind,
                "zone": place.zone or mapping.zone,
            },
        )
        for estate in estates
    ]
    answers = await client.commands(DISPATCH, commands)
    await client.wait_until_processed(DISPATCH, INTAKE, _ESTATES_TIMEOUT_S)
    new = sum(answer.done and not answer.repeated for answer in answers)
    return new, [answer.why for answer in answers if not answer.done]


async def deliver(
    client: Client, file: RowFile, mapping: Mapping, limit: int | None, seen: Callable[[], None]
) -> Outcome:
    """Send every row; `seen` is called after each. May be broken off anywhere and run again."""
    outcome = Outcome()
    waiting: dict[str, MappedRow] = {}
    again: list[tuple[MappedRow, str]] = []

    async def commands() -> AsyncIterator[Command]:
        rows = _limited(file.rows(), limit, seen)
        for row in (part for raw in rows for part in _as_sent(raw, mapping)):
            if row.row_id in waiting:
                outcome.count_twice(row, same=waiting[row.row_id].body == row.body)
                continue
            waiting[row.row_id] = row
            yield _command(row)

    async for answer in client.stream(INTAKE, commands()):
        row = waiting.pop(answer.id)
        kept = _kept_as(answer)
        if answer.repeated and kept:
            again.append((row, kept))
        else:
            outcome.count(row, answer)
    await _resubmit(client, again, outcome)
    outcome.bad.sort(key=lambda each: each.line)
    return outcome


def _command(row: MappedRow) -> Command:
    return Command("intake.receive", row.row_id, row.body)


def _as_sent(raw: Row, mapping: Mapping) -> Iterator[MappedRow]:
    """The row; one that no command can hold comes in parts, each a bad line: quarantine has all of it (INT-03)."""
    row = map_row(raw, mapping)
    if len(_command(row).line()) <= _LONGEST_COMMAND_BYTES:
        yield row
        return
    text = raw.raw or mapping.csv.delimiter.join(raw.cells.values())
    parts = [text[start : start + _PART] for start in range(0, len(text), _PART)]
    why = raw.fault or Words("整行超过 1 MiB", "it is longer than 1 MiB")
    for nth, part in enumerate(parts, 1):
        of = f"({nth}/{len(parts)})"
        yield map_row(Row(raw.line, {}, Words(f"{why.zh} {of}", f"{why.en} {of}"), f"{of} {part}"), mapping)


async def _resubmit(client: Client, again: list[tuple[MappedRow, str]], outcome: Outcome) -> None:
    """Offer rows that were left in quarantine once more; the state in intake makes a second offer harmless."""
    run = secrets.token_hex(4)
    commands = [
        Command("intake.resubmit", f"{row.row_id}-again-{run}", {"quarantine_id": kept, **row.body})
        for row, kept in again
    ]
    for (row, _), answer in zip(again, await client.commands(INTAKE, commands), strict=True):
        outcome.count(row, answer, resubmitted=True)


def _kept_as(answer: Answer) -> str | None:
    kept = answer.problem.get("quarantine_id")
    return str(kept) if kept else None


def _limited(rows: Iterable[Row], limit: int | None, seen: Callable[[], None]) -> Iterable[Row]:
    for count, row in enumerate(rows):
        if limit is not None and count >= limit:
            return
        yield row
        seen()
