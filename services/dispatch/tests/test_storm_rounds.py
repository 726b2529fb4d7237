"""Whatever waits and whoever is there: a round sends each free person at most once, where they can help (DSP-09)."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linli_dispatch.domain.assigning.routing import has_skill
from linli_dispatch.domain.group.places import Estate, Staff
from linli_dispatch.domain.storms.giving_out import MOST_ORDERS, looked_at
from linli_dispatch.domain.storms.rounds import Crew, Visit, choose, nobody_can, sent_to, soonest, stays_longer, way_min
from linli_dispatch.domain.storms.storm import Sent, Storm, StormOrder, hands_freed
from linli_dispatch.domain.storms.storm_terms import Ways, storm_terms_of
from linli_dispatch.solving import solve
from linli_testkit.facts import shipped_policy

AT = datetime(2026, 7, 7, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WAYS = Ways(visit_min=40, further_min=10, within_phase_min=5, across_min=12)
PLACES = ("p1|1", "p1|2", "p2|1")
TRADES = ("waterproofing", "electrical")


def crew(number: int, skills: tuple[str, ...], busy_min: int, where: str | None) -> Crew:
    staff = Staff(staff_id=f"f{number}", role="repair_engineer", desk="repair", skills=skills)
    return Crew(staff, float(busy_min), is_free=not busy_min, where=where)


CREW = st.tuples(
    st.sets(st.sampled_from(TRADES)).map(lambda trades: tuple(sorted(trades))),
    st.sampled_from((0, 0, 10, 45)),
    st.sampled_from((None, *PLACES)),
)
VISIT = st.tuples(st.sampled_from(PLACES), st.sampled_from(TRADES), st.integers(1, 40))
CREWS = st.lists(CREW, max_size=4).map(lambda found: [crew(number, *one) for number, one in enumerate(found)])
VISITS = st.lists(VISIT, max_size=3).map(lambda found: [Visit(f"o{number}", *one) for number, one in enumerate(found)])


@pytest.mark.rule("DSP-09")
@settings(deadline=None)  # the first call loads the solver
@given(visits=VISITS, crews=CREWS)
def test_a_round_sends_each_free_person_once_and_only_where_they_have_the_skill(
    visits: list[Visit], crews: list[Crew]
) -> None:
    chosen = choose(visits, crews, WAYS, solve)
    sent = [one.staff.staff_id for one in chosen.values()]
    assert len(sent) == len(set(sent))
    trades = {visit.order_id: visit.trade for visit in visits}
    assert all(one.is_free and has_skill(one.staff, trades[order_id]) for order_id, one in chosen.items())
    assert choose(visits, crews, WAYS, solve) == chosen


@pytest.mark.rule("DSP-09")
@settings(deadline=None)  # the first call loads the solver
@given(visits=VISITS, crews=CREWS.filter(lambda crews: all(one.is_free for one in crews)))
def test_no_other_assignment_waits_less(visits: list[Visit], crews: list[Crew]) -> None:
    """Against every other one, where everybody is free; who gets nobody waits as long as nobody could take."""
    nobody = WAYS.across_min + WAYS.visit_min

    def waits(of: dict[str, Crew]) -> float:
        return sum(
            visit.weight * (way_min(of[visit.order_id], visit.where, WAYS) if visit.order_id in of else nobody)
            for visit in visits
        )

    best = waits(choose(visits, crews, WAYS, solve))
    for people in permutations([*crews, *(None for _ in visits)], len(visits)):
        pairs = [(visit, one) for visit, one in zip(visits, people, strict=True) if one is not None]
        if all(has_skill(one.staff, visit.trade) for visit, one in pairs):
            assert best <= waits({visit.order_id: one for visit, one in pairs}) + 1e-3


@pytest.mark.rule("DSP-09")
def test_what_a_busy_person_can_reach_sooner_is_left_to_them() -> None:
    far, near = crew(1, TRADES, 0, "p2|1"), crew(2, TRADES, 10, "p1|1")
    assert choose([Visit("o1", "p1|1", None, 1)], [far, near], WAYS, solve) == {}
    assert choose([Visit("o1", "p1|2", None, 1)], [far, near], WAYS, solve) == {"o1": far}


@pytest.mark.rule("DSP-09", "INT-11")
def test_an_emergency_goes_to_who_is_there_first_with_what_they_are_at_reckoned_in() -> None:
    far, near, other = crew(1, TRADES, 0, "p2|1"), crew(2, TRADES, 45, "p1|1"), crew(3, ("electrical",), 0, "p1|1")
    urgent = Visit("o1", "p1|1", "waterproofing", 1)
    assert soonest(urgent, [far, near, other], WAYS) == far
    assert soonest(urgent, [near, other], WAYS) == near
    assert soonest(urgent, [other], WAYS) is None


@pytest.mark.rule("DSP-09")
def test_a_visit_lasts_as_long_as_its_way_and_its_requests_and_ends_when_it_is_told() -> None:
    order = StormOrder(id="e.o1", estate_id="e", storm_id="e.st", place="", desk="repair", trade=None,
                       phase="p1", building="1", opened_at=AT)  # fmt: skip
    sent = sent_to(crew(1, TRADES, 10, "p2|1"), order, 3, WAYS, AT)
    assert sent == Sent("p1|1", AT + (10 + 12 + 40 + 20) * MINUTE, "e.o1")
    longer = stays_longer(sent, order, WAYS)
    assert longer.until - sent.until == 10 * MINUTE
    elsewhere = Sent("p2|1", AT, "e.o2")
    assert stays_longer(elsewhere, order, WAYS) == elsewhere
    storm = Storm(id="e.st", estate_id="e", cause="rainstorm", how="by_hand", declared_at=AT, surged_at=AT,
                  over_after=12 * 60 * MINUTE, gathering={"a": "e.o1", "b": "e.o2"}, waiting=("e.o2",),
                  round_at=AT + 10 * MINUTE, sent={"f1": longer, "f2": elsewhere})  # fmt: skip
    freed = hands_freed(storm, order, AT + MINUTE)
    assert freed.sent == {"f1": Sent("p1|1", AT + MINUTE, None), "f2": elsewhere}
    assert (freed.gathering, freed.round_at) == ({"b": "e.o2"}, AT + MINUTE)
    assert hands_freed(freed, order, AT + MINUTE) == freed
    assert Storm.model_validate_json(freed.model_dump_json()) == freed


@pytest.mark.rule("DSP-09")
def test_a_round_looks_at_the_heaviest_and_among_equals_at_those_that_were_opened_first() -> None:
    """Given one work order more than a round takes, then the lightest of them waits for the next one."""
    levels = [{"c": 3}, *({"c": 4} for _ in range(MOST_ORDERS - 1)), {"c": 4, "d": 4, "e": 1}]
    orders = [
        StormOrder(id=f"e.o{n}", estate_id="e", storm_id="e.st", place="", desk="repair", trade=None, phase=None,
                   building=None, opened_at=AT, levels=of) for n, of in enumerate(levels)
    ]  # fmt: skip
    storm = Storm(id="e.st", estate_id="e", cause="rainstorm", how="by_hand", declared_at=AT, surged_at=AT,
                  over_after=MINUTE, waiting=tuple(order.id for order in orders))  # fmt: skip
    terms = storm_terms_of(shipped_policy().policy("2000.1"), "Asia/Shanghai")
    seen = [order.id for order in looked_at(storm, tuple(reversed(orders)), terms)]
    assert seen == [f"e.o{MOST_ORDERS}", "e.o0", *(f"e.o{number}" for number in range(1, MOST_ORDERS - 1))]


@pytest.mark.rule("DSP-09", "DSP-19")
def test_a_skill_that_left_with_its_person_is_no_skill_of_the_desk() -> None:
    """Given the only electrician, off duty or gone, then the work order waits for them, or goes to the next pool."""
    there = Staff(
        staff_id="f1", role="repair_engineer", desk="repair", skills=("electrical",), from_hour=8, until_hour=9
    )
    other = Staff(staff_id="f2", role="repair_engineer", desk="repair", skills=("waterproofing",))
    visit = Visit("o1", PLACES[0], "electrical", 1)
    for electrician, nobody in ((there, False), (there.model_copy(update={"weekdays": ()}), True)):
        estate = Estate(
            id="xh01", region_id="south", project_id="p1", name="n", kind="residential", zone="Asia/Shanghai",
            staff=(electrician, other),
        )  # fmt: skip
        assert nobody_can(visit, "repair", estate) is nobody
