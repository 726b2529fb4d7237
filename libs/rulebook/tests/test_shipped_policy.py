"""The shipped policy is complete: every entry has unit, rule and both languages, and the numbers are the rulebook's."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
from linli_rulebook import Level, Policy, PolicyBook, Span, Unit
from linli_rulebook.entry import RULE_ID
from linli_rulebook.values import Value

CHINESE = re.compile("[\u4e00-\u9fff]")
POLICY_DIRECTORY = Path(__file__).resolve().parents[3] / "policy"

SPANS = {
    "intake.level_2_same_complaint_window": (1, Unit.MONTHS),
    "intake.passing_on_phone": (1, Unit.HOURS),
    "intake.passing_on_email": (1, Unit.HOURS),
    "intake.passing_on_after_opening": (1, Unit.HOURS),
    "intake.passing_on_emergency": (4, Unit.HOURS),
    "intake.first_assessment_within": (24, Unit.HOURS),
    "intake.online_feedback_within": (24, Unit.HOURS),
    "dispatch.forward_to_department_within": (1, Unit.WORKING_DAYS),
    "dispatch.wait_at_most": (30, Unit.DAYS),
    "dispatch.department_answer": (24, Unit.WORKING_DATE_HOURS),
    "dispatch.report_within": (3, Unit.WORKING_DAYS),
    "dispatch.age_level_2": (1, Unit.WEEKS),
    "dispatch.age_level_1": (1, Unit.MONTHS),
    "dispatch.ladder_step_limit": (1, Unit.WORKING_DAYS),
    "dispatch.arrive_within": (24, Unit.HOURS),
    "dispatch.finish_within": (7, Unit.DAYS),
    "dispatch.unsigned_closed_after": (1, Unit.MONTHS),
    "dispatch.overdue_reported_after": (10, Unit.DAYS),
    "dispatch.continuous_repair_reported_after": (3, Unit.MONTHS),
    "dispatch.reentrust_after_lateness": (4, Unit.HOURS),
    "followup.callback_within": (7, Unit.DAYS),
    "followup.close_within": (1, Unit.MONTHS),
    "followup.first_contact_after_subscription": (1, Unit.WEEKS),
    "followup.living_visit_after_handover": (3, Unit.MONTHS),
    "followup.home_inspection_after_handover": (1, Unit.YEARS),
    "followup.visit_report_within": (3, Unit.DAYS),
    "followup.target_first_response": (24, Unit.HOURS),
    "warranty.period_waterproofing": (5, Unit.YEARS),
    "warranty.period_electrical": (2, Unit.YEARS),
    "warranty.notice_before_expiry": (2, Unit.MONTHS),
    "warranty.release_pay_within": (15, Unit.WORKING_DAYS),
    "loyalty.activity_credit_within": (1, Unit.WEEKS),
    "loyalty.redemption_plan_within": (2, Unit.WEEKS),
    "loyalty.redemption_notice_before": (1, Unit.WEEKS),
}
OTHERS: dict[str, Value] = {
    "intake.level_1_collective_people": 5,
    "intake.level_2_collective_people": 3,
    "intake.level_2_same_complaint_people": 3,
    "dispatch.same_defect_share": Fraction(1, 5),
    "dispatch.reentrust_small_amount": 100_000,
    "dispatch.warn_at_share": Fraction(4, 5),
    "followup.survey_minimum_answers": 300,
    "followup.survey_nonresponse_share": Fraction(1, 2),
    "followup.target_resolution_share": Fraction(19, 20),
    "followup.target_satisfaction": 90,
    "followup.target_complaint_share": Fraction(1, 20),
    "followup.cost_per_complaint": 10_000,
    "followup.cost_per_callback": 5_000,
    "followup.cost_per_survey": 500_000,
    "followup.benefit_losses_avoided_yearly": 10_000_000,
    "followup.benefit_new_business_yearly": 20_000_000,
    "warranty.callback_gate_share": Fraction(19, 20),
    "warranty.waterproofing_visit_share": Fraction(1),
    "warranty.waterproofing_leak_share": Fraction(0),
    "warranty.release_first_share": Fraction(1, 2),
    "warranty.compensation_reasonable_limit": 100_000,
    "warranty.compensation_unreasonable_limit": 100_000,
    "warranty.compensation_property_limit": 100_000,
    "loyalty.merchant_complaints_limit": 3,
}


@pytest.mark.rule("ORG-01", "ORG-02")
def test_every_entry_has_a_unit_a_rule_and_both_languages(shipped: Policy) -> None:
    assert shipped.entries
    for name, entry in shipped.entries.items():
        assert isinstance(entry.in_force.unit, Unit), name
        assert RULE_ID.fullmatch(entry.rule), name
        assert CHINESE.search(entry.zh), f"{name}: zh is not Chinese"
        assert not CHINESE.search(entry.en), f"{name}: en is not English"


def test_the_numbers_are_those_of_the_rulebook(shipped: Policy) -> None:
    expected = {name: Span(*span) for name, span in SPANS.items()} | OTHERS
    assert {name: shipped.explain(name).value for name in expected} == expected


@pytest.mark.rule("ORG-02")
def test_the_base_version_is_in_force_for_all_of_the_groups_records() -> None:
    book = PolicyBook.load(POLICY_DIRECTORY)
    assert book.effective_from("2000.1").isoformat() == "2000-01-01T00:00:00+08:00"


@pytest.mark.rule("ORG-01")
def test_the_example_estate_refines_the_example_region() -> None:
    policy = PolicyBook.load(POLICY_DIRECTORY).policy("2000.1", estate="lakeside")
    assert policy.region == "east"
    explanation = policy.explain("followup.callback_within")
    assert [outer.level for outer in explanation.overridden] == [Level.GROUP, Level.REGION]
