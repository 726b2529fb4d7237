"""An office decides about an application: one table of what follows, kind by kind.

Approving goes to the next office, or lets the rule of the kind act; sending back and refusing need a reason. Only the
cost department changes an amount, where it is the one to price the work (DSP-14); another amount begins the chain anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from linli_contracts.events.dispatch import ApplicationKind
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.approvals import plans, small_works
from linli_dispatch.domain.approvals.approval import Application, sign
from linli_dispatch.domain.approvals.approving import ask, finish, keep, may_sign, tell_decided
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.refusals import (
    NO_APPLICATION,
    NOT_TO_PRICE,
    NOT_YOUR_OFFICE,
    PRICE_MISSING,
    REASON_MISSING,
    STALE_APPLICATION,
)
from linli_dispatch.domain.repairs import reentrusting, reporting
from linli_dispatch.domain.turn import Turn

Verdict = Literal["approved", "returned", "rejected"]


@dataclass(frozen=True, slots=True)
class Pricing:
    """An office names the amount itself."""

    office: Callable[[Turn, Application], str | None]
    """Which one has to, if any."""
    reprice: Callable[[Turn, Application, int], None]
    """Begins the chain again at another amount."""


@dataclass(frozen=True, slots=True)
class Consequences:
    """What the rule of a kind does once its application is decided."""

    approved: Callable[[Turn, Application], None]
    rejected: Callable[[Turn, Application], None]
    pricing: Pricing | None = None
    """None: the amount is the proposer's; an office that wants another one sends it back."""


_AS_PROPOSED: Final = Consequences(
    approved=plans.approve_plan,
    rejected=plans.refuse_plan,
)
CONSEQUENCES: Final[dict[ApplicationKind, Consequences]] = {
    "reentrusting": Consequences(
        approved=reentrusting.entrust,
        rejected=reentrusting.give_up,
        pricing=Pricing(reentrusting.priced_by, reentrusting.reprice),
    ),
    "plan": _AS_PROPOSED,
    "compensation": _AS_PROPOSED,
    "small_works": Consequences(approved=small_works.approve_small_works, rejected=small_works.refuse_small_works),
    "measure": Consequences(approved=reporting.approve_measure, rejected=reporting.refuse_measure),
}


def decide(
    turn: Turn,
    kind: ApplicationKind,
    submission: int,
    verdict: Verdict,
    by: str,
    *,
    reason: str | None = None,
    amount_fen: int | None = None,
) -> Refusal | None:
    """One office's decision about the submission that it saw."""
    application = turn.ticket.application(kind)
    if application is None or not application.pending:
        return NO_APPLICATION
    if submission != application.submission:
        return STALE_APPLICATION
    able = may_sign(turn, application)
    if by not in able:
        return NOT_YOUR_OFFICE
    if verdict != "approved":
        if reason is None:
            return REASON_MISSING
        finish(turn, application, verdict, by, able[by], reason)
        if verdict == "rejected":
            CONSEQUENCES[kind].rejected(turn, application)
        return None
    return _approve(turn, application, by, able[by], amount_fen)


def _approve(
    turn: Turn, application: Application, by: str, acts_for: str | None, amount_fen: int | None
) -> Refusal | None:
    consequences = CONSEQUENCES[application.kind]
    pricing = consequences.pricing
    prices = pricing is not None and pricing.office(turn, application) == application.office
    if prices and amount_fen is None:
        return PRICE_MISSING
    if amount_fen is not None and not prices:
        return NOT_TO_PRICE
    if pricing is not None and amount_fen is not None and amount_fen != application.amount_fen:
        tell_decided(turn, application, "returned", by, acts_for, reason="priced_otherwise")
        pricing.reprice(turn, application, amount_fen)
        return None
    signed = sign(application, by, acts_for, turn.at)
    tell_decided(turn, application, "approved", by, acts_for, final=not signed.pending)
    if signed.pending:
        ask(turn, signed)
        return None
    keep(turn, signed)
    wind(turn)
    consequences.approved(turn, signed)
    return None
