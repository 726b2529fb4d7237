"""Two months before a warranty ends: the public notice, with which the closing callbacks begin (WAR-08)."""

from linli_contracts.events.warranty import WarrantyExpiring
from linli_rulebook.decision import NOTHING, Because, Decision, Timer

from linli_warranty.domain.deposit import Deposit


def announce_expiry(deposit: Deposit, timer: Timer) -> Decision:
    """Tells that trades of the contract leave the warranty; once for each date on which some do, in the estates whose
    policies have it so.
    """
    due = next((notice for notice in deposit.notices if notice.number == timer.occurrence), None)
    if due is None:
        return NOTHING
    told = WarrantyExpiring(
        contract_id=deposit.id,
        contractor_id=deposit.contractor_id,
        estate_ids=due.estate_ids or deposit.estate_ids,
        ends_on=due.ends_on,
    )
    why = Because(
        rule="WAR-08",
        what="warranty_expiring",
        subject=deposit.id,
        policy_version=deposit.policy_version,
        facts={"ends_on": due.ends_on.isoformat()},
    )
    notices = tuple(notice for notice in deposit.notices if notice.number != due.number)
    return Decision(save=(deposit.model_copy(update={"notices": notices}),), events=(told,), because=(why,))
