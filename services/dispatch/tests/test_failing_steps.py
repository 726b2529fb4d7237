"""Steps that fail often are counted as they end and reported once a period (DSP-17)."""

from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.events.dispatch import FailingStepReported
from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable
from linli_dispatch.domain.blueprints.step_record import Counted, Failing, StepRecord, counted
from linli_rulebook import Span, Unit, calendar_for
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.matters import decoration, record, special_service, step
from services.dispatch.tests.office import NOW, SECOND, Office, local, person

PERIOD = Failing(
    Fraction(1, 5), 5, Span(1, Unit.MONTHS), calendar_for(shipped_policy().policy("2000.1"), "departments")
)


def after(*outcomes: str | None, at: datetime = NOW) -> tuple[Counted, int]:
    """The counters after these outcomes, and how often they were reported."""
    known, reports = StepRecord(id="xh01"), 0
    for outcome in outcomes:
        known, report = counted(known, "decoration.review", outcome, at, PERIOD)
        reports += report is not None
    return known.steps["decoration.review"], reports


@pytest.mark.rule("DSP-17", "ORG-04")
@pytest.mark.parametrize(
    ("outcomes", "reports"),
    [
        ((None, None, None, "bearing_wall"), 0),  # 1 of 4: too few
        ((None, None, None, "bearing_wall", None), 1),  # 1 of 5: exactly the share and the number
        ((None, None, None, None, None, "bearing_wall"), 0),  # 1 of 6
        ((None, None, None, None, None, "bearing_wall", "facade_changed"), 1),  # 2 of 7
        (("bearing_wall",) * 40, 1),  # once a period
    ],
)
def test_a_share_and_a_number_make_a_report(outcomes: tuple[str | None, ...], reports: int) -> None:
    """Given at least a fifth of at least five occurrences failed, then it is reported, once."""
    assert after(*outcomes)[1] == reports


@pytest.mark.rule("DSP-17", "ORG-04")
def test_a_new_period_begins_strictly_after_the_old_one() -> None:
    """Given counters from 10 March, then an end at 10 April, the same second, still counts; one second later it is the
    first of the next period, which may be reported again.
    """
    over = local("2026-04-10 09:30")
    known = StepRecord(id="xh01")
    for _ in range(5):
        known, _report = counted(known, "a.b", "x", NOW, PERIOD)
    assert known.steps["a.b"].until == over
    at_the_end, _report = counted(known, "a.b", None, over, PERIOD)
    assert (at_the_end.steps["a.b"].ended, at_the_end.steps["a.b"].reported) == (6, True)
    later, _report = counted(known, "a.b", "x", over + SECOND, PERIOD)
    assert later.steps["a.b"] == Counted(over + SECOND, later.steps["a.b"].until, 1, 1, {"x": 1})


@given(st.lists(st.sampled_from([None, "x", "y"]), max_size=30))
def test_the_counters_are_the_sum_of_what_ended(outcomes: list[str | None]) -> None:
    """Whatever ends how, then ended and failed are counted, each failure under one reason."""
    if not outcomes:
        return
    one, reports = after(*outcomes)
    failures = [outcome for outcome in outcomes if outcome is not None]
    assert (one.ended, one.failed) == (len(outcomes), len(failures))
    assert dict(one.reasons) == {reason: failures.count(reason) for reason in set(failures)}
    assert reports == one.reported <= 1


@pytest.mark.rule("DSP-17", "DSP-18")
def test_reviews_that_fail_often_are_told_with_their_reasons(office: Office) -> None:
    """Given five reviews at an estate of which two failed at bearing walls, then one fact says so."""
    decoration(office)
    for _ in range(2):
        step(office, "registration")
        office.accepted("fail-step", step="review", reason="bearing_wall", actor=person("property_head"))
    step(office, "registration")
    step(office, "review", "property_head")
    assert office.facts(FailingStepReported) == []
    for number in (2, 3):
        case = f"xh01.c{number}"
        office.open(case_id=case, kind="public_affairs", category="property_management", subcategory="decoration")
        step(office, "registration", case_id=case)
        step(office, "review", "property_head", case_id=case)
    (told,) = office.facts(FailingStepReported)
    assert (told.blueprint, told.blueprint_step, told.ended, told.failed) == ("decoration", "review", 5, 2)
    assert told.reasons == {"bearing_wall": 2}
    assert told.estate_id == "xh01"


