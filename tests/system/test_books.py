"""Books are equal where two runs must be, differ where they must not, and hold nothing personal."""

from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from linli_cli.audit.books import (
    OF_EVERY_SERVICE,
    Books,
    Difference,
    book_queries,
    compare,
    load_books,
    read_books,
    write_books,
)
from linli_cli.audit.bus import bus_queries
from linli_cli.audit.personal import People, Person
from linli_cli.complaint import Complaint
from linli_cli.main import run
from linli_contracts.topics import SERVICES
from linli_messaging.queries import Queries

from tests.system.life import SERVICES as MAPS

Connection = Any  # asyncpg carries no type arguments at run time
OUTSIDE: Final = {"intake_intent", "dispatch_intent", "dispatch_partner_fact"}
"""What was done outside, and is kept for those there: no states, and no ledgers of decisions."""
NOT_LIVED: Final = {"intake_quarantined", "dispatch_intent", "dispatch_partner_fact"}
"""What this life does not make: its forms are all taken, and nobody looks through its facts for those outside."""
TOLD_AND_WHY: Final = {"outbox", "archive", "history", "timer", "command"}
"""Where `OF_EVERY_SERVICE` is read from."""
LEFT_OUT: Final = {
    *("deployment", "migration", "policy_version", "stepped_clock"),  # how a deployment was set up
    *("lane", "published", "inbox", "gap", "resend", "feed"),  # how far things have come: the audit compares them
    *("early", "parked"),  # what waits, none at rest but for what a person is still to decide
    *("tally",),  # follows from states and ledgers, and the audit counts it anew
    *("intent",),  # of services without outside effects; the others' are read
}
"""Tables of every service that differ between two runs, or that follow from what is compared."""
OF_DISPATCH: Final = {
    # Lists follow from tickets, as the audit checks.
    *("dispatch_open_ticket", "dispatch_closed_ticket", "dispatch_title"),
    *("dispatch_webhook_replay",),  # how far somebody's replay is
}
OTHER_REFERENCES: Final = Queries.load(Path(__file__).with_name("other_references.sql"))


def test_every_state_and_ledger_has_its_query() -> None:
    """A new state or ledger needs a query in `books.sql`, named `<service>_<table>`."""
    wanted = {
        f"{service.name}_{table}"
        for service, _ in MAPS
        for table in (*(kind.table for kind in service.states), *service.appends)
    }
    asked = set(book_queries()) - {*OF_EVERY_SERVICE, "customers", "clock", "enter", *OUTSIDE}
    assert asked == wanted


async def test_every_table_is_in_the_books_or_rightly_left_out(lived: Connection) -> None:
    """A new table is compared where two runs are, or it is said here why not."""
    rows = await lived.fetch(
        "SELECT table_schema AS service, table_name AS name FROM information_schema.tables"
        " WHERE table_type = 'BASE TABLE' AND table_schema = ANY($1)",
        list(SERVICES),
    )
    tables = {f"{row['service']}_{row['name']}" for row in rows}
    of_all = {f"{service}_{name}" for service in SERVICES for name in (*LEFT_OUT, *TOLD_AND_WHY)}
    assert tables - (of_all - OUTSIDE) - OF_DISPATCH == {
        name for name in book_queries() if name.partition("_")[0] in SERVICES
    }


async def test_a_life_leaves_books_of_every_kind(lived: Connection, tmp_path: Path) -> None:
    """What is written is read back alike."""
    books = await read_books(lived)
    kinds = {f"{service}_{what}" for service, what, _ in books}
    assert kinds >= {name for name in book_queries() if name.partition("_")[0] in SERVICES} - NOT_LIVED
    assert kinds >= {f"{service}_{what}" for service in SERVICES for what in ("told", "because", "command")}
    write_books(books, tmp_path / "books")
    assert list(compare(books, load_books(tmp_path / "books"))) == []


@pytest.mark.rule("INT-13")
async def test_books_hold_nothing_personal(lived: Connection) -> None:
    rows = await lived.fetch(bus_queries()["people"])
    people = People(Person(row["whose"], row["name"], row["contact"]) for row in rows)
    text = "\n".join(f"{key} {orjson.dumps(content).decode()}" for key, content in (await read_books(lived)).items())
    assert people.spellings > 5
    assert list(people.find(text)) == []


