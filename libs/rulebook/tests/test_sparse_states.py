"""A sparse state holds and stores what it was given, says the rest by default, and is compared by what it says."""

import json
from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest
from linli_rulebook.sparse_state import SparseState
from pydantic import Field


class Thing(SparseState):
    table: ClassVar[str] = "thing"

    size: int
    colour: str = "none"
    counts: Mapping[str, int] = {}
    words: tuple[str, ...] = ()


MADE = Thing(id="a.1", size=2, words=("one",))
READ = Thing.model_validate_json('{"id": "a.1", "size": 2, "words": ["one"]}')


def test_what_was_not_given_is_said_and_not_held() -> None:
    for thing in (MADE, READ):
        assert (thing.id, thing.size, thing.colour, thing.counts, thing.words) == ("a.1", 2, "none", {}, ("one",))
        assert thing.__dict__ == {"id": "a.1", "size": 2, "words": ("one",)}


def test_a_default_is_not_stored_whoever_said_it() -> None:
    told = Thing(id="a.1", size=2, colour="none", counts={}, words=("one",))
    for thing in (MADE, READ, told):
        assert json.loads(thing.stored()) == {"id": "a.1", "size": 2, "words": ["one"]}


def test_a_copy_says_what_was_changed_and_the_rest_as_before() -> None:
    changed = MADE.model_copy(update={"colour": "red", "words": ()})
    assert (changed.size, changed.colour, changed.words) == (2, "red", ())
    assert (MADE.colour, MADE.words) == ("none", ("one",))
    assert Thing.model_validate_json(changed.stored()) == changed


def test_two_are_equal_where_they_say_the_same() -> None:
    assert MADE == READ == Thing(id="a.1", size=2, colour="none", words=("one",))
    assert MADE.model_copy(update={"colour": "red"}) != MADE
    assert Thing(id="a.2", size=2, words=("one",)) != MADE
    assert MADE != "a.1"


class Week(SparseState):
    """A state whose defaults are made."""

    table: ClassVar[str] = "week"

    number: int
    days: tuple[str, ...] = Field(default_factory=lambda: ("mon", "tue"))
    counts: Mapping[str, int] = Field(default_factory=dict)


def test_a_default_that_is_made_is_said_stored_and_copied_as_a_written_one() -> None:
    """Given states that are made, read, told the default, and copied, then all say it, and none holds or stores it."""
    made, read = Week(id="w.1", number=1), Week.model_validate_json('{"id": "w.1", "number": 1}')
    told = Week(id="w.1", number=1, days=("mon", "tue"), counts={})
    back = made.model_copy(update={"days": ("sat",)}).model_copy(update={"days": ("mon", "tue")})
    assert made == read == told == back
    for week in (made, read, told, back):
        assert (week.days, week.counts) == (("mon", "tue"), {})
        assert json.loads(week.stored()) == {"id": "w.1", "number": 1}
        assert Week.model_validate_json(week.stored()) == made
    assert made.__dict__ == read.__dict__ == {"id": "w.1", "number": 1}


def test_one_that_says_something_else_leaves_the_made_default_to_the_others() -> None:
    plain = Week(id="w.1", number=1)
    other = Week(id="w.1", number=1, days=("sun",), counts={"a": 1})
    changed = plain.model_copy(update={"counts": {"b": 2}})
    assert (other.days, other.counts, changed.counts) == (("sun",), {"a": 1}, {"b": 2})
    assert other != plain
    assert changed != plain
    for state in (other, changed):
        assert Week.model_validate_json(state.stored()) == state
    assert (plain.days, plain.counts) == (Week(id="w.2", number=2).days, {}) == (("mon", "tue"), {})


@pytest.mark.parametrize("made", [list, set, bytearray, dict])
def test_a_default_that_somebody_could_write_into_is_refused(made: Callable[[], object]) -> None:
    """All states of the kind share it; a mapping is let in where its field says that nobody writes into it."""
    with pytest.raises(TypeError, match=r"Wrong\.kept"):

        class Wrong(SparseState):
            table: ClassVar[str] = "wrong"
            kept: object = Field(default_factory=made)
