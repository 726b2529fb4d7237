"""Every event is a past-tense fact of one producer, ordered by a key of its own, with units and clocks in its names."""

import re
from datetime import date, datetime
from typing import Any

import pytest
from linli_contracts.event import KEY_PATTERN, Event
from linli_contracts.events import BY_TYPE, EVENTS
from linli_contracts.json_schema import Node
from linli_contracts.publish import sample_of, schema_of
from linli_contracts.topics import PRODUCER_OF, SERVICES, TOPIC_OF
from pydantic import ValidationError

PAST = re.compile(r"(ed|Due|Done|Unreachable|Expiring|Waiting|Paid|PassedOn|Sent|Spent|Withdrawn)$")

each_event = pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.type_name())


def test_types_are_unique_and_every_service_has_its_topic() -> None:
    assert len(BY_TYPE) == len(EVENTS)
    assert {producer for model in EVENTS for producer in model.producers()} == set(SERVICES) == set(TOPIC_OF)
    assert {TOPIC_OF[service]: service for service in SERVICES} == PRODUCER_OF


@each_event
def test_it_is_a_past_tense_fact_that_says_what_it_is(model: type[Event]) -> None:
    assert PAST.search(model.type_name())
    assert model.__doc__


@each_event
def test_its_key_and_subject_are_fields_that_are_always_there(model: type[Event]) -> None:
    fields = Node.of(schema_of(model))
    assert {model.key_field, model.subject_field} <= fields.required
    assert fields.properties[model.key_field].schema["pattern"] == KEY_PATTERN


@each_event
def test_names_carry_clock_and_unit(model: type[Event]) -> None:
    for name, field in Node.of(schema_of(model)).properties.items():
        option = next(found for found in field.alternatives() if found.type != "null")
        form = option.schema.get("format")
        if form == "date-time":
            assert re.search(r"_(at|by|from)$|^until$|_since$", name), name
        if form == "date":
            assert re.search(r"_on$|^until$", name), name
        if name.endswith("_fen"):
            assert (option.type, option.schema.get("minimum")) == ("integer", 0), name
        assert not (option.type == "number" and "amount" in name), f"{name}: money is whole fen"


@each_event
def test_it_cannot_be_changed_and_a_naive_instant_is_refused(model: type[Event]) -> None:
    data: dict[str, Any] = sample_of(model)["data"]
    event = model.model_validate(data)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(event, model.key_field, "other")
    for name, value in event:
        if isinstance(value, datetime):
            assert value.utcoffset() is not None
            with pytest.raises(ValidationError, match="timezone"):
                model.model_validate({**data, name: "2026-03-10T02:15:30"})
        assert not isinstance(value, date) or isinstance(value, datetime) or name.endswith("_on") or name == "until"


def test_an_instant_is_utc_whatever_zone_it_came_in() -> None:
    model = BY_TYPE["RepairDone", 1]
    event = model.model_validate({**sample_of(model)["data"], "done_at": "2026-03-10T10:15:30+08:00"})
    assert json_of(event)["done_at"] == "2026-03-10T02:15:30Z"


def json_of(event: Event) -> dict[str, Any]:
    return event.model_dump(mode="json")


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-00:01"])
def test_an_instant_that_utc_cannot_say_is_wrong_content_not_a_bug(instant: str) -> None:
    model = BY_TYPE["RepairDone", 1]
    with pytest.raises(ValidationError, match="between the years 1 and 9999"):
        model.model_validate({**sample_of(model)["data"], "done_at": instant})


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_first_and_the_last_instant_are_instants(instant: str) -> None:
    model = BY_TYPE["RepairDone", 1]
    event = model.model_validate({**sample_of(model)["data"], "done_at": instant})
    assert json_of(event)["done_at"] == instant
