"""All of dispatch on one page: every input, what it needs loaded, the rule that decides it.

The functions here fetch states and policy and call one rule of `domain/`; no rule is decided here.
"""

from collections.abc import Callable, Iterable
from typing import Final

from linli_contracts.events.followup import CallbackCompleted, CustomerUnreachable
from linli_contracts.events.intake import (
    ComplaintGraded,
    ComplaintReceived,
    ComplaintsLinked,
    ComplaintUnlinked,
    ComplaintWithdrawn,
)
from linli_contracts.events.warranty import CoverageAnswered
from linli_contracts.lanes import key_of
from linli_messaging.service_map import Context, Facts, OnCommand, OnEvent, OnTimer, Ref, ServiceMap
from linli_rulebook.decision import NOTHING, Early, Outcome, Refusal, Timer

from linli_dispatch import commands
from linli_dispatch.domain import callbacks, handling, reentrusting, refusals, registry, repair, waiting
from linli_dispatch.domain.closing import withdraw
from linli_dispatch.domain.level import regrade, says_nothing_new
from linli_dispatch.domain.opening import link, open_ticket, remember, unlink
from linli_dispatch.domain.places import Contractor, Estate, Home, Staff, Workload
from linli_dispatch.domain.running_out import CONSEQUENCES, catch_up, run_out
from linli_dispatch.domain.terms import terms_of
from linli_dispatch.domain.ticket import WAIT_ENDS, Ticket
from linli_dispatch.domain.turn import Turn

Rule = Callable[[Turn], Refusal | None]


# -- what inputs need ----------------------------------------------------------------------------------------------


def case_and_estate(case_id: str) -> tuple[Ref, ...]:
    """A ticket, the roster it is escalated to, the counters it is counted in."""
    estate_id = key_of(case_id)
    return (Ticket, case_id), (Estate, estate_id), (Workload, estate_id)


def needs_of_command(command: commands.OnTicket) -> tuple[Ref, ...]:
    """A command about a ticket."""
    return case_and_estate(command.case_id)


def needs_of_received(event: ComplaintReceived) -> tuple[Ref, ...]:
    """The home too: the grading that follows, mostly in the same batch, reads who served it and names no home."""
    home: tuple[Ref, ...] = ((Home, event.home_id),) if event.home_id else ()
    return (*case_and_estate(event.case_id), *home)


def needs_of_linked(event: ComplaintsLinked) -> tuple[Ref, ...]:
    """The case and its followers."""
    return (*case_and_estate(event.case_id), *((Ticket, case_id) for case_id in event.linked_case_ids))


def needs_of_unlinked(event: ComplaintUnlinked) -> tuple[Ref, ...]:
    """The case and the one that goes its own way."""
    return (*case_and_estate(event.case_id), (Ticket, event.unlinked_case_id))


def needs_of_case(
    event: ComplaintGraded | ComplaintWithdrawn | CoverageAnswered | CallbackCompleted | CustomerUnreachable,
) -> tuple[Ref, ...]:
    """An event about a ticket."""
    return case_and_estate(event.case_id)


def needs_of_clock(ticket: Ticket, timer: Timer) -> tuple[Ref, ...]:
    """Besides the ticket itself: the roster, and the counters."""
    return case_and_estate(ticket.id)[1:]


def needs_of_homes(command: commands.RegisterHomes) -> Iterable[Ref]:
    """The estate and every home of the list."""
    return (Estate, command.estate_id), *((Home, line.home_id) for line in command.homes)


def org_of_ticket(facts: Facts, command: commands.OnTicket) -> str | None:
    """The organisation a ticket belongs to: its estate's."""
    estate = facts.get(Estate, key_of(command.case_id))
    return estate.organisation if estate else None


def org_of_estate(
    facts: Facts, command: commands.RegisterHomes | commands.RosterStaff | commands.RegisterContractor
) -> str | None:
    """The organisation of a registered estate."""
    estate = facts.get(Estate, command.estate_id)
    return estate.organisation if estate else None


def org_of_new_estate(facts: Facts, command: commands.RegisterEstate) -> str | None:
    """Where the estate is to be; one that is registered already must be in the sender's subtree as well as the new place."""
    wanted = f"group/{command.region_id}/{command.project_id}/{command.estate_id}"
    known = facts.get(Estate, command.estate_id)
    return wanted if known is None or known.organisation == wanted else None


# -- a decision about one ticket -----------------------------------------------------------------------------------


def _turn(facts: Facts, ticket: Ticket, estate: Estate, ctx: Context) -> Turn:
    version = ticket.policy_version or ctx.policies.version_in_force(ctx.now)
    policy = ctx.policies.policy(version, region=estate.region_id, estate=estate.id)
    return Turn(
        known=ticket,
        at=ctx.now,
        terms=terms_of(policy, ticket.zone or estate.zone),
        estate=estate,
        workload=facts.get(Workload, estate.id) or Workload(id=estate.id),
    )


