"""Figures change by what a transaction's states and rows count now, less what they counted before."""

from collections.abc import Mapping
from typing import ClassVar

import pytest
from linli_contracts.lanes import lane_of_key
from linli_messaging.batch.tallying import moved
from linli_messaging.service_map import Ref
from linli_rulebook.decision import Append, State


class Light(State):
    table: ClassVar[str] = "light"
    colour: str
    room: str | None = None

    def tally(self) -> Mapping[str, int]:
        return {self.colour: 1, "lights": 1}

    @property
    def counted_in(self) -> str:
        return self.room or self.id.partition(".")[0]


class Silent(State):
    table: ClassVar[str] = "silent"


A, B = lane_of_key("a"), lane_of_key("b")
RED, GREEN = Light(id="a.1", colour="red"), Light(id="a.1", colour="green")
HALL = Light(id="a.1", colour="red", room="hall")


@pytest.mark.rule("OPS-04")
@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, RED, {(A, "a", "red"): 1, (A, "a", "lights"): 1}),
        (RED, GREEN, {(A, "a", "red"): -1, (A, "a", "green"): 1}),
        (RED, RED.model_copy(), {}),
        (RED, HALL, {(A, "a", "red"): -1, (A, "a", "lights"): -1, (A, "hall", "red"): 1, (A, "hall", "lights"): 1}),
        (None, Silent(id="a.2"), {}),
    ],
    ids=["new", "changed", "the same again", "elsewhere", "counts nothing"],
)
def test_a_state_counts_once_wherever_it_counts(
    before: State | None, after: State, change: dict[tuple[int, str, str], int]
) -> None:
    ref = (type(after), after.id)
    assert moved({ref: after}, {ref: before}, ()) == change


@pytest.mark.rule("OPS-04")
def test_many_states_and_rows_are_summed_and_what_cancels_out_is_left_alone() -> None:
    states: dict[Ref, State] = {
        (Light, identity): Light(id=identity, colour="red") for identity in ("a.1", "a.2", "b.1")
    }
    loaded: dict[Ref, State | None] = {**dict.fromkeys(states), (Light, "b.1"): Light(id="b.1", colour="green")}
    rows = [
        Append("book", "a", {}, {"in": 5, "out": 0}, "a"),
        Append("book", "a", {}, {"in": -5, "sum": 2}, "a"),
        Append("book", "b", {}),
    ]
    assert moved(states, loaded, rows) == {
        (A, "a", "red"): 2,
        (A, "a", "lights"): 2,
        (B, "b", "red"): 1,
        (B, "b", "green"): -1,
        (A, "a", "sum"): 2,
    }