@pytest.mark.rule("DSP-17", "ORG-04")
def test_a_missed_step_counts_once_as_failed(office: Office) -> None:
    """Given a step that is missed and done later, or fails later, then it counts once, as missed."""
    special_service(office)
    office.until(NOW + timedelta(hours=2))
    office.until(NOW + timedelta(hours=2) + SECOND)
    one = record(office).steps["special_service.request"]
    assert (one.ended, one.failed, dict(one.reasons)) == (1, 1, {"deadline_missed": 1})
    office.accepted("fail-step", step="request", reason="customer_unreachable")
    assert record(office).steps["special_service.request"].ended == 1
    step(office, "request")
    assert record(office).steps["special_service.request"].ended == 2


@pytest.mark.rule("DSP-17", "DSP-10", "DSP-03")
def test_a_repairs_steps_are_counted_when_its_work_is_done(office: Office) -> None:
    """Given a contractor that comes late, then its arrival counts as missed, what was in time as done; each once."""
    office.open_repair()
    office.covered()
    office.accepted("report")
    office.until(office.due("arrival") + SECOND)
    office.accepted("arrive")
    assert (StepRecord, "xh01") not in office.states, "nothing is counted while the work goes on"
    office.accepted("finish")
    found = {name: (one.ended, one.failed) for name, one in record(office).steps.items()}
    assert found["repair.arrival"] == (1, 1)
    assert found["repair.repair"] == (1, 0)
    assert "repair.satisfaction" not in found
    office.called_back(satisfied=False)
    one = record(office).steps["repair.satisfaction"]
    assert (one.ended, one.failed, dict(one.reasons)) == (1, 1, {"not_satisfied": 1})


@pytest.mark.rule("DSP-17", "FUP-01")
def test_another_round_counts_its_own_deadlines_only(office: Office) -> None:
    office.open_repair(trade=None)
    office.accepted("finish")
    before = record(office).steps["repair.repair"]
    office.called_back(satisfied=False)
    office.accepted("finish")
    office.called_back(satisfied=True, round_=2)
    after = record(office).steps
    assert (before.ended, after["repair.repair"].ended, after["repair.satisfaction"].ended) == (1, 2, 2)


@pytest.mark.rule("DSP-17", "FUP-04")
@pytest.mark.parametrize(("minimum", "told"), [(4, False), (5, True)])
def test_complaints_whose_customers_are_not_reached_often_are_reported(
    office: Office, minimum: int, *, told: bool
) -> None:
    """Given the policy's five, then at the fifth of which one could not be reached, and no earlier, a fact says so."""
    for number in range(minimum):
        case = f"xh01.c{number}"
        office.open(case_id=case)
        office.accepted("resolve", case_id=case)
        known: dict[str, object] = {"case_id": case, "estate_id": "xh01", "round": 1, "callback_id": f"xh01.b{number}"}
        if number == 0:
            office.hear(CustomerUnreachable.model_validate(known | {"attempts": 3, "unreachable_at": office.now}))
        else:
            answer = {"customer_ref": "cust1", "satisfied": True, "completed_at": office.now, "completed_by": "x"}
            office.hear(CallbackCompleted.model_validate(known | answer))
    steps = [(one.blueprint_step, one.ended, dict(one.reasons)) for one in office.facts(FailingStepReported)]
    assert steps == ([("satisfaction", 5, {"unreachable": 1})] if told else [])
