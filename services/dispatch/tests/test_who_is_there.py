"""Whatever the roster: nobody who is away or has left is chosen, and somebody who is there is (DSP-08, DSP-20)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.events.dispatch import Role
from linli_dispatch.domain.assigning.routing import choose_handler, is_on_duty
from linli_dispatch.domain.group.places import Absence, Estate, Staff, Workload
from linli_dispatch.domain.storms.rounds import crews_of
from linli_dispatch.domain.storms.storm import Storm
from linli_dispatch.domain.storms.storm_terms import storm_terms_of
from linli_dispatch.domain.terms import terms_of
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import NOW, SECOND, Office

POLICY = shipped_policy().policy("2000.1", region="south", estate="xh01")
TERMS = terms_of(POLICY, "Asia/Shanghai")
STORM_TERMS = storm_terms_of(POLICY, "Asia/Shanghai")
HOUR = timedelta(hours=1)
PLACES: tuple[tuple[Role, str], ...] = (
    ("repair_engineer", "repair"), ("property_service_manager", "property_office"),
    ("property_general_manager", "board"), ("group_service_centre", "group"),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who was on the roster once, and where they are now."""

    place: tuple[Role, str]
    left: bool
    away: bool
    on_duty: bool
    skilled: bool
    in_hand: int

    @property
    def there(self) -> bool:
        """Neither left nor away; perhaps not at work at this hour."""
        return not (self.left or self.away)


PEOPLE = st.lists(
    st.builds(
        Person, place=st.sampled_from(PLACES), left=st.booleans(), away=st.booleans(), on_duty=st.booleans(),
        skilled=st.booleans(), in_hand=st.sampled_from((0, 1, TERMS.load_limit)),
    ),
    max_size=6,
)  # fmt: skip


def estate_of(people: list[Person]) -> tuple[Estate, Workload]:
    """Them on a roster; whoever is away is so until the next second."""
    staff, absences = list[Staff](), list[Absence]()
    for number, one in enumerate(people):
        role, desk = one.place
        staff.append(
            Staff(
                staff_id=f"s{number}",
                role=role,
                desk=desk,
                skills=("waterproofing",) if one.skilled else ("electrical",),
                weekdays=() if one.left else (0, 1, 2, 3, 4, 5, 6),
                from_hour=0 if one.on_duty else 20,
                until_hour=24 if one.on_duty else 21,
            )
        )
        if one.away:
            absences.append(Absence(staff_id=f"s{number}", from_at=NOW - HOUR, until_at=NOW + SECOND))
    estate = Estate(
        id="xh01", region_id="south", project_id="p1", name="n", kind="residential", zone="Asia/Shanghai",
        staff=tuple(staff), absences=tuple(absences),
    )  # fmt: skip
    return estate, Workload(id="xh01", in_hand={f"s{n}": one.in_hand for n, one in enumerate(people) if one.in_hand})


def a_repair() -> Office:
    """An office with one repair that needs a skill."""
    office = Office()
    office.found()
    office.open_repair()
    return office


TICKET = a_repair().ticket()


@pytest.mark.rule("DSP-08", "DSP-19", "DSP-20")
@given(people=PEOPLE)
def test_a_handler_is_somebody_who_is_there_whenever_anybody_is(people: list[Person]) -> None:
    """Also where nobody fits, and the least unsuitable gets the ticket."""
    estate, workload = estate_of(people)
    choice = choose_handler(TICKET, TERMS.desk("repair"), estate, workload, None, None, TERMS, NOW)
    there = {f"s{number}" for number, one in enumerate(people) if one.there}
    if choice.handler is None:
        assert not there
    else:
        assert choice.handler.staff_id in there


@pytest.mark.rule("DSP-09", "DSP-19", "DSP-20")
@given(people=PEOPLE)
def test_a_storms_crews_are_those_of_the_desk_who_work_now(people: list[Person]) -> None:
    estate, workload = estate_of(people)
    storm = Storm(id="xh01.st", estate_id="xh01", cause="rainstorm", how="by_hand", declared_at=NOW, surged_at=NOW,
                  over_after=HOUR)  # fmt: skip
    crews = crews_of(storm, "repair", estate, workload, TERMS, STORM_TERMS, NOW)
    working = {f"s{number}" for number, one in enumerate(people) if one.there and one.on_duty}
    assert {one.staff_id for one in estate.staff if is_on_duty(one, estate, TERMS, NOW)} == working
    assert {crew.staff.staff_id for crew in crews} == {
        f"s{number}"
        for number, one in enumerate(people)
        if f"s{number}" in working and one.place[1] == "repair" and one.in_hand < TERMS.load_limit
    }
