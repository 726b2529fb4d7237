"""All that followup takes in, on one page: MAP. A handler fetches states and policy and hands them to a pure rule."""

from linli_contracts.events.dispatch import EstateRegistered, RepairDone, TicketClosed, TicketReopened, TicketResolved
from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, OnCommand, OnEvent, OnTimer, ServiceMap
from linli_rulebook.decision import Decision, Outcome, Timer

from linli_followup.commands import CompleteCallback, CountClosingCallbacks, NoAnswer
from linli_followup.domain.callback import (
    CALL,
    CALL_LATE,
    NOT_FOUND,
    Callback,
    CustomerAnswer,
    begin_try,
    callback_id,
    cancel,
    complete,
    plan_callback,
    record_late_try,
    try_again,
)
from linli_followup.domain.calling_policy import CallingPolicy, calling_policy
from linli_followup.domain.closing_count import (
    ClosingCount,
    ClosingFigures,
    closing_count_id,
    count_closing_callbacks,
)
from linli_followup.domain.estate import DEFAULT_ZONE, Estate, register_estate


def handle_estate_registered(facts: Facts, event: EstateRegistered, ctx: Context) -> Outcome:
    """Learns where an estate lies and its local time."""
    return register_estate(facts.get(Estate, event.estate_id), event)


def handle_work_done(facts: Facts, event: RepairDone | TicketResolved, ctx: Context) -> Outcome:
    """Plans the callback, by the policy in force now; its round keeps that version."""
    estate = facts.get(Estate, event.estate_id)
    zone, region_id = (estate.zone, estate.region_id) if estate else (DEFAULT_ZONE, "")
    policy = _policy(ctx, ctx.policies.version_in_force(ctx.now), event.estate_id, region_id)
    known = facts.get(Callback, callback_id(event.case_id, event.round))
    return plan_callback(known, event, zone, region_id, policy)


def handle_ticket_reopened(facts: Facts, event: TicketReopened, ctx: Context) -> Outcome:
    """Cancels the callback of the round before, where it is still open."""
    return cancel(facts.get(Callback, callback_id(event.case_id, event.round - 1)), event, ctx.now)


def handle_ticket_closed(facts: Facts, event: TicketClosed, ctx: Context) -> Outcome:
    """Cancels the callback of the last round, where it is still open."""
    return cancel(facts.get(Callback, callback_id(event.case_id, event.round)), event, ctx.now)


def handle_complete_callback(facts: Facts, command: CompleteCallback, ctx: Context) -> Outcome:
    """Takes down a customer's answer."""
    callback = facts.get(Callback, command.callback_id)
    if callback is None:
        return NOT_FOUND
    answer = CustomerAnswer(command.satisfied, command.score, command.by)
    return complete(callback, answer, _policy_of(facts, callback, ctx), ctx.now)


def handle_no_answer(facts: Facts, command: NoAnswer, ctx: Context) -> Outcome:
    """Takes down a try that nobody answered."""
    callback = facts.get(Callback, command.callback_id)
    if callback is None:
        return NOT_FOUND
    return try_again(callback, _policy_of(facts, callback, ctx), ctx.now)


def handle_count_closing_callbacks(facts: Facts, command: CountClosingCallbacks, ctx: Context) -> Outcome:
    """Keeps and tells the count of a contract's closing callbacks."""
    given = command.model_dump(exclude={"contract_id", "estate_id"}, exclude_none=True)
    figures = ClosingFigures(**given, top_floors_named=command.top_floor_homes is not None)
    known = facts.get(ClosingCount, closing_count_id(command.contract_id, command.estate_id))
    return count_closing_callbacks(known, command.contract_id, command.estate_id, figures, ctx.now)


def handle_call_time(facts: Facts, callback: Callback, timer: Timer, ctx: Context) -> Decision:
    """The time of a try has come."""
    return begin_try(callback, timer)


