"""An estate changes its region at an instant: its open tickets stay as they are (ORG-02)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from linli_contracts.events.dispatch import EstateRegistered
from linli_dispatch.domain.ticket import Ticket

from services.dispatch.tests.office import NOW, SECOND, Office, graded
from services.dispatch.tests.test_planned_changes import MOVED, change, planned

MOVES = NOW + timedelta(hours=1)
"""10:30, before the lunch of the region that it moves to."""


def opened(office: Office, case_id: str, at: datetime) -> Ticket:
    """A complaint that the property department answers."""
    return office.open(at, case_id=case_id, category="property_management", subcategory="noise")


def answers_by(office: Office, case_id: str) -> timedelta:
    """How long the department has from being given the case."""
    office.accepted("pass-on", case_id=case_id)
    return office.due("department_answer", case_id) - office.now


@pytest.mark.rule("ORG-01", "ORG-02", "DSP-02")
def test_tickets_follow_the_region_from_that_very_instant_on(office: Office) -> None:
    """Given regions with other spans, then a second before the move the old one's counts, at its instant the new's."""
    planned(office, "register-estate", MOVED, MOVES)
    opened(office, "xh01.c-before", MOVES - SECOND)
    assert office.estate().region_id == "south"
    before = answers_by(office, "xh01.c-before")
    opened(office, "xh01.c-at", MOVES)
    assert (office.estate().region_id, office.estate().organisation) == ("east", "group/east/p2/xh01")
    assert office.facts(EstateRegistered)[-1].registered_at == MOVES
    assert [office.ticket(f"xh01.c-{name}").region_id for name in ("before", "at")] == ["south", "east"]
    assert answers_by(office, "xh01.c-at") != before


@pytest.mark.rule("ORG-02", "DSP-06")
@pytest.mark.parametrize("moves", [{}, {"region_id": "south", "zone": "America/New_York"}])
def test_deadlines_of_open_tickets_stay_whatever_happens_to_them_later(office: Office, moves: dict[str, str]) -> None:
    """Given a ticket that waits, is taken up again, graded anew and answered after its estate has another region, or
    clocks in another zone, then it is as without.
    """
    planned(office, "register-estate", MOVED | moves, MOVES)
    assert _life(office) == _life_without_move()


def _life_without_move() -> list[Ticket]:
    office = Office()
    office.found()
    return _life(office)


def _life(office: Office) -> list[Ticket]:
    """The ticket after each thing that happens to it."""
    seen = [opened(office, "xh01.c1", NOW)]
    acts: tuple[tuple[str, timedelta, dict[str, Any]], ...] = (
        ("pass-on", SECOND, {}),
        ("wait", timedelta(hours=1), {"until": MOVES + timedelta(days=2)}),
        ("resume", timedelta(days=1), {}),
        ("answer", timedelta(days=1, hours=2), {}),
        ("report", timedelta(days=1, hours=3), {}),
    )
    for name, after, body in acts:
        office.accepted(name, at=MOVES + after, **body)
        seen.append(office.ticket())
        office.hear(graded(3 if name == "wait" else 4, office.now))
        seen.append(office.ticket())
    return seen


@pytest.mark.rule("ORG-01")
def test_a_move_against_the_policys_file_is_refused_when_it_is_planned() -> None:
    """Given an estate whose file names its region, then a move elsewhere is not planned."""
    office = Office()
    office.found("lakeside", region_id="east")
    moved = MOVED | {"estate_id": "lakeside", "region_id": "south"}
    assert office.refused_of("register-estate", **moved, from_at=MOVES) == "other-region"


@pytest.mark.rule("ORG-01")
def test_whoever_may_no_longer_change_the_estate_then_does_not(office: Office) -> None:
    """Given a region's own plan for its estate, and a move to another region before it, then the plan is refused."""
    later = planned(office, "register-estate", MOVED | {"region_id": "south", "name": "新名"}, MOVES + SECOND)
    office.states[type(change(office, later)), later] = change(office, later).model_copy(update={"org": "group/south"})
    planned(office, "register-estate", MOVED, MOVES)
    office.until(MOVES + SECOND)
    assert (office.estate().region_id, office.estate().name) == ("east", "星河湾")
    assert change(office, later).refusal == "outside-your-organisation"
