"""A sparse state holds and stores what it was given, says the rest by default, and is compared by what it says."""

import json
from collections.abc import Mapping
from typing import ClassVar

from linli_rulebook.sparse_state import SparseState


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
