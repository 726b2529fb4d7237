"""An engineer and the service supervisor go with the contractor, on each of the rule's four grounds (DSP-11)."""

from datetime import timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import AccompanimentAsked, RepairDone, VisitAccompanied
from linli_messaging.service_map import Actor

from services.dispatch.tests.office import NOW, Office

COMPANY: dict[str, Any] = {"engineer_id": "fixer1", "supervisor_id": "property_head"}
ELECTRICAL: dict[str, Any] = {"subcategory": "socket", "trade": "electrical"}


@pytest.mark.rule("DSP-11")
@pytest.mark.parametrize(
    ("subcategory", "trade", "grounds"),
    [
        ("leak", "plumbing", ("leak",)),
        ("damp_wall", "waterproofing", ("leak",)),
        ("structural_crack", "decoration", ("structural_crack",)),
        ("crack", "structure", ("structural_crack",)),
        ("leak", "structure", ("leak", "structural_crack")),
        ("socket", "electrical", ()),
        ("crack", "decoration", ()),
    ],
)
def test_leaks_and_structural_cracks_are_accompanied(
    office: Office, subcategory: str, trade: str, grounds: tuple[str, ...]
) -> None:
    """Given a repair, when its contractor is notified, then company is asked for leaks and structural cracks, only."""
    office.open_repair(subcategory=subcategory, trade=trade)
    assert office.facts(AccompanimentAsked) == []
    office.covered()
    assert [event.grounds for event in office.facts(AccompanimentAsked)] == ([grounds] if grounds else [])
    office.covered()  # the same answer again
    assert len(office.facts(AccompanimentAsked)) == bool(grounds)


@pytest.mark.rule("DSP-11")
def test_whoever_is_to_go_is_named_with_the_time_to_arrive(office: Office) -> None:
    """Given a leak, then the engineer who has it, the supervisor, and the contractor's time to arrive are told; where
    the supervisor is away, the deputy is.
    """
    office.open_repair()
    handler = office.ticket().handler_id
    office.covered()
    (asked,) = office.facts(AccompanimentAsked)
    assert (asked.engineer_id, asked.supervisor_ids) == (handler, ("property_head",))
    order = office.ticket().order
    assert order
    assert asked.arrive_by == order.arrive_by
    office.accepted_of(
        "record-absence",
        estate_id="xh01", staff_id="property_head", deputy_id="centre_head",
        from_at=office.now, until_at=NOW + timedelta(days=9),
    )  # fmt: skip
    office.accepted("doubt-responsibility")
    assert office.facts(AccompanimentAsked)[-1].supervisor_ids == ("centre_head",)


@pytest.mark.rule("DSP-11")
def test_a_repair_that_is_repeated_is_accompanied(office: Office) -> None:
    """Given an ordinary repair, then the first one needs no company, and the second one does."""
    office.open_repair(**ELECTRICAL)
    office.covered()
    office.accepted("finish")
    assert office.facts(AccompanimentAsked) == []
    office.called_back(satisfied=False)
    office.covered(round_=2)
    (asked,) = office.facts(AccompanimentAsked)
    assert (asked.grounds, asked.round) == (("repeated",), 2)


@pytest.mark.rule("DSP-11")
def test_staff_say_that_responsibility_is_unclear_once(office: Office) -> None:
    """Given an ordinary repair, when somebody finds the responsibility unclear, then company is asked for, once."""
    office.open_repair(**ELECTRICAL)
    assert office.refused("doubt-responsibility") == "no-order"
    office.covered()
    office.accepted("doubt-responsibility")
    assert [event.grounds for event in office.facts(AccompanimentAsked)] == [("unclear_responsibility",)]
    assert office.refused("doubt-responsibility") == "accompaniment-asked"


@pytest.mark.rule("DSP-11")
def test_an_engineer_and_the_supervisor_went_along(office: Office) -> None:
    """Given company was asked for, then both are recorded, once; anybody else is refused by name."""
    office.open_repair()
    assert office.refused("accompany", **COMPANY) == "no-order"
    office.covered()
    wrong = COMPANY | {"engineer_id": "agent1"}, COMPANY | {"supervisor_id": "agent1"}
    assert [office.refused("accompany", **one) for one in wrong] == ["not-an-engineer", "not-the-supervisor"]
    contractor = Actor(subject="c", scopes=frozenset({"*"}), contractor_id="builder_co")
    assert office.refused("accompany", actor=contractor, **COMPANY) == "not-your-order"
    office.accepted("accompany", **COMPANY)
    (told,) = office.facts(VisitAccompanied)
    assert (told.engineer_id, told.supervisor_id) == ("fixer1", "property_head")
    assert office.refused("accompany", **COMPANY) == "visit-accompanied"


@pytest.mark.rule("DSP-11", "DSP-19")
def test_who_has_left_the_roster_goes_along_with_nobody_any_more(office: Office) -> None:
    office.open_repair()
    office.covered()
    gone = {"staff_id": "fixer1", "role": "repair_engineer", "desk": "repair", "weekdays": []}
    office.accepted_of("roster-staff", estate_id="xh01", staff=[gone])
    assert office.refused("accompany", **COMPANY) == "not-an-engineer"
    office.accepted("accompany", **(COMPANY | {"engineer_id": "fixer2"}))


@pytest.mark.rule("DSP-11")
@pytest.mark.parametrize("accompanied", [True, False])
def test_a_repair_without_its_company_ends_and_its_history_says_so(office: Office, *, accompanied: bool) -> None:
    """Given company was asked for, when nobody went along, then the repair ends all the same, and that is told why."""
    office.open_repair()
    office.covered()
    if accompanied:
        office.accepted("accompany", **COMPANY)
    office.accepted("finish")
    assert len(office.facts(RepairDone)) == 1
    said = [because for because in office.reasons if because.what == "done without the company that was asked for"]
    assert [because.rule for because in said] == ([] if accompanied else ["DSP-11"])
