"""A revision may add optional fields and say things anew; whatever either reader would refuse is found, and named."""

from collections.abc import Mapping
from typing import Any

import pytest
from linli_contracts.compatibility import incompatibilities
from linli_contracts.event import Event
from linli_contracts.events import EVENTS
from linli_contracts.json_schema import Schema, UnknownKeywordError, accepts
from linli_contracts.publish import sample_of, schema_of

GATE = {
    "type": "object",
    "properties": {"gate": {"enum": ["leaks", "documents"], "type": "string"}, "why": {"type": "string"}},
    "required": ["gate"],
}
YESTERDAY: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "case_id": {"type": "string", "pattern": "^[a-z]+$"},
        "level": {"type": "integer", "minimum": 1, "maximum": 4},
        "kind": {"type": "string", "enum": ["repair", "complaint"]},
        "due_at": {"type": "string", "format": "date-time"},
        "desk": {"type": "string", "maxLength": 9},
        "home_id": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "gates": {"type": "array", "items": {"$ref": "#/$defs/Gate"}},
        "why": {"const": "age"},
    },
    "required": ["case_id", "level", "kind", "due_at", "gates"],
    "$defs": {"Gate": GATE},
}
FIELDS, REQUIRED = YESTERDAY["properties"], YESTERDAY["required"]


def but(**fields: Schema | None) -> dict[str, Any]:
    kept = {name: found for name, found in {**FIELDS, **fields}.items() if found is not None}
    return {**YESTERDAY, "properties": kept, "required": [name for name in REQUIRED if name in kept]}


def gate(**changes: object) -> dict[str, Any]:
    return {**YESTERDAY, "$defs": {"Gate": {**GATE, **changes}}}


@pytest.mark.parametrize(
    "today",
    [
        YESTERDAY,
        but(place={"type": "string"}),
        but(level={"type": "integer", "minimum": 1, "maximum": 4, "title": "Level", "description": "severity"}),
        but(home_id={"anyOf": [{"type": "null"}, {"type": "string"}], "default": None}),
        gate(properties={**GATE["properties"], "rule": {"type": "string"}}),  # type: ignore[dict-item]  # a JSON object
        {**YESTERDAY, "$defs": {"Gate": GATE, "Other": GATE}, "title": "Renamed"},
    ],
    ids=["nothing", "an optional field", "texts", "the order of a choice", "an optional field below", "definitions"],
)
def test_what_may_change(today: Schema) -> None:
    assert incompatibilities(YESTERDAY, today) == ()


@pytest.mark.parametrize(
    ("today", "where", "says"),
    [
        (but(level=None), "level", "was removed"),
        (but(desk=None), "desk", "was removed"),
        (but(gates=None), "gates[].why", "was removed"),
        (but(level={"type": "string"}), "level", "takes integer, and string is written"),
        (but(level={"type": "number", "minimum": 1, "maximum": 4}), "level", "takes integer, and number is written"),
        (but(kind={"type": "string", "enum": ["repair"]}), "kind", "today's reader refuses the value 'complaint'"),
        (
            but(kind={"type": "string", "enum": ["repair", "complaint", "praise"]}),
            "kind",
            "yesterday's reader refuses the value 'praise'",
        ),
        (but(kind={"type": "string"}), "kind", "yesterday's reader takes listed values only"),
        (but(desk={"type": "string", "enum": ["a"]}), "desk", "today's reader takes listed values only"),
        (but(why={"const": "other"}), "why", "yesterday's reader refuses the value 'other'"),
        (but(level={"type": "integer", "minimum": 1, "maximum": 5}), "level", "yesterday's reader asks for maximum 4"),
        (but(level={"type": "integer", "minimum": 2, "maximum": 4}), "level", "today's reader asks for minimum 2"),
        (but(level={"type": "integer"}), "level", "yesterday's reader asks for minimum 1, and minimum None"),
        (but(case_id={"type": "string", "pattern": "^[A-Z]+$"}), "case_id", "reader asks for pattern"),
        (but(case_id={"type": "string"}), "case_id", "yesterday's reader asks for pattern"),
        (but(due_at={"type": "string", "format": "date"}), "due_at", "reader asks for format date-time"),
        (but(desk={"type": "string", "maxLength": 5}), "desk", "today's reader asks for maxLength 5"),
        (but(home_id={"type": "string"}), "home_id", "today's reader takes string, and null is written"),
        (but(desk={"anyOf": [{"type": "string"}, {"type": "null"}]}), "desk", "yesterday's reader takes string"),
        ({**but(place={"type": "string"}), "required": [*REQUIRED, "place"]}, "place", "today's reader requires it"),
        ({**YESTERDAY, "required": [*REQUIRED, "desk"]}, "desk", "today's reader requires it"),
        ({**YESTERDAY, "required": REQUIRED[1:]}, "case_id", "yesterday's reader requires it"),
        (but(gates={"type": "array", "items": {"type": "string"}}), "gates[]", "takes object, and string is written"),
        (but(gates={"type": "array"}), "gates", "yesterday's reader asks for certain items"),
        (gate(required=["gate", "why"]), "gates[].why", "today's reader requires it"),
        (gate(required=[]), "gates[].gate", "yesterday's reader requires it"),
        (
            gate(properties={**GATE["properties"], "gate": {"enum": ["leaks"], "type": "string"}}),  # type: ignore[dict-item]  # a JSON object
            "gates[].gate",
            "today's reader refuses the value 'documents'",
        ),
    ],
)
def test_a_planted_violation_is_found_and_named(today: Schema, where: str, says: str) -> None:
    found = incompatibilities(YESTERDAY, today)
    assert any(each.where == where and says in each.what for each in found), [str(each) for each in found]


def test_a_keyword_that_is_not_known_is_never_passed_over() -> None:
    with pytest.raises(UnknownKeywordError, match="contains"):
        incompatibilities(YESTERDAY, but(gates={"type": "array", "contains": {"type": "string"}}))


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ({}, True),
        ({"level": 0}, False),
        ({"level": 1}, True),
        ({"level": 4}, True),
        ({"level": 5}, False),
        ({"level": True}, False),
        ({"level": "1"}, False),
        ({"case_id": "A"}, False),
        ({"kind": "praise"}, False),
        ({"due_at": "tomorrow"}, False),
        ({"due_at": "2026-03-10T02:15:30Z"}, True),
        ({"desk": "0123456789"}, False),
        ({"home_id": None}, True),
        ({"desk": None}, False),
        ({"gates": [{"gate": "leaks"}, {"gate": "x"}]}, False),
        ({"gates": [{"why": "x"}]}, False),
        ({"gates": [{"gate": "leaks", "a_newer_field": 1}]}, True),
        ({"gates": {"gate": "leaks"}}, False),
    ],
)
def test_a_value_fulfils_a_schema_or_not(value: dict[str, Any], accepted: bool) -> None:  # noqa: FBT001 - one column of the table
    full = {"case_id": "a", "level": 2, "kind": "repair", "due_at": "2026-03-10T02:15:30Z", "gates": []}
    assert accepts(YESTERDAY, {**full, **value}) is accepted


def test_a_required_field_must_be_there() -> None:
    assert not accepts(YESTERDAY, {"case_id": "a", "level": 2, "kind": "repair", "due_at": "2026-03-10T02:15:30Z"})


@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.type_name())
def test_every_event_is_compatible_with_itself_and_its_schema_describes_what_it_writes(model: type[Event]) -> None:
    schema = schema_of(model)
    assert incompatibilities(schema, schema_of(model)) == ()
    assert accepts(schema, sample_of(model)["data"])
