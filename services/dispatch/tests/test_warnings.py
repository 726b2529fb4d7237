"""Staff are told of a deadline about to be missed when 80 % of its time is used: once, and who is to act (DSP-20)."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from linli_contracts.events.dispatch import DeadlineApproached, DeadlineMissed
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.handlers.turning import turn_of
from linli_testkit.facts import context

from services.dispatch.tests.matters import decoration, opened, step
from services.dispatch.tests.office import NOW, SECOND, Office, OfficeFacts, local
from services.dispatch.tests.test_approvals import absent

WEEK = timedelta(days=7)


def near(office: Office, clock: str) -> list[DeadlineApproached]:
    return [event for event in office.facts(DeadlineApproached) if event.clock == clock]


@pytest.mark.rule("DSP-20")
@pytest.mark.parametrize(("seconds", "times"), [(-1, 0), (0, 1), (1, 1), (86_400, 1)])
def test_the_warning_comes_when_four_fifths_of_the_time_are_used(office: Office, seconds: int, times: int) -> None:
    office.open()
    office.until(NOW + WEEK * 4 / 5 + timedelta(seconds=seconds))
    assert [(one.due_at, one.person_ids) for one in near(office, "completion")] == [(NOW + WEEK, ("agent1",))] * times


@pytest.mark.rule("DSP-20")
def test_what_is_done_before_warns_nobody(office: Office) -> None:
    office.open()
    office.accepted("resolve", at=NOW + WEEK * 4 / 5 - SECOND)
    office.until(NOW + WEEK)
    assert near(office, "completion") == []


@pytest.mark.rule("DSP-20", "ORG-04")
def test_every_warning_comes_before_its_miss_also_after_forty_days(office: Office) -> None:
    """Given nobody does anything, then each deadline that was missed was warned of before, in the order of time."""
    office.open()
    office.until(NOW + timedelta(days=40))
    missed = [(event.clock, event.due_at) for event in office.facts(DeadlineMissed)]
    warned = [(event.clock, event.due_at) for event in office.facts(DeadlineApproached)]
    assert missed
    assert len(set(warned)) == len(warned)
    assert set(missed) <= set(warned)
    for one in missed:
        told = [
            type(event) for event in office.told
            if isinstance(event, DeadlineApproached | DeadlineMissed) and (event.clock, event.due_at) == one
        ]  # fmt: skip
        assert told == [DeadlineApproached, DeadlineMissed]


@pytest.mark.rule("DSP-20", "DSP-06")
def test_while_the_customer_is_waited_for_no_time_is_used(office: Office) -> None:
    office.open()
    office.accepted("wait", at=NOW + WEEK / 2, until=NOW + WEEK)
    when = NOW + WEEK / 2 + WEEK * 4 / 5
    office.until(when - SECOND)
    assert near(office, "completion") == []
    office.until(when)
    assert [(one.due_at, one.round) for one in near(office, "completion")] == [(NOW + WEEK * 3 / 2, 1)]


@pytest.mark.rule("DSP-20", "DSP-06")
def test_who_was_told_before_the_wait_is_not_told_again_after_it(office: Office) -> None:
    office.open()
    office.accepted("wait", at=NOW + WEEK * 5 / 6, until=NOW + WEEK)
    office.until(NOW + WEEK * 2)
    assert [one.due_at for one in near(office, "completion")] == [NOW + WEEK]


@pytest.mark.rule("DSP-20")
@pytest.mark.parametrize(("deputy", "told"), [("builder", ("builder",)), (None, ("centre_head",))])
def test_who_has_the_case_of_one_away_is_told(office: Office, deputy: str | None, told: tuple[str, ...]) -> None:
    office.open()
    absent(office, "agent1", deputy)
    office.until(NOW + WEEK)
    assert [one.person_ids for one in near(office, "completion")] == [told]


@pytest.mark.rule("DSP-20", "DSP-14")
def test_the_office_whose_turn_it_is_is_told_of_its_own_time(office: Office) -> None:
    office.open_repair()
    office.covered()
    office.until(local("2026-03-12 10:00"))
    office.apply()
    asked = office.now
    due = office.due("reentrusting_approval")
    office.until(asked + (due - asked) * 4 / 5)
    assert [(one.due_at, one.person_ids) for one in near(office, "reentrusting_approval")] == [(due, ("property_gm",))]


@pytest.mark.rule("DSP-20", "DSP-17")
@pytest.mark.parametrize(
    ("away", "told"),
    [
        ((), ("property_head",)),
        (("property_head", "builder"), ("builder",)),
        (("property_head", None), ("group_head",)),
    ],
)
def test_the_office_that_does_a_step_is_told_of_its_time(
    office: Office, away: tuple[str, str | None], told: tuple[str, ...]
) -> None:
    """Given a decoration before its review, then who reviews it is told, or who may in their stead; not the handler."""
    decoration(office)
    step(office, "registration")
    if away:
        absent(office, *away)
    since, due = opened(office, "review").since, opened(office, "review").due_at
    office.until(since + (due - since) * 4 / 5)
    assert [(one.due_at, one.person_ids) for one in near(office, "blueprint_step")] == [(due, told)]


@pytest.mark.rule("DSP-20", "DSP-17")
def test_of_a_step_that_is_the_handlers_they_are_told_and_of_one_whose_office_is_vacant_too() -> None:
    office = Office()
    office.found(without=["property_head", "group_head"])
    decoration(office)
    due = opened(office, "registration").due_at
    office.until(NOW + (due - NOW) * 4 / 5)
    step(office, "registration")
    since, due = opened(office, "review").since, opened(office, "review").due_at
    office.until(since + (due - since) * 4 / 5)
    assert [one.person_ids for one in near(office, "blueprint_step")] == [("keeper",), ("keeper",)]


@pytest.mark.rule("DSP-20")
def test_what_is_opened_late_warns_of_nothing_that_is_past(office: Office) -> None:
    """Given a case that was received long ago, then what is over is missed at once, without a warning."""
    late: datetime = NOW - timedelta(days=6)
    office.open(received_at=late)
    office.until(NOW + SECOND)
    assert near(office, "passing_on") == []
    assert "passing_on" in [event.clock for event in office.facts(DeadlineMissed)]


@pytest.mark.rule("DSP-20", "ORG-04")
@pytest.mark.parametrize(("late_by", "times"), [(-SECOND, 1), (0 * SECOND, 1), (SECOND, 0)])
def test_what_is_opened_at_the_very_instant_of_its_warning_is_warned_of(
    office: Office, late_by: timedelta, times: int
) -> None:
    """Given a case whose time for the first assessment, a day, is four fifths over as it is opened, or not yet."""
    at = NOW + timedelta(minutes=1)
    office.open(at + late_by, received_at=at - timedelta(hours=24) * 4 / 5)
    office.until(at + 2 * SECOND)
    assert len(near(office, "first_assessment")) == times


@pytest.mark.rule("DSP-20")
def test_each_clock_warns_at_the_share_that_its_row_names(office: Office) -> None:
    """Given completion warned of at half of its time, then it alone is: after three and a half of seven days."""
    office.open()
    before = {clock.name: clock.warn_at for clock in office.ticket().clocks}
    turn = turn_of(OfficeFacts(office.states), office.ticket(), office.estate(), context(office.now))
    row = replace(turn.terms.clocks["completion"], left_when_warned=Fraction(1, 2))
    turn.terms = replace(turn.terms, clocks={**turn.terms.clocks, "completion": row})
    turn.change(clocks=())
    wind(turn)
    after = {clock.name: clock.warn_at for clock in turn.ticket.clocks}
    assert after == {**before, "completion": NOW + timedelta(days=3.5)}
