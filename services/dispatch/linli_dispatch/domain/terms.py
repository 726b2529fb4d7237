"""The policy as dispatch uses it, read once for each place: spans, calendars, desks, the ladder.

The only module that reads policy entries, with `blueprint.py` and `clock_table.py` (`conclusions.py` names them for
people). Reading a table of the policy copies it: the digest is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Final, cast, get_args
from zoneinfo import ZoneInfo

from linli_contracts.events.dispatch import AccompanyGround, Clock, LadderStep, NoticeKind, Role
from linli_contracts.events.intake import Channel, RequestKind
from linli_rulebook import Calendar, Policy, PolicyFileError, Span, calendar_for, desks_of

from linli_dispatch.domain.blueprints.blueprint import Blueprint, Blueprints, blueprints_of
from linli_dispatch.domain.blueprints.step_record import Failing
from linli_dispatch.domain.deadlines.clock_table import ClockRule, clock_table
from linli_dispatch.domain.group.offices import Office


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk of the policy: whether it is a department that answers in writing, and who stands above it."""

    name: str
    department: bool
    above: Mapping[LadderStep, tuple[Role, ...]]
    """The roles that can stand on each step, the nearest first."""


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """Who decides the opinion on compensation, who reviews and then approves it, who is told (WAR-20 to WAR-22)."""

    opinion: str
    chain: tuple[str, ...]
    filed_with: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """At which levels of a case staff are told of something, and at which it is urgent: to be read (DSP-20)."""

    told: frozenset[int]
    urgent: frozenset[int]


_FEEDBACK: Final = "intake.online_feedback"
_MEMBER_FEEDBACK: Final = "intake.member_feedback"
CLAIM_KINDS: Final = ("reasonable", "unreasonable", "property")
CLAIM_RULES: Final = (
    *(f"{kind}_{size}" for kind in CLAIM_KINDS for size in ("small", "large")),
    "property_unreasonable",
)


@dataclass(frozen=True, slots=True)
class Accompanied:
    """The repairs that an engineer and the service supervisor go along to (DSP-11)."""

    subcategories: frozenset[str]
    trades: frozenset[str]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each ground weighs when a handler is chosen (DSP-08)."""

    skill: int
    continuity: int
    load: int
    travel: int
    language: int


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What holds for the tickets of one place under one policy version."""

    policy: Policy
    version: str
    zone: ZoneInfo
    departments: Calendar
    """Passing on, department answers, reports to the customer: working days of the departments."""
    approvers: Calendar
    """The steps of the ladder: working days of those who stand on it."""
    clocks: Mapping[Clock, ClockRule]
    left_when_warned: Fraction
    """Of the time of a blueprint's step, when staff are told of it (DSP-20); a clock of the table says its own."""
    online_feedback: frozenset[tuple[str, str]]
    """Kind and channel of the requests that are feedback online (INT-09)."""
    member_feedback: frozenset[str]
    """Kinds of the requests that are feedback where a member makes them, by whatever channel (INT-09)."""
    report_within: Span
    repair_desk_before_handover: str
    """The developer's, for a repair in a home that is not handed over (DSP-10)."""
    arrive_within: timedelta
    short_absence: timedelta
    """Up to it, an absence leaves what is not due in it where it is (DSP-20)."""
    finish_within: timedelta
    reentrust_small_amount_fen: int
    wait_at_most: timedelta
    ladder_step_limit: Span
    approval_step_limit: Span
    """For each office of a chain, by the approvers' calendar."""
    offices: Mapping[str, Office]
    accompanied: Mapping[AccompanyGround, Accompanied]
    reentrusting_chain: tuple[str, ...]
    replacement_accepted_by: Mapping[str, Office]
    """Who accept the work of a replacement together (DSP-14)."""
    plan_chains: Mapping[int, tuple[str, ...]]
    """By the level of the case: who reviews, then who approves (DSP-04)."""
    plan_required_from_level: int
    claim_rules: Mapping[str, ClaimRule]
    """By kind and size of the compensation (WAR-20 to WAR-22)."""
    claim_limits_fen: Mapping[str, int]
    """By kind: up to it, compensation is small."""
    small_works_chain: tuple[str, ...]
    measure_chain: tuple[str, ...]
    repeat_repairs_reported: int
    continuous_repair_months: int
    continuous_repair_gap: timedelta
    same_defect_share: Fraction
    """Of all homes of the phase (DSP-13)."""
    crisis_commander: str
    """The office that takes command of a crisis at once (DSP-01)."""
    crisis_convener: str
    """The office that convenes."""
    major_repair_told: tuple[str, ...]
    """The offices that must have a major repair before anything is promised (DSP-10)."""
    crisis_chain: tuple[str, ...]
    """Who is told next where an office does not confirm, and who may lead besides the commander."""
    unread_repeated_after: timedelta
    """An urgent notice that nobody has confirmed or read by then goes to the next person (DSP-20)."""
    notices: Mapping[NoticeKind, NoticeRule]
    """Of what staff are told outside their work lists (DSP-20)."""
    collective_people: int
    """From so many customers on, a complaint of level 1 or 2 is a collective one (INT-06)."""
    authorities: tuple[str, ...]
    """The offices that can approve a plan, the lowest first."""
    ladder: tuple[LadderStep, ...]
    load_limit: int
    weights: Weights
    desks: Mapping[str, Desk]
    desk_of_kind: Mapping[str, str]
    desk_of_category: Mapping[str, str]
    blueprints: Blueprints
    failing: Failing
    """When a step of a blueprint fails often (DSP-17)."""

    def calendar(self, desk: str) -> Calendar:
        """The calendar of a desk of the policy, at this place."""
        return calendar_for(self.policy, desk, zone=self.zone.key)

    def is_feedback(self, kind: str, channel: str, *, member: bool) -> bool:
        """Whether such a request is feedback that is answered in a time of its own (INT-09)."""
        return (kind, channel) in self.online_feedback or (member and kind in self.member_feedback)

    def blueprint_of(self, kind: str, subcategory: str) -> Blueprint | None:
        """The blueprint for such a request, if there is one (DSP-17)."""
        return next(
            (
                one
                for one in self.blueprints.values()
                if one.kind == kind and (not one.subcategories or subcategory in one.subcategories)
            ),
            None,
        )

    def desk(self, name: str) -> Desk:
        """The desk of that name; one that only a roster knows is a department like the policy's other departments."""
        return self.desks.get(name) or Desk(name, department=True, above=self.desks["other_department"].above)

    def responsible_desk(self, kind: str, category: str) -> Desk:
        """The desk that answers for a request: by its kind where that decides, else by its category (DSP-08)."""
        return self.desk(self.desk_of_kind.get(kind) or self.desk_of_category[category])


