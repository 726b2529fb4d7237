"""The policy's table of clocks is bound to what dispatch knows, and a row that makes no sense is refused by name."""

import copy
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from linli_dispatch.domain.conclusions import BEHIND_CLOCK
from linli_dispatch.domain.deadlines.clock_table import clock_table
from linli_dispatch.domain.terms import terms_of
from linli_rulebook import Policy, PolicyFileError, Span, Unit, calendar_for
from linli_testkit.facts import shipped_policy

from services.dispatch.tests.office import NOW, Office

POLICY = shipped_policy().policy("2000.1")
TERMS = terms_of(POLICY, "Asia/Shanghai")
CALENDARS = {name: calendar_for(POLICY, name, zone="Asia/Shanghai") for name in ("departments", "approvers")}


def _changed(name: str, **fields: object) -> Policy:
    entry, table = POLICY.entries[f"clocks.{name}"], copy.deepcopy(POLICY.table(f"clocks.{name}"))
    setting = replace(entry.in_force, value={**table, **fields})
    changed = replace(entry, settings=(setting,))
    return Policy(POLICY.version, None, None, MappingProxyType({**POLICY.entries, f"clocks.{name}": changed}))


@pytest.mark.rule("DSP-06")
def test_the_customer_is_waited_for_by_age_completion_and_the_contractors_time_only() -> None:
    paused = {row.name for row in TERMS.clocks.values() if row.pauses}
    assert paused == {"completion", "age_level_2", "age_level_1", "reentrust_over_limit", "overdue_report"}


@pytest.mark.rule("DSP-06", "DSP-20", "INT-09")
def test_every_deadline_warns_and_those_of_the_ladder_climb() -> None:
    assert {row.name for row in TERMS.clocks.values() if row.deadline} == {
        row.name for row in TERMS.clocks.values() if row.left_when_warned == Fraction(1, 5)
    }
    climbing = {row.name for row in TERMS.clocks.values() if row.climbs}
    assert {row.name for row in TERMS.clocks.values() if row.deadline} - climbing == {
        "first_assessment", "feedback_answer",
    }  # fmt: skip
    assert climbing == {
        "passing_on", "department_answer", "customer_report", "completion", "arrival", "plan_approval",
        "reentrusting_approval", "compensation_approval", "small_works_approval", "measure_approval",
        "conversation", "replacement_acceptance",
    }  # fmt: skip


def test_why_names_every_span_of_a_clock() -> None:
    """Given a deadline, or any other clock that reasons name, then its row's entries are among those behind it."""
    named = {row.name for row in TERMS.clocks.values() if row.deadline or row.name in BEHIND_CLOCK}
    assert named >= {"completion", "age_level_1", "crisis_confirmation"}
    for name in named:
        assert {*POLICY.table(f"clocks.{name}")["within"].values()} <= {*BEHIND_CLOCK[name]}, name


def test_a_row_decides_how_its_clock_runs() -> None:
    policy = _changed("completion", pauses_on=[], warns_at="dispatch.same_defect_share")
    row = clock_table(policy, CALENDARS)["completion"]
    assert (row.pauses, row.left_when_warned, row.deadline) == (False, Fraction(4, 5), True)


@pytest.mark.rule("INT-09")
def test_feedback_of_members_of_a_kind_that_there_is_not_is_refused() -> None:
    name = "intake.member_feedback"
    entry = POLICY.entries[name]
    changed = replace(entry, settings=(replace(entry.in_force, value=("praises",)),))
    policy = Policy(POLICY.version, None, None, MappingProxyType({**POLICY.entries, name: changed}))
    with pytest.raises(PolicyFileError, match=r"intake\.toml: intake\.member_feedback: some of consultation"):
        terms_of(policy, "Asia/Shanghai")


@pytest.mark.rule("ORG-03")
@pytest.mark.parametrize("desk", ["complaints", "repair", "departments", "approvers", "finance"])
def test_a_row_may_name_the_hours_of_any_desk_of_the_policy(desk: str) -> None:
    terms = terms_of(_changed("department_answer", calendar=desk), "Asia/Shanghai")
    assert terms.clocks["department_answer"].within.calendar is calendar_for(POLICY, desk, zone="Asia/Shanghai")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"starts": "closed"}, "round_began–completed"),
        ({"counted": "by_hand"}, "customer_report"),
        ({"within": {"ordinary": "dispatch.report_within"}}, "complex"),
        ({"within": {"ordinary": "dispatch.nothing", "complex": "dispatch.report_within"}}, "dispatch.nothing"),
        ({"calendar": "nobody"}, "approvers, departments"),
        ({"during": "never"}, "completed, in_hand"),
        ({"pauses_on": ["contractor"]}, "customer"),
        ({"warns_at": "dispatch.report_within"}, "dispatch.warn_at_share"),
        ({"climbs": "yes"}, "climbs"),
        ({"colour": "red"}, "starts, stops"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_with_what_is_allowed(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyFileError, match=r"clocks\.toml: clocks\.completion: ") as refused:
        clock_table(_changed("completion", **fields), CALENDARS)
    assert told in str(refused.value)


def test_a_clock_without_a_row_is_refused() -> None:
    entries = {name: entry for name, entry in POLICY.entries.items() if name != "clocks.arrival"}
    with pytest.raises(PolicyFileError, match=r"not so: arrival$"):
        clock_table(Policy(POLICY.version, None, None, MappingProxyType(entries)), CALENDARS)


@pytest.mark.rule("INT-09")
@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"kinds": ["praises"], "channels": ["app"]}, "kinds: some of consultation, complaint"),
        ({"kinds": ["praise"], "channels": ["apps"]}, "channels: some of hotline, chat"),
        ({"kinds": ["praise"]}, "channels: some of"),
    ],
)
def test_feedback_online_of_a_kind_or_channel_that_there_is_not_is_refused(table: dict[str, Any], told: str) -> None:
    name = "intake.online_feedback"
    entry = POLICY.entries[name]
    changed = replace(entry, settings=(replace(entry.in_force, value=table),))
    policy = Policy(POLICY.version, None, None, MappingProxyType({**POLICY.entries, name: changed}))
    with pytest.raises(PolicyFileError, match=r"intake\.toml: intake\.online_feedback: " + told):
        terms_of(policy, "Asia/Shanghai")


@pytest.mark.rule("INT-08", "FUP-01")
@pytest.mark.parametrize(
    ("channel", "round_", "hours"),
    [("hotline", 1, 2), ("email", 1, 3), ("letter", 1, 4), ("email", 2, 2), ("letter", 3, 2)],
)
def test_a_later_round_is_passed_on_in_the_time_of_the_call_that_began_it(
    office: Office, channel: str, round_: int, hours: int
) -> None:
    """Given a policy with a time for each way, a letter has its own; a case that the callback reopened, a call's."""
    changed = dict(POLICY.entries)
    for name, value in (("phone", 2), ("email", 3), ("other", 4)):
        entry = changed[f"intake.passing_on_{name}"]
        changed[entry.name] = replace(entry, settings=(replace(entry.in_force, value=Span(value, Unit.HOURS)),))
    terms = terms_of(Policy(POLICY.version, None, None, MappingProxyType(changed)), "Asia/Shanghai")
    ticket = office.open(channel=channel).model_copy(update={"round": round_})
    row = terms.clocks["passing_on"]
    assert row.count(ticket, terms, row.within, NOW).at == NOW + timedelta(hours=hours)
