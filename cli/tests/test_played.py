"""A file's rows become dated cases; what is odd is played and said, what is impossible only said; misses are exact."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from linli_cli.importing.estates import EstateOfRow
from linli_cli.importing.mapping import Mapping
from linli_cli.places import policy_dir
from linli_cli.simulation.agenda import Standing
from linli_cli.simulation.callers import Callback
from linli_cli.simulation.command import storm_subcategories
from linli_cli.simulation.people import Customers, Desks, desk_of, registrations, requests
from linli_cli.simulation.played import ONE_SECOND, Case, Played, missed_by_file, read_requests
from linli_rulebook import PolicyBook

MAPPING = Mapping.load("boston311")
HEADER = "case_enquiry_id,open_dt,target_dt,closed_dt,type,reason,department,source,neighborhood,case_title"
DUE = datetime(2011, 7, 15, 12, tzinfo=UTC)


def read(path: Path, *rows: str, limit: int | None = None) -> Played:
    file = path / "requests.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return read_requests(file, MAPPING, limit)


def row(
    key: str,
    opened: str,
    due: str = "",
    closed: str = "",
    place: str = "Back Bay",
    desk: str = "PWDx",
    kind: str = "Pothole",
) -> str:
    return f"{key},{opened},{due},{closed},{kind},Highways,{desk},Self Service,{place},A pothole"


def case(**changes: object) -> Case:
    given: dict[str, Any] = {
        "line": 2, "key": "1", "row_id": "r1", "estate": EstateOfRow("e", "E"), "desk": "PWDx",
        "opened_at": DUE - timedelta(days=1), "due_at": DUE, "done_at": None, "body": {},
    }  # fmt: skip
    return Case(**{**given, **changes})


@pytest.mark.rule("DSP-09", "DSP-08")
def test_requests_come_ahead_but_for_those_that_may_begin_a_storm(tmp_path: Path) -> None:
    """By the policy's sub-categories, of the group's and of every region's; all of one estate are one chain."""
    played = read(tmp_path, row("1", "2011-07-02 00:00:00"), row("2", "2011-07-03 00:00:00", kind="Tree Emergencies"))
    storms = storm_subcategories(PolicyBook.load(policy_dir()))
    assert {"leak", "tree_emergencies"} <= storms
    steps = list(requests(played.cases, storms))
    assert [(one.standing, one.awaited) for one in steps] == [(Standing.AHEAD, False), (Standing.IN_LINE, True)]
    assert {one.chain for one in steps} == {"boston-back-bay"}


@pytest.mark.rule("ORG-04")
@pytest.mark.parametrize(
    ("done", "horizon", "missed"),
    [
        (DUE - ONE_SECOND, DUE + timedelta(days=9), False),
        (DUE, DUE + timedelta(days=9), False),
        (DUE + ONE_SECOND, DUE + timedelta(days=9), True),
        (None, DUE, False),
        (None, DUE + ONE_SECOND, True),
        # Done only after the horizon: as far as is known then, it is not done.
        (DUE + timedelta(days=3), DUE, False),
        (DUE + timedelta(days=3), DUE + ONE_SECOND, True),
        # Not received at the horizon.
        (None, DUE - timedelta(days=2), False),
    ],
)
def test_done_at_the_due_instant_is_kept_one_second_later_is_missed(
    done: datetime | None, horizon: datetime, *, missed: bool
) -> None:
    assert missed_by_file([case(done_at=done)], horizon) == ({"r1"} if missed else set())


def test_without_a_due_time_nothing_is_missed() -> None:
    assert not case(due_at=None).missed_by(DUE + timedelta(days=999))


def test_instants_are_local_and_the_last_one_is_of_all_columns(tmp_path: Path) -> None:
    played = read(tmp_path, row("1", "2011-07-01 01:32:33", "2011-12-15 01:32:32", "2011-07-02 00:00:00"))
    assert played.first_at == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)
    assert played.last_at == datetime(2011, 12, 15, 6, 32, 32, tzinfo=UTC)
    assert played.remarks == []
    assert played.cases[0].key == "1"


def test_odd_rows_are_played_and_said(tmp_path: Path) -> None:
    played = read(
        tmp_path,
        row("1", "2011-07-02 00:00:00", closed="2011-07-01 00:00:00"),
        row("2", "2011-07-02 00:00:00", due="2011-07-01 00:00:00"),
        row("3", "2011-07-02 00:00:00", due="2999-01-01 00:00:00", place=" "),
    )
    assert [(one.key, one.played) for one in played.remarks] == [("1", True), ("2", True), ("3", True)]
    first, second, third = played.cases
    assert first.done_at == first.opened_at
    assert second.missed_by(second.opened_at)
    assert third.due_at is None
    assert "complete_by" not in third.body
    assert third.estate.estate_id == "boston-unassigned"


def test_impossible_rows_are_said_and_not_played(tmp_path: Path) -> None:
    good = row("1", "2011-07-02 00:00:00")
    played = read(tmp_path, good, good, row("1", "2011-07-03 00:00:00"), row("2", "soon"), row("3", ""))
    assert [one.key for one in played.cases] == ["1"]
    assert [(one.line, one.played) for one in played.remarks] == [(3, False), (4, False), (5, False), (6, False)]
    assert (played.rows, played.not_played) == (5, 4)


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    assert read(tmp_path, *(row(str(n), "2011-07-02 00:00:00") for n in range(9)), limit=4).rows == 4


@pytest.mark.parametrize(
    ("desk", "key"), [("PWDx", "pwdx"), ("No Q", "no-q"), ("BHA_", "bha"), ("", "unknown"), (None, "unknown")]
)
def test_a_desk_has_a_key(desk: str | None, key: str) -> None:
    assert desk_of(case(desk=desk)) == key


def test_estates_are_registered_before_their_desks_are_rostered(tmp_path: Path) -> None:
    played = read(tmp_path, row("1", "2011-07-02 00:00:00"), row("2", "2011-07-02 00:00:00", desk="ISD"))
    estate, staff = registrations(played.cases, MAPPING, DUE)
    assert (estate.name, staff.name) == ("dispatch.register-estate", "dispatch.roster-staff")
    assert estate.id < staff.id
    assert estate.body["zone"] == "America/New_York"
    assert {line["desk"] for line in staff.body["staff"]} == {"pwdx", "isd"}  # type: ignore[attr-defined]  # it is a Played one
    assert [step.at for step in requests(played.cases)] == [one.opened_at for one in played.cases]


def test_customers_are_satisfied_unless_a_share_is_not() -> None:
    callbacks = [
        Callback(id=f"e.b1-{n}", case_id=f"e.c{n}", round=1, attempt=1, call_from=DUE, call_by=DUE) for n in range(400)
    ]
    assert all(Customers(0, 1).answer(one).satisfied for one in callbacks)
    some = Customers(0.25, 1)
    unsatisfied = [one for one in callbacks if not some.answer(one).satisfied]
    assert 60 < len(unsatisfied) < 140
    assert unsatisfied == [one for one in callbacks if not some.answer(one).satisfied]
    assert all(some.answer(one.model_copy(update={"round": 2})).satisfied for one in callbacks)


def test_desks_know_only_what_they_were_told() -> None:
    assert Desks({}, Customers(0, 1)).row_of == {}
