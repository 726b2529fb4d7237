"""What is refused is kept word for word with the reason, and becomes exactly one case once it is put right."""

import pytest
from linli_contracts.events.dispatch import EstateRegistered
from linli_contracts.events.intake import ComplaintReceived
from linli_intake.domain.quarantine import Quarantined
from linli_intake.handlers import MAP
from linli_messaging.service_map import ANYWHERE, Actor
from linli_testkit.facts import GivenFacts
from pydantic import ValidationError

from services.intake.tests.desk import COMPLETE, NOW, Desk


def kept(desk: Desk, quarantine_id: str) -> Quarantined:
    found = desk.states[Quarantined, quarantine_id]
    assert isinstance(found, Quarantined)
    return found


@pytest.mark.rule("INT-03", "INT-13")
@pytest.mark.parametrize(
    ("estate_id", "key"),
    [
        ("xh01", "xh01"),
        ("nowhere", "quarantine"),
        ("13800138000", "quarantine"),
        (None, "quarantine"),
        ("没有", "quarantine"),
    ],
)
def test_a_refused_form_is_kept_in_the_lane_of_the_known_estate_it_names(
    desk: Desk, estate_id: str | None, key: str
) -> None:
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


@pytest.mark.rule("INT-03")
def test_what_is_told_under_a_name_that_no_field_has_is_kept_and_can_be_put_where_it_belongs(desk: Desk) -> None:
    refused = desk.receive(contact=None, phone="13800138000", **{"客户 王女士": {"says": "请尽快"}})

    faults = {fault["field"]: fault["allowed"] for fault in refused["missing"]}
    assert list(faults) == ["contact", "phone", "?"]
    assert "contact" in faults["phone"]
    assert dict(kept(desk, refused["quarantine_id"]).form.unread) == {
        "phone": "13800138000",
        "客户 王女士": '{"says": "请尽快"}',
    }

    correction = {"quarantine_id": refused["quarantine_id"], "contact": "13800138000"}
    again = desk.accepted("intake.resubmit", **correction)
    assert [fault["field"] for fault in again["missing"]] == ["phone", "?"]
    answer = desk.accepted("intake.resubmit", **correction, leave_out=["phone", "客户 王女士", "expects"])

    done = kept(desk, refused["quarantine_id"])
    assert (done.status, done.case_id, done.form.expects) == ("resubmitted", answer["case_id"], COMPLETE["expects"])
    assert dict(done.left_out) == {"phone": "13800138000", "客户 王女士": '{"says": "请尽快"}'}
    assert not done.form.unread


@pytest.mark.rule("INT-03")
def test_a_body_that_is_no_form_at_all_is_refused_as_a_whole(desk: Desk) -> None:
    assert desk.receive(**{f"column_{nth}": "x" for nth in range(100)})["refused"]
    with pytest.raises(ValidationError):
        desk.receive(**{f"column_{nth}": "x" for nth in range(101)})
    with pytest.raises(ValidationError):
        desk.receive(**{"x" * 201: "x"})


def org(desk: Desk, name: str, /, **body: object) -> str | None:
    """The organisation path that a command touches."""
    entry = next(entry for entry in MAP.commands if entry.name == name)
    filled = {"command_id": "a|b", "random_ref": "0" * 24}
    assert entry.org
    return entry.org(GivenFacts(desk.states), entry.body.model_validate(filled | body))


@pytest.mark.rule("INT-03", "ORG-01")
def test_a_form_that_names_no_known_estate_is_kept_for_whoever_sent_it(desk: Desk) -> None:
    assert org(desk, "intake.receive", **COMPLETE) == "group/south/p1/xh01"
    for estate_id in ("nowhere", "没有", None, "quarantine"):
        assert org(desk, "intake.receive", **{**COMPLETE, "estate_id": estate_id}) == ANYWHERE

        refused = desk.receive(estate_id=estate_id)
        assert kept(desk, refused["quarantine_id"]).sent_from == "group"
    desk.sender = Actor("agent", frozenset(), "group/south")
    refused = desk.receive(estate_id="nowhere")
    assert kept(desk, refused["quarantine_id"]).sent_from == "group/south"
    assert kept(desk, desk.receive(expects=None)["quarantine_id"]).sent_from is None
    assert org(desk, "intake.resubmit", quarantine_id=refused["quarantine_id"]) == "group/south"

    desk.sender = Actor("manager", frozenset(), "group")
    desk.accepted("intake.resubmit", quarantine_id=refused["quarantine_id"], estate_id="still_nowhere")
    assert kept(desk, refused["quarantine_id"]).sent_from == "group/south", "whoever corrects it has not sent it"


@pytest.mark.rule("ORG-01", "INT-13")
def test_nobody_takes_a_form_out_of_the_quarantine_of_an_estate_that_is_not_theirs(desk: Desk) -> None:
    desk.hear(
        EstateRegistered(
            estate_id="nb01", region_id="north", project_id="p2", name="北苑", kind="residential", registered_at=NOW
        )
    )
    refused = desk.receive(expects=None)["quarantine_id"]

    assert org(desk, "intake.resubmit", quarantine_id=refused) == "group/south/p1/xh01"
    assert org(desk, "intake.resubmit", quarantine_id=refused, estate_id="xh02") == "group/south/p1"
    assert org(desk, "intake.resubmit", quarantine_id=refused, estate_id="nb01") == "group"