# One for each place with rules or a zone of its own, in each policy version.
@lru_cache(maxsize=1_024)
def terms_of(policy: Policy, zone: str) -> Terms:
    """The terms of the places in ``zone`` that have ``policy``; cached, so that a ticket costs a lookup."""
    weights = policy.table("dispatch.route_weights")
    ladder = cast("tuple[LadderStep, ...]", tuple(policy.texts("dispatch.ladder_steps")))
    calendars = {name: calendar_for(policy, name, zone=zone) for name in desks_of(policy)}
    return Terms(
        policy=policy,
        version=policy.version,
        zone=ZoneInfo(zone),
        departments=calendars["departments"],
        approvers=calendars["approvers"],
        clocks=clock_table(policy, calendars),
        left_when_warned=1 - policy.share("dispatch.warn_at_share"),
        online_feedback=_online_feedback(policy),
        member_feedback=_member_feedback(policy),
        report_within=policy.span("dispatch.report_within"),
        short_absence=policy.span("dispatch.short_absence").elapsed,
        repair_desk_before_handover=policy.text("dispatch.repair_desk_before_handover"),
        arrive_within=policy.span("dispatch.arrive_within").elapsed,
        finish_within=policy.span("dispatch.finish_within").elapsed,
        reentrust_small_amount_fen=policy.fen("dispatch.reentrust_small_amount"),
        wait_at_most=policy.span("dispatch.wait_at_most").elapsed,
        ladder_step_limit=policy.span("dispatch.ladder_step_limit"),
        approval_step_limit=policy.span("dispatch.approval_step_limit"),
        offices={name: _office(name, table) for name, table in policy.table("dispatch.offices").items()},
        accompanied={
            cast("AccompanyGround", ground): Accompanied(frozenset(table["subcategories"]), frozenset(table["trades"]))
            for ground, table in policy.table("dispatch.accompanied").items()
        },
        reentrusting_chain=tuple(policy.texts("dispatch.reentrusting_chain")),
        replacement_accepted_by={
            name: _office(name, table) for name, table in policy.table("dispatch.replacement_accepted_by").items()
        },
        plan_chains={
            level: _plan_chain(policy.table(f"dispatch.plan_approval_level_{level}")) for level in range(1, 5)
        },
        plan_required_from_level=policy.integer("dispatch.plan_required_from_level"),
        claim_rules={name: _claim_rule(policy.table(f"warranty.compensation_{name}")) for name in CLAIM_RULES},
        claim_limits_fen={name: policy.fen(f"warranty.compensation_{name}_limit") for name in CLAIM_KINDS},
        small_works_chain=tuple(policy.texts("dispatch.small_works_chain")),
        measure_chain=tuple(policy.texts("dispatch.measure_chain")),
        repeat_repairs_reported=policy.integer("dispatch.repeat_repairs_reported"),
        continuous_repair_months=policy.span("dispatch.continuous_repair_reported_after").months,
        continuous_repair_gap=policy.span("dispatch.continuous_repair_gap").elapsed,
        same_defect_share=policy.share("dispatch.same_defect_share"),
        crisis_commander=policy.text("dispatch.crisis_commander"),
        crisis_convener=policy.text("dispatch.crisis_convener"),
        major_repair_told=tuple(policy.texts("dispatch.major_repair_told")),
        crisis_chain=tuple(policy.texts("dispatch.crisis_chain")),
        unread_repeated_after=policy.span("dispatch.urgent_unread_repeat_after").elapsed,
        notices={kind: _notice_rule(policy.table(f"dispatch.staff_told_of_{kind}")) for kind in get_args(NoticeKind)},
        collective_people=policy.integer("intake.level_2_collective_people"),
        authorities=tuple(policy.texts("dispatch.authorities")),
        ladder=ladder,
        load_limit=policy.integer("dispatch.route_load_limit"),
        weights=Weights(
            weights["skill"], weights["continuity"], weights["load"], weights["travel"], weights["language"]
        ),
        desks={name: _desk(name, table, ladder) for name, table in policy.table("dispatch.desks").items()},
        desk_of_kind=policy.table("dispatch.desk_of_kind"),
        desk_of_category=policy.table("dispatch.desk_of_category"),
        blueprints=blueprints_of(policy),
        failing=Failing(
            policy.share("blueprints.failing_share"),
            policy.integer("blueprints.failing_minimum"),
            policy.span("blueprints.failing_period"),
            calendars["departments"],
        ),
    )