def handle_call_late(facts: Facts, callback: Callback, timer: Timer, ctx: Context) -> Decision:
    """The time of a try has passed."""
    return record_late_try(callback, timer)


def _policy(ctx: Context, version: str, estate_id: str, region_id: str) -> CallingPolicy:
    return calling_policy(ctx.policies.policy(version, region=region_id or None, estate=estate_id))


def _policy_of(facts: Facts, callback: Callback, ctx: Context) -> CallingPolicy:
    """By the version and the region that it keeps (ORG-02)."""
    estate = facts.get(Estate, callback.estate_id)
    region_id = callback.region_id or (estate.region_id if estate else "")
    return _policy(ctx, callback.policy_version, callback.estate_id, region_id)


def _org_of_callback(facts: Facts, command: CompleteCallback | NoAnswer) -> str | None:
    estate = facts.get(Estate, key_of(command.callback_id))
    return estate.org if estate else None


def _org_of_count(facts: Facts, command: CountClosingCallbacks) -> str | None:
    estate = facts.get(Estate, command.estate_id)
    return estate.org if estate else None


MAP = ServiceMap(
    name="followup",
    states=(Estate, Callback, ClosingCount),
    events=(
        OnEvent(
            EstateRegistered,
            needs=lambda event: ((Estate, event.estate_id),),
            decide=handle_estate_registered,
            rules=("FUP-03",),
        ),
        OnEvent(
            RepairDone,
            needs=lambda event: ((Callback, callback_id(event.case_id, event.round)), (Estate, event.estate_id)),
            decide=handle_work_done,
            rules=("FUP-01", "FUP-03"),
        ),
        OnEvent(
            TicketResolved,
            needs=lambda event: ((Callback, callback_id(event.case_id, event.round)), (Estate, event.estate_id)),
            decide=handle_work_done,
            rules=("FUP-01", "FUP-03"),
        ),
        OnEvent(
            TicketReopened,
            needs=lambda event: ((Callback, callback_id(event.case_id, event.round - 1)),),
            decide=handle_ticket_reopened,
            rules=("FUP-01",),
        ),
        OnEvent(
            TicketClosed,
            needs=lambda event: ((Callback, callback_id(event.case_id, event.round)),),
            decide=handle_ticket_closed,
            rules=("FUP-01",),
        ),
    ),
    commands=(
        OnCommand(
            "followup.complete-callback",
            "POST /callbacks/{callback_id}/complete",
            CompleteCallback,
            scope="followup:call",
            needs=lambda command: ((Callback, command.callback_id), (Estate, key_of(command.callback_id))),
            decide=handle_complete_callback,
            rules=("FUP-01", "FUP-03"),
            org=_org_of_callback,
            summary="The customer was reached and said whether it is really solved",
        ),
        OnCommand(
            "followup.no-answer",
            "POST /callbacks/{callback_id}/no-answer",
            NoAnswer,
            scope="followup:call",
            needs=lambda command: ((Callback, command.callback_id), (Estate, key_of(command.callback_id))),
            decide=handle_no_answer,
            rules=("FUP-03", "FUP-04"),
            org=_org_of_callback,
            summary="Nobody answered the call",
        ),
        OnCommand(
            "followup.count-closing-callbacks",
            "POST /contracts/{contract_id}/closing-callbacks",
            CountClosingCallbacks,
            scope="followup:call",
            needs=lambda command: (
                (ClosingCount, closing_count_id(command.contract_id, command.estate_id)),
                (Estate, command.estate_id),
            ),
            decide=handle_count_closing_callbacks,
            rules=("WAR-09",),
            org=_org_of_count,
            summary="The closing callbacks of a contract were counted",
        ),
    ),
    timers=(
        OnTimer(Callback, CALL, decide=handle_call_time, rules=("FUP-01", "FUP-04")),
        OnTimer(Callback, CALL_LATE, decide=handle_call_late, rules=("FUP-01", "FUP-04")),
    ),
)
