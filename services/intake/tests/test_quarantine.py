"""What is refused is kept word for word with the reason, and becomes exactly one case once it is put right."""

import pytest
from linli_contracts.events.intake import ComplaintReceived
from linli_intake.domain.quarantine import Quarantined

from services.intake.tests.desk import COMPLETE, NOW, Desk


def kept(desk: Desk, quarantine_id: str) -> Quarantined:
    found = desk.states[Quarantined, quarantine_id]
    assert isinstance(found, Quarantined)
    return found


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    ("estate_id", "key"), [("xh01", "xh01"), ("nowhere", "nowhere"), (None, "quarantine"), ("没有", "quarantine")]
)
def test_a_refused_form_is_kept_in_the_lane_of_the_estate_it_names(desk: Desk, estate_id: str | None, key: str) -> None:
    answer = desk.receive(estate_id=estate_id, home_id=None, expects=None)

    assert answer["quarantine_id"].partition(".")[0] == key
    form = kept(desk, answer["quarantine_id"]).form
    assert (form.what_happened, form.name, form.expects) == (COMPLETE["what_happened"], COMPLETE["name"], None)
    assert [why.rule for why in desk.decisions[-1].because] == ["INT-03"]


@pytest.mark.rule("INT-03")
def test_a_corrected_form_becomes_a_case_that_remembers_its_words(desk: Desk) -> None:
    refused = desk.receive(expects=None, kind="投诉")
    desk.later(hours=2)

    answer = desk.accepted("intake.resubmit", quarantine_id=refused["quarantine_id"], expects="修好", kind="complaint")

    done = kept(desk, refused["quarantine_id"])
    assert (done.status, done.case_id, done.refused_at) == ("resubmitted", answer["case_id"], NOW)
    assert desk.request(answer["case_id"]).kind == "complaint"
    assert sum(isinstance(event, ComplaintReceived) for event in desk.told) == 1


@pytest.mark.rule("INT-03")
def test_a_form_that_is_still_incomplete_stays(desk: Desk) -> None:
    refused = desk.receive(expects=None, kind=None)

    again = desk.accepted("intake.resubmit", quarantine_id=refused["quarantine_id"], kind="complaint")

    assert again["refused"]
    assert again["quarantine_id"] == refused["quarantine_id"]
    assert [fault["field"] for fault in again["missing"]] == ["expects"]
    assert (kept(desk, refused["quarantine_id"]).tries, kept(desk, refused["quarantine_id"]).form.kind) == (
        2,
        "complaint",
    )


@pytest.mark.rule("INT-03")
def test_a_form_becomes_one_case_only(desk: Desk) -> None:
    refused = desk.receive(expects=None)
    correction = {"quarantine_id": refused["quarantine_id"], "expects": "修好"}
    desk.accepted("intake.resubmit", **correction)

    assert desk.refused("intake.resubmit", **correction).code == "already-resubmitted"


@pytest.mark.rule("INT-03")
def test_the_right_estate_can_be_named_later(desk: Desk) -> None:
    refused = desk.receive(estate_id="星河湾", home_id=None)

    answer = desk.accepted(
        "intake.resubmit", quarantine_id=refused["quarantine_id"], estate_id="xh02", common_area=True
    )

    assert answer["case_id"].startswith("xh02.c")


@pytest.mark.rule("INT-03")
def test_saying_common_area_takes_back_the_home_and_the_other_way_round(desk: Desk) -> None:
    wrong_home = desk.receive(home_id="xh01.9-9-999")
    desk.accepted("intake.resubmit", quarantine_id=wrong_home["quarantine_id"], common_area=True)
    no_home = desk.receive(home_id=None, common_area=True, expects=None)
    home = "xh01.1-3-502"
    answer = desk.accepted("intake.resubmit", quarantine_id=no_home["quarantine_id"], home_id=home, expects="修好")

    assert desk.request(answer["case_id"]).home_id == home


@pytest.mark.rule("INT-03")
def test_an_unknown_quarantine_is_refused(desk: Desk) -> None:
    assert desk.refused("intake.resubmit", quarantine_id="xh01.q000000000000").status == 404


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize(
    ("field", "told", "kept_as", "right"),
    [
        ("people", "三四个人", "三四个人", 3),
        ("people", {"count": 3}, '{"count": 3}', 3),
        ("common_area", "perhaps", "perhaps", False),
        ("emergency", "快来", "快来", True),
        ("received_at", "昨天下午", "昨天下午", None),
        ("complete_by", "2026-13-45", "2026-13-45", None),
        ("kind", ["repair"], '["repair"]', "repair"),
        ("name", 138, "138", "王小明"),
        ("contact", "1" * 201, "1" * 201, "13800138000"),
        ("what_happened", "漏" * 200_001, "漏" * 200_001, "漏水"),
        ("language", None, "null", "zh-CN"),
    ],
)
def test_what_no_field_takes_is_kept_named_and_can_be_corrected(
    desk: Desk, field: str, told: object, kept_as: str, right: object
) -> None:
    refused = desk.receive(**{field: told})

    assert [fault["field"] for fault in refused["missing"]] == [field]
    assert refused["missing"][0]["allowed"]
    stored = kept(desk, refused["quarantine_id"]).form
    assert dict(stored.unread) == {field: kept_as}
    assert stored.expects == COMPLETE["expects"]

    again = desk.accepted("intake.resubmit", quarantine_id=refused["quarantine_id"], received_by="s18")
    assert [fault["field"] for fault in again["missing"]] == [field]
    answer = desk.accepted("intake.resubmit", quarantine_id=refused["quarantine_id"], **{field: right})
    assert answer["case_id"].startswith("xh01.c")
    assert not kept(desk, refused["quarantine_id"]).form.unread


@pytest.mark.rule("INT-03")
def test_a_correction_that_no_field_takes_is_kept_too(desk: Desk) -> None:
    refused = desk.receive(expects=None)

    again = desk.accepted("intake.resubmit", quarantine_id=refused["quarantine_id"], expects="修好", people="几个")

    assert [fault["field"] for fault in again["missing"]] == ["people"]
    assert dict(kept(desk, refused["quarantine_id"]).form.unread) == {"people": "几个"}