def _on_command(facts: Facts, command: commands.OnTicket, ctx: Context, rule: Rule) -> Outcome:
    ticket, estate = facts.get(Ticket, command.case_id), facts.get(Estate, key_of(command.case_id))
    if ticket is None or estate is None:
        return refusals.TICKET_NOT_FOUND
    if not ticket.in_hand:
        return refusals.NOT_IN_HAND
    turn = _turn(facts, ticket, estate, ctx)
    catch_up(turn)
    return rule(turn) or turn.decision()


def _on_event(facts: Facts, case_id: str, ctx: Context, rule: Callable[[Turn], None]) -> Outcome:
    ticket, estate = facts.get(Ticket, case_id), facts.get(Estate, key_of(case_id))
    if ticket is None:
        return Early(Ticket.table, case_id)
    if estate is None:
        return Early(Estate.table, key_of(case_id))
    turn = _turn(facts, ticket, estate, ctx)
    catch_up(turn)
    rule(turn)
    return turn.decision()


# -- events --------------------------------------------------------------------------------------------------------


def handle_received(facts: Facts, event: ComplaintReceived, ctx: Context) -> Outcome:
    """Remembers a request."""
    return remember(event) if facts.get(Ticket, event.case_id) is None else NOTHING


def handle_graded(facts: Facts, event: ComplaintGraded, ctx: Context) -> Outcome:
    """The first grading opens the ticket; a later one may change its level."""

    def open_or_regrade(turn: Turn) -> None:
        ticket = turn.ticket
        if ticket.status == "received":
            turn.home = facts.get(Home, ticket.home_id) if ticket.home_id else None
            open_ticket(turn, event)
        elif ticket.status != "closed" and not says_nothing_new(turn, event):
            regrade(turn, event)

    return _on_event(facts, event.case_id, ctx, open_or_regrade)


def handle_linked(facts: Facts, event: ComplaintsLinked, ctx: Context) -> Outcome:
    """Remembers who follows the case."""
    known = (facts.get(Ticket, case_id) for case_id in event.linked_case_ids if case_id != event.case_id)
    followers = tuple(ticket for ticket in known if ticket)
    return _on_event(facts, event.case_id, ctx, lambda turn: link(turn, event, followers))


def handle_unlinked(facts: Facts, event: ComplaintUnlinked, ctx: Context) -> Outcome:
    """Forgets that a request followed the case."""
    follower = facts.get(Ticket, event.unlinked_case_id)
    return _on_event(facts, event.case_id, ctx, lambda turn: unlink(turn, event, follower))


def handle_withdrawn(facts: Facts, event: ComplaintWithdrawn, ctx: Context) -> Outcome:
    """Closes the ticket, unless it is closed."""
    ticket = facts.get(Ticket, event.case_id)
    return NOTHING if ticket and ticket.status == "closed" else _on_event(facts, event.case_id, ctx, withdraw)


def handle_coverage(facts: Facts, event: CoverageAnswered, ctx: Context) -> Outcome:
    """Follows warranty's answer."""
    return _on_event(facts, event.case_id, ctx, lambda turn: repair.follow_coverage(turn, event))


def handle_callback(facts: Facts, event: CallbackCompleted, ctx: Context) -> Outcome:
    """Closes or reopens."""
    return _on_event(facts, event.case_id, ctx, lambda turn: callbacks.follow_callback(turn, event))


def handle_unreachable(facts: Facts, event: CustomerUnreachable, ctx: Context) -> Outcome:
    """Closes after the last try."""
    return _on_event(facts, event.case_id, ctx, lambda turn: callbacks.follow_unreachable(turn, event))


# -- commands about tickets ----------------------------------------------------------------------------------------


def handle_pass_on(facts: Facts, command: commands.PassOn, ctx: Context) -> Outcome:
    """The desk has it."""
    return _on_command(facts, command, ctx, lambda turn: handling.pass_on(turn, command.desk))


def handle_answer(facts: Facts, command: commands.Answer, ctx: Context) -> Outcome:
    """The department answered."""
    return _on_command(facts, command, ctx, handling.answer)


def handle_report(facts: Facts, command: commands.Report, ctx: Context) -> Outcome:
    """The customer was told."""
    return _on_command(facts, command, ctx, lambda turn: handling.report(turn, command.next_report_by))


def handle_wait(facts: Facts, command: commands.WaitForCustomer, ctx: Context) -> Outcome:
    """The case waits."""
    return _on_command(facts, command, ctx, lambda turn: waiting.wait(turn, command.until, command.reason))


