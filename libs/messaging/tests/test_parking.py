"""What cannot be handled is parked and holds no more than it must, until an operator mends or drops it (promise 6)."""

from contextlib import nullcontext
from datetime import date
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from linli_contracts.envelope import UnknownTypeError, headers_of
from linli_messaging.consuming.parked_share import PARKED_AT_LEAST, WINDOW, Clog, TooMuchParkedError, parked_lately
from linli_messaging.consuming.reading import Reader
from linli_messaging.consuming.unreadable import Unreadable
from linli_messaging.inputs import Accepted
from linli_messaging.service_map import OnEvent, ServiceMap
from linli_rulebook.decision import NOTHING, Outcome
from linli_testkit.house import House, Room
from pydantic import BaseModel

from libs.messaging.tests import small
from libs.messaging.tests.small import AT, SECOND, command, record, rung, timer
from libs.messaging.tests.test_transactions import bells


async def parked(room: Room) -> list[dict[str, Any]]:
    return [dict(row) for row in await room.fetch("list_parked", 0, 100)]


async def run_stored(house: House, room: Room) -> None:
    """What the writer loop does when it is told to look for what is ripe."""
    for _ in range(3):
        stored = await house.stored(room)
        if stored:
            await room.commit(stored)


async def holding(room: Room) -> int:
    """A parked order-critical fact with two followers, an overtaken clock, and another bell; the head's number."""
    await room.commit([command(key="clock", due=[str(AT + SECOND)], at=AT - SECOND)])
    head = record(rung(nth=1, how="bug", critical=True), 1)
    await room.commit([head, record(rung(nth=2), 2), record(rung("e1.b", 9), 3)])
    await room.commit([record(small.Sent(case_id="e1.a", estate_id="e1"), 4), record(rung(nth=3), 5)])
    await room.commit([timer(until=AT + 2 * SECOND)])
    first, *followers = await parked(room)
    assert (first["holds"], [each["waits_for"] for each in followers]) == (True, [first["id"]] * 2)
    return int(first["id"])


@pytest.mark.rule("OPS-02")
async def test_a_held_case_waits_and_others_go_on(room: Room) -> None:
    await holding(room)
    state = await bells(room)
    assert (state["e1.a"].rung, state["e1.a"].fired, state["e1.b"].rung) == ((0,), (), (9,))
    order = command(key="2")
    await room.commit([order])
    assert (await order.answered).code == "case-held"  # type: ignore[union-attr]  # it is a refusal
    assert await room.connection.fetchval("SELECT count(*) FROM timer WHERE id = 'e1.a'") == 0


@pytest.mark.rule("OPS-02")
async def test_a_retry_with_a_corrected_body_runs_head_and_followers_in_order(house: House, room: Room) -> None:
    """Given a held bell, when its head is retried uncorrected, it holds on; corrected, all runs in order, once, and the
    clock comes back.
    """
    head = await holding(room)
    await room.connection.execute(room.queries["retry_parked"], head, None)
    await run_stored(house, room)
    assert len(await parked(room)) == 3
    assert await room.connection.execute(room.queries["retry_parked"], head + 1, None) == "UPDATE 0"  # a follower
    corrected = orjson.dumps(rung(nth=1).model_dump())
    await room.connection.execute(room.queries["retry_parked"], head, corrected)
    await run_stored(house, room)
    assert (await bells(room))["e1.a"].rung == (0, 1, 2, 3)
    assert await parked(room) == []
    assert await room.connection.fetchval("SELECT due_at FROM timer WHERE id = 'e1.a'") == AT + SECOND
    order = command(key="2", at=AT + 2 * SECOND)
    await room.commit([order])
    assert await order.answered == Accepted({"rung": 5})
    assert (await bells(room))["e1.a"].fired == (AT + SECOND,)


@pytest.mark.rule("OPS-02")
async def test_a_dropped_head_hands_its_hold_to_the_next(house: House, room: Room) -> None:
    """Given a held bell, when its head is dropped, then its followers run in order before anything new, without it."""
    head = await holding(room)
    rows = await room.connection.fetch(room.queries["drop_parked"], head, "not ours")
    await room.connection.fetch(room.queries["hand_on_hold"], rows[0]["subject"])
    new = record(rung(nth=7), 6)
    await room.commit([new])
    assert (await bells(room))["e1.a"].rung == (0,)
    await run_stored(house, room)
    assert (await bells(room))["e1.a"].rung == (0, 2, 3, 7)
    assert await parked(room) == []
    assert await room.connection.fetchval("SELECT count(*) FROM timer WHERE id = 'e1.a'") == 1


