"""The words that dispatch's facts share: roles, steps of the ladder, clocks, grounds, kinds of applications."""

from typing import Literal

EstateKind = Literal["residential", "commercial", "office", "campus"]
Role = Literal[
    "agent", "service_centre_manager", "property_service_manager", "repair_engineer", "property_general_manager",
    "department", "engineering_vp", "marketing_vp", "general_manager", "group_service_centre",
]  # fmt: skip
LadderStep = Literal["owner", "manager", "vp", "general_manager", "group"]
Ground = Literal["refused", "late_arrival", "over_limit", "not_cured", "strong_complaint"]
"""Why a repair may be re-entrusted (DSP-14)."""
AccompanyGround = Literal["leak", "structural_crack", "repeated", "unclear_responsibility"]
"""Why an engineer and the service supervisor go with the contractor (DSP-11)."""
Consent = Literal["signature", "recorded"]
"""How a customer agreed: signed, or said so on a recording (DSP-05)."""
Payer = Literal["developer", "property"]
"""Which company owes a customer compensation (WAR-20, WAR-22)."""
Clock = Literal[
    "passing_on", "department_answer", "customer_report", "completion", "arrival", "age_level_2", "age_level_1",
    "reentrust_lateness", "reentrust_over_limit", "ladder_step", "callback_close", "express_mail",
    "reentrusting_approval", "plan_approval", "compensation_approval", "small_works_approval", "measure_approval",
    "crisis_confirmation", "blueprint_step", "overdue_report", "first_assessment", "feedback_answer",
    "conversation", "replacement_acceptance",
]  # fmt: skip
Stage = Literal["front", "back"]
"""Whether a step of a blueprint is in contact with the customer (DSP-17)."""
SpanUnit = Literal["minutes", "hours", "days", "calendar_days", "working_hours", "working_days"]
"""What a time standard of a special service counts (ORG-03)."""
ApplicationKind = Literal["reentrusting", "plan", "compensation", "small_works", "measure"]
"""What offices approve, one after another: each kind has its chain in the policy."""
ReportGround = Literal[
    "order_overdue", "same_place_again", "continuous_repairs", "same_defect_in_phase", "strong_complaint",
    "quality_claim", "wrong_contractor_came",
]  # fmt: skip
"""Why a repair is reported to the property service manager (DSP-13)."""
Finding = Literal["justified", "unjustified", "to_be_examined"]
"""What the first assessment found of a request (INT-09)."""
NoticeKind = Literal["assignment", "ladder_step", "deadline_near", "command", "approval", "emergency", "conversation"]
"""Of what staff are told (DSP-20): work is theirs, a step of the ladder, a deadline about to be missed, a crisis, an
application that they may sign, an emergency, a customer whom they are to speak to."""
WhyReplaced = Literal["absence", "roster", "somebody_came"]
"""Why a place in a case goes to somebody else: who had it is away or has left, or one who fits joined or is back."""
SmallWorksKind = Literal["unrecognised_claim", "unattributable_claim", "left_over_facility"]
"""What small works (零星工程) are for: unrecognised claims, claims at nobody's door, facilities left over."""
