"""All that loyalty takes in, on one page: MAP. A handler fetches states and policy and hands them to a pure rule."""

from linli_contracts.events.dispatch import DeadlineMissed
from linli_contracts.events.followup import CallbackCompleted
from linli_messaging.service_map import Context, Facts, OnCommand, OnEvent, OnTimer, ServiceMap
from linli_rulebook.decision import NOTHING, Outcome, Timer

from linli_loyalty.commands import Join, Spend
from linli_loyalty.domain.member import (
    EXPIRY,
    NOT_FOUND,
    Credit,
    Earning,
    Member,
    credit_id,
    earn,
    expire_points,
    join,
    spend_points,
)
from linli_loyalty.domain.points_policy import PointsPolicy, points_policy


def handle_callback_completed(facts: Facts, event: CallbackCompleted, ctx: Context) -> Outcome:
    """Points for an answered survey, once for each callback; without a score the survey was not answered."""
    if event.score is None:
        return NOTHING
    ref, callback = event.customer_ref, event.callback_id
    earning = Earning(ref, "survey_answered", callback, event.case_id, event.completed_at, ctx.now)
    credit = facts.get(Credit, credit_id(ref, "survey_answered", callback))
    return earn(facts.get(Member, ref), credit, earning, _policy(ctx))


def handle_deadline_missed(facts: Facts, event: DeadlineMissed, ctx: Context) -> Outcome:
    """Apology points for a late case, once for each case, for the deadlines that the policy names."""
    ref, case, policy = event.customer_ref, event.case_id, _policy(ctx)
    if event.clock not in policy.apology_clocks:
        return NOTHING
    earning = Earning(ref, "apology_late_case", case, case, event.due_at, ctx.now)
    credit = facts.get(Credit, credit_id(ref, "apology_late_case", case))
    return earn(facts.get(Member, ref), credit, earning, policy)


def handle_join(facts: Facts, command: Join, ctx: Context) -> Outcome:
    """Makes a customer a member."""
    return join(facts.get(Member, command.customer_ref), command.customer_ref, ctx.now)


def handle_spend(facts: Facts, command: Spend, ctx: Context) -> Outcome:
    """Pays with a member's points."""
    member = facts.get(Member, command.customer_ref)
    if member is None:
        return NOT_FOUND
    spent = facts.get(Credit, credit_id(command.customer_ref, "spent", command.cause_id))
    return spend_points(member, spent, command.points, command.cause_id, ctx.now)


def handle_points_expiry(facts: Facts, member: Member, timer: Timer, ctx: Context) -> Outcome:
    """The start of a day after some lots' last day."""
    return expire_points(member, ctx.now)


def _policy(ctx: Context) -> PointsPolicy:
    return points_policy(ctx.policies.policy(ctx.policies.version_in_force(ctx.now)))


MAP = ServiceMap(
    name="loyalty",
    states=(Member, Credit),
    events=(
        OnEvent(
            CallbackCompleted,
            needs=lambda event: (
                (Member, event.customer_ref),
                (Credit, credit_id(event.customer_ref, "survey_answered", event.callback_id)),
            ),
            decide=handle_callback_completed,
            rules=("LOY-03",),
        ),
        OnEvent(
            DeadlineMissed,
            needs=lambda event: (
                (Member, event.customer_ref),
                (Credit, credit_id(event.customer_ref, "apology_late_case", event.case_id)),
            ),
            decide=handle_deadline_missed,
            rules=("LOY-03",),
        ),
    ),
    commands=(
        OnCommand(
            "loyalty.join",
            "POST /members",
            Join,
            scope="loyalty:enrol",
            needs=lambda command: ((Member, command.customer_ref),),
            decide=handle_join,
            rules=("LOY-01",),
            summary="A customer joins the owners' club",
        ),
        OnCommand(
            "loyalty.spend",
            "POST /members/{customer_ref}/spend",
            Spend,
            scope="loyalty:redeem",
            needs=lambda command: (
                (Member, command.customer_ref),
                (Credit, credit_id(command.customer_ref, "spent", command.cause_id)),
            ),
            decide=handle_spend,
            rules=("LOY-03",),
            summary="A member pays with reward points",
        ),
    ),
    timers=(OnTimer(Member, EXPIRY, decide=handle_points_expiry, rules=("LOY-03",)),),
    appends=("points_entry",),
)
