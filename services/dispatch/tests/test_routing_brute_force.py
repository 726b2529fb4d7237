"""Whatever the pool, the handler is whom the policy's weights put first, counted anew and in any order (DSP-08)."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linli_dispatch.domain.assigning.routing import TRADES, choose_handler
from linli_dispatch.domain.group.places import Absence, Estate, Home, Staff, Workload
from linli_dispatch.domain.terms import Terms, terms_of
from linli_dispatch.domain.ticket import Ticket
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import SHANGHAI, local

NOW = local("2026-03-10 10:00")
"""A Tuesday: hours from 8 to 17 hold, hours from 12 don't, and Saturday's people are off."""
HOURS = {(0.0, 24.0): True, (8.0, 17.0): True, (12.0, 20.0): False, (22.0, 11.0): True}
ABOVE = (("property_service_manager", "property_office"), ("property_general_manager", "board"),
         ("property_general_manager", "property_office"), ("agent", "service_centre"))  # fmt: skip
WEEK = (0, 1, 2, 3, 4)
PEOPLE = [f"p{number}" for number in range(6)]
HOME = Home(id="xh01.1-3-502", phase="1", building="3")


SKILLS = st.lists(st.sampled_from(["plumbing", "electrical", "leak", "en"]), unique=True, max_size=2)


@st.composite
def lines(draw: st.DrawFn) -> tuple[Staff, ...]:
    """Lines of a roster: one for each person at each desk, as the registry keeps them."""
    found: dict[tuple[str, str], Staff] = {}
    on_duty = draw(st.booleans())
    engineers = draw(st.sampled_from([0, 1, 2, 4, 6]))
    for number in range(engineers + draw(st.integers(0, 4))):
        role, desk = ("repair_engineer", "repair") if number < engineers else draw(st.sampled_from(ABOVE))
        hours = (0.0, 24.0) if on_duty else draw(st.sampled_from(sorted(HOURS)))
        staff = Staff.model_validate({
            "staff_id": draw(st.sampled_from(PEOPLE)), "role": role, "desk": desk,
            "skills": draw(SKILLS),
            "weekdays": WEEK if on_duty else draw(st.sampled_from([WEEK, (5, 6), ()])),
            "from_hour": hours[0], "until_hour": hours[1],
            "near": draw(st.sampled_from([(), ("1",), ("1-3",), ("1", "1-3"), ("2",)])),
        })  # fmt: skip
        found[staff.staff_id, staff.desk] = staff
    return tuple(found.values())


LOADS = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from([1, 2, 4, 8, 15, 16, 19, 20, 21]))
AWAY = st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True)


def terms() -> Terms:
    book = shipped_policy()
    return terms_of(book.policy(book.versions[-1]), SHANGHAI.key)


def ticket(number: int, trade: str | None, language: str) -> Ticket:
    return Ticket.model_validate({
        "id": f"xh01.c{number}", "estate_id": "xh01", "home_id": HOME.id, "kind": "repair",
        "category": "engineering_quality", "subcategory": "leak", "channel": "hotline", "customer_ref": "c",
        "received_at": NOW - timedelta(hours=1), "trade": trade, "language": language, "emergency": False,
        "complete_by": None, "people": 1, "owner_id": "s", "status": "received", "level": 4, "round": 1, "clocks": (),
        "overdue": (), "round_from": NOW, "report_from": NOW,
    })  # fmt: skip


def estate(staff: tuple[Staff, ...], away: list[str]) -> Estate:
    return Estate(
        id="xh01", region_id="r", project_id="p", name="苑", kind="residential", zone=SHANGHAI.key, staff=staff,
        absences=tuple(Absence(staff_id=one, from_at=NOW, until_at=NOW + timedelta(hours=1)) for one in away),
    )  # fmt: skip


def pools(staff: tuple[Staff, ...]) -> Iterator[list[Staff]]:
    """The desk's own people, then those of each step above it that stands over the desk in the policy."""
    yield [one for one in staff if one.desk == "repair" and one.weekdays]
    for roles in terms().desk("repair").above.values():
        yield [one for one in staff if one.role in roles and one.weekdays]


