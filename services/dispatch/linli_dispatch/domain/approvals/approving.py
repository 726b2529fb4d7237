"""Applications of a case before the offices: asked one after another, each in its time, until approved or not.

What is true of every kind. What follows when one is approved or refused is `deciding.py`'s table, kind by kind.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.events.dispatch import ApplicationKind, ApprovalAsked, ApprovalDecided, Clock, WhyReplaced
from linli_contracts.lanes import id_under

from linli_dispatch.domain.approvals.approval import KINDS, Application, end, submit
from linli_dispatch.domain.deadlines.clocks import drop, wind
from linli_dispatch.domain.group.offices import LAST_RESORT, signatories
from linli_dispatch.domain.notices.telling import tell_others, tell_staff
from linli_dispatch.domain.ticket import Ticket
from linli_dispatch.domain.turn import Turn

CLOCK_OF: Final[dict[ApplicationKind, Clock]] = {
    "reentrusting": "reentrusting_approval",
    "plan": "plan_approval",
    "compensation": "compensation_approval",
    "small_works": "small_works_approval",
    "measure": "measure_approval",
}
RULE_OF_KIND: Final[dict[ApplicationKind, str]] = {
    "reentrusting": "DSP-14",
    "plan": "DSP-04",
    "compensation": "WAR-20",
    "small_works": "DSP-15",
    "measure": "DSP-13",
}


def apply(
    turn: Turn, kind: ApplicationKind, proposer: str, amount_fen: int | None, chain: Sequence[str]
) -> Application:
    """Puts an application before the first office of its chain; one that was returned begins the chain again."""
    ticket = turn.ticket
    application_id = id_under(ticket.estate_id, f"a{uuid5(NAMESPACE, f'{ticket.id}|{kind}|{ticket.round}').hex[:12]}")
    application = submit(ticket.application(kind), application_id, kind, proposer, amount_fen, chain, turn.at)
    ask(turn, application)
    return application


def ask(turn: Turn, application: Application) -> None:
    """The office whose turn it is gets the application, and a time to decide about it."""
    if CLOCK_OF[application.kind] in turn.ticket.overdue:
        # What the office before this one owed is put right; the next one owes nothing yet.
        drop(turn, CLOCK_OF[application.kind])
    people = tuple(sorted(may_sign(turn, application)))
    keep(turn, replace(application, people=people, told=people))
    wind(turn)
    _tell_asked(turn, application, people, turn.at)
    tell_staff(turn, "approval", people, application.kind)


def ask_again(turn: Turn, why: WhyReplaced) -> None:
    """Who may sign has changed since an office was asked (DSP-20): those who may now are told, and why.

    The office keeps the time it was given. Where nobody may sign any more that is a shortage, and told as one.
    """
    for application in turn.ticket.applications:
        if application.pending:
            people = tuple(sorted(may_sign(turn, application)))
            if people != application.people:
                told = application.told or application.people
                keep(turn, replace(application, people=people, told=tuple(dict.fromkeys((*told, *people)))))
                _tell_asked(turn, application, people, application.since, why)
                tell_others(turn, "approval", people, application.kind, told)


def _tell_asked(
    turn: Turn, application: Application, people: tuple[str, ...], since: datetime, again: WhyReplaced | None = None
) -> None:
    ticket, office = turn.ticket, application.office or ""
    turn.tell(
        ApprovalAsked(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            application_id=application.application_id,
            kind=application.kind,
            submission=application.submission,
            office=office,
            person_ids=people,
            amount_fen=application.amount_fen,
            library_fen=ticket.order.offer.library_fen
            if application.kind == "reentrusting" and ticket.order and ticket.order.offer
            else None,
            proposed_by=application.proposer,
            asked_at=turn.at,
            due_at=turn.terms.approvers.due(since, turn.terms.approval_step_limit).at,
            again=again,
        )
    )
    facts = {"kind": application.kind, "office": office, "people": list(people), "amount_fen": application.amount_fen}
    turn.because(
        RULE_OF_KIND[application.kind],
        "approval asked" if people else "approval asked of a vacant office: a shortage",
        facts if again is None else facts | {"before": list(application.people), "why": again},
    )


def may_sign(turn: Turn, application: Application) -> dict[str, str | None]:
    """Who may decide for the office whose turn it is, and in whose name."""
    offices = turn.terms.offices
    office, *above = application.chain[len(application.signatures) :]
    return signatories(
        turn.estate,
        offices[office],
        [*(offices[name] for name in above), offices[LAST_RESORT]],
        turn.at,
        application.proposer,
    )


def finish(
    turn: Turn,
    application: Application,
    status: Literal["returned", "rejected", "withdrawn"],
    by: str,
    acts_for: str | None,
    reason: str | None,
) -> None:
    """Nobody is asked any more; the proposer may submit again what was returned."""
    ended = end(application, status, reason)
    if status == "withdrawn":
        drop(turn, CLOCK_OF[application.kind])
    keep(turn, ended)
    wind(turn)
    tell_decided(turn, application, status, by, acts_for, reason=reason)


def tell_decided(
    turn: Turn,
    application: Application,
    decision: Literal["approved", "returned", "rejected", "withdrawn"],
    by: str,
    acts_for: str | None,
    *,
    reason: str | None = None,
    final: bool = True,
) -> None:
    """Tells what became of ``application``, as it was before the decision; that it waits need not be read any more."""
    tell_staff(turn, "approval", (), application.kind)
    ticket = turn.ticket
    turn.tell(
        ApprovalDecided(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            application_id=application.application_id,
            kind=application.kind,
            submission=application.submission,
            office=application.office or "",
            decision=decision,
            decided_by=by,
            acts_for=acts_for,
            reason=reason,
            amount_fen=application.amount_fen,
            final=final,
            decided_at=turn.at,
        )
    )
    turn.because(
        RULE_OF_KIND[application.kind],
        f"application {decision}",
        {"kind": application.kind, "office": application.office, "by": by, "acts_for": acts_for, "reason": reason},
    )


OUTLIVES_WORK: Final[frozenset[ApplicationKind]] = frozenset({"compensation"})
"""What a customer is owed for a damage does not end with the repair of its cause (DSP-04, WAR-20)."""


def withdraw_applications(turn: Turn, reason: str, but: AbstractSet[ApplicationKind] = frozenset()) -> None:
    """The case no longer needs them: what is still before an office is taken back, ``but`` for these kinds."""
    for application in turn.ticket.applications:
        if application.pending and application.kind not in but:
            finish(turn, application, "withdrawn", application.proposer, None, reason)


def keep(turn: Turn, application: Application) -> None:
    """The application as decided, in the place of the last one of its kind."""
    ticket: Ticket = turn.ticket
    by_kind = {one.kind: one for one in (*ticket.applications, application)}
    turn.change(applications=tuple(by_kind[kind] for kind in KINDS if kind in by_kind))
