"""A state is what its fields say; which of them it was made with is kept of none (docs/performance/tried.md)."""

from typing import ClassVar

from linli_rulebook import decision
from linli_rulebook.decision import State


class Thing(State):
    table: ClassVar[str] = "thing"

    size: int = 0
    words: tuple[str, ...] = ()


def test_states_share_one_set_of_given_fields_and_none_of_them_writes_to_it() -> None:
    made, read = Thing(id="a.1", size=2), Thing.model_validate_json('{"id": "a.1", "size": 2}')
    changed = made.model_copy(update={"words": ("more",)})
    assert made.__pydantic_fields_set__ is read.__pydantic_fields_set__
    assert set() == decision._GIVEN
    assert made == read != changed
    assert (changed.size, changed.words, made.words) == (2, ("more",), ())
    assert Thing.model_validate_json(changed.stored()) == changed
