"""Small works (零星工程) that the developer pays after the warranty, applied for and approved by offices (DSP-15).

For claims that nobody recognises or that can be laid at nobody's door, and for facilities left over: never for what a
contractor has to repair under its warranty, which is known once warranty has answered: what turns out so is taken back
from the offices. Each application shows what was granted for the same case before, so that
splitting one piece of work gains nothing unseen. Another budget is another submission: the chain begins again.
"""

from linli_contracts.events.dispatch import SmallWorksApproved
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals.approval import Application
from linli_dispatch.domain.approvals.approving import apply, finish
from linli_dispatch.domain.approvals.plan import SmallWorks
from linli_dispatch.domain.refusals import APPLICATION_PENDING, WARRANTY_ASKED, WARRANTY_COVERS
from linli_dispatch.domain.turn import Turn


def apply_for_small_works(turn: Turn, works: SmallWorks, by: str) -> Refusal | None:
    """Puts an application before the offices; one that was sent back is submitted again, with another budget or not."""
    ticket = turn.ticket
    named = ticket.order or ticket.liable
    if named is not None and named.contract_id is not None:
        return WARRANTY_COVERS
    if ticket.status == "coverage_asked":
        return WARRANTY_ASKED
    known = ticket.application("small_works")
    if known is not None and known.pending:
        return APPLICATION_PENDING
    turn.change(small_works=works)
    if ticket.small_works_fen:
        facts = {"granted_fen": ticket.small_works_fen, "budget_fen": works.budget_fen}
        turn.because("DSP-15", "further small works of one case: the offices see the sum", facts)
    turn.because(
        "DSP-15",
        "small works applied for",
        {"kind": works.kind, "reason": works.reason, "budget_fen": works.budget_fen, "by": by},
    )
    apply(turn, "small_works", by, works.budget_fen, turn.terms.small_works_chain)
    return None


def give_up_small_works(turn: Turn) -> None:
    """A contractor answers for it under its warranty, as it turns out: no office need decide any more."""
    application = turn.ticket.application("small_works")
    if application is not None and application.pending:
        finish(turn, application, "withdrawn", application.proposer, None, "warranty_covers")


def approve_small_works(turn: Turn, application: Application) -> None:
    """All offices approved: the budget is granted."""
    ticket, works = turn.ticket, turn.ticket.small_works
    if works is None:
        return
    granted_fen = ticket.small_works_fen + works.budget_fen
    turn.change(small_works_fen=granted_fen)
    turn.tell(
        SmallWorksApproved(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            application_id=application.application_id,
            kind=works.kind,
            reason=works.reason,
            budget_fen=works.budget_fen,
            granted_fen=granted_fen,
            approved_at=turn.at,
        )
    )
    turn.because("DSP-15", "small works approved", {"budget_fen": works.budget_fen, "granted_fen": granted_fen})


def refuse_small_works(turn: Turn, application: Application) -> None:
    """An office refused: nothing is granted; what was asked for stays on the timeline."""
    turn.change(small_works=None)