def handle_resume(facts: Facts, command: commands.Resume, ctx: Context) -> Outcome:
    """The case goes on."""
    return _on_command(facts, command, ctx, waiting.resume)


def handle_resolve(facts: Facts, command: commands.Resolve, ctx: Context) -> Outcome:
    """The handling is finished."""
    return _on_command(
        facts, command, ctx, lambda turn: handling.resolve(turn, command.how, consented=command.consented)
    )


def handle_arrive(facts: Facts, command: commands.Arrive, ctx: Context) -> Outcome:
    """The contractor is there."""
    return _on_command(facts, command, ctx, lambda turn: repair.arrive(turn, _contractor(ctx)))


def handle_finish(facts: Facts, command: commands.Finish, ctx: Context) -> Outcome:
    """The repair is done."""
    return _on_command(facts, command, ctx, lambda turn: repair.finish(turn, _contractor(ctx)))


def handle_decide_reentrusting(facts: Facts, command: commands.DecideReentrusting, ctx: Context) -> Outcome:
    """Staff decide; no contractor does."""
    if _contractor(ctx):
        return refusals.NOT_YOUR_ORDER
    by = ctx.actor.subject if ctx.actor else "system"

    def decide(turn: Turn) -> Refusal | None:
        if command.accept:
            return reentrusting.reentrust(turn, command.replacement_id, command.price_fen, by)
        return reentrusting.decline_reentrusting(turn, by)

    return _on_command(facts, command, ctx, decide)


def _contractor(ctx: Context) -> str | None:
    return ctx.actor.contractor_id if ctx.actor else None


# -- the registry --------------------------------------------------------------------------------------------------


def handle_register_estate(facts: Facts, command: commands.RegisterEstate, ctx: Context) -> Outcome:
    """Registers an estate."""
    wanted = Estate(id=command.estate_id, **command.model_dump(exclude={"estate_id"}))
    return registry.register_estate(facts.get(Estate, command.estate_id), wanted, ctx.now)


def handle_register_homes(facts: Facts, command: commands.RegisterHomes, ctx: Context) -> Outcome:
    """Registers homes; one id of another estate refuses the whole list."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    if any(key_of(line.home_id) != estate.id for line in command.homes):
        return refusals.FOREIGN_ID
    wanted = {line.home_id: Home(id=line.home_id, **line.model_dump(exclude={"home_id"})) for line in command.homes}
    return registry.register_homes(estate, (facts.get(Home, home_id) for home_id in wanted), wanted.values())


def handle_roster_staff(facts: Facts, command: commands.RosterStaff, ctx: Context) -> Outcome:
    """Rosters staff."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    return registry.roster_staff(estate, (Staff(**line.model_dump()) for line in command.staff), ctx.now)


def handle_register_contractors(facts: Facts, command: commands.RegisterContractor, ctx: Context) -> Outcome:
    """Registers contractors."""
    estate = facts.get(Estate, command.estate_id)
    if estate is None:
        return refusals.ESTATE_NOT_FOUND
    wanted = (Contractor(**line.model_dump()) for line in command.contractors)
    return registry.register_contractors(estate, wanted, ctx.now)


# -- clocks --------------------------------------------------------------------------------------------------------


def handle_clock(facts: Facts, ticket: Ticket, timer: Timer, ctx: Context) -> Outcome:
    """A clock ran out."""
    estate = facts.get(Estate, ticket.estate_id)
    if estate is None or timer not in ticket.timers():
        return NOTHING
    turn = _turn(facts, ticket, estate, ctx)
    run_out(turn, timer)
    return turn.decision()


_RULES_OF_CLOCK: Final = {
    "passing_on": ("INT-08", "DSP-06", "ORG-04"),
    "department_answer": ("DSP-02", "DSP-06", "ORG-04"),
    "customer_report": ("DSP-03", "DSP-06", "ORG-04"),
    "completion": ("DSP-03", "DSP-06", "ORG-04"),
    "arrival": ("DSP-10", "DSP-06", "ORG-04"),
    "reentrust_lateness": ("DSP-14",),
    "age_level_2": ("DSP-06", "INT-06"),
    "age_level_1": ("DSP-06", "INT-06"),
    "ladder_step": ("DSP-06",),
    "callback_close": ("FUP-01",),
    WAIT_ENDS: ("DSP-06", "DSP-19"),
}

