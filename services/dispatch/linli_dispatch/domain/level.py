"""The level of a ticket (INT-06, DSP-06, DSP-07): the more severe of what intake graded by the facts and of its age.

By the facts it rises, or falls by intake's decision alone; by age it only rises, after one week to 2, after one month
to 1. A fall never goes below the age: that ground is still there, and intake, where people lower levels, is told of it
also where it raised nothing. Neither is a step of the ladder. What rises to a level at which work is told outside the
work list is told to who has it; who is away hands it over (DSP-20).
"""

from typing import Final

from linli_contracts.events.dispatch import ApplicationKind, TicketAged, TicketLevelRaised
from linli_contracts.events.intake import ComplaintGraded

from linli_dispatch.domain.approvals.plans import follow_raised_level
from linli_dispatch.domain.assigning.handing_over import cover_the_absent
from linli_dispatch.domain.crises.crisis import follow_level, is_crisis
from linli_dispatch.domain.deadlines.clocks import count_anew, wind
from linli_dispatch.domain.deadlines.opinion import owe_opinion
from linli_dispatch.domain.deadlines.running_clock import RunningClock
from linli_dispatch.domain.notices.paging import page_is_unread
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.turn import Turn

COMPLEX_FROM_LEVEL: Final = 3
"""Complex by the facts (DSP-03). Age does not count: it would lengthen the very time that was missed."""
_LEVEL_BY_AGE: Final = {"age_level_2": 2, "age_level_1": 1}


def regrade(turn: Turn, graded: ComplaintGraded, number: int) -> None:
    """Takes over intake's grading; of how many complain together a linking may have told newer (``number``: the
    grading's, in its lane).
    """
    ticket = turn.ticket
    level = min(graded.level, ticket.age_level)
    turn.change(
        graded_level=graded.level,
        level=level,
        level_reasons=graded.reasons,
        people=graded.people if number >= ticket.people_number else ticket.people,
        complex=ticket.complex or graded.level <= COMPLEX_FROM_LEVEL,
    )
    if level < ticket.level:
        _tell_raised(turn, ticket.level, ",".join(graded.reasons))
    elif level > ticket.level:
        turn.because("INT-06", "level lowered by intake's decision", {"level": level, "previous_level": ticket.level})
    follow_level(turn)
    asked_again = follow_raised_level(turn) if level < ticket.level else None
    _reach_who_has_it(turn, ticket.level, asked_again)
    count_anew(turn, "passing_on")
    owe_opinion(turn)
    wind(turn)


def says_nothing_new(turn: Turn, graded: ComplaintGraded) -> bool:
    """Whether this grading is the one the ticket already has."""
    ticket = turn.ticket
    known = (ticket.graded_level, ticket.people, ticket.level_reasons)
    return known == (graded.level, graded.people, graded.reasons)


def raise_by_age(turn: Turn, clock: RunningClock) -> None:
    """Unresolved for one week or one month for a reason on our side (DSP-06)."""
    ticket = turn.ticket
    age_level = _LEVEL_BY_AGE[clock.name]
    level = min(ticket.level, age_level)
    turn.change(age_level=age_level, level=level)
    if level < ticket.level:
        _tell_raised(turn, ticket.level, clock.name)
        follow_level(turn)
        _reach_who_has_it(turn, ticket.level, follow_raised_level(turn))
    else:
        _tell_aged(turn, age_level, clock)


def _reach_who_has_it(turn: Turn, previous: int, asked_again: ApplicationKind | None) -> None:
    """The level rose from ``previous``: who has the case learns of it, and an office that a claim outlives the work
    before (DSP-04). Who is asked anew by that was told already.
    """
    ticket = turn.ticket
    if ticket.level >= previous:
        return
    if ticket.in_hand and is_crisis(ticket.level) and not is_crisis(previous):
        cover_the_absent(turn)
    if previous not in turn.terms.notices["approval"].told:
        for application in turn.ticket.applications:
            if application.pending and application.kind != asked_again:
                tell_staff(turn, "approval", application.people, application.kind)
    handler_id = turn.ticket.handler_id
    if (
        ticket.in_hand
        and handler_id is not None
        and handler_id == ticket.handler_id
        and previous not in turn.terms.notices["assignment"].told
        and not page_is_unread(turn)
    ):
        tell_staff(turn, "assignment", (handler_id,), ticket.desk)


def _tell_raised(turn: Turn, previous: int, because: str) -> None:
    ticket = turn.ticket
    turn.tell(
        TicketLevelRaised(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            level=ticket.level,
            previous_level=previous,
            because=because,
            raised_at=turn.at,
            policy_version=turn.terms.version,
        )
    )
    rule = "DSP-06" if because in _LEVEL_BY_AGE else "DSP-07"
    turn.because(rule, "level raised", {"level": ticket.level, "previous_level": previous, "because": because})


def _tell_aged(turn: Turn, age_level: int, clock: RunningClock) -> None:
    ticket = turn.ticket
    turn.tell(
        TicketAged(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            level=age_level,
            because=clock.name,
            aged_at=turn.at,
            policy_version=turn.terms.version,
        )
    )
    turn.because(
        "DSP-06",
        "age became a ground of the level",
        {"level": ticket.level, "age_level": age_level, "because": clock.name},
    )
