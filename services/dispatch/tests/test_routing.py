"""The handler is the best free person of the responsible desk, and the event says why and who else (DSP-08)."""

from datetime import datetime
from typing import Any

import pytest
from linli_contracts.events.dispatch import TicketAssigned
from linli_dispatch.domain.group.places import Home, Staff, Workload
from linli_rulebook import calendar_for
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import CASE, HOME, Office, local

NIGHT = local("2026-03-10 23:30")
DAY = local("2026-03-10 10:00")


def fixers(office: Office, *lines: dict[str, Any]) -> None:
    """A roster of repair engineers besides the others."""
    known = {"role": "repair_engineer", "desk": "repair"}
    office.send("roster-staff", estate_id="xh01", staff=[known | line for line in lines])


def assigned(office: Office) -> TicketAssigned:
    return office.facts(TicketAssigned)[-1]


@pytest.mark.rule("DSP-08")
@pytest.mark.parametrize(
    ("fields", "desk", "handler"),
    [
        ({"category": "engineering_quality"}, "engineering", "builder"),
        ({"category": "planning_design"}, "engineering", "builder"),
        ({"category": "property_management"}, "property", "keeper"),
        ({"category": "customer_service"}, "service_centre", "agent1"),
        ({"category": "other"}, "service_centre", "agent1"),
        ({"kind": "repair", "category": "other", "trade": "waterproofing"}, "repair", "fixer1"),
        ({"kind": "repair", "category": "other", "trade": "electrical"}, "repair", "fixer2"),
        ({"kind": "public_affairs", "category": "other"}, "property", "keeper"),
        ({"kind": "compensation", "category": "engineering_quality"}, "engineering", "builder"),
    ],
)
def test_the_desk_follows_from_kind_and_category_and_the_person_from_the_skill(
    office: Office, fields: dict[str, Any], desk: str, handler: str
) -> None:
    office.open(DAY, **fields)
    assert (assigned(office).desk, assigned(office).handler_id, assigned(office).shortage) == (desk, handler, False)


@pytest.mark.rule("DSP-08")
def test_the_runners_up_say_why_they_were_not_chosen(office: Office) -> None:
    fixers(
        office,
        {"staff_id": "sleeper", "skills": ["waterproofing"], "from_hour": 0, "until_hour": 8},
        {"staff_id": "twin", "skills": ["waterproofing"]},
    )
    office.open_repair(DAY)
    chosen, reasons = assigned(office).handler_id, {one.staff_id: one.why_not for one in assigned(office).runners_up}
    twin = ({"fixer1", "twin"} - {chosen}).pop()
    assert reasons == {twin: "tie_by_hash", "fixer2": "no_skill", "sleeper": "off_duty"}
    assert assigned(office).reasons == ("on_duty", "skill", "in_hand_0")


@pytest.mark.rule("DSP-08")
def test_load_spreads_the_tickets_and_completion_frees_the_hands(office: Office) -> None:
    fixers(office, {"staff_id": "twin", "skills": ["waterproofing"]})
    first = office.open_repair(DAY, home_id=None).handler_id
    second = office.open_repair(DAY, home_id=None, case_id="xh01.c2").handler_id
    assert {first, second} == {"fixer1", "twin"}
    workload = office.states[Workload, "xh01"]
    assert isinstance(workload, Workload)
    assert dict(workload.in_hand) == {"fixer1": 1, "twin": 1}
    office.accepted("finish")
    office.accepted("finish", case_id="xh01.c2")
    after = office.states[Workload, "xh01"]
    assert isinstance(after, Workload)
    assert dict(after.in_hand) == {}


@pytest.mark.rule("DSP-08")
def test_the_same_home_gets_the_same_person_again(office: Office) -> None:
    fixers(office, *({"staff_id": f"twin{number}", "skills": ["waterproofing"]} for number in range(5)))
    first = office.open_repair(DAY).handler_id
    office.accepted("finish")
    for number in range(2, 12):
        assert office.open_repair(case_id=f"xh01.c{number}").handler_id == first
        assert "served_before" in assigned(office).reasons
        office.accepted("finish", case_id=f"xh01.c{number}")
    assert office.open_repair(home_id=None, case_id="xh01.c99").home_id is None
    assert "served_before" not in assigned(office).reasons


