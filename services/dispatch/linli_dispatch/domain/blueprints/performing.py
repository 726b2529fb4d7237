"""Who does a step of a blueprint: the office that it names, or, of a special service, whoever is to carry it out.

That is a person of the estate's roster, or one of its contractors (DSP-16, DSP-17).
"""

from dataclasses import replace

from linli_rulebook.decision import Refusal

from linli_dispatch.domain.assigning.assigning import give
from linli_dispatch.domain.assigning.routing import Choice
from linli_dispatch.domain.blueprints.blueprint import PEOPLE, StepRule
from linli_dispatch.domain.blueprints.step_refusals import PERFORMER_AWAY, UNKNOWN_PERFORMER
from linli_dispatch.domain.group.offices import LAST_RESORT, signatories
from linli_dispatch.domain.turn import Turn


def who_of_office(turn: Turn, rule: StepRule) -> dict[str, str | None]:
    """Who may do the step of an office, each with in whose name; nobody: it is no office's step, or an office that
    nobody holds, nor anybody in its stead. That stops nothing: whoever is there acts.
    """
    if rule.who in PEOPLE:
        return {}
    offices = turn.terms.offices
    return signatories(turn.estate, offices[rule.who], (offices[LAST_RESORT],), turn.at)


def name_performer(turn: Turn, performer_id: str) -> Refusal | None:
    """Names who does the work; a person of the roster has the case in hand from now on, so nobody who is away."""
    ticket = turn.ticket
    course = ticket.course
    staff = turn.estate.line_for(performer_id, ticket.desk)
    contractor = any(one.contractor_id == performer_id for one in turn.estate.contractors)
    if course is None or not (staff or contractor):
        return UNKNOWN_PERFORMER
    if staff is not None and turn.estate.absence_of(performer_id, turn.at) is not None:
        return PERFORMER_AWAY
    turn.change(course=replace(course, performer_id=performer_id))
    if staff is None:
        return None
    if staff.staff_id != ticket.handler_id:
        give(turn, turn.terms.desk(ticket.desk), Choice(staff, ("named",)))
    elif ticket.short:
        # Who had it for want of somebody is whom it needs from now on (DSP-08).
        turn.change(short=False)
    return None