MAP: Final = ServiceMap(
    name="dispatch",
    states=(Estate, Home, Workload, Ticket),
    appends=("missed_deadlines",),
    events=(
        OnEvent(ComplaintReceived, needs_of_received, handle_received, ("INT-02", "INT-04")),
        OnEvent(ComplaintGraded, needs_of_case, handle_graded, ("INT-06", "DSP-07", "DSP-08", "DSP-19")),
        OnEvent(ComplaintsLinked, needs_of_linked, handle_linked, ("INT-07",)),
        OnEvent(ComplaintUnlinked, needs_of_unlinked, handle_unlinked, ("INT-07",)),
        OnEvent(ComplaintWithdrawn, needs_of_case, handle_withdrawn, ("INT-15",)),
        OnEvent(CoverageAnswered, needs_of_case, handle_coverage, ("DSP-10",)),
        OnEvent(CallbackCompleted, needs_of_case, handle_callback, ("FUP-01", "DSP-05")),
        OnEvent(CustomerUnreachable, needs_of_case, handle_unreachable, ("FUP-04",)),
    ),
    commands=(
        OnCommand(
            "dispatch.register-estate", "POST /estates", commands.RegisterEstate, "dispatch:registry",
            lambda command: ((Estate, command.estate_id),), handle_register_estate, ("ORG-01",),
            org_of_new_estate, "Register an estate, or its new place in the organisation",
        ),
        OnCommand(
            "dispatch.register-homes", "POST /estates/{estate_id}/homes", commands.RegisterHomes, "dispatch:registry",
            needs_of_homes, handle_register_homes, ("ORG-01", "WAR-02"),
            org_of_estate, "Register homes of an estate",
        ),
        OnCommand(
            "dispatch.roster-staff", "POST /estates/{estate_id}/roster", commands.RosterStaff, "dispatch:registry",
            lambda command: ((Estate, command.estate_id),), handle_roster_staff, ("DSP-08", "ORG-03"),
            org_of_estate, "Put people on an estate's roster",
        ),
        OnCommand(
            "dispatch.register-contractor", "POST /estates/{estate_id}/contractors", commands.RegisterContractor,
            "dispatch:registry", lambda command: ((Estate, command.estate_id),), handle_register_contractors,
            ("DSP-08", "DSP-14"), org_of_estate, "Register contractors of an estate",
        ),
        OnCommand(
            "dispatch.pass-on", "POST /tickets/{case_id}/pass-on", commands.PassOn, "dispatch:handle",
            needs_of_command, handle_pass_on, ("INT-08", "DSP-02"),
            org_of_ticket, "The responsible desk has the request in its hands",
        ),
        OnCommand(
            "dispatch.answer", "POST /tickets/{case_id}/department-answer", commands.Answer, "dispatch:handle",
            needs_of_command, handle_answer, ("DSP-02",),
            org_of_ticket, "The department gave its written opinion",
        ),
        OnCommand(
            "dispatch.report", "POST /tickets/{case_id}/report", commands.Report, "dispatch:handle",
            needs_of_command, handle_report, ("DSP-03",),
            org_of_ticket, "The customer was told the result, or the progress and a new date",
        ),
        OnCommand(
            "dispatch.wait", "POST /tickets/{case_id}/wait", commands.WaitForCustomer, "dispatch:handle",
            needs_of_command, handle_wait, ("DSP-06", "DSP-19"),
            org_of_ticket, "The case waits for the customer until a date",
        ),
        OnCommand(
            "dispatch.resume", "POST /tickets/{case_id}/resume", commands.Resume, "dispatch:handle",
            needs_of_command, handle_resume, ("DSP-06",),
            org_of_ticket, "The wait for the customer is over",
        ),
        OnCommand(
            "dispatch.resolve", "POST /tickets/{case_id}/resolve", commands.Resolve, "dispatch:handle",
            needs_of_command, handle_resolve, ("DSP-02", "DSP-03", "FUP-01"),
            org_of_ticket, "The handling of a case that is no repair is finished",
        ),
        OnCommand(
            "dispatch.arrive", "POST /tickets/{case_id}/arrive", commands.Arrive, "partner:repair",
            needs_of_command, handle_arrive, ("DSP-10",),
            org_of_ticket, "The contractor is on the spot",
        ),
        OnCommand(
            "dispatch.finish", "POST /tickets/{case_id}/finish", commands.Finish, "partner:repair",
            needs_of_command, handle_finish, ("DSP-10", "DSP-03"),
            org_of_ticket, "The repair is done",
        ),
        OnCommand(
            "dispatch.decide-reentrusting", "POST /tickets/{case_id}/reentrusting", commands.DecideReentrusting,
            "dispatch:decide", needs_of_command, handle_decide_reentrusting, ("DSP-14",),
            org_of_ticket, "Decide whether another contractor repairs at the first one's cost",
        ),
    ),
    timers=tuple(
        OnTimer(Ticket, clock, handle_clock, _RULES_OF_CLOCK[clock], needs_of_clock)
        for clock in (*CONSEQUENCES, WAIT_ENDS)
    ),
)  # fmt: skip
