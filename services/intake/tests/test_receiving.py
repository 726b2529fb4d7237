"""A complete request becomes a graded case with its customer; an incomplete one is answered with all that it lacks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.intake import ComplaintGraded, ComplaintReceived
from linli_intake.domain.quarantine import Quarantined
from linli_intake.domain.request import RequestText
from linli_rulebook.decision import Because

from services.intake.tests.desk import COMPLETE, NOW, Desk

POLICY_BEGINS = datetime(1999, 12, 31, 16, tzinfo=UTC)
"""Midnight of the year 2000 in Shanghai; no deadline is known before."""


def missing(answer: dict[str, Any]) -> list[str]:
    return [fault["field"] for fault in answer["missing"]]


@pytest.mark.rule("INT-03", "INT-04", "INT-06")
def test_a_complete_request_is_registered_graded_and_told(desk: Desk) -> None:
    answer = desk.receive()

    assert answer.keys() == {"case_id", "customer_ref", "level", "secret"}
    assert answer["case_id"].startswith("xh01.c")
    received, graded = desk.told
    assert isinstance(received, ComplaintReceived)
    assert isinstance(graded, ComplaintGraded)
    assert (received.case_id, received.customer_ref) == (answer["case_id"], answer["customer_ref"])
    assert (received.received_at, received.received_by) == (NOW, "s17")
    assert (graded.level, graded.previous_level, graded.reasons) == (4, None, ("ordinary",))
    assert graded.policy_version == desk.request(answer["case_id"]).policy_version == "2000.1"
    text = desk.states[RequestText, answer["case_id"]]
    assert isinstance(text, RequestText)
    assert text.what_happened == COMPLETE["what_happened"]


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    "field",
    [
        "estate_id", "home_id", "kind", "category", "subcategory", "channel", "customer_kind", "name", "contact",
        "what_happened", "expects", "received_by",
    ],
)  # fmt: skip
@pytest.mark.parametrize("blank", [None, ""])
def test_each_missing_field_is_named_with_what_is_allowed(desk: Desk, field: str, blank: str | None) -> None:
    answer = desk.receive(**{field: blank})

    assert answer["refused"]
    assert (answer["code"], answer["status"]) == ("incomplete", 422)
    assert missing(answer) == [field]
    fault = answer["missing"][0]
    assert fault["allowed"]
    assert fault["zh"].startswith("缺少")
    assert fault["en"].endswith("is missing.")
    assert desk.told == []


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"estate_id": "nowhere"}, "estate_id"),
        ({"estate_id": "no such.key"}, "estate_id"),
        ({"home_id": "xh01.1-3-999"}, "home_id"),
        ({"home_id": "xh02.1-1-101"}, "home_id"),
        ({"home_id": "五栋502"}, "home_id"),
        ({"common_area": True}, "home_id"),
        ({"kind": "投诉"}, "kind"),
        ({"channel": "pigeon"}, "channel"),
        ({"lawsuit": "perhaps"}, "lawsuit"),
        ({"publication": "soon"}, "publication"),
        ({"trade": "magic"}, "trade"),
        ({"subcategory": "漏水"}, "subcategory"),
        ({"place": "厨房"}, "place"),
        ({"received_by": "张三 13800138000"}, "received_by"),
        ({"people": 0}, "people"),
        ({"complete_by": "2099-12-31T00:00:00Z"}, "complete_by"),
        ({"language": "Mandarin!"}, "language"),
        ({"source_row": "row 7"}, "source_row"),
        ({"what_happened": " \n　"}, "what_happened"),
    ],
)
def test_what_is_not_allowed_is_named(desk: Desk, fields: dict[str, Any], fault: str) -> None:
    answer = desk.receive(**fields)

    assert missing(answer) == [fault]
    assert answer["missing"][0]["allowed"]


@pytest.mark.rule("INT-03")
def test_everything_missing_is_listed_at_once(desk: Desk) -> None:
    answer = desk.accepted("intake.receive", kind="repair", people=2)

    assert missing(answer) == [
        "estate_id", "home_id", "category", "channel", "customer_kind", "subcategory", "name", "contact", "received_by",
        "what_happened", "expects",
    ]  # fmt: skip
    assert answer["quarantine_id"].startswith("quarantine.q")


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    ("length", "complete"), [(1, True), (19_999, True), (20_000, True), (20_001, False), (200_000, False)]
)
@pytest.mark.parametrize("letter", ["漏", "a", "🏠", "ж"])
def test_a_text_has_up_to_20000_characters_in_any_language(
    desk: Desk, letter: str, length: int, *, complete: bool
) -> None:
    answer = desk.receive(what_happened=letter * length)

    assert ("case_id" in answer) is complete
    if not complete:
        kept = desk.states[Quarantined, answer["quarantine_id"]]
        assert isinstance(kept, Quarantined)
        assert kept.form.what_happened == letter * length


@pytest.mark.rule("INT-11", "INT-15", "INT-16")
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"channel": "email"}, True),
        ({"channel": "hotline"}, False),
        ({"channel": "hotline", "emergency": True}, True),
        ({"channel": "email", "source_row": "a1b2"}, False),
        ({"channel": "hotline", "emergency": True, "source_row": "a1b2"}, False),
        ({"channel": "email", "anonymous": True, "name": None, "contact": None}, False),
    ],
)
def test_a_receipt_is_written_where_nobody_gave_it_by_word_of_mouth(
    desk: Desk, fields: dict[str, Any], *, told: bool
) -> None:
    desk.receive(**fields)
    assert [effect.payload["about"] for effect in desk.decisions[-1].effects] == ["receipt"] * told


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    ("fields", "offset_s", "complete"),
    [
        ({}, 0, True),
        ({}, 1, False),
        ({}, -1, False),
        ({"channel": "import"}, -1, True),
        ({"channel": "import"}, -31_536_000, True),
        ({"channel": "import"}, 1, False),
        ({"source_row": "a1b2"}, -1, True),
        ({"source_row": "a1b2"}, 1, False),
        ({"channel": "import"}, -(NOW - POLICY_BEGINS).total_seconds(), True),
        ({"channel": "import"}, -(NOW - POLICY_BEGINS).total_seconds() - 1, False),
    ],
)
def test_only_an_import_says_when_it_was_received_and_never_later_than_now(
    desk: Desk, fields: dict[str, Any], offset_s: float, *, complete: bool
) -> None:
    at = NOW + timedelta(seconds=offset_s)
    answer = desk.receive(received_at=at, **fields)

    if complete:
        assert desk.request(answer["case_id"]).received_at == at
    else:
        assert missing(answer) == ["received_at"]


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize("anonymity", [{"anonymous": True}, {"customer_kind": "anonymous"}])
def test_an_anonymous_customer_needs_neither_name_nor_contact(desk: Desk, anonymity: dict[str, Any]) -> None:
    first = desk.receive(name=None, contact=None, **anonymity)
    second = desk.receive(name=None, contact=None, **anonymity)

    assert first["customer_ref"] != second["customer_ref"]


@pytest.mark.rule("INT-03")
def test_a_common_area_needs_no_home(desk: Desk) -> None:
    answer = desk.receive(home_id=None, common_area=True)

    assert desk.request(answer["case_id"]).home_id is None


@pytest.mark.rule("INT-11")
@pytest.mark.parametrize("emergency", [True, False])
def test_an_emergency_is_recorded_as_one(desk: Desk, *, emergency: bool) -> None:
    answer = desk.receive(emergency=emergency, place="kitchen")

    because: list[Because] = [why for why in desk.decisions[-1].because if why.rule == "INT-11"]
    assert [why.subject for why in because] == ([answer["case_id"]] if emergency else [])
    received = desk.told[0]
    assert isinstance(received, ComplaintReceived)
    assert received.emergency is emergency


@pytest.mark.rule("INT-03")
def test_a_case_with_the_same_id_is_never_written_over(desk: Desk) -> None:
    command = {**COMPLETE, "command_id": "the same"}
    desk.accepted("intake.receive", **command)

    assert desk.refused("intake.receive", **command).code == "case-id-taken"


def test_codes_are_told_in_one_spelling(desk: Desk) -> None:
    answer = desk.receive(subcategory="Street Light Outages", place="Wet-Room 2")

    request = desk.request(answer["case_id"])
    assert (request.subcategory, request.place) == ("street_light_outages", "wet-room_2")
