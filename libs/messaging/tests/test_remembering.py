"""What a process remembers of the states is what is stored, whoever changed them meanwhile; and it is bounded."""

from typing import ClassVar

import asyncpg
import pytest
from linli_contracts.lanes import lane_of
from linli_messaging.batch.remembering import Remembered
from linli_rulebook.decision import State
from linli_testkit.house import Room

from libs.messaging.tests.small import Bell, record, rung
from libs.messaging.tests.test_transactions import bells, dsn_of, second_room

LANE = lane_of("e1.a")
REF = (Bell, "e1.a")


def bell(nth: int) -> dict[tuple[type[State], str], State | None]:
    return {REF: Bell(id="e1.a", rung=(nth,))}


def test_a_state_is_remembered_while_its_lane_has_the_version_that_was_left() -> None:
    remembered = Remembered()
    remembered.see({LANE: 7})
    assert remembered.get(REF) is None
    remembered.committed(8, [LANE], bell(1))
    remembered.see({LANE: 8})
    assert remembered.get(REF) == Bell(id="e1.a", rung=(1,))


@pytest.mark.parametrize("version", [7, 9, 0])
def test_any_other_version_makes_all_of_the_lane_unknown_and_no_other_lane(version: int) -> None:
    """Given states of two lanes, when one lane's version is not the one left, then its states are read anew."""
    other = (Bell, "e2.a")
    remembered = Remembered()
    remembered.see({LANE: 7, lane_of("e2.a"): 3})
    remembered.committed(8, [LANE, lane_of("e2.a")], {**bell(1), other: Bell(id="e2.a")})
    remembered.see({LANE: version, lane_of("e2.a"): 8})
    assert remembered.get(REF) is None
    assert remembered.get(other) is not None
    remembered.see({LANE: version})
    assert remembered.get(REF) is None


def test_the_least_lately_used_are_forgotten_first() -> None:
    remembered = Remembered(most=2)
    remembered.see({LANE: 0})
    refs = [(Bell, f"e1.{name}") for name in "abc"]
    remembered.committed(1, [], {ref: Bell(id=ref[1]) for ref in refs[:2]})
    assert remembered.get(refs[0]) is not None
    remembered.committed(1, [], {refs[2]: Bell(id=refs[2][1])})
    assert [remembered.get(ref) is not None for ref in refs] == [True, False, True]


def test_a_kind_that_is_large_and_seldom_looked_at_is_not_remembered() -> None:
    class Large(Bell):
        remembered: ClassVar[bool] = False

    remembered = Remembered()
    remembered.see({LANE: 7})
    remembered.committed(8, [LANE], {**bell(1), (Large, "e1.b"): Large(id="e1.b")})
    remembered.see({LANE: 8})
    assert (remembered.get((Large, "e1.b")), remembered.get(REF) is not None) == (None, True)


@pytest.mark.rule("OPS-03")
async def test_a_remembered_state_is_not_read_again(room: Room) -> None:
    """Given a process that remembers a bell and one that does not, then only the second one asks for it."""
    other = await second_room(room, await dsn_of(room))
    await room.commit([record(rung(nth=1), 1)])
    known = await room.commit([record(rung(nth=2), 2)])
    unknown = await other.commit([record(rung(nth=3), 3)])
    await other.connection.close()
    assert known.round_trips == unknown.round_trips - 1
    assert (await bells(room))["e1.a"].rung == (1, 2, 3)


@pytest.mark.rule("OPS-03")
async def test_a_remembered_state_that_an_input_turns_out_to_need_asks_for_no_other_round(room: Room) -> None:
    """Given a bell rung last by this process, then by another one, then it is recalled the first time, and read anew
    the second.
    """
    other = await second_room(room, await dsn_of(room))
    await room.commit([record(rung(nth=1), 1), record(rung("e1.b", nth=2), 2)])
    plain = await room.commit([record(rung(nth=3), 3)])
    recalled = await room.commit([record(rung(nth=4, how="more:e1.b"), 4)])
    await other.commit([record(rung("e1.b", nth=5), 5)])
    await room.commit([record(rung(nth=6), 6)])
    read = await room.commit([record(rung(nth=7, how="more:e1.b"), 7)])
    await other.connection.close()
    assert recalled.round_trips == plain.round_trips
    assert read.round_trips > plain.round_trips
    assert (await bells(room))["e1.a"].rung == (1, 3, 4, 6, 7)


@pytest.mark.rule("OPS-03")
async def test_nothing_is_recalled_of_a_lane_that_is_not_held(room: Room) -> None:
    """Given a remembered bell in another lane, when an input turns out to need it, then that lane is taken first."""
    assert lane_of("e9.x") != LANE
    await room.commit([record(rung("e9.x"), 1)])
    committed = await room.commit([record(rung(nth=2, how="more:e9.x"), 1)])
    assert committed.lanes == {LANE, lane_of("e9.x")}


@pytest.mark.rule("OPS-03")
async def test_two_processes_that_take_turns_see_each_other_s_states(room: Room) -> None:
    """Given two processes that remember a bell, when they ring it in turns, then no ring is lost."""
    other = await second_room(room, await dsn_of(room))
    for number in range(1, 13):
        await (room if number % 3 else other).commit([record(rung(nth=number), number)])
    await other.connection.close()
    assert (await bells(room))["e1.a"].rung == tuple(range(1, 13))


@pytest.mark.rule("OPS-03")
async def test_what_was_not_committed_is_not_remembered(room: Room) -> None:
    """Given a batch that the database refuses, when the next one comes, then it starts from what is stored."""
    await room.commit([record(rung(nth=1), 1)])
    with pytest.raises(asyncpg.PostgresError):
        await room.commit([record(rung(nth=2, how="unsayable"), 2)])
    await room.commit([record(rung(nth=3), 2)])
    assert (await bells(room))["e1.a"].rung == (1, 3)


@pytest.mark.rule("OPS-03")
async def test_a_state_edited_by_hand_is_read_once_its_lane_s_version_was_raised(room: Room) -> None:
    await room.commit([record(rung(nth=1), 1)])
    await room.connection.execute("""UPDATE bell SET state = state || '{"rung": [9]}'""")
    await room.connection.execute("UPDATE lane SET version = version + 1 WHERE lane = $1", LANE)
    await room.commit([record(rung(nth=2), 2)])
    assert (await bells(room))["e1.a"].rung == (9, 2)