@pytest.mark.rule("OPS-02")
async def test_a_follower_that_fails_becomes_the_head(house: House, room: Room) -> None:
    await room.commit([record(rung(nth=1, how="bug", critical=True), 1), record(rung(nth=2, how="bug"), 2)])
    head = (await parked(room))[0]["id"]
    await room.connection.execute(room.queries["retry_parked"], head, orjson.dumps(rung(nth=1).model_dump()))
    await run_stored(house, room)
    (left,) = await parked(room)
    assert (left["waits_for"], left["status"], left["number"]) == (None, "parked", 2)
    assert len(await room.connection.fetch(room.queries["retry_parked"], left["id"], None)) == 1


@pytest.mark.rule("OPS-02")
async def test_a_clock_cannot_be_dropped_and_nothing_without_an_envelope_retried(room: Room) -> None:
    await room.connection.execute(room.queries["park_raw"], "topic", 1, 17, "{}", b"?", "a header is not UTF-8")
    await room.commit([command(key="1", how="break", due=[str(AT)], at=AT - SECOND)])
    await room.commit([timer(until=AT)])
    raw, clock = (row["id"] for row in await parked(room))
    assert await room.connection.fetch(room.queries["drop_parked"], clock, "no") == []
    assert await room.connection.fetch(room.queries["retry_parked"], raw, None) == []
    assert len(await room.connection.fetch(room.queries["retry_parked"], clock, None)) == 1
    assert len(await room.fetch("take_ripe_timers", 10)) == 1
    assert len(await room.connection.fetch(room.queries["drop_parked"], raw, "noise")) == 1


@pytest.mark.rule("OPS-02")
async def test_a_mended_clock_fires_when_it_is_retried(room: Room) -> None:
    await room.commit([command(key="1", how="break", due=[str(AT)], at=AT - SECOND)])
    await room.commit([timer(until=AT)])
    (clock,) = await parked(room)
    state = (await bells(room))["e1.a"].model_copy(update={"broken": False})
    await room.connection.execute("UPDATE bell SET state = $1", state.model_dump_json())
    await room.connection.execute("UPDATE lane SET version = version + 1")
    await room.connection.execute(room.queries["retry_parked"], clock["id"], None)
    retried = timer(until=AT)
    retried.parked_id = clock["id"]
    await room.commit([retried])
    assert (await bells(room))["e1.a"].fired == (AT,)
    assert await parked(room) == []


@pytest.mark.rule("OPS-02")
async def test_parked_early_facts_leave_their_store(house: House, room: Room) -> None:
    await room.commit([record(rung(how="early:e1.s"), 1)])
    await room.connection.execute("UPDATE early SET ripe = true, body = $1", orjson.dumps(rung(how="bug").model_dump()))
    await run_stored(house, room)
    rest = (await room.fetch("read_rest", AT))[0]
    assert (rest["early"], rest["ripe"], rest["parked"]) == (0, 0, 1)


class Caller(BaseModel):
    """What a map may read of a fact on the way to what it needs."""

    born: date


@pytest.mark.rule("INT-13", "OPS-02")
async def test_a_bug_in_needs_is_shown_as_one_in_a_rule_is(room: Room) -> None:
    """Given a map whose ``needs`` raises what quotes a person, when the fact is parked, then its error says the kind,
    its stack the place, and neither the person; a bug in a rule that does the same is told in the same words.
    """
    said = "欧阳隐私 13987654321"

    def needs(_event: small.Rung) -> list[tuple[type[small.Bell], str]]:
        Caller.model_validate({"born": said})
        return []

    def decide(_facts: object, _event: small.Rung, _context: object) -> Outcome:
        Caller.model_validate({"born": said})
        return NOTHING

    told = headers_of(small.envelope(rung(), 1)), rung().model_dump_json().encode()
    broken_needs = OnEvent(small.Rung, needs, small.on_rung, ())
    broken_rule = OnEvent(small.Rung, lambda _: (), decide, ())
    for number, entry in enumerate((broken_needs, broken_rule), 1):
        item = Reader(ServiceMap("listener", (small.Bell,), (entry,))).read(*told)
        item.envelope = item.envelope._replace(number=number)
        await room.commit([item])
    (first, second) = [(await room.fetch("show_parked", row["id"]))[0] for row in await parked(room)]
    assert first["error"] == second["error"] == "Caller: date_from_datetime_parsing"
    assert "in needs" in first["stack"]
    assert "in decide" in second["stack"]
    assert said not in first["stack"] + second["stack"]


