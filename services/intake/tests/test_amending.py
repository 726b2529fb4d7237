"""Corrected facts are graded again, a level falls only with a person's reason, and nothing said is ever replaced."""

from typing import Any

import pytest
from linli_contracts.events.intake import ComplaintAmended, ComplaintGraded, ComplaintWithdrawn
from linli_intake.domain.request import RequestText

from services.intake.tests.desk import COMPLETE, Desk


@pytest.mark.rule("INT-06")
def test_a_graver_fact_raises_the_level_and_is_told(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]
    desk.told.clear()

    answer = desk.accepted("intake.amend", case_id=case_id, by="s17", lawsuit="begun", people=3)

    assert answer == {"case_id": case_id, "level": 1, "changed": ["lawsuit", "people"]}
    amended, graded = desk.told
    assert isinstance(amended, ComplaintAmended)
    assert isinstance(graded, ComplaintGraded)
    assert amended.changed == ("lawsuit", "people")
    assert (graded.level, graded.previous_level, graded.reasons) == (1, 4, ("lawsuit_begun", "collective_hot"))


@pytest.mark.rule("INT-06")
def test_a_level_falls_only_with_a_reason(desk: Desk) -> None:
    case_id = desk.receive(people=5)["case_id"]
    correction: dict[str, Any] = {"case_id": case_id, "by": "s17", "people": 2}

    assert desk.refused("intake.amend", **correction).code == "lowering-needs-a-reason"
    assert desk.accepted("intake.amend", **correction, reason="名单里三人并不住这里")["level"] == 4


@pytest.mark.rule("INT-06")
def test_a_correction_that_keeps_the_level_tells_a_grade_when_its_grounds_change(desk: Desk) -> None:
    case_id = desk.receive(lawsuit="begun", people=6)["case_id"]
    desk.told.clear()

    desk.accepted("intake.amend", case_id=case_id, by="s17", people=5)
    assert [type(event) for event in desk.told] == [ComplaintAmended]

    desk.accepted("intake.amend", case_id=case_id, by="s17", people=2)
    _, _, graded = desk.told
    assert isinstance(graded, ComplaintGraded)
    assert (graded.level, graded.previous_level, graded.reasons, graded.people) == (1, 1, ("lawsuit_begun",), 2)
    assert desk.request(case_id).reasons == ("lawsuit_begun",)


@pytest.mark.rule("INT-02")
def test_a_kind_turns_into_another_without_losing_its_history(desk: Desk) -> None:
    case_id = desk.receive(kind="consultation")["case_id"]

    desk.told.clear()
    desk.accepted("intake.amend", case_id=case_id, by="s17", kind="complaint", trade="waterproofing", place="kitchen")
    desk.accepted("intake.amend", case_id=case_id, by="s17", place=None)

    request = desk.request(case_id)
    assert (request.kind, request.trade, request.place) == ("complaint", "waterproofing", None)
    assert request.received_at == desk.now
    told = [event.is_now for event in desk.told if isinstance(event, ComplaintAmended)]
    assert [now and (now.kind, now.trade, now.place, now.category, now.emergency) for now in told] == [
        ("complaint", "waterproofing", place, request.category, request.emergency) for place in ("kitchen", None)
    ]


def test_facts_that_are_so_already_change_nothing(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]
    desk.told.clear()

    assert desk.accepted("intake.amend", case_id=case_id, by="s17", people=1, kind="repair")["changed"] == []
    assert desk.told == []


@pytest.mark.rule("INT-03", "INT-15")
def test_added_words_stand_after_the_first_ones(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]
    desk.accepted("intake.amend", case_id=case_id, by="customer", adds="卧室也开始漏了。")
    desk.accepted("intake.amend", case_id=case_id, by="customer", adds="今天更严重。", emergency=True)

    text = desk.states[RequestText, case_id]
    assert isinstance(text, RequestText)
    assert text.what_happened == COMPLETE["what_happened"]
    assert [addition.said for addition in text.additions] == ["卧室也开始漏了。", "今天更严重。"]
    assert any(why.rule == "INT-11" for why in desk.decisions[-1].because)


@pytest.mark.rule("INT-15")
def test_a_hundred_additions_are_kept_and_no_more(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]
    for number in range(100):
        desk.accepted("intake.amend", case_id=case_id, by="customer", adds=f"{number}")
    refusal = desk.refused("intake.amend", case_id=case_id, by="customer", adds="100")
    assert refusal.code == "too-many-additions"


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(("length", "kept"), [(0, False), (1, True), (20_000, True), (20_001, False)])
def test_an_addition_has_up_to_20000_characters(desk: Desk, length: int, *, kept: bool) -> None:
    case_id = desk.receive()["case_id"]
    addition: dict[str, Any] = {"case_id": case_id, "by": "customer", "adds": "漏" * length}

    if kept:
        desk.accepted("intake.amend", **addition)
    else:
        assert desk.refused("intake.amend", **addition).code == "text-length"


@pytest.mark.rule("INT-15")
def test_a_customer_withdraws_once(desk: Desk) -> None:
    case_id = desk.receive()["case_id"]

    desk.accepted("intake.withdraw", case_id=case_id)

    assert isinstance(desk.told[-1], ComplaintWithdrawn)
    assert desk.refused("intake.withdraw", case_id=case_id).code == "request-withdrawn"
    assert desk.refused("intake.amend", case_id=case_id, by="s17", people=3).code == "request-withdrawn"
    assert desk.refused("intake.amend", case_id=case_id, by="s17", adds="还有").code == "request-withdrawn"


@pytest.mark.parametrize("name", ["intake.amend", "intake.withdraw", "intake.link", "intake.unlink"])
def test_an_unknown_case_is_refused(desk: Desk, name: str) -> None:
    more = {"other_case_id": "xh01.c1"} if name == "intake.link" else {}

    assert desk.refused(name, case_id="xh01.c000000000000", by="s17", **more).status == 404
