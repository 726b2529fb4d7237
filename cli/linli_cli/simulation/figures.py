"""What a run ended with, read from the services over HTTP, beside what the file itself says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from linli_cli.client.client import Client
from linli_cli.client.rest import Reading, producers_of
from linli_cli.simulation.played import Case, Played, missed_by_file

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A case of which dispatch and the file say different things."""

    case: Case
    missed_in_dispatch: bool
    case_id: str | None
    """None: it was never received."""


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of a run."""

    horizon: datetime
    received: int
    open: int
    closed: int
    resolved: int
    """Of the open ones: done, and not yet called back at the horizon."""
    reopened: int
    due_total: int
    deadlines_missed: int
    """By dispatch, of the requests that have a due time in the file."""
    policy_deadlines_missed: int
    """By dispatch: the others, which the policy set, for requests without a due time and for later rounds."""
    deadlines_missed_by_file: int
    differences: tuple[Difference, ...]
    in_flight: int
    stuck: int
    """Tickets without a running clock or a dated wait (DSP-19)."""
    unowned: int
    """Tickets without an owner (DSP-19)."""
    never_received: int
    """Requests that were sent and refused."""

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        return (
            self.received == self.closed + self.open
            and not self.differences
            and not (self.in_flight or self.stuck or self.unowned or self.never_received)
        )


async def read_result(
    client: Client, played: Played, row_of: Mapping[str, str], horizon: datetime, readings: Mapping[str, Reading]
) -> Result:
    """Read the final figures and compare, case by case; the system is at rest."""
    figures = await client.get("dispatch", "/figures")
    missed = [item async for item in client.pages("dispatch", "/deadlines/missed", clock="completion", limit=_PAGE)]
    in_time = [case for case in played.cases if case.opened_at <= horizon]
    # The file knows of one due time a request, if of any; all other completion deadlines are the policy's.
    own = {case.row_id for case in in_time if case.due_at is not None}
    missed_own = {row_of[item["case_id"]] for item in missed if item["round"] == 1} & own
    by_file = missed_by_file(in_time, horizon)
    return Result(
        horizon=horizon,
        received=figures["received"],
        open=figures["open"],
        closed=figures["closed"],
        resolved=figures["by_status"].get("completed", 0),
        reopened=figures["reopened"],
        due_total=len(own),
        deadlines_missed=len(missed_own),
        policy_deadlines_missed=len(missed) - len(missed_own),
        deadlines_missed_by_file=len(by_file),
        differences=tuple(_differences(in_time, by_file, missed_own, row_of)),
        in_flight=in_flight(readings),
        stuck=figures["stuck"],
        unowned=figures["unowned"],
        never_received=len(in_time) - len(row_of),
    )


def _differences(
    cases: Iterable[Case], by_file: set[str], in_dispatch: set[str], row_of: Mapping[str, str]
) -> Iterable[Difference]:
    case_of = {row_id: case_id for case_id, row_id in row_of.items()}
    for case in cases:
        if (case.row_id in by_file) != (case.row_id in in_dispatch):
            yield Difference(case, case.row_id in in_dispatch, case_of.get(case.row_id))


def document(result: Result, played: Played, about: Mapping[str, Any]) -> dict[str, Any]:
    """The figures for machines (`--json`); `about` says how the run was made."""
    return {
        **{
            name: getattr(result, name)
            for name in (
                "received", "closed", "open", "resolved", "reopened", "due_total", "deadlines_missed",
                "deadlines_missed_by_file", "policy_deadlines_missed",
            )
        },
        "differences": [
            {
                "id": one.case.key, "line": one.case.line, "case_id": one.case_id,
                "missed_in_dispatch": one.missed_in_dispatch, "missed_by_file": not one.missed_in_dispatch,
                "opened_at": one.case.opened_at, "due_at": one.case.due_at, "done_at": one.case.done_at,
            }
            for one in result.differences
        ],
        "in_flight": result.in_flight,
        "stuck": result.stuck,
        "unowned": result.unowned,
        "never_received": result.never_received,
        "rows": played.rows,
        "rows_not_played": played.not_played,
        "remarks": [
            {"id": one.key, "line": one.line, "played": one.played, "zh": one.what.zh, "en": one.what.en}
            for one in played.remarks
        ],
        "horizon": result.horizon,
        "holds": result.holds,
        **about,
    }  # fmt: skip


def in_flight(readings: Mapping[str, Reading]) -> int:
    """Everything that was told and is not handled: facts, timers, commands, what is early, missing or parked."""
    reads = producers_of(readings)
    total = 0
    for name, reading in readings.items():
        total += sum(head - reading.published.get(lane, 0) for lane, head in reading.heads.items())
        total += sum(reading.lag_behind(readings[producer]) for producer in reads[name])
        total += reading.due + reading.waiting + reading.early + reading.ripe + reading.gaps + reading.parked
    return total
