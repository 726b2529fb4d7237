"""The audit finds nothing in a whole life, and every kind of violation where one is planted."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import linli_messaging
import pytest
from linli_cli.audit import clocks, lifecycle
from linli_cli.audit.access import Access
from linli_cli.audit.books import read_books
from linli_cli.audit.bus import PERSONAL
from linli_cli.audit.check import EVERYTHING, Wanted
from linli_cli.audit.checks import EACH_SERVICE, THE_HOUSE
from linli_cli.audit.run import EARLY_WITH_ITS_NEED, audit_all, audit_databases, checks_named
from linli_cli.audit.violation import Found
from linli_cli.complaint import Complaint
from linli_contracts.envelope import NUMBERS_ABANDONED
from linli_contracts.events import EVENTS
from linli_contracts.events.dispatch import TicketClosed
from linli_contracts.lanes import LANES
from linli_contracts.topics import DISPATCH
from linli_contracts.topics import SERVICES as NAMES
from linli_messaging.queries import Queries
from linli_testkit.databases import Database

MESSAGING: Final = Queries.load(Path(linli_messaging.__file__).parent / "sql" / "queries.sql")
LATER: Final = datetime(2100, 1, 1, tzinfo=UTC)
PLANTS: Final = Queries.load(Path(__file__).with_name("plants.sql"))
IN_DATABASES: Final = {check.name for check in (*EACH_SERVICE, *THE_HOUSE, *clocks.CLOCK_CHECKS, EARLY_WITH_ITS_NEED)}
Connection = Any  # asyncpg carries no type arguments at run time


async def _audit(connection: Connection, wanted: Wanted = EVERYTHING) -> Found:
    found = Found(wanted)
    await audit_databases(connection, found)
    return found


def _only(*names: str) -> Wanted:
    return checks_named(moving=False, only=names)


@pytest.mark.rule("DSP-19", "WAR-03", "LOY-03")
async def test_a_whole_life_is_clean(lived: Connection) -> None:
    found = await _audit(lived)
    assert found.violations == []
    assert found.checks == IN_DATABASES
    assert all(found.counts.values()), found.counts


async def _archive(connection: Connection) -> None:
    """Everything that was ever told goes to the archives, in segments of seven."""
    for service in NAMES:
        await connection.fetchval("SELECT set_config('search_path', $1, true)", service)
        for lane in range(LANES):
            last = 0
            while made := await connection.fetchrow(MESSAGING["archive_facts"], lane, last, LATER, 7, 1_000_000):
                await connection.execute(MESSAGING["drop_archived"], lane, made["first"], made["last"])
                last = made["last"]
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.rule("OPS-03", "OPS-04")
async def test_a_life_whose_facts_are_all_archived_is_clean_and_has_the_same_books(lived: Connection) -> None:
    before = await read_books(lived)
    await _archive(lived)
    assert (await _audit(lived)).violations == []
    assert await read_books(lived) == before


@pytest.mark.parametrize("plant", sorted(PLANTS))
async def test_a_planted_violation_is_found(lived: Connection, plant: str) -> None:
    check, _, _ = plant.partition("__")
    await lived.execute(PLANTS[plant])
    found = await _audit(lived, _only(check))
    assert {one.check for one in found.violations} == found.checks == {check}
    assert all(one.ids for one in found.violations)


@pytest.mark.parametrize(
    "check",
    [
        "complaints_without_ticket", "tickets_not_opened", "messages_without_intent", "completions_without_callback",
        "costs_without_deduction",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("status", "excused"), [("parked", True), ("dropped", True), ("retried", False)])
async def test_only_what_was_handled_must_have_had_its_effect(
    lived: Connection, check: str, status: str, *, excused: bool
) -> None:
    """What is parked waits, what was dropped was given up; what was retried counts as if it had never been parked."""
    for consumer in NAMES:
        for producer in NAMES:
            await lived.execute(
                f"INSERT INTO {consumer}.parked"  # noqa: S608 - names of services
                " (source, producer, lane, number, type, subject, headers, body, error, stack, holds, status)"
                " SELECT 'event', $1, lane, number, type, subject, '{}', '', '', '', false, $2"
                f" FROM {producer}.outbox",
                producer, status,
            )  # fmt: skip
    await lived.execute(PLANTS[check])
    violations = (await _audit(lived, _only(check))).violations
    assert (violations == []) is excused


@pytest.mark.rule("DSP-14", "DSP-19")
async def test_a_closed_case_in_which_something_is_owed_is_to_wake_for_it(lived: Connection) -> None:
    """Given a case that is closed while offices still owe an acceptance, then its clock is one that must be."""
    due = "2099-01-01T00:00:00Z"
    case_id = await lived.fetchval(
        "UPDATE dispatch.ticket SET state = jsonb_set(state, '{clocks}', jsonb_build_array(jsonb_build_object("
        "'name', 'replacement_acceptance', 'since', $1::text, 'due_at', $1::text)))"
        " WHERE id = (SELECT max(id) FROM dispatch.ticket WHERE status = 'closed') RETURNING id",
        due,
    )
    wanted = Wanted(only=frozenset(clocks.CLOCK_CHECKS))
    (missing,) = (await _audit(lived, wanted)).violations
    assert (missing.check, missing.ids["id"]) == (clocks.NOT_WOKEN.name, case_id)
    await lived.execute(
        "INSERT INTO dispatch.timer SELECT 'ticket', id, lane, $2::text::timestamptz + interval '1 second'"
        " FROM dispatch.ticket WHERE id = $1",
        case_id, due,
    )  # fmt: skip
    assert (await _audit(lived, wanted)).violations == []


@pytest.mark.rule("INT-06", "DSP-06")
async def test_a_level_is_what_was_told_or_what_time_has_raised_it_to(lived: Connection) -> None:
    """Given cases that time has raised, which dispatch tells, then a level that neither explains is found."""
    assert await lived.fetchval("SELECT count(*) FROM intake.request WHERE state ->> 'aged_to' IS NOT NULL")
    gradings = _only("gradings_that_differ")
    assert (await _audit(lived, gradings)).violations == []
    await lived.execute("UPDATE intake.request SET state = state || '{\"aged_to\": null}'")
    assert {one.ids["level"] for one in (await _audit(lived, gradings)).violations} == {1, 2}


async def test_what_holds_at_rest_only_is_not_asked_while_things_move(lived: Connection) -> None:
    waiting = {check.name for check in (*EACH_SERVICE, *THE_HOUSE) if check.at_rest}
    for check in ("unpublished", "inboxes_behind", "open_gaps", "open_asks"):
        await lived.execute(PLANTS[check])
    found = await _audit(lived, Wanted(moving=True))
    assert found.violations == []
    assert found.checks == IN_DATABASES - waiting


async def test_a_hole_before_a_record_that_declares_it_is_none(lived: Connection) -> None:
    """What a restored service had told after its backup is abandoned, and said to be (promise 8)."""
    declare = (
        "INSERT INTO dispatch.outbox SELECT lane, number + 7, gen_random_uuid(), $1, version, at, key, subject, NULL,"
        " cause, traceparent, body, number + $2 FROM dispatch.outbox ORDER BY number DESC LIMIT 1"
    )
    holes = _only("lanes_with_holes")
    await lived.execute(declare, NUMBERS_ABANDONED, 1)
    assert (await _audit(lived, holes)).violations == []
    await lived.execute(declare, NUMBERS_ABANDONED, 2)
    assert len((await _audit(lived, holes)).violations) == 1


@pytest.mark.parametrize(
    ("name", "moving", "why"),
    [
        ("lanes_with_hole", False, "there is no check lanes_with_hole"),
        ("unpublished", True, "unpublished holds at rest only"),
        (PERSONAL.name, False, "no bus was named to check bus_personal on"),
    ],
)  # fmt: skip
async def test_what_was_asked_for_and_cannot_be_checked_is_said_at_once(
    lived_database: Database, name: str, why: str, *, moving: bool
) -> None:
    """Also beside a check that can be made; nothing is looked at then."""
    nowhere, access = Access(database_url="postgresql://nowhere"), Access(database_url=lived_database.dsn)
    with pytest.raises(Complaint, match=f"{why}$|{why}:"):
        await audit_all(nowhere, checks_named(moving, [name, "parked"]))
    assert (await audit_all(access, checks_named(moving, ["parked"]))).checks == {"parked"}


def test_every_check_has_a_plant_and_every_plant_a_check() -> None:
    assert {plant.partition("__")[0] for plant in PLANTS} == IN_DATABASES <= PLANTS.keys()


def test_every_fact_about_a_case_has_its_place_in_the_lifecycle() -> None:
    """A fact that is missing here makes every case it is told about a violation: add it to STEPS."""
    ours = (event for event in EVENTS if DISPATCH in event.producers())
    told = {event.type_name() for event in ours if "case_id" in event.model_fields} - {"TicketClosed"}
    closings = {f"TicketClosed {how}" for how in get_args(TicketClosed.model_fields["how"].annotation)}
    assert set(lifecycle.STEPS) == told | closings


def test_every_state_with_clocks_has_its_query() -> None:
    """A state kind that shows clocks needs a query in `clocks.sql`, named `<service>_<table>`."""
    wanted = {f"{name}_{kind.table}" for name in NAMES for kind in clocks.kinds_with_clocks(name)}
    assert set(clocks.clock_queries()) == wanted