@pytest.mark.rule("DSP-08")
def test_another_desks_visit_between_two_repairs_makes_nobody_a_stranger(office: Office) -> None:
    """Given a complaint that the service centre had, and a repair that the manager had for want of anybody, then the
    next repair of the home goes to who did the first.
    """
    fixers(office, *({"staff_id": f"twin{number}", "skills": ["waterproofing"]} for number in range(5)))
    first = office.open_repair(DAY).handler_id
    office.accepted("finish")
    assert office.open(case_id="xh01.c2").handler_id == "agent1"
    office.accepted("resolve", case_id="xh01.c2")
    assert office.open_repair(case_id="xh01.c3", trade="plumbing").handler_id == "property_head"
    office.accepted("finish", case_id="xh01.c3")
    for number in range(4, 10):
        case_id = f"xh01.c{number}"
        assert office.open_repair(case_id=case_id).handler_id == first
        assert "served_before" in assigned(office).reasons
        office.accepted("finish", case_id=case_id)


@pytest.mark.rule("DSP-08", "ORG-03")
@pytest.mark.parametrize(
    ("at", "handler", "reason"),
    [
        (local("2026-03-10 07:59:59"), "centre_head", "next_pool"),
        (local("2026-03-10 08:00"), "agent1", "on_duty"),
        (local("2026-03-10 17:29:59"), "agent1", "on_duty"),
        (local("2026-03-10 17:30"), "centre_head", "next_pool"),
    ],
)
def test_outside_a_desks_hours_the_next_pool_is_asked_and_the_shortage_reported(
    at: datetime, handler: str, reason: str
) -> None:
    office = Office(now=local("2026-03-01 00:00"))
    office.found()
    office.open(at)
    assert (assigned(office).handler_id, assigned(office).shortage) == (handler, reason == "next_pool")
    assert reason in assigned(office).reasons


@pytest.mark.rule("DSP-08")
def test_a_full_desk_is_not_free(office: Office) -> None:
    for number in range(20):
        assert office.open(DAY, case_id=f"xh01.d{number}", home_id=None).handler_id == "agent1"
    assert office.open(case_id="xh01.d20", home_id=None).handler_id == "centre_head"
    assert assigned(office).shortage


@pytest.mark.rule("DSP-08", "DSP-19")
def test_when_nobody_is_free_anywhere_the_desk_gets_it_with_the_shortage() -> None:
    office = Office()
    office.found(without=["centre_head", "marketing_vp", "gm", "group_head"])
    office.open(NIGHT)
    assert (assigned(office).handler_id, assigned(office).reasons[0]) == ("agent1", "nobody_free")
    assert assigned(office).shortage


@pytest.mark.rule("DSP-08", "DSP-19")
def test_without_any_roster_the_owner_keeps_the_ticket() -> None:
    office = Office()
    office.send("register-estate", estate_id="xh01", region_id="south", project_id="p1", name="星河湾")
    ticket = office.open(DAY)
    assert (assigned(office).handler_id, assigned(office).reasons) == (None, ("nobody_rostered",))
    assert (ticket.owner_id, ticket.handler_id, bool(ticket.clocks)) == ("s17", None, True)
    assert office.due("passing_on") == local("2026-03-10 11:00")


@pytest.mark.rule("DSP-08")
@pytest.mark.parametrize(
    ("at", "on_duty"),
    [
        ("2026-03-13 21:59:59", False),
        ("2026-03-13 22:00", True),
        ("2026-03-14 05:59:59", True),  # Saturday's early hours belong to Friday's night
        ("2026-03-14 06:00", False),
        ("2026-03-14 22:00", False),
    ],
)
def test_a_night_duty_belongs_to_the_weekday_on_which_it_begins(at: str, *, on_duty: bool) -> None:
    night = Staff(staff_id="n", role="repair_engineer", desk="repair", weekdays=(4,), from_hour=22, until_hour=6)
    moment = datetime.fromisoformat(at)
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    assert night.on_duty(moment.date(), hour, None) is on_duty


MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
EVERY_DAY = (*MONDAY_TO_FRIDAY, 5, 6)


@pytest.mark.rule("DSP-08", "ORG-03")
@pytest.mark.parametrize(
    ("weekdays", "day", "at_a_department", "at_a_work_list"),
    [
        (MONDAY_TO_FRIDAY, "2026-09-30", True, True),  # a Wednesday
        (MONDAY_TO_FRIDAY, "2026-10-01", False, True),  # National Day, a Thursday
        (MONDAY_TO_FRIDAY, "2026-10-03", False, False),  # a Saturday of the holiday
        (MONDAY_TO_FRIDAY, "2026-10-10", True, False),  # a Saturday that makes up for it
        ((5, 6), "2026-10-03", True, True),
        ((), "2026-10-10", False, False),
        (EVERY_DAY, "2026-10-01", True, True),
    ],
)
def test_a_department_has_holidays_off_and_makes_up_for_them_and_another_desk_goes_by_its_roster(
    weekdays: tuple[int, ...], day: str, *, at_a_department: bool, at_a_work_list: bool
) -> None:
    staff = Staff(staff_id="s", role="department", desk="engineering", weekdays=weekdays)
    departments = calendar_for(shipped_policy().policy("2000.1"), "departments")
    date = datetime.fromisoformat(day).date()
    assert staff.on_duty(date, 10, departments) is at_a_department
    assert staff.on_duty(date, 10, None) is at_a_work_list


@pytest.mark.rule("DSP-08", "ORG-03")
@pytest.mark.parametrize(
    ("at", "handler"),
    [("2026-09-30 10:00", "builder"), ("2026-10-01 10:00", "centre_head"), ("2026-10-10 10:00", "builder")],
)
def test_nobody_is_found_at_a_department_on_national_day(office: Office, at: str, handler: str) -> None:
    office.open(local(at), category="engineering_quality")
    assert assigned(office).handler_id == handler


@pytest.mark.rule("INT-08", "DSP-08")
def test_another_desk_gets_its_own_handler(office: Office) -> None:
    office.open(DAY)
    assert office.refused("pass-on") == "already-passed-on"
    assert office.refused("pass-on", desk="nowhere") == "unknown-desk"
    line = {"staff_id": "keeper", "role": "department", "desk": "pool"}
    for weekdays, refused in (([], True), ([1], False), ([], True)):
        office.accepted_of("roster-staff", estate_id="xh01", staff=[line | {"weekdays": weekdays}])
        assert office.estate().has_desk("pool") is not refused
    assert office.refused("pass-on", desk="pool") == "unknown-desk"
    office.accepted("pass-on", desk="engineering")
    ticket = office.ticket()
    assert (ticket.desk, ticket.handler_id, ticket.complex) == ("engineering", "builder", True)
    office.accepted("pass-on", desk="board")
    assert office.ticket().handler_id in {"engineering_vp", "marketing_vp", "property_gm", "gm"}
    assert "department_answer" in {clock.name for clock in office.ticket().clocks}
    assert office.ticket().kept == {"passing_on": 1}
    assert (office.ticket().id, office.ticket().home_id) == (CASE, HOME)


@pytest.mark.rule("DSP-08")
def test_who_lacks_the_skill_is_never_chosen_by_the_desk_and_the_next_pool_is_asked(office: Office) -> None:
    """Skill is no weight: idle hands that cannot do it are passed over for somebody who can see to it."""
    office.open_repair(DAY, trade="plumbing")
    assert (assigned(office).handler_id, assigned(office).shortage) == ("property_head", True)
    assert assigned(office).reasons[0] == "next_pool"


@pytest.mark.rule("DSP-08")
def test_no_trade_in_particular_means_any_and_the_express_skill_comes_first(office: Office) -> None:
    fixers(office, {"staff_id": "handyman", "skills": ["en"]})
    assert office.open_repair(DAY, trade="plumbing", home_id=None).handler_id == "handyman"
    assert office.open_repair(trade="waterproofing", home_id=None, case_id="xh01.c2").handler_id == "fixer1"
    assert {"staff_id": "handyman", "why_not": "in_hand_1"} in [one.model_dump() for one in assigned(office).runners_up]