def fits(one: Staff, case: Ticket, loads: dict[str, int], away: list[str], *, own_hands: bool) -> bool:
    """On duty, with room, and able, where they are to do it with their own hands."""
    able = not own_hands or case.trade is None or case.trade in one.skills or case.subcategory in one.skills
    able = able or not set(one.skills) & TRADES
    there = HOURS[one.from_hour, one.until_hour] and 1 in one.weekdays and one.staff_id not in away
    return able and there and loads.get(one.staff_id, 0) < terms().load_limit


def worth(one: Staff, case: Ticket, loads: dict[str, int], served_by: str | None) -> Fraction:
    """The policy's weights as they read: each for its ground, the load's for the share of the limit that is free."""
    weights, limit = terms().weights, terms().load_limit
    express = case.trade in one.skills or case.subcategory in one.skills
    near = weights.travel if "1-3" in one.near else weights.travel // 2 if "1" in one.near else 0
    return (
        Fraction(weights.load * (limit - loads.get(one.staff_id, 0)), limit)
        + weights.skill * express
        + weights.continuity * (one.staff_id == served_by)
        + near
        + weights.language * (case.language == "zh-CN" or case.language in one.skills)
    )


@pytest.mark.rule("DSP-08")
@settings(max_examples=400, deadline=None)
@given(
    data=st.data(),
    staff=lines(),
    loads=LOADS,
    away=AWAY,
    number=st.integers(0, 50),
    trade=st.sampled_from(["plumbing", "electrical", "heating_cooling", None]),
    language=st.sampled_from(["zh-CN", "en"]),
    served_by=st.sampled_from([None, *PEOPLE]),
)
def test_whoever_is_chosen_is_the_best_of_the_first_pool_that_has_anybody_who_fits(
    data: st.DataObject,
    staff: tuple[Staff, ...],
    loads: dict[str, int],
    away: list[str],
    number: int,
    trade: str | None,
    language: str,
    served_by: str | None,
) -> None:
    """Of the fitting ones of a pool none is worth more; of those worth as much, the case's hash decides. No order of
    the roster, nor of the counters, changes who is chosen, why, or who else was looked at.
    """
    case, desk = ticket(number, trade, language), terms().desk("repair")
    workload = Workload(id="xh01", in_hand=loads)
    choice = choose_handler(case, desk, estate(staff, away), workload, served_by, HOME, terms(), NOW)
    able = [
        [one for one in pool if fits(one, case, loads, away, own_hands=level == 0)]
        for level, pool in enumerate(pools(staff))
    ]
    level = next((level for level, pool in enumerate(able) if pool), None)
    if level is not None:
        best = max(worth(one, case, loads, served_by) for one in able[level])
        equal = {one.staff_id for one in able[level] if worth(one, case, loads, served_by) == best}
        assert choice.handler is not None
        assert choice.handler in able[level]
        assert choice.handler.staff_id == min(equal, key=lambda one: crc32(f"{case.id}|{one}".encode()))
        assert choice.shortage == (level > 0)
    else:
        # Nobody fits: somebody of the first pool that has anybody who is not away, and a shortage either way.
        left = [[one for one in pool if one.staff_id not in away] for pool in pools(staff)]
        first = next((pool for pool in left if pool), [])
        assert choice.handler in first if first else choice.handler is None
        assert choice.shortage
    named = choice.handler.staff_id if choice.handler else None
    assert named not in {one.staff_id for one in choice.runners_up}
    turned = tuple(data.draw(st.permutations(staff)))
    counters = Workload(id="xh01", in_hand=dict(data.draw(st.permutations(sorted(loads.items())))))
    again = choose_handler(case, desk, estate(turned, away[::-1]), counters, served_by, HOME, terms(), NOW)
    assert again == choice


@pytest.mark.rule("DSP-08")
def test_somebody_with_two_desks_above_stands_with_the_same_one_in_any_order() -> None:
    """Given nobody at the desk and a manager above it with two desks of their own, then the order of the roster does
    not say which of them is named, and nobody is a runner-up to themselves.
    """
    desks = ("board", "property_office")
    both = [Staff(staff_id="gm", role="property_general_manager", desk=desk) for desk in desks]
    case, desk, workload = ticket(1, "plumbing", "zh-CN"), terms().desk("repair"), Workload(id="xh01")
    first, second = (
        choose_handler(case, desk, estate(staff, []), workload, None, HOME, terms(), NOW)
        for staff in (tuple(both), tuple(both[::-1]))
    )
    assert first == second
    assert first.handler == both[0]
    assert (first.reasons[0], first.runners_up) == ("next_pool", ())
