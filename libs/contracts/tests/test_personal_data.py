"""No event carries personal data: no field is marked as such, and none has a name that people's data hides behind."""

import inspect
import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Final, get_args, get_origin

import pytest
from linli_contracts.event import Event, Id, Instant, Key
from linli_contracts.events import EVENTS
from linli_contracts.personal import PersonalMark, PersonalText
from pydantic import BaseModel

SUSPICIOUS: Final = re.compile(
    r"(^|_)(names?|surname|phones?|mobile|tel|telephone|fax|e?mails?|wechat|weixin|qq|contacts?|address(es)?|street|"
    r"id_?(number|card|no)|passport|identity|birth(day|date)?|age|gender|sex|texts?|words|what_happened|expects?|"
    r"description|message|comment|remarks?|notes?|memo|photos?|recording|signature|plate|bank|iban|account_no|secret)(_|$)"
)
ALLOWED: Final = {
    "EstateRegistered.name": "The name of an estate (小区), a place and not a person.",
    **{
        f"{event}.message_id": "The id of a message, made from its case's; the message itself never leaves intake."
        for event in ("MessageRequested", "MessageSent", "MessageFailed", "MessageUnconfirmed")
    },
}


def findings(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str]]:
    """Each field of a model, and of what it holds at any depth, that is personal or looks like it."""
    for name, field in model.model_fields.items():
        where = f"{path or model.__name__}.{name}"
        if any(isinstance(mark, PersonalMark) for mark in field.metadata) or is_marked(field.annotation):
            yield where, "is marked as personal"
        if SUSPICIOUS.search(name):
            yield where, "has a name that people's data hides behind"
        for below in models_in(field.annotation):
            yield from findings(below, where)


def is_marked(annotation: Any) -> bool:  # noqa: ANN401 - an annotation has no type
    if get_origin(annotation) is Annotated:
        return any(isinstance(mark, PersonalMark) for mark in annotation.__metadata__) or is_marked(
            annotation.__origin__
        )
    return any(is_marked(argument) for argument in get_args(annotation))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - an annotation has no type
    if inspect.isclass(annotation) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize("model", EVENTS, ids=lambda model: model.type_name())
def test_no_event_carries_personal_data(model: type[Event]) -> None:
    assert [found for found in findings(model) if found[0] not in ALLOWED] == []


@pytest.mark.rule("INT-13")
def test_every_exception_is_still_needed() -> None:
    found = {where for model in EVENTS for where, _ in findings(model)}
    assert found >= ALLOWED.keys()


class Inner(BaseModel):
    """A part of a planted event."""

    phone: str


class Marked(BaseModel):
    """A part with a marked field under an innocent name."""

    code: PersonalText


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize(
    "annotation",
    [
        PersonalText,
        PersonalText | None,
        tuple[PersonalText, ...],
        dict[str, PersonalText],
        Annotated[PersonalText, "more"],
        Inner,
        Inner | None,
        tuple[Inner, ...],
        dict[str, tuple[Inner | None, ...]],
        Marked,
    ],
)
def test_a_planted_personal_field_is_found_at_any_depth(annotation: type | UnionType) -> None:
    planted = type("Planted", (BaseModel,), {"__annotations__": {"code": annotation}})
    assert len(list(findings(planted))) == 1


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize(
    "name",
    [
        "name",
        "customer_name",
        "phone",
        "contact",
        "id_number",
        "text",
        "what_happened",
        "address",
        "contact_way",
        "email",
    ],
)
def test_a_planted_suspicious_name_is_found(name: str) -> None:
    planted = type("Planted", (BaseModel,), {"__annotations__": {name: str}})
    assert [where for where, _ in findings(planted)] == [f"Planted.{name}"]


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize("name", ["customer_ref", "case_id", "reason", "subcategory", "contract_id", "place", "zone"])
def test_what_only_refers_to_people_or_things_passes(name: str) -> None:
    planted = type("Planted", (BaseModel,), {"__annotations__": {name: Key | Id | Instant}})
    assert list(findings(planted)) == []