@pytest.mark.rule("DSP-08")
@pytest.mark.parametrize(("subcategory", "handler"), [("greening", "gardener"), ("noise", "keeper")])
def test_who_can_do_the_sub_category_comes_first_where_no_trade_is_named(
    office: Office, subcategory: str, handler: str
) -> None:
    """Given a gardener who has more in hand than the others of the desk, then what is about greening is theirs."""
    line = {"staff_id": "gardener", "role": "department", "desk": "property", "skills": ["greening"]}
    office.send("roster-staff", estate_id="xh01", staff=[line])
    office.states[Workload, "xh01"] = Workload(id="xh01", in_hand={"gardener": 3})
    assert office.open(DAY, category="property_management", subcategory=subcategory).handler_id == handler


@pytest.mark.rule("DSP-08")
@pytest.mark.parametrize(
    ("near", "chosen", "reason"),
    [
        (["1-3"], "post", "same_building"),
        (["1"], "post", "same_phase"),
        (["1-4", "2"], None, None),
    ],
)
def test_the_nearer_post_is_chosen_among_equals(
    office: Office, near: list[str], chosen: str | None, reason: str | None
) -> None:
    """Home xh01.1-3-502 stands in phase 1, building 3; without a nearer one, the hash of the case decides."""
    skills = {"skills": ["waterproofing"]}
    fixers(office, {"staff_id": "post", "near": near} | skills, {"staff_id": "post2"} | skills)
    handlers = set()
    for number in range(12):
        case_id = f"xh01.n{number}"
        ticket = office.open_repair(DAY if not number else None, case_id=case_id, home_id=HOME)
        handlers.add(ticket.handler_id)
        if reason:
            assert reason in assigned(office).reasons
            assert "further_away" in {one.why_not for one in assigned(office).runners_up} or number
        office.accepted("finish", case_id=case_id)
        forget_who_served(office)
    assert handlers == {chosen} if chosen else len(handlers) > 1


def forget_who_served(office: Office) -> None:
    """Else continuity would decide before the way."""
    home = office.states[Home, HOME]
    office.states[Home, HOME] = home.model_copy(update={"served_by": None, "served_at": {}})


@pytest.mark.rule("DSP-08")
def test_a_language_decides_among_equals(office: Office) -> None:
    skills = ["waterproofing"]
    fixers(office, {"staff_id": "speaker", "skills": [*skills, "en"]}, {"staff_id": "other", "skills": skills})
    office.open_repair(DAY, language="en")
    assert (assigned(office).handler_id, assigned(office).reasons) == (
        "speaker", ("on_duty", "skill", "language", "in_hand_0"),
    )  # fmt: skip
    assert {one.why_not for one in assigned(office).runners_up if one.staff_id == "other"} == {"language"}


@pytest.mark.rule("DSP-08", "DSP-20")
@pytest.mark.parametrize(("at", "handler"), [("09:59:59", "fixer1"), ("10:00", "property_head"), ("11:00", "fixer1")])
def test_who_is_away_is_not_on_duty(office: Office, at: str, handler: str) -> None:
    office.accepted_of(
        "record-absence", estate_id="xh01", staff_id="fixer1",
        from_at=local("2026-03-10 10:00"), until_at=local("2026-03-10 11:00"), deputy_id="fixer2",
    )  # fmt: skip
    assert office.open_repair(local(f"2026-03-10 {at}")).handler_id == handler


@pytest.mark.rule("DSP-08")
def test_the_same_choice_whatever_the_order_of_the_roster(office: Office) -> None:
    lines = [{"staff_id": f"twin{number}", "skills": ["waterproofing"]} for number in range(6)]
    other = Office()
    other.found()
    fixers(office, *lines)
    fixers(other, *reversed(lines))
    for number in range(20):
        fields: dict[str, Any] = {"case_id": f"xh01.o{number}", "home_id": None}
        assert office.open_repair(**fields).handler_id == other.open_repair(**fields).handler_id
        assert assigned(office).runners_up == assigned(other).runners_up
