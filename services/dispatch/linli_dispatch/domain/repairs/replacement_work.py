"""The work of a replacement is accepted by design, engineering and cost together, then it is paid (DSP-14).

Each office accepts by itself; with the last one the work is accepted. An office that nobody holds is stood in for by
those that come after them in the chain of a re-entrusting, or the group's service centre. They have one time together,
from the end of the work, also once the case is closed; its miss climbs the ladder. Finance pays once, and not before.
"""

from dataclasses import replace
from typing import Final

from linli_contracts.events.dispatch import ReplacementAccepted, ReplacementPaid
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.deadlines.clocks import drop, wind
from linli_dispatch.domain.group.offices import LAST_RESORT, Office, signatories
from linli_dispatch.domain.refusals import NOT_YOUR_OFFICE
from linli_dispatch.domain.repairs.order import Replacement
from linli_dispatch.domain.repairs.repair_refusals import (
    NO_REPLACEMENT,
    REPLACEMENT_PAID,
    UNKNOWN_ACCEPTOR,
    WORK_ACCEPTED,
    WORK_NOT_ACCEPTED,
)
from linli_dispatch.domain.turn import Turn

_FINANCE = "finance"
"""The office of the policy that pays."""
_CLOCK: Final = "replacement_acceptance"


def accept_work(turn: Turn, order_id: str, office: str, by: str) -> Refusal | None:
    """One office accepts; with the last one all have, and the replacement may be paid."""
    ticket, acceptors = turn.ticket, turn.terms.replacement_accepted_by
    work = _work_of(turn, order_id)
    if work is None:
        return NO_REPLACEMENT
    if office not in acceptors:
        return UNKNOWN_ACCEPTOR
    if office in work.accepted_by:
        return WORK_ACCEPTED
    if by not in signatories(turn.estate, acceptors[office], _above(turn), turn.at):
        return NOT_YOUR_OFFICE
    accepted_by = {**work.accepted_by, office: by}
    complete = accepted_by.keys() >= acceptors.keys()
    _keep(turn, replace(work, accepted_by=accepted_by, accepted_at=turn.at if complete else None))
    if complete and _CLOCK in ticket.overdue:
        # What was owed is put right; the work of another replacement owes nothing yet.
        drop(turn, _CLOCK)
    wind(turn)
    turn.because("DSP-14", "an office accepts the replacement's work", {"office": office, "by": by})
    if complete:
        turn.tell(
            ReplacementAccepted(
                case_id=ticket.id,
                estate_id=ticket.estate_id,
                order_id=order_id,
                contractor_id=work.contractor_id,
                price_fen=work.price_fen,
                accepted_at=turn.at,
            )
        )
        turn.because("DSP-14", "the replacement's work accepted by all", {"price_fen": work.price_fen})
    return None


def pay_work(turn: Turn, order_id: str, document: str, by: str) -> Refusal | None:
    """Finance has paid the price that was approved."""
    ticket, work = turn.ticket, _work_of(turn, order_id)
    if work is None:
        return NO_REPLACEMENT
    if work.accepted_at is None:
        return WORK_NOT_ACCEPTED
    if work.paid_at is not None:
        return REPLACEMENT_PAID
    if by not in signatories(turn.estate, turn.terms.offices[_FINANCE], _above(turn), turn.at):
        return NOT_YOUR_OFFICE
    _keep(turn, replace(work, paid_at=turn.at, document=document))
    turn.tell(
        ReplacementPaid(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            order_id=order_id,
            contractor_id=work.contractor_id,
            price_fen=work.price_fen,
            document=document,
            paid_at=turn.at,
        )
    )
    turn.because("DSP-14", "the replacement was paid", {"price_fen": work.price_fen, "document": document, "by": by})
    return None


def who_still_accept(turn: Turn) -> list[str]:
    """Who may sign for the offices that have not accepted the work that waits longest, of those that have a time."""
    waiting = next((work for work in turn.ticket.replacements if work.timed and work.accepted_at is None), None)
    if waiting is None:
        return []
    missing = (one for name, one in turn.terms.replacement_accepted_by.items() if name not in waiting.accepted_by)
    return sorted({by for office in missing for by in signatories(turn.estate, office, _above(turn), turn.at)})


def _work_of(turn: Turn, order_id: str) -> Replacement | None:
    return next((one for one in turn.ticket.replacements if one.order_id == order_id), None)


def _keep(turn: Turn, work: Replacement) -> None:
    kept = tuple(work if one.order_id == work.order_id else one for one in turn.ticket.replacements)
    turn.change(replacements=kept)


def _above(turn: Turn) -> list[Office]:
    """Who stands in where nobody holds an office: the chain of a re-entrusting behind the offices that accept."""
    terms = turn.terms
    chain = terms.reentrusting_chain
    behind = max((chain.index(name) for name in terms.replacement_accepted_by if name in chain), default=-1)
    return [terms.offices[name] for name in (*chain[behind + 1 :], LAST_RESORT)]
