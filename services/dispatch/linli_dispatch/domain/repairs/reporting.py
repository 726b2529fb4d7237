"""What is reported about repairs to the property service manager, who proposes a measure for approval (DSP-13).

Each of six grounds is reported once a round, when it appears: an order ten days over its limit (its clock), a second
repair of one place and repairs that go on for months (what the home remembers, `repair_records.py`), one defect in many
homes of a phase, a strong complaint about the contractor's people, a claim because of quality. Nothing scans history.
"""

from typing import Final

from linli_contracts.events.dispatch import MeasureApproved, RepairReported, ReportGround
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.approvals.approving import apply
from linli_dispatch.domain.group.offices import LAST_RESORT, signatories
from linli_dispatch.domain.refusals import APPLICATION_PENDING, NOT_YOUR_OFFICE, NOTHING_REPORTED
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

MANAGER: Final = "property_service_manager"
"""To whom it is reported, who proposes, and who decides whether to re-entrust (DSP-14)."""
_QUALITY: Final = "engineering_quality"


def report(turn: Turn, ground: ReportGround, **facts: object) -> None:
    """Reports a ground, once a round, to whoever may act for the manager; ``facts`` are figures for the timeline."""
    ticket = turn.ticket
    if ground in ticket.reported:
        return
    turn.change(reported=(*ticket.reported, ground))
    people = tuple(sorted(able_managers(turn)))
    turn.tell(
        RepairReported(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            ground=ground,
            person_ids=people,
            reported_at=turn.at,
        )
    )
    turn.because("DSP-13", "reported to the property service manager", {"ground": ground, "to": list(people), **facts})


def report_quality_claim(turn: Turn) -> None:
    """A claim for compensation because of quality is reported as soon as its case is open."""
    if is_quality_claim(turn.ticket):
        report(turn, "quality_claim")


def is_quality_claim(ticket: Ticket) -> bool:
    """Whether the case is a claim because of quality."""
    return ticket.kind == "compensation" and ticket.category == _QUALITY


def able_managers(turn: Turn) -> dict[str, str | None]:
    """Who may act for the property service manager, and in whose name; where nobody holds the office, who is above."""
    offices = turn.terms.offices
    above = (offices[name] for name in (*turn.terms.measure_chain, LAST_RESORT))
    return signatories(turn.estate, offices[MANAGER], above, turn.at)


def propose_measure(turn: Turn, measure: str, by: str) -> Refusal | None:
    """The property service manager, or who stands in, proposes a measure about what was reported; a code."""
    ticket = turn.ticket
    if not ticket.reported:
        return NOTHING_REPORTED
    if by not in able_managers(turn):
        return NOT_YOUR_OFFICE
    known = ticket.application("measure")
    if known is not None and known.pending:
        return APPLICATION_PENDING
    turn.change(measure=measure)
    turn.because("DSP-13", "measure proposed", {"measure": measure, "grounds": list(ticket.reported), "by": by})
    apply(turn, "measure", by, None, turn.terms.measure_chain)
    return None


def approve_measure(turn: Turn, application: Application) -> None:
    """The property general manager approved."""
    ticket = turn.ticket
    if ticket.measure is None:
        return
    turn.tell(
        MeasureApproved(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            application_id=application.application_id,
            measure=ticket.measure,
            proposed_by=application.proposer,
            approved_at=turn.at,
        )
    )
    turn.because("DSP-13", "measure approved", {"measure": ticket.measure})


def refuse_measure(turn: Turn, application: Application) -> None:
    """Refused: another measure may be proposed."""
    turn.change(measure=None)
