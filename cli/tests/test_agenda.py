"""The agenda hands out steps in rounds: each chain in order, one service at a time; every id once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from linli_cli.client.tokens import Identity
from linli_cli.simulation.agenda import Agenda, Standing, Step
from linli_cli.simulation.sending import _portions, _turns

START = datetime(2025, 3, 1, tzinfo=UTC)
AGENT, DEPARTMENT = Identity("agent"), Identity("department")


def step(
    minute: int,
    chain: str,
    service: str = "dispatch",
    who: Identity = AGENT,
    part: str = "",
    standing: Standing = Standing.IN_LINE,
    *,
    awaited: bool = False,
) -> Step:
    at = START + timedelta(minutes=minute)
    identity = f"{chain}-{minute}{part}"
    return Step(at, chain, service, f"{service}.do", identity, {}, who, standing=standing, awaited=awaited)


def ids(steps: list[Step]) -> list[str]:
    return [one.id for one in steps]


def test_a_round_takes_of_each_chain_what_follows_at_one_service() -> None:
    agenda = Agenda()
    agenda.add([step(5, "b"), step(1, "a", "intake"), step(2, "a"), step(3, "a"), step(4, "a", "followup")])
    until = START + timedelta(hours=1)
    assert ids(agenda.take_round(until)) == ["a-1", "b-5"]
    assert ids(agenda.take_round(until)) == ["a-2", "a-3"]
    assert ids(agenda.take_round(until)) == ["a-4"]
    assert agenda.take_round(until) == []


def test_what_need_not_stand_in_line_goes_ahead_or_behind_and_the_line_keeps_its_order() -> None:
    """An estate's requests come first, what desks do with them in one row, calls that bear on nothing at the end."""
    ahead, behind = Standing.AHEAD, Standing.BEHIND
    agenda = Agenda()
    agenda.add([step(1, "e", "intake", standing=ahead), step(5, "e", "intake", standing=ahead)])
    agenda.add([step(4, "e"), step(2, "e", "followup", part="f", standing=behind), step(2, "e"), step(9, "e")])
    until = START + timedelta(minutes=8)
    assert ids(agenda.take_round(until)) == ["e-1", "e-5"]
    assert ids(agenda.take_round(until)) == ["e-2", "e-4"]
    assert ids(agenda.take_round(until)) == ["e-2f"]
    assert agenda.take_round(until) == []


def test_nothing_stands_ahead_of_an_earlier_step_in_line_at_its_own_service() -> None:
    """A request that may begin a storm waits for what is in hand then, and later requests wait for it."""
    ahead = Standing.AHEAD
    agenda = Agenda()
    agenda.add([step(1, "e", "intake", standing=ahead), step(3, "e", "intake", awaited=True)])
    agenda.add([step(5, "e", "intake", standing=ahead), step(2, "e"), step(4, "e")])
    until = START + timedelta(hours=1)
    rounds = [ids(agenda.take_round(until)) for _ in range(5)]
    assert rounds == [["e-1"], ["e-2"], ["e-3"], ["e-5"], ["e-4"]]


def test_after_a_step_that_is_awaited_the_line_stands_until_people_have_seen_it() -> None:
    agenda = Agenda()
    agenda.add([step(1, "e"), step(2, "e", awaited=True), step(4, "e"), step(9, "other")])
    until = START + timedelta(hours=1)
    assert ids(agenda.take_round(until)) == ["e-1", "e-2", "other-9"]
    agenda.add([step(3, "e", "followup")])
    assert ids(agenda.take_round(until)) == ["e-3"]
    assert ids(agenda.take_round(until)) == ["e-4"]


def test_what_is_later_than_the_window_stays() -> None:
    agenda = Agenda()
    agenda.add([step(1, "a"), step(60, "a"), step(61, "a")])
    assert ids(agenda.take_round(START + timedelta(minutes=60))) == ["a-1", "a-60"]
    assert agenda.next_at == START + timedelta(minutes=61)
    assert len(agenda) == 1


def test_it_tells_when_so_many_steps_will_have_come() -> None:
    agenda = Agenda()
    agenda.add([step(minute, f"c{minute}") for minute in (30, 10, 20)])
    assert [agenda.instant_of(place) for place in (1, 3, 4)] == [
        START + timedelta(minutes=10),
        START + timedelta(minutes=30),
        None,
    ]


def test_an_id_is_taken_once_however_often_it_is_proposed() -> None:
    agenda = Agenda()
    assert agenda.add([step(1, "a"), step(1, "a")]) == 1
    agenda.take_round(START + timedelta(hours=1))
    assert agenda.add([step(1, "a")]) == 0
    assert agenda.next_at is None


STEPS = st.lists(
    st.builds(
        step,
        st.integers(0, 300),
        st.sampled_from("abc"),
        st.sampled_from(["intake", "dispatch"]),
        st.sampled_from([AGENT, DEPARTMENT]),
        st.uuids().map(str),
    ),
    max_size=40,
)


@given(STEPS, st.integers(1, 120))
def test_every_step_comes_once_and_no_chain_goes_back_in_time(steps: list[Step], minutes: int) -> None:
    agenda = Agenda()
    agenda.add(steps)
    played: list[Step] = []
    until = START
    while len(agenda):
        until += timedelta(minutes=minutes)
        while taken := agenda.take_round(until):
            assert all(one.at <= until for one in taken)
            assert len({(one.chain, one.service) for one in taken}) == len({one.chain for one in taken})
            played.extend(taken)
    assert sorted(ids(played)) == sorted(ids(steps))
    for chain in "abc":
        instants = [one.at for one in played if one.chain == chain]
        assert instants == sorted(instants)


def test_people_take_turns_within_a_chain() -> None:
    steps = [step(1, "a"), step(2, "a", who=DEPARTMENT), step(3, "a"), step(1, "b"), step(2, "b")]
    assert [ids(turn) for turn in _turns(steps)] == [["a-1", "b-1", "b-2"], ["a-2"], ["a-3"]]
    first = _turns(steps)[0]
    assert [ids(portion) for portion in _portions(first)] == [["a-1", "b-1", "b-2"]]


def test_a_chain_is_never_split_over_requests() -> None:
    steps = [step(minute, f"c{case}") for case in range(300) for minute in (1, 2, 3)]
    portions = list(_portions(steps))
    assert sum(map(len, portions)) == len(steps)
    assert all(len(portion) <= 500 for portion in portions)
    chains = [{one.chain for one in portion} for portion in portions]
    assert all(not (a & b) for a, b in pairwise(chains))
