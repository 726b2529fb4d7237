"""The one answer to: is this defect, in this home, on this day, covered, by whom, until when? (WAR-02)

Two warranties run side by side, each from its own date, and each decides one half of the answer:

* the customer's, from the home's hand-over, for the legal minimum, decides `covered`: whether the repair is free;
* the contractor's, from completion acceptance, for what its contract agrees, decides `contractor_id`: who must come.
  It ends as its account said when it was opened: a later policy lengthens no contract (ORG-02).

In the common area nothing is handed over, so completion acceptance governs both. Before the hand-over the developer is
responsible and no warranty is asked. The last day of a warranty is covered, the next is not.
"""

from datetime import date
from typing import Final, Literal

from linli_contracts.event import Instant
from linli_contracts.events.dispatch import CoverageAsked
from linli_contracts.events.intake import Trade
from linli_contracts.events.warranty import CoverageAnswered
from linli_rulebook import Policy
from linli_rulebook.decision import Because, Decision
from pydantic import BaseModel, ConfigDict

from linli_warranty.domain.estate import Estate, Home, Terms
from linli_warranty.domain.periods import agreed_end, legal_end

Basis = Literal["in_warranty", "expired", "no_contract", "not_handed_over"]


class Coverage(BaseModel):
    """The answer: `until` is the customer's last covered day, `contractor_until` the contractor's."""

    model_config = ConfigDict(frozen=True)

    covered: bool
    basis: Basis
    until: date | None = None
    contractor_id: str | None = None
    """Who must come; None when no contractor's warranty is in force on the day."""
    contract_id: str | None = None
    contractor_until: date | None = None


UNKNOWN_HOME: Final = Home(phase="", handed_over_on=None)
"""What stands for a home that nobody registered: no hand-over is known, so the developer is responsible."""


def cover(estate: Estate, home: Home | None, trade: Trade, on: date, policy: Policy) -> Coverage:
    """Who answers for a defect of `trade` reported on `on`, a local date of the estate (WAR-02).

    `home` is None for the common area. Of several contracts the one that runs longest is asked, one that was accepted
    only after `on` where there is no other; ties go by its id.
    """
    found = _contract_of(estate, home, trade, on, policy)
    starts_on = home.handed_over_on if home else (found[0].completion_accepted_on if found else None)
    if home is None and found is None:
        return Coverage(covered=False, basis="no_contract")
    if starts_on is None or on < starts_on:
        return Coverage(covered=False, basis="not_handed_over")
    until = legal_end(trade, starts_on, policy)
    if home is None and found:
        until = found[1]
    covered = on <= until
    if found is None:
        return Coverage(covered=covered, basis="no_contract" if covered else "expired", until=until)
    terms, contractor_until = found
    liable = terms.completion_accepted_on <= on <= contractor_until
    return Coverage(
        covered=covered,
        basis="in_warranty" if covered else "expired",
        until=until,
        contractor_id=terms.contractor_id if liable else None,
        contract_id=terms.contract_id if liable else None,
        contractor_until=contractor_until,
    )


def answer_coverage(
    estate: Estate, home: Home | None, question: CoverageAsked, policy: Policy, now: Instant
) -> Decision:
    """The answer to dispatch's question, as a fact, with its reason on the case's timeline (DSP-10, WAR-02)."""
    found = cover(estate, home, question.trade, question.asked_on, policy)
    answer = CoverageAnswered(
        case_id=question.case_id,
        estate_id=question.estate_id,
        round=question.round,
        covered=found.covered,
        contractor_id=found.contractor_id,
        contract_id=found.contract_id,
        until=found.until,
        basis=found.basis,
        answered_at=now,
    )
    why = Because(
        rule="WAR-02",
        what=found.basis,
        subject=question.case_id,
        policy_version=policy.version,
        facts={"trade": question.trade, "on": question.asked_on.isoformat(), **found.model_dump(mode="json")},
    )
    return Decision(events=(answer,), because=(why,))


def _contract_of(
    estate: Estate, home: Home | None, trade: Trade, on: date, policy: Policy
) -> tuple[Terms, date] | None:
    candidates = [
        (terms, terms.ends_on.get(trade) or _end_by(policy, trade, terms))
        for terms in estate.terms
        if terms.cover(trade, home)
    ]
    if not candidates:
        return None
    # One whose warranty had not begun answers for nothing on the day, however long it runs.
    begun = [candidate for candidate in candidates if candidate[0].completion_accepted_on <= on]
    return min(begun or candidates, key=lambda candidate: (-candidate[1].toordinal(), candidate[0].contract_id))


def _end_by(policy: Policy, trade: Trade, terms: Terms) -> date:
    return agreed_end(trade, terms.completion_accepted_on, terms.periods_months.get(trade), policy)
