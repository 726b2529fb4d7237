"""The approval engine: an application goes through a chain of offices, each with its own clock.

    pending ──every office signs──▶ approved
       │ ▲
       │ └── submitted again (the chain begins anew) ── returned
       ├──an office sends it back, with a reason──▶ returned
       ├──an office refuses, with a reason──▶ rejected
       └──its proposer takes it back, or the case ends──▶ withdrawn

Pure values: which chain a kind takes is the policy's (`terms.py`), who may sign is `offices.py`'s, what follows from
an approval is its own rule's (`approving.py`). Another amount begins the chain again, so that what was approved is
what every office saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from linli_contracts.events.dispatch import ApplicationKind
from pydantic import AwareDatetime

ApplicationStatus = Literal["pending", "returned", "approved", "rejected", "withdrawn"]
KINDS: Final[tuple[ApplicationKind, ...]] = ("reentrusting", "plan", "compensation", "small_works", "measure")


@dataclass(frozen=True, slots=True)
class Signature:
    """An office's approval: who gave it, and in whose name if not their own."""

    office: str
    by: str
    acts_for: str | None
    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Application:
    """What one person proposes and a chain of offices approves. A case has at most one of each kind at a time."""

    application_id: str
    kind: ApplicationKind
    proposer: str
    chain: tuple[str, ...]
    """The offices in order; none of them is asked before the one ahead of it has signed."""
    since: AwareDatetime
    """When the office whose turn it is got it."""
    asked: int
    """How many times an office was asked, over all submissions: tells the clocks of its steps apart."""
    status: ApplicationStatus
    submission: int = 1
    amount_fen: int | None = None
    office: str | None = None
    """Whose turn it is; None once nobody is asked any more."""
    people: tuple[str, ...] = ()
    """Who was told that it is before their office; nobody: it is vacant, and so are all above it."""
    told: tuple[str, ...] = ()
    """Everybody who was told of this asking: who may sign again later is not told again."""
    signatures: tuple[Signature, ...] = ()
    """Of this submission."""
    reason: str | None = None
    """Why it was returned or rejected: a code."""

    @property
    def pending(self) -> bool:
        """Whether an office has to decide."""
        return self.status == "pending"


def submit(
    known: Application | None,
    application_id: str,
    kind: ApplicationKind,
    proposer: str,
    amount_fen: int | None,
    chain: Sequence[str],
    at: datetime,
) -> Application:
    """A new application, or the next submission of one of this kind: the chain begins at its first office."""
    return Application(
        application_id=application_id,
        kind=kind,
        proposer=proposer,
        chain=tuple(chain),
        since=at,
        asked=known.asked + 1 if known else 1,
        status="pending",
        submission=known.submission + 1 if known else 1,
        amount_fen=amount_fen,
        office=chain[0],
    )


def sign(known: Application, by: str, acts_for: str | None, at: datetime) -> Application:
    """The office whose turn it is approves; the last one approves the whole."""
    office = known.office or ""
    signatures = (*known.signatures, Signature(office, by, acts_for, at))
    following = known.chain[len(signatures) :]
    if not following:
        return replace(known, signatures=signatures, office=None, status="approved")
    return replace(known, signatures=signatures, office=following[0], since=at, asked=known.asked + 1)


def end(known: Application, status: Literal["returned", "rejected", "withdrawn"], reason: str | None) -> Application:
    """Nobody is asked any more: sent back, refused or taken back."""
    return replace(known, status=status, office=None, reason=reason)