@pytest.mark.rule("OPS-02")
async def test_unknown_types_are_parked_apart_and_run_after_an_upgrade(room: Room) -> None:
    unknown = record(rung(), 1)
    unknown.event, unknown.entry, unknown.unknown = None, None, True
    unknown.unreadable = UnknownTypeError("unknown type Rung version 1")
    await room.commit([unknown])
    assert await parked_lately(room.connection, room.queries) == 0
    await room.connection.execute(room.queries["ripen_known_types"], ["Rung"], [2])
    assert (await parked(room))[0]["status"] == "parked"
    await room.connection.execute(room.queries["ripen_known_types"], ["Rung"], [1])
    assert (await parked(room))[0]["status"] == "ripe"


@pytest.mark.rule("OPS-02")
@pytest.mark.parametrize(("bad", "good", "stops"), [(49, 0, False), (50, 0, True), (50, 300, False)])
async def test_too_much_parked_stops(room: Room, bad: int, good: int, stops: bool) -> None:  # noqa: FBT001 - a table gives it
    """Given so many bad of all facts, then beyond fifty and a fifth the batch is refused and nothing is parked."""
    facts = [record(rung(nth=nth, how="" if nth <= good else "bug"), nth) for nth in range(1, good + bad + 1)]

    with (
        pytest.raises(TooMuchParkedError, match=r"such as Rung of e1.a: a bug was ordered; see: linli parked list")
        if stops
        else nullcontext()
    ):
        await room.commit(facts)
    assert len(await parked(room)) == (0 if stops else bad)


@pytest.mark.rule("OPS-02")
async def test_an_old_service_counts_an_hour_and_only_what_nobody_looked_after(room: Room) -> None:
    """Given a service that has processed a million, when a fifth of the next ones cannot be handled, then it stops as a
    young one does; what an operator dropped, or an hour ago was parked, counts no more.
    """
    await room.connection.execute("INSERT INTO inbox VALUES ('south', 0, 1000000)")
    facts = [record(rung(nth=nth, how="bug" if nth < PARKED_AT_LEAST else ""), nth) for nth in range(1, 100)]
    await room.commit(facts)
    again = [record(rung(nth=nth, how="bug"), nth) for nth in (100,)]
    with pytest.raises(TooMuchParkedError):
        await room.commit(again)
    await room.connection.execute("UPDATE parked SET status = 'dropped' WHERE id = (SELECT min(id) FROM parked)")
    await room.commit(again)
    with pytest.raises(TooMuchParkedError):
        await room.commit([record(rung(nth=101, how="bug"), 101)])
    await room.connection.execute("UPDATE deployment SET parked_since = parked_since - $1::interval", WINDOW)
    assert await parked_lately(room.connection, room.queries) == 0
    await room.commit([record(rung(nth=101, how="bug"), 101)])
    assert await parked_lately(room.connection, room.queries) == 1


@pytest.mark.rule("OPS-02", "OPS-03")
async def test_junk_that_comes_again_stops_nothing(room: Room) -> None:
    """Given as much junk as stops a service, when it comes again after a start, then the service goes on: nothing more
    is parked than before; one piece more stops it.
    """
    stopped: list[TooMuchParkedError] = []

    async def at_once() -> None:
        pass

    writer: Any = SimpleNamespace(
        map=small.MAP, not_clogged=at_once, retrying=lambda work: work(room.connection), clog=stopped.append
    )
    shown: Any = SimpleNamespace(show=lambda _: None)
    unreadable = Unreadable(writer, room.queries, shown)

    async def park(*offsets: int) -> int:
        stopped.clear()
        for offset in offsets:
            junk: Any = SimpleNamespace(topic="topic", partition=1, offset=offset, headers=(), value=b"{")
            await unreadable.park(junk, "header ce_id is missing")
        return len(stopped)

    assert await park(*range(PARKED_AT_LEAST)) == 1
    assert await park(*range(PARKED_AT_LEAST)) == 0
    assert await park(PARKED_AT_LEAST) == 1


def test_a_clog_ends_when_somebody_clears_something_or_after_an_hour() -> None:
    clog = Clog(100.0)
    assert [clog.is_over(parked, 101.0) for parked in (49, 49, 50, 48)] == [False, False, False, True]
    assert [Clog(100.0).is_over(0, 100.0 + past_s) for past_s in (3600.0, 3600.1)] == [False, True]
