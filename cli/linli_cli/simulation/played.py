"""The rows of a file as dated cases: when each was received, due and done; what cannot be played, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from linli_cli.importing.estates import EstateOfRow
from linli_cli.importing.lines import RowFile
from linli_cli.importing.mapped import MappedRow, map_row
from linli_cli.importing.mapping import Mapping
from linli_cli.language import Words

ONE_SECOND: Final = timedelta(seconds=1)
_LAST_YEAR: Final = 2098
"""The calendars end with 2099, and deadlines are counted beyond what a file says."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request of the file. `done_at` is never before it was received."""

    line: int
    key: str
    """What the file calls it."""
    row_id: str
    estate: EstateOfRow
    desk: str | None
    opened_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    body: dict[str, Any]

    def missed_by(self, horizon: datetime) -> bool:
        """Whether its due time was missed, by the file's own times, as known at the horizon (ORG-04)."""
        if self.due_at is None or self.opened_at > horizon:
            return False
        ended_at = horizon if self.done_at is None else min(self.done_at, horizon)
        return ended_at >= self.due_at + ONE_SECOND


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about a row; `played` says whether it was played nevertheless."""

    line: int
    key: str
    played: bool
    what: Words


@dataclass(slots=True)
class Played:
    """A file, read."""

    rows: int = 0
    cases: list[Case] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def first_at(self) -> datetime:
        """When the first request came."""
        return min(case.opened_at for case in self.cases)

    @property
    def last_at(self) -> datetime:
        """The last instant in the file: of all the times of receipt, due times and times of completion."""
        instants = ((case.opened_at, case.due_at, case.done_at) for case in self.cases)
        return max(at for case in instants for at in case if at is not None)

    @property
    def not_played(self) -> int:
        """Rows that could not be played."""
        return sum(not remark.played for remark in self.remarks)


def read_requests(path: Path, mapping: Mapping, limit: int | None) -> Played:
    """Read the file's rows, or the first `limit` of them. A row that comes twice is played once."""
    played = Played()
    known: dict[str, dict[str, Any]] = {}
    for row in islice(RowFile(path, mapping).rows(), limit):
        played.rows += 1
        mapped = map_row(row, mapping)
        key = "/".join(row.cells.get(column, "").strip() for column in mapping.key)
        reason = _why_not(mapped, known.get(mapped.row_id))
        if reason is not None:
            played.remarks.append(Remark(row.line, key, played=False, what=reason))
            continue
        known[mapped.row_id] = mapped.body
        case, oddities = _case(mapped, key)
        played.cases.append(case)
        played.remarks.extend(Remark(row.line, key, played=True, what=what) for what in oddities)
    return played


def _why_not(row: MappedRow, known: dict[str, Any] | None) -> Words | None:
    if row.fault is not None:
        return row.fault
    if row.received_at is None:
        return Words("没有受理时间", "it has no time of receipt")
    if not _in_calendar(row.received_at):
        return Words("受理时间超出日历范围", "its time of receipt is beyond the calendars")
    if known is not None:
        if known == row.body:
            return Words("与前面一行重复", "it repeats an earlier row")
        return Words("与前面一行标识相同而内容不同", "an earlier row has the same key and another content")
    return None


def _case(row: MappedRow, key: str) -> tuple[Case, list[Words]]:
    opened_at, due_at, done_at = row.received_at, row.due_at, row.done_at
    assert opened_at is not None  # noqa: S101 - for the type checker: `_why_not` has seen it
    oddities: list[Words] = []
    body = dict(row.body)
    if due_at is not None and not _in_calendar(due_at):
        oddities.append(
            Words("应办时间超出日历范围，按无期限处理", "its due time is beyond the calendars: taken as none")
        )
        due_at = None
        del body["complete_by"]
    if due_at is not None and due_at < opened_at:
        oddities.append(Words("应办时间早于受理时间", "it was due before it was received"))
    if done_at is not None and not _in_calendar(done_at):
        oddities.append(Words("办结时间超出日历范围，按未办结处理", "its end is beyond the calendars: taken as none"))
        done_at = None
    if done_at is not None and done_at < opened_at:
        oddities.append(
            Words("办结时间早于受理时间，按受理即办结处理", "it was done before it was received: taken as at receipt")
        )
        done_at = opened_at
    return Case(row.line, key, row.row_id, row.estate, row.desk, opened_at, due_at, done_at, body), oddities


def _in_calendar(at: datetime) -> bool:
    return at.year <= _LAST_YEAR


def missed_by_file(cases: Iterable[Case], horizon: datetime) -> set[str]:
    """The row ids of all cases whose due time was missed, by the file's own times."""
    return {case.row_id for case in cases if case.missed_by(horizon)}
