"""The entries of the points ledger (LOY-03): append-only, one row for each movement of one lot.

The database holds it too: a cause earns one kind once, no balance is negative, no row is ever changed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from linli_contracts.lanes import lane_of_key
from linli_rulebook.decision import Append

from linli_loyalty.domain.lots import Lot

What = Literal["earned", "spent", "expired"]
TABLE: Final = "points_entry"


@dataclass(frozen=True, slots=True)
class Movement:
    """What all entries of one decision share."""

    customer_ref: str
    what: What
    cause: str
    at: datetime
    case_id: str | None = None
    policy_version: str | None = None


def entry(movement: Movement, number: int, lot: Lot, balance: int, cause_id: str) -> Append:
    """The row of ``lot.points`` moved; ``number`` counts a member's entries from 1, ``balance`` is the kind's after."""
    points = lot.points if movement.what == "earned" else -lot.points
    counts = {f"ledger.{lot.kind}": points, movement.what: lot.points}
    if movement.what == "earned":
        counts |= {f"times.{movement.cause}.{lot.kind}": 1, f"points.{movement.cause}.{lot.kind}": points}
    return Append(
        table=TABLE,
        key=movement.customer_ref,
        tally=counts,
        values={
            "lane": lane_of_key(movement.customer_ref),
            "customer_ref": movement.customer_ref,
            "number": number,
            "what": movement.what,
            "kind": lot.kind,
            "points": points,
            "balance": balance,
            "cause": movement.cause,
            "cause_id": cause_id,
            "lot": lot.number,
            "expires_on": lot.expires_on.isoformat(),
            "case_id": movement.case_id,
            "policy_version": movement.policy_version,
            "at": movement.at.isoformat(),
        },
    )
