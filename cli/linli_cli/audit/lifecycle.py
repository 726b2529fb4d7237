"""Which path the facts about a case may take (FUP-01, DSP-10), as the audit knows it.

Written down apart from dispatch's own table, so that a mistake there is seen here.

A new fact about a case needs a row in STEPS, a new status one in STATUSES; `tests/system/test_audit.py` says so.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

_IN_HAND: Final = ("open", "asked", "notified")
_OPENED: Final = (*_IN_HAND, "completed")


class Step(NamedTuple):
    """When a fact may be told, and where the case is then."""

    before: tuple[str, ...]
    after: str = ""
    """Empty: where it was."""


STEPS: Final[Mapping[str, Step]] = {
    "TicketOpened": Step(("received",), "open"),
    "TicketAssigned": Step(_IN_HAND),
    "OwnerChanged": Step(("received", *_OPENED)),
    "StormOrderJoined": Step(_IN_HAND),
    "TicketPassedOn": Step(_IN_HAND),
    "DepartmentAnswered": Step(_IN_HAND),
    "CaseAssessed": Step(_IN_HAND),
    "CustomerReported": Step(_IN_HAND),
    "MessageRequested": Step(_IN_HAND),
    "TicketEscalated": Step((*_OPENED, "closed")),
    "TicketLevelRaised": Step(_OPENED),
    "TicketAged": Step(_OPENED),
    "CrisisOpened": Step(_IN_HAND),
    "CrisisNotified": Step(_IN_HAND),
    "CrisisConfirmed": Step(_IN_HAND),
    "CommanderNamed": Step(_IN_HAND),
    "CommandVacated": Step(_IN_HAND),
    "CrisisAnswered": Step(_IN_HAND),
    "CrisisTransferred": Step(_IN_HAND),
    "CrisisLogged": Step(_IN_HAND),
    "CrisisEnded": Step(_IN_HAND),
    "DeadlineMissed": Step((*_OPENED, "closed")),
    "DeadlineApproached": Step((*_OPENED, "closed")),
    "StaffNotified": Step((*_OPENED, "closed")),
    "NoticeConfirmed": Step((*_OPENED, "closed")),
    "NoticeExhausted": Step((*_OPENED, "closed")),
    "TicketWaiting": Step(_IN_HAND),
    "TicketResumed": Step(_IN_HAND),
    "CoverageAsked": Step(("open", "asked"), "asked"),
    "ContractorNotified": Step(("asked",), "notified"),
    "OrderRecalled": Step(("notified",), "open"),
    "AccompanimentAsked": Step(("notified",)),
    "VisitAccompanied": Step(("notified",)),
    "ContractorArrived": Step(("notified",)),
    "ReentrustingProposed": Step(("notified",)),
    "RepairReentrusted": Step(("notified",)),
    "ReplacementNotified": Step(("notified",)),
    "ReplacementAccepted": Step((*_OPENED, "closed")),
    "ReplacementPaid": Step((*_OPENED, "closed")),
    "OrderRefused": Step(("notified",)),
    "OrderDelayed": Step(("notified",)),
    "ApprovalAsked": Step(_OPENED),
    "ApprovalDecided": Step(_OPENED),
    "PlanProposed": Step(_OPENED),
    "PlanApproved": Step(_OPENED),
    "PlanAccepted": Step(_OPENED),
    "PlanRejected": Step(_OPENED),
    "PlanExecuted": Step(_OPENED),
    "CompensationAgreed": Step(_OPENED),
    "BlueprintStarted": Step(_IN_HAND),
    "StepStarted": Step(_IN_HAND),
    "StepDone": Step(_IN_HAND),
    "StepFailed": Step(_IN_HAND),
    "CustomerQuoted": Step(_IN_HAND),
    "QuotationAnswered": Step(_IN_HAND),
    "RepairReported": Step(_IN_HAND),
    "ConversationRecorded": Step(_IN_HAND),
    "MeasureApproved": Step(_IN_HAND),
    "SmallWorksApproved": Step(_IN_HAND),
    "RepairDone": Step(_IN_HAND, "completed"),
    "RepairAccepted": Step(("completed",)),
    "SignatureMissed": Step(("completed",)),
    "ExpressMailDue": Step(("completed",)),
    "ExpressMailSent": Step(("completed",)),
    "TicketResolved": Step(_IN_HAND, "completed"),
    "TicketReopened": Step(("completed",), "open"),
    "TicketClosed satisfied": Step(("completed",), "closed"),
    "TicketClosed unreachable": Step(("completed",), "closed"),
    "TicketClosed time_limit": Step(("completed",), "closed"),
    "TicketClosed notified_by_mail": Step(("completed",), "closed"),
    "TicketClosed standard_answer": Step(("completed",), "closed"),
    "TicketClosed withdrawn": Step(("received", *_OPENED), "closed"),
}
"""Every fact that dispatch tells about a case; a closing with its right."""

STATUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "received": ("received",),
    "open": ("open",),
    # "Not covered" is told by warranty, and no fact of dispatch's own.
    "asked": ("coverage_asked", "open"),
    "notified": ("contractor_notified",),
    "completed": ("completed",),
    "closed": ("closed",),
}
"""What was told last, and the statuses of the ticket that it may stand for."""


def step_columns() -> tuple[list[str], list[str], list[str]]:
    """The steps as columns, a row for each status before: the fact, the status before it, the one after it."""
    rows = [(fact, before, step.after) for fact, step in STEPS.items() for before in step.before]
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def ending_columns() -> tuple[list[str], list[str], list[str], list[str]]:
    """Which fact moves a case where, and which statuses of a ticket stand for that: two pairs of columns."""
    moves = {fact.partition(" ")[0]: step.after for fact, step in STEPS.items() if step.after}
    stands = [(told, status) for told, statuses in STATUSES.items() for status in statuses]
    return list(moves), list(moves.values()), [told for told, _ in stands], [status for _, status in stands]
