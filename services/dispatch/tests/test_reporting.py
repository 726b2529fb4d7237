"""Six grounds are reported to the property service manager, each at its boundary, once (DSP-13)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import MeasureApproved, RepairReported
from linli_dispatch.domain.group.places import Home
from linli_dispatch.domain.repairs.repair_records import MOST_PLACES, PhaseRecords

from services.dispatch.tests.office import CASE, HOME, NOW, SECOND, Office, graded, local, person, received

DAY = timedelta(days=1)


@pytest.fixture
def office() -> Office:
    """The home under test is one of 21 of its phase, so that a single defect is no fifth of it."""
    new = Office()
    new.found()
    lines = [{"home_id": f"xh01.1-4-{n}", "phase": "1", "building": "4"} for n in range(20)]
    new.accepted_of("register-homes", estate_id="xh01", homes=lines)
    return new


def reported(office: Office) -> list[tuple[str, str]]:
    """Case and ground of each report."""
    return [(one.case_id, one.ground) for one in office.facts(RepairReported)]


def repair(office: Office, number: int, at: datetime, **fields: Any) -> None:  # noqa: ANN401 - fields of a request
    """A repair of the home by our own people, which is done two hours later."""
    case_id = f"xh01.c{number}"
    office.open_repair(at, case_id=case_id, trade=None, subcategory=f"defect{number}", **fields)
    office.accepted("finish", at=at + timedelta(hours=2), case_id=case_id)


# -- an order over its limit


@pytest.mark.rule("DSP-13", "ORG-04")
@pytest.mark.parametrize(("late_by", "told"), [(0, 0), (1, 1)])
def test_an_order_ten_days_over_its_limit_is_reported_once(office: Office, late_by: int, told: int) -> None:
    office.open_repair()
    office.covered()
    limit = NOW + 7 * DAY + 10 * DAY
    assert office.due("overdue_report") == limit
    office.until(limit + late_by * SECOND)
    assert reported(office) == [(CASE, "order_overdue")] * told
    office.until(limit + 30 * DAY)
    assert reported(office) == [(CASE, "order_overdue")]


@pytest.mark.rule("DSP-13", "DSP-19")
@pytest.mark.parametrize(("without", "told"), [(set(), "property_head"), ({"property_head"}, "property_gm")])
def test_whoever_is_above_is_told_where_that_office_is_vacant(without: set[str], told: str) -> None:
    office = Office()
    office.found(without=without)
    office.open_repair()
    office.covered()
    office.until(NOW + 17 * DAY + SECOND)
    assert {one.person_ids for one in office.facts(RepairReported)} == {(told,)}


@pytest.mark.rule("DSP-13", "DSP-06")
def test_a_wait_for_the_customer_puts_it_off_and_an_order_done_in_time_is_not_reported(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.accepted("wait", until=NOW + 3 * DAY)
    office.until(NOW + 4 * DAY)
    assert office.due("overdue_report") == NOW + 20 * DAY
    office.accepted("finish", at=NOW + 20 * DAY)
    office.until(NOW + 25 * DAY)
    assert reported(office) == []


# -- the same place, and repairs that go on


@pytest.mark.rule("DSP-13")
def test_the_second_repair_of_one_place_of_a_home_is_reported(office: Office) -> None:
    repair(office, 1, NOW, place="kitchen")
    repair(office, 2, NOW + DAY, place="bathroom")
    assert reported(office) == []
    repair(office, 3, NOW + 2 * DAY, place="kitchen")
    assert reported(office) == [("xh01.c3", "same_place_again")]


@pytest.mark.rule("DSP-13", "FUP-01")
def test_a_reopened_repair_is_another_repair_of_its_place(office: Office) -> None:
    office.open_repair(trade=None)
    office.accepted("finish", at=NOW + DAY)
    office.called_back(NOW + 2 * DAY, satisfied=False)
    assert reported(office) == [(CASE, "same_place_again")]
    office.called_back(satisfied=False)
    assert reported(office) == [(CASE, "same_place_again")]


@pytest.mark.rule("DSP-13", "ORG-04")
@pytest.mark.parametrize(("last_day", "told"), [("2026-06-09 23:59:59", False), ("2026-06-10 00:00:00", True)])
def test_three_months_of_repairs_without_a_gap_are_reported(office: Office, last_day: str, *, told: bool) -> None:
    for number, day in enumerate(("2026-03-10", "2026-04-09", "2026-05-08", "2026-06-05"), start=1):
        repair(office, number, local(f"{day} 09:30"))
    assert reported(office) == []
    repair(office, 9, local(last_day))
    assert reported(office) == [("xh01.c9", "continuous_repairs")] * told


@pytest.mark.rule("DSP-13")
@pytest.mark.parametrize(("after_s", "told"), [(0, True), (1, False)])
def test_a_gap_over_thirty_days_begins_anew(office: Office, after_s: int, *, told: bool) -> None:
    """From the end of one repair to the next: exactly thirty days still continue."""
    repair(office, 1, NOW)
    second = NOW + timedelta(hours=2) + 30 * DAY + after_s * SECOND
    repair(office, 2, second)
    for number, days in ((3, 29), (4, 58), (5, 63)):
        repair(office, number, second + days * DAY)
    assert reported(office) == [("xh01.c5", "continuous_repairs")] * told


@pytest.mark.rule("DSP-13")
def test_a_repair_under_way_leaves_no_gap(office: Office) -> None:
    office.open_repair(case_id="xh01.c1", trade=None, subcategory="defect1")
    repair(office, 2, NOW + 92 * DAY)
    assert reported(office) == [("xh01.c2", "continuous_repairs")]


# -- one defect in many homes


def phase_of(office: Office, homes: int) -> None:
    """A phase of its own with so many homes."""
    lines = [{"home_id": f"xh01.9-1-{n}", "phase": "9", "building": "1"} for n in range(homes)]
    office.accepted_of("register-homes", estate_id="xh01", homes=lines)


@pytest.mark.rule("DSP-13")
@pytest.mark.parametrize(("homes", "reports_at"), [(10, 3), (9, 2), (1, 1)])
def test_over_a_fifth_of_all_homes_of_a_phase_with_one_defect(office: Office, homes: int, reports_at: int) -> None:
    """Exactly 20 % is not over it; a home counts once; other phases and defects do not."""
    phase_of(office, homes)
    office.open_repair(case_id="xh01.c90", trade=None, subcategory="leak")
    for n in range(reports_at):
        assert not [one for one in reported(office) if one[1] == "same_defect_in_phase"]
        for twice in range(2):
            case_id = f"xh01.c{10 * n + twice}"
            office.open_repair(case_id=case_id, home_id=f"xh01.9-1-{n}", trade=None, subcategory="leak")
        office.open_repair(case_id=f"xh01.d{n}", home_id=f"xh01.9-1-{n}", trade=None, subcategory=f"other{n}")
    found = [one for one in reported(office) if one[1] == "same_defect_in_phase"]
    wanted = (f"xh01.c{10 * (reports_at - 1)}", "same_defect_in_phase")
    assert wanted in found
    assert [one for one in found if not one[0].startswith("xh01.d")] == [wanted], "once"


@pytest.mark.rule("DSP-13", "ORG-01")
def test_the_homes_of_a_phase_are_counted_as_they_are_registered_and_moved(office: Office) -> None:
    phase_of(office, 4)
    phase_of(office, 4)
    line: dict[str, Any] = {"home_id": "xh01.9-1-0", "phase": "10", "building": "1"}
    office.accepted_of("register-homes", estate_id="xh01", homes=[line])
    records = office.states[PhaseRecords, "xh01"]
    assert isinstance(records, PhaseRecords)
    assert records.homes == {"1": 21, "9": 3, "10": 1}


@pytest.mark.rule("DSP-13", "OPS-03")
def test_a_grading_told_twice_counts_once_and_registering_a_home_again_forgets_nothing(office: Office) -> None:
    office.open_repair(trade=None, place="kitchen")
    office.hear(received(office.now, kind="repair", category="engineering_quality"))
    office.hear(graded(4, office.now))
    home = {"home_id": HOME, "phase": "1", "building": "3", "top_floor": True}
    office.accepted_of("register-homes", estate_id="xh01", homes=[home])
    known = office.states[Home, HOME]
    assert isinstance(known, Home)
    assert [(one.place, one.times) for one in known.repaired] == [("kitchen", 1)]
    assert known.top_floor


@pytest.mark.rule("DSP-13")
def test_what_a_home_remembers_is_bounded(office: Office) -> None:
    for n in range(MOST_PLACES + 3):
        office.open_repair(case_id=f"xh01.c{n}", trade=None, place=f"place{n}")
    known = office.states[Home, HOME]
    assert isinstance(known, Home)
    assert [one.place for one in known.repaired] == [f"place{n}" for n in range(3, MOST_PLACES + 3)]


# -- complaints and claims


@pytest.mark.rule("DSP-13")
@pytest.mark.parametrize(
    ("kind", "category", "told"),
    [
        ("compensation", "engineering_quality", True),
        ("compensation", "customer_service", False),
        ("complaint", "engineering_quality", False),
    ],
)
def test_a_claim_because_of_quality(office: Office, kind: str, category: str, *, told: bool) -> None:
    office.open(kind=kind, category=category)
    assert reported(office) == [(CASE, "quality_claim")] * told


@pytest.mark.rule("DSP-13", "DSP-14")
def test_a_strong_complaint_is_reported_once_to_who_holds_the_office(office: Office) -> None:
    office.open_repair()
    office.covered()
    for _ in range(2):
        office.accepted("complain-of-contractor", actor=person("agent1"), reason="attitude")
    (told,) = office.facts(RepairReported)
    assert (told.ground, told.person_ids) == ("strong_complaint", ("property_head",))


# -- the measure


@pytest.mark.rule("DSP-13")
def test_the_manager_proposes_and_the_property_general_manager_approves(office: Office) -> None:
    office.open()
    assert office.refused("propose-measure", measure="x", actor=person("property_head")) == "nothing-reported"
    office.open(case_id="xh01.c2", kind="compensation", category="engineering_quality")
    about: dict[str, Any] = {"case_id": "xh01.c2", "measure": "repaint_all"}
    assert office.refused("propose-measure", actor=person("agent1"), **about) == "not-your-office"
    office.accepted("propose-measure", actor=person("property_head"), **about)
    assert office.refused("propose-measure", actor=person("property_head"), **about) == "application-pending"
    decision: dict[str, Any] = {"case_id": "xh01.c2", "kind": "measure", "submission": 1, "verdict": "approved"}
    assert office.refused("decide-application", actor=person("property_head"), **decision) == "not-your-office"
    office.accepted("decide-application", actor=person("property_gm"), **decision)
    (told,) = office.facts(MeasureApproved)
    assert (told.measure, told.proposed_by) == ("repaint_all", "property_head")