def _online_feedback(policy: Policy) -> frozenset[tuple[str, str]]:
    """Raises `PolicyFileError` for a kind or channel that there is not."""
    about, table = policy.explain(_FEEDBACK), policy.table(_FEEDBACK)
    for field, known in (("kinds", get_args(RequestKind)), ("channels", get_args(Channel))):
        if not set(table.get(field, ("",))) <= set(known):
            raise PolicyFileError(f"{about.file}: {_FEEDBACK}: {field}: some of {', '.join(known)}")
    return frozenset(product(table["kinds"], table["channels"]))


def _member_feedback(policy: Policy) -> frozenset[str]:
    """Raises `PolicyFileError` for a kind that there is not."""
    about, kinds = policy.explain(_MEMBER_FEEDBACK), frozenset(policy.texts(_MEMBER_FEEDBACK))
    if not kinds <= set(get_args(RequestKind)):
        raise PolicyFileError(f"{about.file}: {_MEMBER_FEEDBACK}: some of {', '.join(get_args(RequestKind))}")
    return kinds


def _desk(name: str, table: Mapping[str, object], ladder: tuple[LadderStep, ...]) -> Desk:
    above = {step: tuple(cast("list[Role]", table[step])) for step in ladder if step in table}
    return Desk(name, department=bool(table["department"]), above=above)


def _office(name: str, table: Mapping[str, str]) -> Office:
    return Office(name, role=cast("Role", table["role"]), desk=table.get("desk"))


def _plan_chain(table: Mapping[str, object]) -> tuple[str, ...]:
    return (*cast("list[str]", table["reviewers"]), cast("str", table["approver"]))


def _notice_rule(table: Mapping[str, object]) -> NoticeRule:
    told, urgent = (frozenset(cast("list[int]", table[name])) for name in ("told", "urgent"))
    return NoticeRule(told | urgent, urgent)


def _claim_rule(table: Mapping[str, object]) -> ClaimRule:
    told = tuple(cast("list[str]", table["filed_with"]))
    return ClaimRule(cast("str", table["proposer"]), _plan_chain(table), told)