async def test_the_references_of_customers_do_not_matter(lived: Connection) -> None:
    before = await read_books(lived)
    await lived.execute(OTHER_REFERENCES["other_references"])
    assert list(compare(before, await read_books(lived))) == []


async def test_where_a_fact_stood_in_its_lane_does_not_matter(lived: Connection) -> None:
    """How many facts were told before one depends on who called when; states remember it to refuse older ones."""
    before = await read_books(lived)
    await lived.execute(OTHER_REFERENCES["other_numbers"])
    assert list(compare(before, await read_books(lived))) == []


async def test_instants_matter_on_the_stepped_clock_and_not_on_the_systems(lived: Connection) -> None:
    later = "UPDATE followup.callback SET state = jsonb_set(state, '{finished_at}', to_jsonb(now()))"
    longer = "UPDATE dispatch.ticket SET state = jsonb_set(state, '{waited}', to_jsonb($1::text))"
    before = await read_books(lived)
    await lived.execute(later)
    await lived.execute(longer, "PT1H7M3.25S")
    fields = {one.field for one in compare(before, await read_books(lived))}
    assert fields == {"finished_at", "waited"}
    await lived.execute("DELETE FROM intake.stepped_clock")
    now = await read_books(lived)
    await lived.execute(
        "UPDATE followup.callback SET state = jsonb_set(state, '{finished_at}', '\"2001-02-03T04:05:06Z\"')"
    )
    await lived.execute(longer, "PT0S")
    assert list(compare(now, await read_books(lived))) == []


@pytest.mark.parametrize(
    ("change", "what", "field"),
    [
        ('UPDATE dispatch.ticket SET state = state || \'{"desk": "x"}\'', "ticket", "desk"),
        ("DELETE FROM followup.callback", "callback", ""),
        ("DELETE FROM loyalty.credit", "credit", ""),
        ("UPDATE warranty.release SET state = jsonb_set(state, '{gates,0}', '\"leaks\"')", "release", "gates.0"),
        ("DELETE FROM dispatch.timer", "timer", ""),
        ("DELETE FROM intake.command", "command", ""),
    ],
)
async def test_a_difference_is_named(lived: Connection, change: str, what: str, field: str) -> None:
    before = await read_books(lived)
    await lived.execute(change)
    differences = list(compare(before, await read_books(lived)))
    assert {(one.what, one.field.partition(".")[0]) for one in differences} == {(what, field.partition(".")[0])}


def test_fields_can_be_left_out_and_lists_of_other_lengths_differ() -> None:
    def books(handler: str, *steps: str) -> Books:
        return {("dispatch", "ticket", "c1"): {"handler_id": handler, "steps": list(steps)}}

    assert list(compare(books("qian"), books("sun"), frozenset({"handler_id"}))) == []
    assert list(compare(books("qian", "owner"), books("qian", "owner", "vp"))) == [
        Difference("dispatch", "ticket", "c1", "steps.1", None, "vp")
    ]


def test_the_command_compares_files_and_says_so_in_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other, broken = tmp_path / "one", tmp_path / "other", tmp_path / "broken"
    write_books({("dispatch", "ticket", "c1"): {"level": 4}}, one)
    write_books({("dispatch", "ticket", "c1"): {"level": 2}}, other)
    assert run(["audit", "--compare", str(one), str(one)]) == 0
    capsys.readouterr()
    assert run(["audit", "--compare", str(one), str(other), "--json"]) == 1
    (difference,) = orjson.loads(capsys.readouterr().out)
    assert (difference["id"], difference["field"], difference["first"], difference["second"]) == ("c1", "level", 4, 2)
    assert run(["audit", "--compare", str(one), str(other), "--leave-out", "level"]) == 0
    broken.write_text("{}\n")
    assert run(["audit", "--compare", str(one), str(broken)]) == 2
    with pytest.raises(Complaint):
        load_books(broken)
